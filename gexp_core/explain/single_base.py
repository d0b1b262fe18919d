"""What every single-base change would do to a prediction.

Owns the making of a Mutagenesis and the plain way to compute one: a forward pass per explicit
mutant. Networks that ``incremental`` understands take its way instead, which is exact too and
computes only what a change can reach.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gexp_core.encoding import Frame, one_hot
from gexp_core.errors import InputError
from gexp_core.explain.incremental import incremental
from gexp_core.explain.placement import Doubles, explained, parts
from gexp_core.models.base import Model, Scalar
from gexp_core.predict import at_once
from gexp_core.types import Floats, Mutagenesis, Progress, Provenance, SequenceSet, Target

Tick = Callable[[int], None]


class Reader(Protocol):
    """Read all single-base changes of one window."""

    def __call__(self, X: Tensor, start: int, end: int, tick: Tick) -> tuple[Doubles, float]:
        """Return the reading (4, end - start) of each letter there, and of X (4, L) itself.

        ``tick`` is called with the number of mutants newly done.
        """


def mutagenesis(
    model: Model,
    sequences: SequenceSet,
    *,
    target: Target | None = None,
    window: tuple[int, int] | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    framed_as: SequenceSet | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Mutagenesis:
    """Predict the effect of every single-base change.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    target : Target, optional
        The number whose change is read; the mean over all rows of the first track by default.
    window : (int, int), optional
        The part to change, 0-based half-open on every sequence; all of it by default.
    both_strands : bool
        Read the mean of both strands, which is the number predict shows.
    stride : int, optional
        Bases between windows of a sequence longer than the model's; half a window by default.
    framed_as : SequenceSet, optional
        Texts as long, in whose windows the sequences are read, as in ``predict.frames``.
    batch_size : int
        Mutants per forward pass.
    progress : callable, optional
        Called with (mutants read, mutants in all); it may raise to stop.

    Returns
    -------
    Mutagenesis
        effect (4, W) = y_alt - y_ref in the model's units, exactly 0 at the reference base. Of a
        sequence read in several windows it is the change of their mean. Where each window lies,
        and so which flanks surround it, stays as it is for the unchanged sequence.

    Raises
    ------
    InputError
        ``window`` is empty or leaves a sequence, or ``framed_as`` has other lengths.
    ModelError
        The target is not one of the model's.
    """
    target = target or Target()
    scalar = Scalar(model, target, both_strands=both_strands)
    plan = explained(sequences, model.card, target, stride=stride, framed_as=framed_as)
    windows = [_checked(window, *named) for named in zip(sequences.names, plan, strict=True)]
    total = sum(
        3 * (end - start)
        for how, region in zip(plan, windows, strict=True)
        for start, end in _reach(how, region)
    )
    done = 0

    def tick(mutants: int) -> None:
        nonlocal done
        done = min(total, done + mutants)
        if progress:
            progress(done, total)

    read = incremental(scalar) or Plain(scalar, at_once(model.card, batch_size))
    effects: list[Floats] = []
    y_ref: list[float] = []
    for text, how, region in zip(sequences.sequences, plan, windows, strict=True):
        effect, at_ref = _effects(read, how, one_hot(text), region, model.device, tick)
        effects.append(effect.astype(np.float32))
        y_ref.append(at_ref)
    return Mutagenesis(
        names=sequences.names,
        sequences=sequences.sequences,
        effect=tuple(effects),
        window=tuple(windows),
        y_ref=np.array(y_ref, np.float32),
        target=target,
        units=model.card.units,
        provenance=Provenance(
            sequences.digest,
            model.card.name,
            model.card.sha256,
            {
                "work": "mutagenesis",
                "target": asdict(target),
                "window": window,
                "both_strands": model.card.reads_both(both_strands),
                "stride": stride,
                **({} if framed_as is None else {"framed_as": framed_as.digest}),
            },
        ),
    )


def _checked(window: tuple[int, int] | None, name: str, how: Frame) -> tuple[int, int]:
    """Return the region to change, or raise InputError when it is not in the sequence."""
    start, end = window or (0, how.length)
    if not 0 <= start < end <= how.length:
        raise InputError(
            f"the window {start} to {end} (0-based half-open) is not in sequence {name!r} of "
            f"{how.length} bp; choose one between 0 and {how.length}"
        )
    return start, end


def _reach(how: Frame, region: tuple[int, int]) -> list[tuple[int, int]]:
    """Return, for each window, the stretch of ``region`` it holds; empty where start >= end."""
    held = [(max(region[0], at), min(region[1], at + how.width)) for at in how.starts]
    return [(start, end) if start < end else (region[0], region[0]) for start, end in held]


def _effects(
    read: Reader, how: Frame, x: Floats, region: tuple[int, int], device: torch.device, tick: Tick
) -> tuple[Doubles, float]:
    """Return effect (4, W) and y_ref of one sequence x (4, length)."""
    out = np.zeros((4, region[1] - region[0]))
    y_ref = 0.0
    with torch.inference_mode():
        for one, (start, end) in zip(parts(how, 1), _reach(how, region), strict=True):
            X = torch.from_numpy(one.windows(x[None])[0]).to(device)
            shift = how.offset - one.starts[0]
            y, y_here = read(X, start + shift, end + shift, tick)
            out[:, start - region[0] : end - region[0]] += y - y_here
            y_ref += y_here
    out /= len(how.starts)
    out[x[:, region[0] : region[1]] > 0] = 0
    return out, y_ref / len(how.starts)


class Plain:
    """Read mutants one batch after another: any model, no assumption."""

    def __init__(self, scalar: Scalar, batch_size: int) -> None:
        self.scalar = scalar
        self.batch_size = batch_size

    def __call__(self, X: Tensor, start: int, end: int, tick: Tick) -> tuple[Doubles, float]:
        """Return the reading (4, end - start) of each letter there, and of X (4, L) itself."""
        y_here = float(self.scalar(X[None]))
        y = np.full((4, end - start), y_here)
        edits = (X[:, start:end] == 0).nonzero()  # (mutants, 2): letter, position
        for batch in torch.split(edits, self.batch_size):
            letter, position = batch.unbind(1)
            mutants = X.repeat(len(batch), 1, 1)
            row = torch.arange(len(batch), device=X.device)
            mutants[row, :, position + start] = 0
            mutants[row, letter, position + start] = 1
            y[letter.cpu().numpy(), position.cpu().numpy()] = (
                self.scalar(mutants).double().cpu().numpy()
            )
            tick(len(batch))
        return y, y_here
