"""Two models read the same sequences: both predictions, how far they agree, and where they do not.

Owns what may be compared. Numbers are compared with each other only where both models read the same
kind of track in the same unit; elsewhere places are, among each model's own measured sequences or
among those given.
"""

from dataclasses import dataclass

import numpy as np

from gexp_core.errors import InputError
from gexp_core.evaluate.metrics import pearson, ranks, spearman
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction, Progress, SequenceSet

#: Sequences from which on a correlation is given.
FEWEST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Hold what two models say of the same sequences.

    Attributes
    ----------
    first, second : Prediction
    """

    first: Prediction
    second: Prediction

    def __post_init__(self) -> None:
        if self.first.names != self.second.names:
            raise InputError("the two predictions are of different sequences; give the same ones")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the sequences."""
        return self.first.names

    def numbers(self, track: str, other: str) -> tuple[Floats, Floats]:
        """Return (N,) and (N,): a track of the first and one of the second, means over windows."""
        return (
            self.first.means()[:, self.first.tracks.index(track)],
            self.second.means()[:, self.second.tracks.index(other)],
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Say how far two columns of numbers agree; nan where it is not defined."""

    n: int
    pearson: float
    spearman: float


def agreement(x: Floats, y: Floats) -> Agreement:
    """Return how far (N,) and (N,) agree; correlations from three sequences on."""
    if len(x) < FEWEST:
        return Agreement(len(x), float("nan"), float("nan"))
    return Agreement(len(x), pearson(x, y), spearman(x, y))


def same_kind(card: ModelCard, track: str, other: ModelCard, other_track: str) -> bool:
    """Return whether two tracks are one kind of number: same unit, and same track or group."""
    one, two = (
        card.tracks[card.track_index(track)],
        other.tracks[other.track_index(other_track)],
    )
    alike = one.name == two.name or (bool(one.group) and one.group == two.group)
    return card.units == other.units and card.species == other.species and alike


#: What numbers of two kinds are compared by: their places among each assay's measured test
#: sequences, or, where a card holds none, those of both among the sequences given.
MEASURED, GIVEN = "percentiles", "percentiles among these sequences"


def scale(card: ModelCard, track: str, other: ModelCard, other_track: str) -> str:
    """Return what the numbers of two tracks are compared in: their unit, MEASURED or GIVEN."""
    if same_kind(card, track, other, other_track):
        return card.units
    known = card.percentiles.get(track) and other.percentiles.get(other_track)
    return MEASURED if known else GIVEN


def apart(
    comparison: Comparison, card: ModelCard, track: str, other: ModelCard, other_track: str
) -> Floats:
    """Return (N,): how far the second model's number lies from the first's, second minus first.

    In what ``scale`` says; percentiles are -100 to 100. Nan where places among the sequences given
    are wanted and they are fewer than three.
    """
    x, y = comparison.numbers(track, other_track)
    told = scale(card, track, other, other_track)
    if told == MEASURED:
        x, y = card.percentile(x, track), other.percentile(y, other_track)
    elif told == GIVEN:
        x, y = _among(x), _among(y)
    return np.asarray(y - x, np.float32)


def _among(values: Floats) -> Floats:
    """Return (N,) percentiles of values among themselves, ties given their mean rank."""
    if len(values) < FEWEST:
        return np.full(len(values), np.nan, np.float32)
    return np.asarray(100 * (ranks(values) - 0.5) / len(values), np.float32)


def compare_named(
    model: str,
    sequences: SequenceSet,
    other: str,
    *,
    both_strands: bool = True,
    strides: tuple[int | None, int | None] = (None, None),
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Comparison:
    """Predict the same sequences with two models.

    Parameters
    ----------
    model, other : str
        Names in the registry.
    sequences : SequenceSet
    both_strands, batch_size
        As in ``predict.predict``.
    strides : (int or None, int or None)
        Bases between windows of long sequences, of either model.
    progress : callable, optional
        Called with (permille done, 1000); the two weigh by bases times networks.
    """
    from gexp_core.predict import frames, predict

    names = (model, other)
    costs = []
    for name, stride in zip(names, strides, strict=True):
        card = registry.card(name)
        windows = sum(len(how.starts) for how in frames(sequences, card, stride=stride))
        costs.append(windows * card.input_length * card.members)
    edge = round(1000 * costs[0] / sum(costs))
    made = []
    for name, stride, first, last in zip(names, strides, (0, edge), (edge, 1000), strict=True):
        made.append(
            predict(
                registry.load(name),
                sequences,
                stride=stride,
                both_strands=both_strands,
                batch_size=batch_size,
                progress=_share(progress, first, last),
            )
        )
    return Comparison(*made)


def _share(progress: Progress | None, first: int, last: int) -> Progress | None:
    """Return a progress callable that fills ``first`` to ``last`` of 1000."""
    if progress is None:
        return None
    return lambda done, total: progress(first + (last - first) * done // max(total, 1), 1000)
