"""Experiments of the motif bench by the names of their parts, as a worker is asked for them.

Owns which backgrounds, positions and gaps a few numbers stand for, and what is kept of the choice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gexp_core.errors import InputError
from gexp_core.explain.cost import evaluations
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench import pair_curve, position_curve
from gexp_core.motifs.bench_curves import Experiment
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
        'random' (letters at ``gc``, of ``length``), 'shuffled' or 'given' (the sequences that
        :func:`sample` draws).

    Raises
    ------
    InputError
        The kind is unknown.
    """
    if ground not in GROUNDS:
        raise InputError(f"backgrounds {ground!r} are not one of {', '.join(GROUNDS)}")
    if ground == "random":
        return random_backgrounds(n, length, gc=gc, seed=seed)
    some = sample(sequences, n, seed=seed)
    return some.sequences if ground == "given" else shuffled_backgrounds(some, card, n, seed=seed)


def sample(sequences: SequenceSet, n: int, *, seed: int) -> SequenceSet:
    """Return n of the sequences that are of the commonest length, drawn at random, in order.

    All of them where they are no more than n. Of lengths that are as common, that of the first.
    """
    alike = _alike(sequences)
    if n < len(alike):
        drawn = np.random.default_rng(seed).choice(len(alike), n, replace=False)
        alike = [alike[k] for k in sorted(drawn.tolist())]
    return sequences.select(tuple(sequences.names[k] for k in alike))


def _alike(sequences: SequenceSet) -> list[int]:
    """Return which sequences are of the commonest length, the earliest of those as common."""
    lengths = [len(text) for text in sequences.sequences]
    ((commonest, _),) = Counter(lengths).most_common(1)
    return [k for k, length in enumerate(lengths) if length == commonest]


def about(sequences: SequenceSet, ground: str, n: int, *, seed: int) -> list[str]:
    """Return sentences on which sequences backgrounds are made of, and which are left out."""
    if ground == "random":
        return []
    alike = _alike(sequences)
    width, told = len(sequences.sequences[alike[0]]), []
    others = sorted({len(text) for text in sequences.sequences} - {width})
    if others:
        which = f"{others[0]:,}" if len(others) == 1 else f"{others[0]:,} to {others[-1]:,}"
        told.append(
            f"{len(sequences) - len(alike):,} of {len(sequences):,} sequences are left out: "
            f"backgrounds are of one length, the commonest ({width:,} bp), and these "
            f"have {which} bp."
        )
    if n < len(alike):
        told.append(
            f"{n:,} of {len(alike):,} sequences of {width:,} bp were drawn at random (seed {seed})."
        )
    elif n > len(alike) and ground == "shuffled":
        told.append(f"{n:,} shuffles of {len(alike):,} sequences of {width:,} bp, each in turn.")
    elif n > len(alike):
        told.append(f"{len(alike):,} sequences of {width:,} bp, fewer than the {n:,} asked for.")
    return told


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
    turned: bool = False,
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
        'position' (``first`` at every ``step`` bases, where ``turned`` also its reverse complement)
        or 'pair' (``first`` and ``second`` with gaps up to ``most`` bases, in the orientations
        ``ways``).
    both_strands, stride
        As of ``predict``.

    Returns
    -------
    Experiment
        Its provenance has what the backgrounds were made of beside what was written into them.

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
        made = position_curve(loaded, first, texts, positions, turned=turned, **how)
        return _told(made, sequences, texts, ground, n=n, gc=gc, step=step)
    if kind != "pair":
        raise InputError(f"the experiment {kind!r} is not one of position, pair")
    room = len(texts[0]) - len(first) - len(second)
    if room < 0:
        raise InputError(
            f"motifs of {len(first)} and {len(second)} letters do not fit into backgrounds of "
            f"{len(texts[0])} bp"
        )
    gaps = _gaps(room, most)
    made = pair_curve(loaded, first, second, texts, gaps, orientations=ways, **how)
    return _told(made, sequences, texts, ground, n=n, gc=gc, most=most)


def _told(
    made: Experiment,
    sequences: SequenceSet,
    backgrounds: Sequence[str],
    ground: str,
    *,
    n: int,
    gc: float,
    **spacing: int,
) -> Experiment:
    """Return an experiment that says what its backgrounds were made of, and what was left out."""
    seed = made.provenance.seed or 0
    kept: dict[str, Any] = {"ground": ground, "n": n, "length": len(backgrounds[0]), **spacing}
    if ground == "random":
        kept["gc"] = gc
    else:
        names = list(sample(sequences, n, seed=seed).names)
        kept |= {"sequences_digest": sequences.digest, "made_from": names}
    notes = about(sequences, ground, n, seed=seed)
    settings = {**made.provenance.settings, **kept}
    provenance = replace(made.provenance, settings=settings)
    return replace(made, notes=(*made.notes, *notes), provenance=provenance)


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
    turned: bool = False,
    ways: tuple[str, ...] = ("++",),
    both_strands: bool = True,
    stride: int | None = None,
) -> int:
    """Return the work of an experiment in evaluations of the model; asked as ``run_named``.

    At most: equal texts are read once.
    """
    alike = _alike(sequences)
    background = "A" * length if ground == "random" else sequences.sequences[alike[0]]
    width = len(background)
    if ground == "given":
        n = min(n, len(alike))
    if kind == "position":
        each = 1 + 2 * len(_positions(width, first, step)) * (1 + turned)
    else:
        each = 1 + 5 * len(_gaps(width - len(first) - len(second), most)) * len(ways)
    one = SequenceSet(("background",), (background,))
    return n * each * evaluations(card, one, both_strands=both_strands, stride=stride)
