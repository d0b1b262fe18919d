"""Which number of a sequence is explained, and in which windows it is read.

The explained number of a sequence is the mean over its windows (the target's rows where a window
gives one row, else all) of ``Scalar(model, target)``. Owns that mean; knows no method.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from gexp_core.encoding import Frame
from gexp_core.errors import ModelError
from gexp_core.models.base import Scalar
from gexp_core.models.card import ModelCard
from gexp_core.predict import frames
from gexp_core.types import Floats, SequenceSet, Target

Doubles = NDArray[np.float64]


def explained(
    sequences: SequenceSet,
    card: ModelCard,
    target: Target,
    *,
    stride: int | None = None,
    framed_as: SequenceSet | None = None,
) -> list[Frame]:
    """Return, for each sequence, the windows whose mean is explained; options as of ``frames``.

    Raises
    ------
    InputError
        As of ``predict.frames``.
    ModelError
        The target's rows are not among those the model gives for a sequence.
    """
    plan = frames(sequences, card, stride=stride, framed_as=framed_as)
    if target.rows is None:
        return plan
    first, last = target.rows
    kept = []
    for name, how in zip(sequences.names, plan, strict=True):
        rows = len(how.starts) if card.bins == 1 else card.bins
        if not 0 <= first < last <= rows:
            raise ModelError(
                f"rows {first} to {last} (0-based half-open) were asked for, {card.name} gives "
                f"{rows} for sequence {name!r}; choose rows between 0 and {rows}"
            )
        kept.append(replace(how, starts=how.starts[first:last]) if card.bins == 1 else how)
    return kept


def parts(how: Frame, size: int) -> Iterator[Frame]:
    """Yield frames over successive windows of ``how``, at most ``size`` each."""
    for at in range(0, len(how.starts), size):
        yield replace(how, starts=how.starts[at : at + size])


def gather(how: Frame, inserts: Doubles) -> Doubles:
    """Return (4, length): the sum of window scores (n, 4, L), each laid where its insert lies."""
    out = np.zeros((4, how.length))
    inside = slice(how.offset, how.offset + how.width)
    for start, scores in zip(how.starts, inserts, strict=True):
        out[:, start : start + how.width] += scores[:, inside]
    return out


def read(scalar: Scalar, windows: Floats, *, batch_size: int) -> Doubles:
    """Return (n,) float64: the explained number of each window (n, 4, L)."""
    device = scalar.model.device
    with torch.inference_mode():
        readings = [
            scalar(torch.from_numpy(windows[at : at + batch_size]).to(device)).double().cpu()
            for at in range(0, len(windows), batch_size)
        ]
    values: Doubles = torch.cat(readings).numpy()
    return values
