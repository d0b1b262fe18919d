"""A model card as a page of Markdown: for the documentation, and to keep beside results.

Everything in it comes from the card; which pictures there are is told by the caller.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from gexp_core.evaluate.calibration import verdict
from gexp_core.export.card_making import how_made
from gexp_core.models.card import Metric, ModelCard

#: metric -> how people call it
MEASURES = {
    "pearson": "Pearson r",
    "spearman": "Spearman r",
    "r2": "R²",
    "mse": "MSE",
    "auroc": "AUROC",
    "accuracy": "accuracy",
    "recall": "recall",
    "gain": "r more than the ridge",
    "signal_gain": "r more than the model of sequence alone",
    "hidden_gain": "r more than with the signal hidden",
}

#: file beside a card -> what it shows
PICTURES = {
    "scatter.svg": "Measured against predicted values of the test rows.",
    "calibration.svg": "Error of test rows against how much the networks differ on them.",
    "curves.svg": "Training loss, and Pearson r on the valid rows, after each epoch.",
}

_MOST_TRACKS = 100  # tracks listed
_MOST_APART = 12  # tracks with a table of their own; of more, one table has a line of each


def figure_text(row: Metric | None) -> str:
    """Return a figure with its interval, as the tables show it; '' without one."""
    if row is None:
        return ""
    form = "z.3f" if "gain" in row.metric else "z.2f"  # of a gain it counts on which side of 0
    between = "" if row.low is None else f" ({row.low:{form}} to {row.high:{form}})"
    return f"{row.value:{form}}{between}"


def predictors(card: ModelCard) -> tuple[str, ...]:
    """Return the predictors of the held-out figures, the model first."""
    found = dict.fromkeys(row.predictor for row in card.held_out)
    return tuple(sorted(found, key=lambda name: name != card.name))


def held_out_rows(
    card: ModelCard, metric: str, track: str
) -> list[tuple[str, int, dict[str, Metric]]]:
    """Return subset, n and predictor -> figure for one measure of one track."""
    found: dict[str, dict[str, Metric]] = {}
    for row in card.held_out:
        if (row.metric, row.track) == (metric, track):
            found.setdefault(row.subset, {})[row.predictor] = row
    return [(subset, next(iter(rows.values())).n, rows) for subset, rows in found.items()]


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def card_page(card: ModelCard, pictures: Mapping[str, str] | None = None) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    card : ModelCard
    pictures : mapping, optional
        File name of :data:`PICTURES` -> where the page finds it; those left out are not shown.
    """
    first, last = card.insert
    varied = "" if last - first == card.input_length else f", of which {last - first} varied"
    parts = [
        f"# {card.title}\n\n`{card.name}` gives {card.meaning.rstrip('. ')}.\n",
        _table(
            ("", ""),
            [
                ("Species", card.species),
                ("Assay", card.assay),
                ("Unit", card.units),
                ("Zero", card.zero),
                ("Window", f"{card.input_length:,} bp{varied}"),
                *([("Beside the sequence", signals_told(card))] if card.signals else []),
                *([("Bins", f"{card.bins:,} of {card.bin_size} bp")] if card.bins > 1 else []),
                ("Strands", "both, averaged" if card.both_strands else "as given: order matters"),
                ("Family", f"{card.family}; {_networks(card)}"),
                ("Parameters", f"{card.n_parameters:,} in each network{on_average(card)}"),
                ("Licence", card.licence),
                ("Please cite", card.citation),
            ],
        ),
        _limits(card),
        _held_out(card),
        _ceilings(card),
        _effects(card),
        _calibration(card),
        _places(card),
        _pictures(pictures or {}),
        _tracks(card),
        _signals(card),
        how_made(card),
    ]
    return "\n".join(part for part in parts if part)


def _networks(card: ModelCard) -> str:
    return "one network" if card.members == 1 else f"{card.members} networks averaged"


def on_average(card: ModelCard) -> str:
    """Return what to say behind a number of parameters: '' where all networks have as many."""
    other = sum(card.sizes(member) != dict(card.config) for member in range(card.members))
    return f" on average; {other} of them of another size" if other else ""


def _limits(card: ModelCard) -> str:
    return "## What it does not know\n\n" + "".join(f"- {limit}\n" for limit in card.limits)


def _held_out(card: ModelCard) -> str:
    if not card.held_out:
        return "## On sequences it has never seen\n\nNot reported.\n"
    names = predictors(card)
    unit = card.held_out[0].unit or "rows"
    text = [
        "## On sequences it has never seen\n\nIn brackets the 95 % interval, by bootstrap over "
        f"whole {unit}. Correlations are taken within batches of the assay where it has any, MSE "
        "and R² after the mean of each batch has been removed. AUROC, accuracy and recall tell "
        "the top third from the bottom third. r more than the ridge is of the same samples.\n"
    ]
    each = [track.name for track in card.tracks]
    apart = len(each) <= _MOST_APART
    for track in dict.fromkeys(row.track for row in card.held_out):
        if track in each and not apart:
            continue
        rows = [
            (
                subset,
                MEASURES.get(metric, metric),
                f"{n:,}",
                *(figure_text(at.get(p)) for p in names),
            )
            for metric in dict.fromkeys(row.metric for row in card.held_out)
            for subset, n, at in held_out_rows(card, metric, track)
        ]
        text.append(f"### {track}\n\n" + _table(("rows", "measure", "n", *names), rows))
    if not apart:
        lines = [
            (name, *(figure_text(card.find("pearson", predictor=p, track=name)) for p in names))
            for name in each
        ]
        text.append("### Each track, Pearson r\n\n" + _table(("track", *names), lines))
    if card.predictors:
        text.append("".join(f"- **{name}**: {about}.\n" for name, about in card.predictors.items()))
    return "\n".join(text)


