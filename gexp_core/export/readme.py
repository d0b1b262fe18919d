"""The README.txt of a results zip: every file, every column, in plain words."""

import textwrap

from gexp_core.explain.methods import ABOUT
from gexp_core.models.card import ModelCard

_RANKED = {
    "unit": "unit of prediction, strand_gap, member_sd and spread",
    "percentile": "of the prediction among measured test sequences, 0-100",
    "above_shuffled": "share (0-100) of predictions for shuffled sequences that are below",
    "strand_gap": "reading of the sequence minus that of its reverse complement; 0 where one "
    "strand was read (asked for, or the model reads one: model_card.json, both_strands)",
    "member_sd": "standard deviation over the networks of the model (0 for one network)",
}

#: file -> what it is; {name: what a column or array is}
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "input.fa": ("the sequences that were read, in the letters A C G T N", {}),
    "input_check.tsv": (
        "what was read, changed and left out, one row per record",
        {
            "sequence": "name of the record; notes on the whole input come last",
            "status": "kept / kept, changed / left out / note",
            "length": "bases; empty for a record that was left out",
            "gc_percent": "share of G and C among A C G T",
            "unknown": "number of N",
            "notes": "every change, or why a record was left out",
        },
    ),
    "summary.tsv": (
        "one row per sequence and track",
        {
            "sequence": "name",
            "length": "bases, from the first to the last base that was read",
            "windows": "windows the sequence was read in; more than 1 for a long sequence",
            "track": "which output of the model",
            "prediction": "mean over the windows",
            **_RANKED,
            "spread": "standard deviation over all readings; like the two before, mean of windows",
        },
    ),
    "predictions.tsv": (
        "one row per window and track",
        {
            "sequence": "name",
            "start, end": "bases that the window holds, 0-based half-open",
            "track": "which output of the model",
            "prediction": "mean over networks, and strands where both are read",
            "spread": "standard deviation over the same readings",
        },
    ),
    "attributions.tsv": (
        "one row per base: the score of each base, by the method that 'scores' below describes",
        {
            "sequence": "name",
            "position": "1-based",
            "base": "the letter that stands there",
            "score": "of the position, the sum of the next four columns",
            "A, C, G, T": "score of each letter at the position",
        },
    ),
    "attributions.npz": (
        "the same as arrays; numpy.load(file, allow_pickle=False)",
        {
            "attr": "(sequence, letter A C G T, base); attr_0, attr_1... when lengths differ",
            "hypothetical": "as attr: what each letter would get there, where it was asked for",
            "y": "the explained prediction",
            "y_baseline": "the same number at the baseline, mean over baselines",
            "delta": "sum of attr minus (y - y_baseline)",
            "names": "names, in the order of the arrays",
            "provenance": "what made them: input, model, weights, settings and seed, as JSON",
        },
    ),
    "attributions.bedgraph": (
        "the scores for a genome browser; the name of a sequence is its chromosome, blanks are _",
        {"columns": "chromosome, start, end (0-based half-open), score"},
    ),
    "mutagenesis.tsv": (
        "one row per single-base change; the reference base itself has no row",
        {
            "sequence": "name",
            "position": "1-based",
            "ref, alt": "the base that was there, the base that replaced it",
            "track": "which output of the model",
            "effect": "prediction of the changed sequence minus that of the reference",
        },
    ),
    "model_card.json": ("what the model is, how it was trained and tested, and its limits", {}),
    "provenance.json": (
        "what made these results: sha256 of input and weights, settings, seeds, versions",
        {},
    ),
}

#: The same of a model of many bins, where it is another.
_OF_BINS: dict[str, tuple[str, dict[str, str]]] = {
    "summary.tsv": (
        FILES["summary.tsv"][0],
        {
            "sequence": "name",
            "covered": "bases, from the first bin to the last; the background around a short "
            "sequence is among them, what is read on either side of the bins is not",
            "bins": "bins that were predicted, of all windows together",
            "windows": "windows the sequence was read in; more than 1 for a long sequence",
            "track": "which output of the model",
            "prediction": "mean over the bins",
            **_RANKED,
            "spread": "standard deviation over all readings; like the two before, mean of bins",
        },
    ),
    "predictions.tsv": (
        "one row per bin and track",
        FILES["predictions.tsv"][1]
        | {
            "start, end": "bases of the bin, 0-based half-open; below 0, or past the end, in the "
            "background around a short sequence"
        },
    ),
}


