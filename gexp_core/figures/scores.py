"""Which number stands on which letter: from an Attribution or a Mutagenesis to a logo's scores.

Owns these two definitions; draws nothing. Numpy alone.
"""

import numpy as np

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.types import Attribution, Floats, Mutagenesis


def at_reference(sequence: str, values: Floats) -> Floats:
    """Return (4, L): one value per position (L,), put on the letter that stands there; 0 at N."""
    if len(sequence) != len(values):
        raise InputError(f"{len(values)} values do not fit a sequence of {len(sequence)} bases")
    codes = indices(sequence)
    known = np.flatnonzero(codes < 4)
    scores = np.zeros((4, len(sequence)), np.float32)
    scores[codes[known], known] = values[known]
    return scores


def attribution_scores(attribution: Attribution, i: int) -> Floats:
    """Return (4, L): the contribution of each position, standing on the letter that is there."""
    return at_reference(attribution.sequences[i], attribution.per_base(i))


def importance(mutagenesis: Mutagenesis, i: int) -> Floats:
    """Return (W,): minus the mean effect of the three alternatives; 0 at N, which has no reference.

    Positive where changing the base lowers the number, so positive means the base helps.
    """
    start, end = mutagenesis.window[i]
    codes = indices(mutagenesis.sequences[i][start:end])
    mean = mutagenesis.effect[i].sum(0) / 3  # the reference base adds exactly 0
    return np.where(codes < 4, -mean, 0).astype(np.float32)


def mutagenesis_scores(mutagenesis: Mutagenesis, i: int) -> Floats:
    """Return (4, W): :func:`importance` standing on the reference base."""
    start, end = mutagenesis.window[i]
    return at_reference(mutagenesis.sequences[i][start:end], importance(mutagenesis, i))
