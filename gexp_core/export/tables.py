"""Results as tables: what is in each row and column, in which unit; writes no file.

Positions called ``position`` are 1-based; ``start`` and ``end`` are 0-based half-open. Numbers stay
float32 as they were computed. Names are the visitor's own, unchanged; ``text.tsv`` makes them safe.
"""

import numpy as np
import pandas as pd

from gexp_core.encoding import BASES, gc_content, indices
from gexp_core.errors import ModelError
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, InputCheck, Mutagenesis, Prediction

_LETTERS = np.array(list("ACGTN"), dtype=object)
WHOLE_INPUT = "(whole input)"


def prediction_table(prediction: Prediction, card: ModelCard) -> pd.DataFrame:
    """Return one row per window (or bin) and track.

    Columns: sequence; start, end (bases of the sequence that the window holds, of a model of many
    bins those of the bin, 0-based half-open; below 0 or past the end in the background); track;
    prediction (the card's units); spread (standard deviation over the readings: strands and
    networks).

    Raises
    ------
    ModelError
        The prediction has other tracks than the card.
    """
    _fits(prediction, card)
    count, tracks = prediction.y.shape
    names = np.array(prediction.names, dtype=object)[prediction.row_sequence]
    return pd.DataFrame(
        {
            "sequence": np.repeat(names, tracks),
            "start": np.repeat(prediction.start, tracks),
            "end": np.repeat(prediction.end, tracks),
            "track": np.tile(np.array(prediction.tracks, dtype=object), count),
            "prediction": prediction.y.ravel(),
            "spread": prediction.spread.ravel(),
        }
    )