def readme(
    card: ModelCard,
    files: list[str],
    *,
    pictured: int,
    track: str = "",
    left_out: list[str] | None = None,
    method: str | None = None,
) -> str:
    """Return the text for the given files of a zip.

    Parameters
    ----------
    card : ModelCard
    files : list of str
        Paths in the zip; only these are explained.
    pictured : int
        How many explained sequences were drawn at most.
    track : str, optional
        Whose predictions were drawn; said where the model has several.
    left_out : list of str, optional
        Names that were too long to draw.
    method : str, optional
        How the attribution was made, one of ``explain.METHODS``.
    """
    parts = [
        f"Results of gexp with the model {card.name} ({card.title})",
        "",
        *_wrap(f"The number: {card.meaning}"),
        *_wrap(f"Unit: {card.units}. Zero: {card.zero}."),
        *_wrap(
            "Tables are tab-separated, UTF-8, six significant digits; an empty cell is a missing "
            'value. A name that begins with = + - @ or " has an apostrophe in front in the tables, '
            "so that a spreadsheet takes it neither for a formula nor for quoted text; tabs and "
            "line breaks in names are spaces. input.fa and attributions.npz hold such a name "
            "without the apostrophe."
        ),
        "",
    ]
    files_of = FILES | _OF_BINS if card.bins > 1 else FILES
    for name, (what, columns) in files_of.items():
        if name not in files:
            continue
        parts += _wrap(f"{name}: {what}.")
        parts += [row for key, text in columns.items() for row in _wrap(f"{key}: {text}", "    ")]
        parts.append("")
    if method is not None:
        parts += [*_scores(method, card), ""]
    if any(name.startswith("figures/") for name in files):
        several = track and len(card.tracks) > 1
        of = f" Predictions and profiles are of the track {track}." if several else ""
        parts += _wrap(
            "figures/: each figure as SVG, PDF and PNG. predictions shows all sequences; for the "
            f"first {pictured} sequences there are, numbered, the profile along the sequence (when "
            "it has several windows or bins), the scores of its bases, and the effect of "
            f"every single-base change.{of} Positions in figures are 1-based."
        )
        if left_out:
            named = ", ".join(left_out)
            parts += _wrap(f"Too long to draw in one figure; the tables have them: {named}.")
        parts.append("")
    limits = [row for limit in card.limits for row in _wrap(f"- {limit}")]
    if limits:
        parts += ["Limits of the model:", *limits, ""]
    if card.citation:
        parts += _wrap(f"Please cite: {card.citation}")
    parts += _wrap(f"Licence of the model: {card.licence}")
    return "\n".join(parts) + "\n"


def _scores(method: str, card: ModelCard) -> list[str]:
    """Return what the scores of a method mean, wrapped."""
    about = ABOUT[method]
    adds_up = (
        "They add up to y - y_baseline; delta is what they miss of it, ideally 0."
        if about.complete
        else "They are not expected to add up to y - y_baseline, so delta is no error."
    )
    sign = "above 0 raises, below 0 lowers" if about.signed else "no sign: how much, whichever way"
    return [
        *_wrap(f"scores: {about.title}. {about.help}"),
        *_wrap(
            f"formula: {about.formula}; x is the sequence as zeros and ones, b the baseline, f the "
            "explained number, g its gradient",
            "    ",
        ),
        *_wrap(f"unit: {about.in_units(card.units)}", "    "),
        *_wrap(f"sign: {sign}", "    "),
        *_wrap(f"sum: {adds_up}", "    "),
    ]


def _wrap(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        96,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
