"""The ways to credit bases, each with its formula: what it means and what it does not promise.

Owns the table that the command line, the pages and the health checks read. Computes nothing and
loads no torch. In the formulas x is the one-hot sequence (4, L), b the baseline, f the explained
number, g the gradient of f.

References
----------
Sundararajan, Taly & Yan, ICML 2017 (integrated gradients). Erion et al., Nat Mach Intell 3:620
(2021) (expected gradients). Shrikumar, Greenside & Kundaje, ICML 2017; Lundberg & Lee, NeurIPS
2017 (DeepLIFT, DeepLIFT/SHAP). Simonyan, Vedaldi & Zisserman, ICLR 2014 (saliency). Smilkov et
al., arXiv:1706.03825 (SmoothGrad). Zeiler & Fergus, ECCV 2014 (occlusion).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """Describe one way to credit bases.

    Attributes
    ----------
    title : its name for people
    help : one sentence on when to use it
    formula : what the score of a letter is
    unit : of the scores; 'units' stands for the model's units
    complete : whether the scores are expected to add up to f(x) - mean f(b)
    baseline : whether the scores depend on the baseline
    chance : whether something random is drawn beside the baselines
    signed : whether a score says raising (above 0) or lowering (below 0)
    letters : whether there is a score for letters that do not stand there (hypothetical)
    gradient : whether gradients are taken, so that they can be corrected off the simplex
    """

    title: str
    help: str
    formula: str
    unit: str = "units"
    complete: bool = False
    baseline: bool = False
    chance: bool = False
    signed: bool = True
    letters: bool = True
    gradient: bool = True

    def in_units(self, units: str) -> str:
        """Return the unit of the scores for a model whose predictions are in ``units``."""
        return self.unit.replace("units", units, 1)

    @property
    def height(self) -> str:
        """Return what the height of a letter says, in a few words."""
        if not self.signed:
            return "letter height = score; it says how much, not whether up or down"
        return "letter height = score; above 0 raises, below 0 (upside down) lowers"

    @property
    def reading(self) -> str:
        """Return how to read the letters, in a sentence."""
        if not self.signed:
            return (
                "The taller a letter, the more the prediction depends on what stands there; "
                "whether it raises or lowers, this method does not say."
            )
        compared = " compared with the baseline" if self.baseline else ""
        return (
            f"A letter above the line raises the prediction{compared}, one below the line lowers "
            "it; its height is its score."
        )


ABOUT: dict[str, Method] = {
    "integrated-gradients": Method(
        "Integrated gradients",
        "Follows the prediction from the baseline to the sequence and credits every step; the "
        "scores add up to the difference.",
        "(x - b) * integral over t from 0 to 1 of g(b + t (x - b)), mean over baselines",
        complete=True,
        baseline=True,
    ),
    "deeplift-shap": Method(
        "DeepLIFT/SHAP",
        "Compares each unit of the network with its value at the baseline; needs one pass per "
        "baseline and adds up exactly where every part of the network has a rule.",
        "(x - b) * product of (change of output / change of input) of each nonlinear unit, "
        "mean over baselines (rescale rule)",
        complete=True,
        baseline=True,
    ),
    "expected-gradients": Method(
        "Expected gradients",
        "As integrated gradients, at random points of each path; a second opinion on it.",
        "(x - b) * mean of g(b + t (x - b)), t drawn once in each of n equal parts of 0 to 1, "
        "mean over baselines",
        complete=True,
        baseline=True,
        chance=True,
    ),
    "gradient-x-input": Method(
        "Gradient x input",
        "The slope at the sequence, for the base that stands there; quick, but blind where the "
        "network is saturated.",
        "x * g(x)",
    ),
    "smoothgrad": Method(
        "SmoothGrad",
        "The slope averaged over noisy copies of the sequence; steadier than the slope itself.",
        "x * mean of g(x + noise), noise normal on every letter",
        chance=True,
    ),
    "saliency": Method(
        "Saliency",
        "How steep the prediction is at each position, whichever way; it has no sign.",
        "abs g(x), for every letter; a position's score is the sum over its four letters",
        unit="units per letter",
        signed=False,
    ),
    "occlusion": Method(
        "Occlusion",
        "Replaces a window of bases by the baseline and shares the loss among them; coarse and "
        "easy to trust.",
        "mean over windows w that hold the base of (f(x) - mean f(x with w taken from b)) / size",
        unit="units, a window's share per base",
        baseline=True,
        letters=False,
        gradient=False,
    ),
    "mutagenesis": Method(
        "Mutagenesis",
        "Changes each base to the other three and takes the mean loss; what would be measured.",
        "minus the mean of f(mutant) - f(x) over the three alternatives, at the base that stands "
        "there",
        unit="units, mean loss when the base is changed",
        gradient=False,
    ),
}