def summary_table(prediction: Prediction, card: ModelCard) -> pd.DataFrame:
    """Return one row per sequence and track.

    Columns: sequence; length (bases read: from the first to the last base of its windows), of a
    model of many bins instead covered (bases from the first bin to the last) and bins (those of
    all windows); windows; track; prediction (mean over the windows or bins); unit; percentile
    (0-100, of that mean among measured test sequences; nan where the card has none);
    above_shuffled (0-100, share of the model's own predictions for shuffled sequences that are
    below; nan likewise); strand_gap (forward minus reverse-complement reading), member_sd (standard
    deviation over networks) and spread (over all readings), each the mean over windows or bins.
    """
    _fits(prediction, card)
    means = prediction.means()
    rows = [prediction.rows(i) for i in range(len(prediction.names))]
    first = np.array([prediction.start[row].min() for row in rows])
    last = np.array([prediction.end[row].max() for row in rows])

    def mean(values: np.ndarray) -> np.ndarray:
        return np.stack([values[row].mean(0) for row in rows]).ravel()

    tracks = len(prediction.tracks)
    names = list(enumerate(prediction.tracks))
    count = np.array([row.stop - row.start for row in rows])
    span = "length" if card.bins == 1 else "covered"
    many = {} if card.bins == 1 else {"bins": np.repeat(count, tracks)}
    percentile = [card.percentile(means[:, t], name) for t, name in names]
    above = [card.background_percentile(means[:, t], name) for t, name in names]
    return pd.DataFrame(
        {
            "sequence": np.repeat(np.array(prediction.names, dtype=object), tracks),
            span: np.repeat(last - first, tracks),
            **many,
            "windows": np.repeat(count // card.bins, tracks),
            "track": np.tile(np.array(prediction.tracks, dtype=object), len(rows)),
            "prediction": means.ravel(),
            "unit": prediction.units,
            "percentile": np.stack(percentile, axis=1).ravel(),
            "above_shuffled": np.stack(above, axis=1).ravel(),
            "strand_gap": mean(prediction.strand_gap),
            "member_sd": mean(prediction.member_sd),
            "spread": mean(prediction.spread),
        }
    )


def _fits(prediction: Prediction, card: ModelCard) -> None:
    known = tuple(track.name for track in card.tracks)
    if prediction.tracks != known:
        raise ModelError(
            f"the prediction has tracks {', '.join(prediction.tracks)}, the card of {card.name!r} "
            f"{', '.join(known)}; give the card of the model that predicted"
        )


def attribution_table(attribution: Attribution, i: int) -> pd.DataFrame:
    """Return one row per base of sequence ``i``.

    Columns: sequence; position (1-based); base; score (of the position: the sum of the four next);
    A, C, G, T (of each letter; ``explain.methods`` has the formula of each method).
    """
    sequence, attr = attribution.sequences[i], attribution.attr[i]
    columns = {
        "sequence": np.full(len(sequence), attribution.names[i], dtype=object),
        "position": np.arange(1, len(sequence) + 1),
        "base": _LETTERS[indices(sequence)],
        "score": attribution.per_base(i),
    }
    return pd.DataFrame(columns | {base: attr[k] for k, base in enumerate(BASES)})


def attributions_table(attribution: Attribution) -> pd.DataFrame:
    """Return :func:`attribution_table` of all sequences, one below the other."""
    parts = [attribution_table(attribution, i) for i in range(len(attribution.names))]
    return pd.concat(parts, ignore_index=True)


def mutagenesis_table(mutagenesis: Mutagenesis, card: ModelCard) -> pd.DataFrame:
    """Return one row per single-base change; the reference base changes nothing and has no row.

    Columns: sequence; position (1-based); ref, alt (bases); track; effect (prediction of the
    changed sequence minus that of the reference, the card's units). At N there are four rows.

    Raises
    ------
    ModelError
        The explained track is not on the card.
    """
    at = mutagenesis.target.track
    if not 0 <= at < len(card.tracks):
        raise ModelError(f"{card.name!r} has {len(card.tracks)} tracks, there is no number {at}")
    parts = [_changes(mutagenesis, i) for i in range(len(mutagenesis.names))]
    counts = [len(part[0]) for part in parts]
    position, ref, alt, effect = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pd.DataFrame(
        {
            "sequence": np.repeat(np.array(mutagenesis.names, dtype=object), counts),
            "position": position,
            "ref": _LETTERS[ref],
            "alt": _LETTERS[alt],
            "track": card.explained(mutagenesis.target),
            "effect": effect,
        }
    )


def _changes(mutagenesis: Mutagenesis, i: int) -> tuple[np.ndarray, ...]:
    """Return 1-based position, reference code, new code and effect of every change, in order."""
    start, end = mutagenesis.window[i]
    codes = indices(mutagenesis.sequences[i][start:end])
    column, alt = np.nonzero(codes[:, None] != np.arange(4))
    return start + column + 1, codes[column], alt, mutagenesis.effect[i][alt, column]


def strongest(mutagenesis: Mutagenesis, i: int, n: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ``n`` changes of sequence ``i`` that lower the number most, and raise it most.

    Returns
    -------
    losses, gains : DataFrame
        Columns: position (1-based), ref, alt, effect (units of the result), mutant ('A17G').
        Strongest first, then by position; a loss is below 0, a gain above. There may be fewer
        than ``n``.
    """
    position, ref, alt, effect = _changes(mutagenesis, i)
    found = pd.DataFrame(
        {
            "position": position,
            "ref": _LETTERS[ref],
            "alt": _LETTERS[alt],
            "effect": effect,
            "mutant": [
                f"{_LETTERS[r]}{p}{_LETTERS[a]}"
                for r, p, a in zip(ref.tolist(), position.tolist(), alt.tolist(), strict=True)
            ],
        }
    )
    order = found.sort_values("effect", kind="stable")
    losses = order[order["effect"] < 0].head(n)
    order = found.sort_values("effect", kind="stable", ascending=False)
    gains = order[order["effect"] > 0].head(n)
    return losses.reset_index(drop=True), gains.reset_index(drop=True)


def input_table(check: InputCheck) -> pd.DataFrame:
    """Return one row per record: what was read, what was changed, what was left out and why.

    Columns: sequence; status ('kept', 'kept, changed', 'left out' or, for notes on the input as a
    whole, 'note'); length (bases); gc_percent (of A C G T; nan without any); unknown (N among the
    bases); notes (every change, as sentences).
    """
    notes: dict[str, list[str]] = {}
    for change in check.changes:
        notes.setdefault(change.record, []).append(change.text)
    rows: list[tuple[str, str, float, float, float, str]] = []
    kept = check.sequences
    for name, sequence in zip(kept.names, kept.sequences, strict=True):
        about = notes.pop(name, [])
        status = "kept, changed" if about else "kept"
        gc = 100 * gc_content(sequence)
        rows.append((name, status, len(sequence), gc, sequence.count("N"), " ".join(about)))
    nan = float("nan")
    for rejected in check.rejected:
        about = [rejected.text, *notes.pop(rejected.record, [])]
        rows.append((rejected.record, "left out", nan, nan, nan, " ".join(about)))
    for name, about in notes.items():
        rows.append((name or WHOLE_INPUT, "note", nan, nan, nan, " ".join(about)))
    table = pd.DataFrame(
        rows, columns=["sequence", "status", "length", "gc_percent", "unknown", "notes"]
    )
    # whole numbers that may be missing: a record that was left out has no length
    return table.astype({"length": "Int64", "unknown": "Int64"})
