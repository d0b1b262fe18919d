"""What a person can choose about an explanation, with its bounds; nothing here computes."""

from dataclasses import dataclass

from gexp_core.errors import InputError

#: What a sequence is compared with. shuffle: seeded shuffles that keep every dinucleotide count;
#: zeros: no letter at all; uniform: 0.25 of each letter; gc: each letter at the sequence's own GC.
BASELINES = ("shuffle", "zeros", "uniform", "gc")

#: How a score per base is made.
METHODS = ("integrated-gradients",)


@dataclass(frozen=True, slots=True)
class AttributionSettings:
    """Choose how bases are credited.

    Attributes
    ----------
    method : one of METHODS
    baseline : one of BASELINES
    n_baselines : shuffles per sequence; the other baselines are single and ignore it
    tolerance : completeness error to reach, as a share of abs(y - y_baseline)
    max_steps : largest number of integration nodes tried to reach it
    both_strands : explain the mean of both strands, which is the number predict shows
    stride : bases between windows of a sequence longer than the model's; half a window by default
    """

    method: str = "integrated-gradients"
    baseline: str = "shuffle"
    n_baselines: int = 10
    tolerance: float = 0.01
    max_steps: int = 256
    both_strands: bool = True
    stride: int | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method {self.method!r} is not one of {', '.join(METHODS)}")
        if self.baseline not in BASELINES:
            raise InputError(f"baseline {self.baseline!r} is not one of {', '.join(BASELINES)}")
        if not 1 <= self.n_baselines <= 1000:
            raise InputError(f"n_baselines {self.n_baselines} is outside 1 to 1000")
        if not 0 < self.tolerance <= 1:
            raise InputError(f"tolerance {self.tolerance} is outside 0 (excluded) to 1")
        if not 1 <= self.max_steps <= 4096:
            raise InputError(f"max_steps {self.max_steps} is outside 1 to 4096")
