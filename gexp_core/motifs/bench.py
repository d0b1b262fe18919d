"""The motif bench: write a motif into many backgrounds and read what the model makes of it.

Owns the texts of each experiment and the arithmetic on their predictions. Every number is a
difference between predictions of texts that could be given to ``predict`` one by one, a changed one
in the windows of the text that it was made from. The control of every experiment is the same with
the motif's letters scrambled.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.motifs.bench_curves import Curve, Experiment
from gexp_core.motifs.bench_texts import checked, no_scramble, no_turn, scrambled, written
from gexp_core.types import Ints, Progress, Provenance, SequenceSet

if TYPE_CHECKING:
    from gexp_core.models.base import Model

#: Predictions of one experiment at most.
MOST = 100_000

ORIENTATIONS = ("++", "+-", "-+", "--")

#: orientation of one motif -> what its curve is called
LABELS = {"+": "motif", "-": "motif turned"}


def position_curve(
    model: "Model",
    letters: str,
    backgrounds: Sequence[str],
    positions: Sequence[int],
    *,
    turned: bool = False,
    track: int = 0,
    both_strands: bool = True,
    stride: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Experiment:
    """Write a motif at each position of each background.

    Parameters
    ----------
    letters : str
        The motif as A, C, G and T.
    backgrounds : N texts
    positions : 0-based starts
    turned : also write its reverse complement, which is another question to a model that reads
        one strand; a palindrome has none of its own
    track : the model's output that is read
    both_strands, stride : as of ``predict``
    seed : of the scrambled controls, one for each background

    Returns
    -------
    Experiment
        One curve, or two: effect = prediction with the motif - prediction of the background. The
        control of a word of one letter is nan.
    """
    letters = checked(letters)
    ways = "+-" if turned and not no_turn(letters) else "+"
    room_for(len(backgrounds), 1 + 2 * len(positions) * len(ways))
    controls = [scrambled(letters, seed + k) for k in range(len(backgrounds))]
    texts = list(backgrounds)
    for way in ways:
        motif, others = _turned(letters, way), [_turned(one, way) for one in controls]
        for start in positions:
            texts += [written(text, motif, start) for text in backgrounds]
            texts += [written(t, o, start) for t, o in zip(backgrounds, others, strict=True)]
    read_both = model.card.reads_both(both_strands)
    how: dict[str, Any] = {"track": track, "both_strands": read_both, "stride": stride}
    y = _read(model, texts, backgrounds, progress, **how)
    effects = y[1:].reshape(len(ways), len(positions), 2, -1) - y[0]
    if no_scramble(letters):
        effects[:, :, 1] = np.nan
    curves = tuple(
        Curve(LABELS[way], _ints(positions), one[:, 0], one[:, 1])
        for way, one in zip(ways, effects, strict=True)
    )
    settings = {"letters": letters, "positions": list(positions), "orientations": list(ways), **how}
    notes = [f"No second curve: {why}." for why in [no_turn(letters)] if turned and why]
    notes += _uncontrolled(letters)
    return _made("position", curves, model, backgrounds, settings, seed, notes)


def pair_curve(
    model: "Model",
    first: str,
    second: str,
    backgrounds: Sequence[str],
    gaps: Sequence[int],
    *,
    start: int | None = None,
    orientations: Sequence[str] = ORIENTATIONS,
    track: int = 0,
    both_strands: bool = True,
    stride: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Experiment:
    """Write two motifs with each gap between them, in each orientation.

    Parameters
    ----------
    first, second : letters of the motifs; '-' in an orientation turns the one at that place round
    gaps : bases between them, 0 or more
    start : 0-based start of the first; by default the pair with the largest gap is centred
    both_strands, stride : as of ``predict``

    Returns
    -------
    Experiment
        One curve for each orientation: effect = cooperation = f(both) - f(first) - f(second) +
        f(neither), 0 for a model in which the two add up. Its control has the second motif
        scrambled, and is nan where that is one letter alone.
    """
    first, second = checked(first), checked(second)
    if unknown := set(orientations) - set(ORIENTATIONS):
        raise InputError(f"the orientation {min(unknown)!r} is not one of ++, +-, -+, --")
    if not gaps or min(gaps) < 0:
        raise InputError("gaps between two motifs are 0 bases or more; give at least one")
    room_for(len(backgrounds), 1 + 5 * len(gaps) * len(orientations))
    shortest = min(len(text) for text in backgrounds)
    whole = len(first) + max(gaps) + len(second)
    at = max(0, (shortest - whole) // 2) if start is None else start
    controls = [scrambled(second, seed + k) for k in range(len(backgrounds))]
    texts = list(backgrounds)
    for way in orientations:
        one, two = (_turned(m, s) for m, s in zip((first, second), way, strict=True))
        others = [_turned(control, way[1]) for control in controls]
        for gap in gaps:
            behind = at + len(one) + gap
            alone = [written(text, one, at) for text in backgrounds]
            texts += alone
            texts += [written(text, two, behind) for text in backgrounds]
            texts += [written(text, two, behind) for text in alone]
            texts += [written(t, o, behind) for t, o in zip(backgrounds, others, strict=True)]
            texts += [written(t, o, behind) for t, o in zip(alone, others, strict=True)]
    read_both = model.card.reads_both(both_strands)
    how: dict[str, Any] = {"track": track, "both_strands": read_both, "stride": stride}
    y = _read(model, texts, backgrounds, progress, **how)
    plain, rest = y[0], y[1:].reshape(len(orientations), len(gaps), 5, -1)
    a, b, both, c, beside = (rest[:, :, k] for k in range(5))
    if no_scramble(second):
        c = np.full_like(c, np.nan)
    curves = tuple(
        Curve(way, _ints(gaps), effect, control)
        for way, effect, control in zip(
            orientations, both - a - b + plain, beside - a - c + plain, strict=True
        )
    )
    settings = {"first": first, "second": second, "gaps": list(gaps), "start": at, **how}
    settings["orientations"] = list(orientations)
    alike = [f"{why}: its + and - are the same." for why in map(no_turn, (first, second)) if why]
    notes = [*dict.fromkeys(alike), *_uncontrolled(second)]
    return _made("pair", curves, model, backgrounds, settings, seed, notes)


def _uncontrolled(letters: str) -> list[str]:
    """Return the note of a control that is not defined, if it is not."""
    why = no_scramble(letters)
    return [f"The scrambled control is not defined: {why}."] if why else []


def _turned(letters: str, strand: str) -> str:
    return letters if strand == "+" else reverse_complement(letters)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def room_for(backgrounds: int, each: int) -> None:
    """Refuse more predictions than one experiment may have, ``each`` for every background."""
    if not backgrounds:
        raise InputError("no background was given to write into; give at least one")
    if (total := each * backgrounds) > MOST:
        raise LimitError(
            f"{total:,} predictions are more than the {MOST:,} of one experiment; take fewer "
            "backgrounds, positions or gaps"
        )


def read_texts(
    model: "Model",
    texts: Sequence[str],
    made_from: Sequence[str],
    progress: Progress | None,
    *,
    track: int = 0,
    both_strands: bool = True,
    stride: int | None = None,
) -> NDArray[np.float32]:
    """Return the number of each text in the windows of the one it was made from, as long as it.

    Equal texts made from equal ones are read once.
    """
    from gexp_core.predict import predict

    pairs = list(zip(texts, made_from, strict=True))
    known = {pair: k for k, pair in enumerate(dict.fromkeys(pairs))}
    names = tuple(str(k) for k in range(len(known)))
    every, before = (SequenceSet(names, some) for some in zip(*known, strict=True))
    made = predict(
        model, every, stride=stride, both_strands=both_strands, framed_as=before, progress=progress
    )
    return made.means()[[known[pair] for pair in pairs], track]


def _read(
    model: "Model",
    texts: Sequence[str],
    backgrounds: Sequence[str],
    progress: Progress | None,
    **how: Any,
) -> NDArray[np.float32]:
    """Return (changes, N): the numbers of texts made from N backgrounds, one after another."""
    made_from = list(backgrounds) * (len(texts) // len(backgrounds))
    return read_texts(model, texts, made_from, progress, **how).reshape(-1, len(backgrounds))


def _made(
    kind: str,
    curves: tuple[Curve, ...],
    model: "Model",
    backgrounds: Sequence[str],
    settings: Mapping[str, object],
    seed: int,
    notes: Sequence[str],
) -> Experiment:
    names = tuple(str(k) for k in range(len(backgrounds)))
    digest = SequenceSet(names, tuple(backgrounds)).digest
    made = Provenance(
        digest, model.card.name, model.card.sha256, {"work": f"bench {kind}", **settings}, seed=seed
    )
    return Experiment(kind, curves, len(backgrounds), model.card.units, made, tuple(notes))


__all__ = ["Curve", "Experiment", "pair_curve", "position_curve"]
