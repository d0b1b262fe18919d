"""Experiments of the motif bench by the names of their parts, as a worker is asked for them.

Owns which backgrounds, positions and gaps a few numbers stand for.
"""

from typing import Any

from gexp_core.errors import InputError
from gexp_core.explain.cost import evaluations
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench import Experiment, pair_curve, position_curve
from gexp_core.motifs.bench_texts import random_backgrounds, shuffled_backgrounds
from gexp_core.types import Progress, SequenceSet

GROUNDS = ("random", "shuffled", "given")


def grounds(
    sequences: SequenceSet,
    card: ModelCard,
    ground: str,
    *,
    n: int,
    length: int,
    gc: float,
    seed: int,
) -> tuple[str, ...]:
    """Return up to n backgrounds of one length.

    Parameters
    ----------
    ground : str
        'random' (letters at ``gc``, of ``length``), 'shuffled' or 'given' (the sequences; those as
        long as the first of them).

    Raises
    ------
    InputError
        The kind is unknown.
    """
    if ground not in GROUNDS:
        raise InputError(f"backgrounds {ground!r} are not one of {', '.join(GROUNDS)}")
    if ground == "random":
        return random_backgrounds(n, length, gc=gc, seed=seed)
    texts = [t for t in sequences.sequences if len(t) == len(sequences.sequences[0])][:n]
    if ground == "given":
        return tuple(texts)
    some = SequenceSet(tuple(str(k) for k in range(len(texts))), tuple(texts))
    return shuffled_backgrounds(some, card, n, seed=seed)


def run_named(
    model: str,
    sequences: SequenceSet,
    kind: str,
    first: str,
    second: str,
    *,
    ground: str,
    n: int,
    length: int,
    gc: float,
    step: int = 10,
    most: int = 20,
    ways: tuple[str, ...] = ("++",),
    track: int = 0,
    both_strands: bool = True,
    stride: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Experiment:
    """Run one experiment with the model called ``model``.

    Parameters
    ----------
    kind : str
        'position' (``first`` at every ``step`` bases) or 'pair' (``first`` and ``second`` with gaps
        up to ``most`` bases, in the orientations ``ways``).
    both_strands, stride
        As of ``predict``.

    Raises
    ------
    InputError
        A motif does not fit, or a choice is unknown.
    """
    loaded = registry.load(model)
    texts = grounds(sequences, registry.card(model), ground, n=n, length=length, gc=gc, seed=seed)
    how: dict[str, Any] = {"track": track, "both_strands": both_strands, "stride": stride}
    how |= {"seed": seed, "progress": progress}
    if kind == "position":
        positions = _positions(len(texts[0]), first, step)
        if not positions:
            raise InputError(f"a motif of {len(first)} letters is longer than the backgrounds")
        return position_curve(loaded, first, texts, positions, **how)
    if kind != "pair":
        raise InputError(f"the experiment {kind!r} is not one of position, pair")
    room = len(texts[0]) - len(first) - len(second)
    if room < 0:
        raise InputError(
            f"motifs of {len(first)} and {len(second)} letters do not fit into backgrounds of "
            f"{len(texts[0])} bp"
        )
    gaps = _gaps(room, most)
    return pair_curve(loaded, first, second, texts, gaps, orientations=ways, **how)


def _positions(width: int, motif: str, step: int) -> range:
    return range(0, width - len(motif) + 1, step)


def _gaps(room: int, most: int) -> range:
    return range(0, min(most, room) + 1, max(1, most // 20))


def evaluations_of(
    card: ModelCard,
    sequences: SequenceSet,
    kind: str,
    first: str,
    second: str,
    *,
    ground: str,
    n: int,
    length: int,
    gc: float = 0.5,
    step: int = 10,
    most: int = 20,
    ways: tuple[str, ...] = ("++",),
    both_strands: bool = True,
    stride: int | None = None,
) -> int:
    """Return the work of an experiment in evaluations of the model; asked as ``run_named``.

    At most: equal texts are read once.
    """
    background = "A" * length if ground == "random" else sequences.sequences[0]
    width = len(background)
    if ground == "given":
        n = min(n, sum(len(text) == width for text in sequences.sequences))
    if kind == "position":
        each = 1 + 2 * len(_positions(width, first, step))
    else:
        each = 1 + 5 * len(_gaps(width - len(first) - len(second), most)) * len(ways)
    one = SequenceSet(("background",), (background,))
    return n * each * evaluations(card, one, both_strands=both_strands, stride=stride)
