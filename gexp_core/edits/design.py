"""Sequences designed base by base: towards more, less, or a chosen value of one track.

Owns the search. Every step reads all single-base changes of every sequence in the beam, so a beam
of one is greedy; all are read in the windows of the sequence as given. What is wanted and what is
allowed is in ``goals``.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from gexp_core.edits.goals import DesignSettings, allowed, free_bases, scorer
from gexp_core.edits.results import Design, Designed
from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.explain.single_base import mutagenesis
from gexp_core.models.base import Model
from gexp_core.types import Floats, Progress, Provenance, SequenceSet, Target


def design(
    model: Model,
    sequences: SequenceSet,
    *,
    settings: DesignSettings | None = None,
    target: Target | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Design:
    """Change a sequence one base at a time towards a goal.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
        One sequence.
    settings : DesignSettings, optional
    target : Target, optional
        The number that is driven, of one track; the other tracks are those that can be held.
    both_strands, stride, batch_size
        As in ``explain.mutagenesis``.
    progress : callable, optional
        Called with (sequences read, most that may be read).

    Returns
    -------
    Design
        The search ends after ``steps`` changes, or when no allowed change scores higher.

    Raises
    ------
    InputError
        There is not one sequence, a protected stretch lies outside it, or the target is a
        difference of two tracks.
    """
    chosen, target = settings or DesignSettings(), target or Target()
    if len(sequences) != 1:
        raise InputError(f"{len(sequences)} sequences were given; one is designed at a time")
    if target.minus is not None:
        raise InputError(
            f"'{model.card.explained(target)}' is a difference, and a design drives one track; "
            "give a target without 'minus', and hold the other tracks where they shall stay"
        )
    (name,), (text,) = sequences.names, sequences.sequences
    free = free_bases(len(text), chosen)
    tracks = range(len(model.card.tracks)) if chosen.hold else (target.track,)
    most = 1 + (chosen.steps - 1) * chosen.beam
    done = 0

    def read(texts: list[str]) -> tuple[Floats, list[Floats]]:
        """Return y (n, tracks read), and the effects (tracks read, 4, L) of each text."""
        nonlocal done
        names = tuple(str(i) for i in range(len(texts)))
        named, given = SequenceSet(names, tuple(texts)), SequenceSet(names, (text,) * len(texts))
        parts = [
            mutagenesis(
                model,
                named,
                target=Target(track, target.rows),
                both_strands=both_strands,
                stride=stride,
                framed_as=given,
                batch_size=batch_size,
                progress=_inside(progress, done, len(texts), most, at, len(tracks)),
            )
            for at, track in enumerate(tracks)
        ]
        done += len(texts)
        effects = [np.stack([part.effect[i] for part in parts]) for i in range(len(texts))]
        return np.stack([part.y_ref for part in parts], 1), effects

    at = list(tracks).index(target.track)
    y, effects = read([text])
    first = y[0]
    score = scorer(chosen, at, first)
    start = Designed(text, (), tuple(map(float, first)), float(score(first[:, None])[0]))
    path, beam, pairs = [start], [start], list(zip(y, effects, strict=True))
    for _ in range(chosen.steps):
        found = _best(beam, pairs, score, free, chosen)
        better = found and found[0].score > path[-1].score
        if not better:
            break
        path.append(found[0])
        beam = found
        if len(path) <= chosen.steps:
            y, effects = read([one.sequence for one in beam])
            pairs = list(zip(y, effects, strict=True))
    plan: dict[str, Any] = {"work": "design", "target": asdict(target), "settings": asdict(chosen)}
    plan |= {"both_strands": model.card.reads_both(both_strands), "stride": stride}
    return Design(
        name=name,
        path=tuple(path),
        beam=tuple(beam),
        tracks=tuple(model.card.tracks[track].name for track in tracks),
        target=target,
        units=model.card.units,
        settings=chosen,
        provenance=Provenance(sequences.digest, model.card.name, model.card.sha256, plan),
    )


def _best(
    beam: list[Designed],
    pairs: list[tuple[Floats, Floats]],
    score: Callable[[Floats], Floats],
    free: np.ndarray,
    chosen: DesignSettings,
) -> list[Designed]:
    """Return the best allowed single-base changes of all sequences of the beam, best first."""
    scores = []
    for one, (y, effect) in zip(beam, pairs, strict=True):
        all_of = score(y[:, None, None] + effect)  # (4, L)
        codes = np.array(["ACGTN".index(letter) for letter in one.sequence])
        blocked = ~free[None] | (np.arange(4)[:, None] == codes)
        scores.append(np.where(blocked, -np.inf, all_of))
    stacked = np.stack(scores)  # (beam, 4, L)
    kept: list[Designed] = []
    seen: set[str] = set()
    for flat in np.argsort(-stacked, axis=None, kind="stable"):
        which, base, place = np.unravel_index(flat, stacked.shape)
        if len(kept) == chosen.beam or stacked[which, base, place] == -np.inf:
            break
        one, position = beam[which], int(place)
        text = one.sequence[:position] + BASES[base] + one.sequence[position + 1 :]
        if text in seen or not allowed(text, one.sequence, position, chosen):
            continue
        seen.add(text)
        y, effect = pairs[which]
        kept.append(
            Designed(
                text,
                (*one.edits, (position, BASES[base])),
                tuple(map(float, y + effect[:, base, position])),
                float(stacked[which, base, place]),
            )
        )
    return kept


def _inside(
    progress: Progress | None, done: int, reading: int, most: int, at: int, tracks: int
) -> Progress | None:
    """Return the progress of one mutagenesis as a part of the whole design."""
    if progress is None:
        return None

    def tell(part: int, total: int) -> None:
        share = (at + part / max(total, 1)) / tracks
        progress(int(1000 * (done + share * reading)), 1000 * max(most, done + reading))

    return tell


def design_named(
    model: str,
    sequences: SequenceSet,
    *,
    device: str | None = None,
    progress: Progress | None = None,
    **settings: object,
) -> Design:
    """Design with the model called ``model``; otherwise as :func:`design`."""
    from gexp_core.models import registry

    loaded = registry.load(model, device=device)
    with torch.inference_mode():
        return design(loaded, sequences, progress=progress, **settings)  # type: ignore[arg-type]