def _ceilings(card: ModelCard) -> str:
    if not card.ceilings:
        return ""
    lines = (f"- {one.track + ': ' if one.track else ''}{one.source}\n" for one in card.ceilings)
    return "## What the measurement itself can tell\n\n" + "".join(lines)


def effect_rows(card: ModelCard) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and lines of the table of agreement with measured effects; medians stand last."""
    methods = tuple(dict.fromkeys(fit.method for fit in card.effects))
    found = {(fit.element, fit.track, fit.method): fit for fit in card.effects}
    several = len({fit.track for fit in card.effects}) > 1
    lines = []
    for element, track in dict.fromkeys((fit.element, fit.track) for fit in card.effects):
        fits = [found.get((element, track, method)) for method in methods]
        n = next(fit.n for fit in fits if fit is not None)
        name = f"{element}, {track}" if several else element
        lines.append((name, f"{n:,}", *("" if fit is None else _r(fit.pearson) for fit in fits)))
    for track in dict.fromkeys(fit.track for fit in card.effects):
        name = f"median, {track}" if several else "median"
        lines.append((name, "", *(_median(card, track, method) for method in methods)))
    return ("element", "changes", *(f"{method}, r" for method in methods)), lines


def _median(card: ModelCard, track: str, method: str) -> str:
    values = [f.pearson for f in card.effects if (f.track, f.method) == (track, method)]
    return _r(median(values)) if values else ""


def _r(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00")


def effects_told(card: ModelCard) -> str:
    """Return in two sentences what the table of agreement with measured effects is."""
    read = " and ".join(f"track {one}" for one in dict.fromkeys(fit.track for fit in card.effects))
    return (
        "Pearson r between predicted and measured effects of every single-base substitution of an "
        "element (saturation mutagenesis; Kircher et al., Nat Commun 10:3583, 2019; at least 10 "
        f"barcodes), read from {read}. They were measured in liver, blood, skin, brain tumour, "
        "kidney and other cells: an element that other cells than the model's switch on is misread."
    )


def _effects(card: ModelCard) -> str:
    if not card.effects:
        return ""
    head, lines = effect_rows(card)
    return f"## Against measured effects of changes\n\n{effects_told(card)}\n\n" + _table(
        head, lines
    )


def _calibration(card: ModelCard) -> str:
    if not card.calibration:
        return ""
    text = ["## Does the spread of the networks tell the error?\n"]
    for track in dict.fromkeys(row.track for row in card.calibration):
        bins = [row for row in card.calibration if row.track == track]
        rows = [
            (
                f"{row.low:.3f} to {row.high:.3f}",
                f"{row.n:,}",
                f"{row.rmse:.3f}",
                f"{100 * row.within_two:.0f} %",
            )
            for row in bins
        ]
        head = (f"networks differ by (SD, {card.units})", "n", "RMSE", "error within two SD")
        text.append(f"**{track}.** {verdict(bins)}\n\n" + _table(head, rows))
    return "\n".join(text)


def _places(card: ModelCard) -> str:
    """Return the quartiles of measured values and of predictions without meaning."""
    rows = []
    kinds = {"measured, test rows": card.percentiles}
    kinds |= {f"predicted, {kind} sequences": tracks for kind, tracks in card.backgrounds.items()}
    for kind, tracks in kinds.items():
        for track, values in list(tracks.items())[:_MOST_TRACKS]:
            step = (len(values) - 1) / 100
            at = [f"{values[round(step * p)]:.2f}" for p in (1, 25, 50, 75, 99)]
            rows.append((kind, track, *at))
    if not rows:
        return ""
    head = ("", "track", "1 %", "25 %", "median", "75 %", "99 %")
    return f"## Where numbers lie ({card.units})\n\n" + _table(head, rows)


def _pictures(found: Mapping[str, str]) -> str:
    shown = [(found[name], words) for name, words in PICTURES.items() if name in found]
    if not shown:
        return ""
    return "## Pictures\n\n" + "\n".join(f"![{words}]({at})\n\n{words}\n" for at, words in shown)


def _tracks(card: ModelCard) -> str:
    rows = [(track.name, track.description, track.group) for track in card.tracks[:_MOST_TRACKS]]
    more = len(card.tracks) - len(rows)
    note = f"\nand {more} more.\n" if more else ""
    return "## Tracks\n\n" + _table(("track", "what it is", "group"), rows) + note


def signals_told(card: ModelCard) -> str:
    """Return in two sentences what a model reads beside the sequence, and where it can be used."""
    where = f"{card.bins:,} bins of {card.bin_size} bp on the middle of the window"
    return (
        f"It reads {len(card.signals)} measured tracks beside the sequence, over the {where}. They "
        "are given on the command line (`predict`, `attribute`, `mutagenesis` and `attention` with "
        "`--signal FILE`) or in Python (`model.bind(signal)`); the pages of the app, which read "
        "sequence alone, do not offer this model."
    )


def _signals(card: ModelCard) -> str:
    """Return the table of what is read beside the sequence."""
    if not card.signals:
        return ""
    rows = [
        (one.name, one.description, f"{one.scale:g}", f"{one.clip_soft:g}", f"{one.clip:g}")
        for one in card.signals
    ]
    return (
        "## Measured tracks that it reads\n\nA value is the mean over a bin of coverage times the "
        "scale; above the soft limit it grows as a square root, to the limit at most.\n\n"
        + _table(("track", "what it is", "scale", "soft limit", "limit"), rows)
    )
