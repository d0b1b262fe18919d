"""Which pairs of bases depend on each other: the effect of every double change in a window.

Owns the interaction of all pairs of single-base changes in a part of a sequence. The readings are
``single_base``'s, of the sequence with each first change made, in the windows of the unchanged one,
so every double mutant is read as exactly as a single one. One chosen change against all others is
``edits.epistasis``'s.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.pair_effects import MOST, PairEffects
from gexp_core.explain.single_base import mutagenesis
from gexp_core.models import registry
from gexp_core.models.base import Model
from gexp_core.types import Progress, Provenance, SequenceSet, Target


def pairs(
    model: Model,
    sequences: SequenceSet,
    window: tuple[int, int],
    *,
    target: Target | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> PairEffects:
    """Read every double change of two bases in a window of one sequence.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
        One sequence.
    window : (int, int)
        0-based half-open on it, 2 to :data:`MOST` bases.
    target, both_strands, stride, batch_size
        As in ``mutagenesis``.
    progress : callable, optional
        Called with (double changes read, all of them); it may raise to stop.

    Raises
    ------
    InputError
        There is not one sequence, or the window leaves it or has fewer than two bases.
    LimitError
        The window has more than :data:`MOST` bases.
    """
    start, end = window
    (name,), (text,) = _checked(sequences, window)
    shared: dict[str, Any] = {
        "target": target or Target(),
        "both_strands": both_strands,
        "stride": stride,
        "batch_size": batch_size,
    }
    width = end - start
    single = mutagenesis(model, sequences, window=window, **shared)
    effect, y_ref = single.effect[0].astype(np.float64), float(single.y_ref[0])
    found = np.zeros((4, width, 4, width))
    found[:, range(width), :, range(width)] = np.nan
    here = one_hot(text)[:, start:end] > 0
    counts = [int((~here[:, i]).sum()) * 3 * (width - 1 - i) for i in range(width - 1)]
    total = sum(counts)
    done = 0
    for i in range(width - 1):
        letters = [a for a in range(4) if not here[a, i]]
        names = tuple(BASES[a] for a in letters)
        mutants = tuple(text[: start + i] + base + text[start + i + 1 :] for base in names)
        made = mutagenesis(
            model,
            SequenceSet(names, mutants),
            window=(start + i + 1, end),
            framed_as=SequenceSet(names, (text,) * len(names)),
            progress=_part(progress, done, total),
            **shared,
        )
        done += counts[i]
        for a, after in zip(letters, made.effect, strict=True):
            together = after.astype(np.float64) - effect[:, i + 1 :]
            together[here[:, i + 1 :]] = 0
            found[a, i, :, i + 1 :] = together
            found[:, i + 1 :, a, i] = together
    return PairEffects(
        name=name,
        sequence=text,
        window=window,
        interaction=found.astype(np.float32),
        effect=single.effect[0],
        y_ref=y_ref,
        target=shared["target"],
        units=model.card.units,
        provenance=Provenance(
            sequences.digest,
            model.card.name,
            model.card.sha256,
            {
                "work": "pairs",
                "window": window,
                "target": asdict(shared["target"]),
                "both_strands": model.card.reads_both(both_strands),
                "stride": stride,
            },
        ),
    )


def _checked(
    sequences: SequenceSet, window: tuple[int, int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and letters of the one sequence, or raise."""
    if len(sequences) != 1:
        raise InputError(f"{len(sequences)} sequences were given; pairs are asked of one")
    (text,), (start, end) = sequences.sequences, window
    if not 0 <= start < end - 1 < len(text):
        raise InputError(
            f"the window {start} to {end} (0-based half-open) is not two bases or more of the "
            f"{len(text)} bp given; choose one between 0 and {len(text)}"
        )
    if end - start > MOST:
        raise LimitError(
            f"the window has {end - start} bases, all pairs of at most {MOST} are read; choose a "
            "shorter one"
        )
    return sequences.names, sequences.sequences


def _part(progress: Progress | None, done: int, total: int) -> Callable[[int, int], None]:
    """Return a progress for double changes that begin after ``done`` of ``total``."""
    if progress is None:
        return lambda some, all_of_them: None
    return lambda some, all_of_them: progress(min(total, done + some), total)


def pairs_named(
    model: str,
    sequences: SequenceSet,
    window: tuple[int, int],
    *,
    progress: Progress | None = None,
    **settings: Any,
) -> PairEffects:
    """Ask the model called ``model``; otherwise as :func:`pairs`."""
    return pairs(registry.load(model), sequences, window, progress=progress, **settings)
