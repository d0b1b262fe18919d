"""How well each bundled data set agrees with itself, by model, with who says so.

Owns the figures and their sentences, which the cards carry.
"""

from collections.abc import Collection
from itertools import combinations

import numpy as np

from gexp_core.errors import InputError
from gexp_core.evaluate.metrics import pearson, within
from gexp_core.models.card import Ceiling
from gexp_core.training.data import Table

_RETINA = (
    Ceiling(
        "pearson",
        0.95,
        "Replicate transfections of one library agree at Pearson r 0.95 to 0.99 (Friedman et al., "
        "Cell Systems 2025); the noise of single elements with few barcodes is larger.",
    ),
    Ceiling(
        "pearson",
        0.73,
        "The same sequence in two of libraries 4 to 7 agrees at Pearson r 0.73 in this data set "
        "(171 pairs, weighted by rows), in two of libraries 1 to 3 at 0.90 (433 pairs, nearly all "
        "of them scrambled controls); r of a faultless model with one such measurement would be "
        "about the square root: 0.86 and 0.95.",
    ),
)

#: name of a model -> its ceilings
CEILINGS: dict[str, tuple[Ceiling, ...]] = {
    "retina-cnn": _RETINA,
    "retina-rnn": _RETINA,
    "retina-transformer": _RETINA,
    "human-mpra": (
        Ceiling(
            "pearson",
            0.74,
            "The two orientations of one element agree at Pearson r 0.74 in this data set "
            "(Agarwal et al., Nature 639:411, 2025); the sequence alone can say no more of either.",
        ),
    ),
}


def repeated(table: Table, batches: Collection[str], *, track: int = 0) -> tuple[float, int]:
    """Return how well a sequence agrees with itself in another batch, and in how many pairs.

    Parameters
    ----------
    table : Table
        All its rows are compared, of whichever split.
    batches : collection of str
        Those to compare, each with each other.
    track : int
        Which column of ``table.y``.

    Returns
    -------
    tuple of float and int
        Pearson r within each two batches, averaged with pairs as weights; the pairs.

    Raises
    ------
    InputError
        No two of the batches have three sequences in common.
    """
    one, other, which = [], [], []
    rows = {
        name: {table.text(row): row for row in np.flatnonzero(table.batch == i).tolist()}
        for i, name in enumerate(table.batches)
        if name in batches
    }
    for pair, (a, b) in enumerate(combinations(rows.values(), 2)):
        shared = sorted(a.keys() & b.keys())
        one += [table.y[a[text], track] for text in shared]
        other += [table.y[b[text], track] for text in shared]
        which += [pair] * len(shared)
    labels = np.array(which, np.int64)
    r = within(np.array(one, np.float64), np.array(other, np.float64), labels, pearson)
    if not np.isfinite(r):
        raise InputError("no two batches have three sequences in common, so none is repeated")
    return r, int(sum(n for n in np.bincount(labels) if n >= 3))
