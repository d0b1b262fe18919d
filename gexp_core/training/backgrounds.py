"""What a model says of sequences without meaning: shuffles of train rows and random letters.

Owns how they are drawn. A prediction's place among them tells a sequence that says something to
the model from one that only has the usual composition.
"""

import numpy as np

from gexp_core.explain.baselines import dinucleotide_shuffles
from gexp_core.models.base import Model
from gexp_core.predict import predict
from gexp_core.training.data import Table
from gexp_core.types import Floats, Progress, SequenceSet

#: Sequences drawn of each kind.
DRAWN = 10_000


def backgrounds(
    model: Model,
    table: Table,
    *,
    drawn: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, dict[str, tuple[float, ...]]]:
    """Return the quantiles of predictions for sequences without meaning.

    Parameters
    ----------
    model : Model
    table : Table
        Its train rows are shuffled; no other row is looked at.
    drawn : int, optional
        How many of each kind; DRAWN by default.
    progress : callable, optional
        Called with (sequences done, sequences in all) of either kind in turn.

    Returns
    -------
    dict
        'shuffled': dinucleotide shuffles of the insert of train rows drawn with replacement;
        'random': inserts of independent letters at the train rows' share of G and C. Each: track
        -> 101 quantiles (0th to 100th percentile), in the card's unit. Flanks are the assay's own.
    """
    count = DRAWN if drawn is None else drawn
    made = {}
    for kind, texts in (
        ("shuffled", shuffled(table, count, seed=seed)),
        ("random", random(table, count, seed=seed)),
    ):
        names = tuple(str(i) for i in range(len(texts)))
        sequences = SequenceSet(names, texts)
        values = predict(model, sequences, batch_size=256, progress=progress).means()
        made[kind] = {
            label: quantiles(values[:, track]) for track, label in enumerate(table.tracks)
        }
    return made


def shuffled(table: Table, count: int, *, seed: int = 0) -> tuple[str, ...]:
    """Return ``count`` train rows, drawn with replacement, with shuffled inserts."""
    rng = np.random.default_rng([seed, 1])
    train = table.rows("train")
    begin, end = table.insert
    texts = []
    for at, row in enumerate(rng.choice(train, count)):
        text = table.text(int(row))
        (insert,) = dinucleotide_shuffles(text[begin:end], 1, seed=seed + at)
        texts.append(text[:begin] + insert + text[end:])
    return tuple(texts)


def random(table: Table, count: int, *, seed: int = 0) -> tuple[str, ...]:
    """Return ``count`` rows with inserts of independent letters between a train row's flanks."""
    rng = np.random.default_rng([seed, 2])
    train = table.rows("train")
    begin, end = table.insert
    insert = table.codes[train, begin:end]
    gc = float(np.isin(insert, (1, 2)).sum() / max(1, (insert < 4).sum()))
    share = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    letters = rng.choice(np.frombuffer(b"ACGT", np.uint8), (count, end - begin), p=share)
    flanks = table.text(int(train[0]))
    return tuple(flanks[:begin] + row.tobytes().decode() + flanks[end:] for row in letters)


def quantiles(values: Floats) -> tuple[float, ...]:
    """Return the 0th to 100th percentile of the finite values, 101 numbers."""
    finite = values[np.isfinite(values)]
    return tuple(round(float(v), 4) for v in np.quantile(finite, np.linspace(0, 1, 101)))
