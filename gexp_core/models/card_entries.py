"""What the entries of a model card are: tracks, figures, ceilings. Nothing here loads torch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Track:
    """Describe one output: its name, what it is, its group, and its mate on the other strand."""

    name: str
    description: str
    group: str = ""
    strand_pair: int | None = None


@dataclass(frozen=True, slots=True)
class SignalTrack:
    """Describe one measured track that a model reads beside the sequence, in the bins it predicts.

    A value is the mean over the bin of coverage x ``scale``; what is above ``clip_soft`` grows as a
    square root, to ``clip`` at most.
    """

    name: str
    description: str
    scale: float
    clip_soft: float
    clip: float


@dataclass(frozen=True, slots=True)
class Metric:
    """Report one held-out figure: of which predictor, on which rows, with n and an interval.

    ``low`` and ``high`` bound 95 % of a bootstrap over ``unit`` (say, loci); None where not made.
    """

    predictor: str
    subset: str
    track: str
    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SpreadBin:
    """Report the error of rows on which the networks of an ensemble differ about equally.

    Attributes
    ----------
    low, high, sd : smallest, largest and mean standard deviation over networks, in the card's unit
    rmse : root mean squared error of the ``n`` rows, in the card's unit
    within_one, within_two : share of rows whose error is at most one, two standard deviations
    """

    track: str
    low: float
    high: float
    sd: float
    n: int
    rmse: float
    within_one: float
    within_two: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Say how well the measurement agrees with itself.

    Two measurements of equal noise that agree at r leave a faultless model the square root of r
    with one of them (Spearman, Am J Psychol 15:72, 1904).

    ``track`` is '' where the figure holds for all; ``source`` is one sentence: what was compared
    with what, and who says so.
    """

    metric: str
    value: float
    source: str
    track: str = ""


@dataclass(frozen=True, slots=True)
class EffectFit:
    """Report how predicted effects of single-base changes agree with measured ones.

    Attributes
    ----------
    element : the sequence whose changes were measured, as published
    track : whose effects were predicted
    method : 'mutagenesis', or the attribution whose scores were read as effects
    n : changes compared
    pearson, spearman : over those changes
    """

    element: str
    track: str
    method: str
    n: int
    pearson: float
    spearman: float


#: The predictor of a card that the model itself learned from: no simple one to be compared with.
TEACHER = "teacher"
