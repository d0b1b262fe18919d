"""The motif bench: write a motif into many backgrounds and read what the model makes of it.

Owns the texts of each experiment and the arithmetic on their predictions. Every number is a
difference between predictions of texts that could be given to ``predict`` one by one, a changed one
in the windows of the text that it was made from. The control of every experiment is the same with
the motif's letters scrambled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.motifs.bench_texts import checked, scrambled, written
from gexp_core.types import Floats, Ints, Progress, Provenance, SequenceSet

if TYPE_CHECKING:
    from gexp_core.models.base import Model

#: Predictions of one experiment at most.
MOST = 100_000

ORIENTATIONS = ("++", "+-", "-+", "--")

#: Draws that a bootstrap interval is taken from.
RESAMPLES = 1000


def intervals(values: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return (X,) twice: the bootstrap interval of the mean of each row of (X, N).

    One observation has none: both are nan where N is 1.
    """
    n = values.shape[1]
    if n < 2:
        unknown = np.full(len(values), np.nan, np.float32)
        return unknown, unknown.copy()
    drawn = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    means = np.stack([row[drawn].mean(1) for row in values])  # (X, resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return low.astype(np.float32), high.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Hold an effect over a row of places or spacings, each in N backgrounds.

    Attributes
    ----------
    label : what was varied how, say '+-'
    x : (X,) int64, 0-based start of the motif, or bases between two motifs
    effect : (X, N) float32, in the card's units
    control : (X, N) float32, the same with scrambled letters
    """

    label: str
    x: Ints
    effect: Floats
    control: Floats

    def mean(self) -> Floats:
        """Return (X,): the mean effect over backgrounds."""
        return np.asarray(self.effect.mean(1, dtype=np.float64), np.float32)

    def band(self, *, control: bool = False, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return (X,) twice: the bootstrap interval of the mean, over backgrounds; nan for one."""
        return intervals(self.control if control else self.effect, level=level)


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Hold what one experiment gave.

    Attributes
    ----------
    kind : 'position' or 'pair'
    curves : one, or one for each orientation of a pair
    backgrounds : N of them
    units : of every effect
    """

    kind: str
    curves: tuple[Curve, ...]
    backgrounds: int
    units: str
    provenance: Provenance

    def best(self) -> tuple[str, int, float]:
        """Return label, x and mean effect of the largest mean effect, by size."""
        found = [(c.label, int(c.x[k]), float(m)) for c in self.curves for k, m in
                 enumerate(c.mean().tolist())]  # fmt: skip
        return max(found, key=lambda one: abs(one[2]))

    @property
    def tried(self) -> int:
        """Return how many mean effects the largest is the largest of."""
        return sum(len(curve.x) for curve in self.curves)

    def by_chance(self) -> float:
        """Return the largest mean effect of the scrambled letters, by size, at any x."""
        means = np.concatenate([c.control.mean(1, dtype=np.float64) for c in self.curves])
        return float(means[np.abs(means).argmax()])


def position_curve(
    model: "Model",
    letters: str,
    backgrounds: Sequence[str],
    positions: Sequence[int],
    *,
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
    track : the model's output that is read
    both_strands, stride : as of ``predict``
    seed : of the scrambled controls, one for each background

    Returns
    -------
    Experiment
        One curve: effect = prediction with the motif - prediction of the background.
    """
    letters = checked(letters)
    room_for(len(backgrounds), 1 + 2 * len(positions))
    controls = [scrambled(letters, seed + k) for k in range(len(backgrounds))]
    texts = list(backgrounds)
    for start in positions:
        texts += [written(text, letters, start) for text in backgrounds]
        texts += [written(t, c, start) for t, c in zip(backgrounds, controls, strict=True)]
    read_both = model.card.reads_both(both_strands)
    how: dict[str, Any] = {"track": track, "both_strands": read_both, "stride": stride}
    y = _read(model, texts, backgrounds, progress, **how)
    plain, rest = y[0], y[1:].reshape(len(positions), 2, -1)
    curve = Curve("motif", _ints(positions), rest[:, 0] - plain, rest[:, 1] - plain)
    settings = {"letters": letters, "positions": list(positions), **how}
    return _made("position", (curve,), model, backgrounds, settings, seed)


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
        scrambled.
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
    curves = tuple(
        Curve(way, _ints(gaps), effect, control)
        for way, effect, control in zip(
            orientations, both - a - b + plain, beside - a - c + plain, strict=True
        )
    )
    settings = {"first": first, "second": second, "gaps": list(gaps), "start": at, **how}
    return _made("pair", curves, model, backgrounds, settings, seed)


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
) -> Experiment:
    names = tuple(str(k) for k in range(len(backgrounds)))
    digest = SequenceSet(names, tuple(backgrounds)).digest
    made = Provenance(
        digest, model.card.name, model.card.sha256, {"work": f"bench {kind}", **settings}, seed=seed
    )
    return Experiment(kind, curves, len(backgrounds), model.card.units, made)


__all__ = ["Curve", "Experiment", "intervals", "pair_curve", "position_curve"]
