"""What a person can choose about an explanation, with its bounds; nothing here computes."""

from dataclasses import dataclass

from gexp_core.errors import InputError
from gexp_core.explain.methods import ABOUT, Method

#: What a sequence is compared with. shuffle: seeded shuffles that keep every dinucleotide count;
#: zeros: no letter at all; uniform: 0.25 of each letter; gc: each letter at the sequence's own GC.
BASELINES = ("shuffle", "zeros", "uniform", "gc")

#: A baseline that a person gives as letters, ``AttributionSettings.own``.
OWN = "own"

#: How a score per base is made; what each means is in ``methods.ABOUT``.
METHODS = tuple(ABOUT)


@dataclass(frozen=True, slots=True)
class AttributionSettings:
    """Choose how bases are credited.

    Attributes
    ----------
    method : one of METHODS
    baseline : one of BASELINES, or 'own'
    n_baselines : shuffles per sequence; the other baselines are single and ignore it
    tolerance : completeness error to reach, as a share of abs(y - y_baseline)
    max_steps : largest number of integration nodes tried to reach it
    both_strands : explain the mean of both strands, which is the number predict shows
    stride : bases between windows of a sequence longer than the model's; half a window by default
    own : letters of the baseline 'own', as many as the sequence has
    samples : random points per path (expected-gradients), noisy copies (smoothgrad)
    noise : standard deviation of the noise on every letter (smoothgrad); a letter is 0 or 1
    size, step : bases of an occluded window, and between the starts of two
    hypothetical : also give the score each letter would get at each position
    off_simplex : subtract the mean over the four letters from every gradient (Majdandzic et al.,
        Genome Biol 24:109, 2023), but not where one of sequence and baseline is an N, so that
        scores still add up; they do not if the baseline is zeros, against which it always is
    """

    method: str = "integrated-gradients"
    baseline: str = "shuffle"
    n_baselines: int = 10
    tolerance: float = 0.01
    max_steps: int = 256
    both_strands: bool = True
    stride: int | None = None
    own: str = ""
    samples: int = 16
    noise: float = 0.15
    size: int = 8
    step: int = 2
    hypothetical: bool = False
    off_simplex: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method {self.method!r} is not one of {', '.join(METHODS)}")
        if self.baseline not in (*BASELINES, OWN):
            wanted = ", ".join((*BASELINES, OWN))
            raise InputError(f"baseline {self.baseline!r} is not one of {wanted}")
        if (self.baseline == OWN) != bool(self.own):
            raise InputError("the baseline 'own' and its letters go together; give both or neither")
        if not 1 <= self.n_baselines <= 1000:
            raise InputError(f"n_baselines {self.n_baselines} is outside 1 to 1000")
        if not 0 < self.tolerance <= 1:
            raise InputError(f"tolerance {self.tolerance} is outside 0 (excluded) to 1")
        if not 1 <= self.max_steps <= 4096:
            raise InputError(f"max_steps {self.max_steps} is outside 1 to 4096")
        if not 1 <= self.samples <= 1000:
            raise InputError(f"samples {self.samples} is outside 1 to 1000")
        if not 0 < self.noise <= 1:
            raise InputError(f"noise {self.noise} is outside 0 (excluded) to 1")
        if not 1 <= self.step <= self.size <= 1000:
            raise InputError(
                f"windows of {self.size} bases, {self.step} apart, leave bases out or pass 1000; "
                "give a step from 1 to the size"
            )
        if self.hypothetical and not self.about.letters:
            raise InputError(
                f"{self.method} gives no score to letters that do not stand there; leave "
                "hypothetical out or choose another method"
            )
        if self.off_simplex and not self.about.gradient:
            raise InputError(
                f"{self.method} takes no gradients to correct; leave off_simplex out or choose "
                "another method"
            )

    @property
    def about(self) -> Method:
        """Return what the chosen method means."""
        return ABOUT[self.method]

    @property
    def compared(self) -> int:
        """Return how many baselines each sequence has."""
        return self.n_baselines if self.baseline == "shuffle" else 1

    @property
    def complete(self) -> bool:
        """Return whether the scores are expected to add up to y - y_baseline."""
        return self.about.complete and not (self.off_simplex and self.baseline == "zeros")
