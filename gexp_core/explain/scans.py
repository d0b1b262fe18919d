"""Credit by trying: bases are replaced and the model is read again, no gradient taken.

Owns occlusion by windows, and mutagenesis read as an attribution.
"""

import numpy as np

from gexp_core.encoding import Frame
from gexp_core.explain.pairs import Work
from gexp_core.explain.placement import Doubles, parts, read
from gexp_core.explain.single_base import mutagenesis
from gexp_core.types import Floats, SequenceSet

# Numbers held for edited windows at once; bounds memory on long inputs.
_HELD = 4_000_000


def occlusion(work: Work, how: Frame, x: Floats, B: Floats, part: tuple[int, int]) -> Doubles:
    """Return (length,): what each base loses when a window that holds it is replaced.

    Parameters
    ----------
    work, how : what is read, and where
    x : (4, length)
    B : (K, 4, length), what replaces the bases of a window; the mean over K is taken
    part : the bases that windows are laid over, 0-based half-open; the others get 0

    Returns
    -------
    (length,) float64: mean over the windows that hold a base of (loss of the window / its size).
    """
    laid = _spans(part[1] - part[0], work.settings.size, work.settings.step)
    spans = [(part[0] + start, part[0] + end) for start, end in laid]
    loss = np.zeros(len(spans))
    told = 0
    for tile, one in enumerate(parts(how, 1), 1):
        first = one.starts[0]
        held = [i for i, (s, e) in enumerate(spans) if s < first + one.width and e > first]
        X, R = one.windows(x[None]), one.windows(B)
        here = float(read(work.scalar, X, batch_size=work.batch_size)[0])
        each = max(1, _HELD // R.size)
        for begin in range(0, len(held), each):
            some = held[begin : begin + each]
            edited = np.broadcast_to(X[0], (len(some), *R.shape)).copy()
            for row, i in enumerate(some):
                start, end = (min(max(at - first, 0), one.width) + one.offset for at in spans[i])
                edited[row, ..., start:end] = R[..., start:end]
            y = read(work.scalar, edited.reshape(-1, *R.shape[1:]), batch_size=work.batch_size)
            loss[some] += here - y.reshape(len(some), -1).mean(1)
        upto = how.length * tile // len(how.starts)
        work.tick(upto - told)
        told = upto
    return _shared(how.length, spans, loss / len(how.starts))


def _spans(length: int, size: int, step: int) -> list[tuple[int, int]]:
    """Return (start, end) of each window; the last ends with the sequence."""
    last = max(0, length - size)
    return [(at, min(at + size, length)) for at in (*range(0, last, step), last)]


def _shared(length: int, spans: list[tuple[int, int]], loss: Doubles) -> Doubles:
    """Return (length,): the mean share that each base has in the windows that hold it, or 0."""
    total, count = np.zeros(length), np.zeros(length)
    for (start, end), lost in zip(spans, loss, strict=True):
        total[start:end] += lost / (end - start)
        count[start:end] += 1
    made: Doubles = total / np.maximum(count, 1)
    return made


def changed(work: Work, text: str, length: int) -> Doubles:
    """Return (4, length): how much better each letter is than the mean of the other three there.

    At the letter that stands there this is minus the mean effect of its three alternatives.
    """
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        upto = length * done // max(total, 1)
        work.tick(upto - told)
        told = upto

    made = mutagenesis(
        work.scalar.model,
        SequenceSet(("sequence",), (text,)),
        target=work.scalar.target,
        both_strands=work.scalar.both_strands,
        stride=work.settings.stride,
        batch_size=work.batch_size,
        progress=progress,
    )
    return advantage(made.effect[0].astype(np.float64))


def advantage(effect: Doubles) -> Doubles:
    """Return (4, W): the effect of each letter minus the mean of the other three."""
    made: Doubles = effect - (effect.sum(0) - effect) / 3
    return made
