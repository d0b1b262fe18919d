"""What an explanation's checks found: the nouns, the thresholds and the words.

Owns the judgement; ``health`` owns the measurements. Loads no torch.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"
VERDICTS = (GOOD, DOUBTFUL, BAD)  # from best to worst


@dataclass(frozen=True, slots=True)
class Rule:
    """Say where a check's value turns doubtful and bad, why there, and what to do then.

    Attributes
    ----------
    title : what is measured, for people
    good, bad : a value at least (``more`` true) or at most ``good`` is good; beyond ``bad`` it is
        bad; between the two it is doubtful
    more : whether more is better
    reason : why the limits stand where they stand
    advice : verdict -> one sentence
    """

    title: str
    good: float
    bad: float
    more: bool
    reason: str
    advice: Mapping[str, str]

    def verdict(self, value: float) -> str:
        """Return 'good', 'doubtful' or 'bad'; an undefined value is doubtful."""
        if math.isnan(value):
            return DOUBTFUL
        sign = 1 if self.more else -1
        if sign * value >= sign * self.good:
            return GOOD
        return BAD if sign * value < sign * self.bad else DOUBTFUL

    @property
    def limits(self) -> str:
        """Return the limits in words."""
        word = "at least" if self.more else "at most"
        other = "below" if self.more else "above"
        return f"good: {word} {self.good:g}, bad: {other} {self.bad:g}"


RULES: dict[str, Rule] = {
    "completeness": Rule(
        "Completeness error",
        0.01,
        0.05,
        False,
        "steps are added until 1 %, so more means they ran out; at 5 % the error is as large as "
        "what many single bases get",
        {
            GOOD: "The scores add up to what they explain.",
            DOUBTFUL: "Read the tall letters only, or allow more steps.",
            BAD: "Do not read these scores: they miss what they should add up to. Allow more "
            "steps, or choose another method or baseline.",
        },
    ),
    "mutagenesis": Rule(
        "Agreement with mutagenesis",
        0.7,
        0.4,
        True,
        "r = 0.7 is half the variance shared; below 0.4 less than a sixth is",
        {
            GOOD: "Changing the bases does what the scores say.",
            DOUBTFUL: "Trust bases that are tall in mutagenesis too; look at them on What if.",
            BAD: "Do not read these scores: changing the bases does something else. Use "
            "mutagenesis for this sequence.",
        },
    ),
    "seed": Rule(
        "Agreement with another seed",
        0.9,
        0.7,
        True,
        "what is drawn at random should leave at most a fifth of the variance (r = 0.9)",
        {
            GOOD: "The picture does not depend on chance.",
            DOUBTFUL: "Small letters depend on chance; average over more shuffles.",
            BAD: "Do not read these scores: other random draws give another picture. Average over "
            "more shuffles.",
        },
    ),
    "baseline": Rule(
        "Agreement with another baseline",
        0.7,
        0.4,
        True,
        "another baseline is another question, so half the variance shared is asked, not more",
        {
            GOOD: "Another baseline credits the same bases.",
            DOUBTFUL: "Say which baseline was used when you show this; another changes the picture "
            "in part.",
            BAD: "The picture belongs to this baseline alone: report only what both baselines "
            "credit.",
        },
    ),
    "strands": Rule(
        "Agreement of the two strands",
        0.7,
        0.4,
        True,
        "the assay does not see orientation, so the two readings are repeats of each other",
        {
            GOOD: "Both strands credit the same bases.",
            DOUBTFUL: "The strands differ in part; trust what mutagenesis on both strands shows.",
            BAD: "The model reads the two strands for different reasons here: do not trust single "
            "letters.",
        },
    ),
    "members": Rule(
        "Agreement of the ensemble's members",
        0.7,
        0.4,
        True,
        "members are trained alike from other random starts, so they are repeats of each other",
        {
            GOOD: "Independently trained networks credit the same bases.",
            DOUBTFUL: "Networks trained alike differ in part; read only the tallest letters.",
            BAD: "Networks trained alike credit other bases: the data do not settle what matters "
            "here.",
        },
    ),
    "control": Rule(
        "Control: tallest score on a shuffle, as a share of this sequence's",
        0.7,
        1.0,
        False,
        "a shuffle has no arrangement to find; at 1 its tallest letter is as tall as the tallest "
        "here",
        {
            GOOD: "Shuffles of this sequence get smaller scores.",
            DOUBTFUL: "Shuffles get letters almost as tall; call only the tallest ones found.",
            BAD: "Shuffles get letters at least as tall: do not see motifs in this picture.",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Check:
    """Report one check.

    Attributes
    ----------
    name : key of RULES
    value : what was measured; None where the check does not apply
    verdict : one of VERDICTS; '' where the check does not apply
    text : one sentence: what to do, or why the check does not apply
    """

    name: str
    value: float | None
    verdict: str
    text: str

    @property
    def rule(self) -> Rule:
        """Return the rule that judged the value."""
        return RULES[self.name]


@dataclass(frozen=True, slots=True)
class Health:
    """Hold the checks of one sequence's attribution.

    Attributes
    ----------
    sequence, method, baseline : what was checked
    tier : 'quick' (completeness alone) or 'full'
    checks : tuple of Check
    """

    sequence: str
    method: str
    baseline: str
    tier: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> str:
        """Return the worst verdict; '' where no check applied."""
        found = [check.verdict for check in self.checks if check.verdict]
        return max(found, key=VERDICTS.index) if found else ""

    @property
    def text(self) -> str:
        """Return the sentence of the first check with the worst verdict."""
        worst = self.verdict
        return next((check.text for check in self.checks if check.verdict == worst), "")

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON; what is not a finite number is null."""
        checks = []
        for check in self.checks:
            finite = check.value is not None and math.isfinite(check.value)
            value = float(f"{check.value:.6g}") if finite else None
            rule = {"title": check.rule.title, "limits": check.rule.limits}
            checks.append({**asdict(check), "value": value, **rule, "reason": check.rule.reason})
        mine = {"sequence": self.sequence, "method": self.method, "baseline": self.baseline}
        return {**mine, "tier": self.tier, "verdict": self.verdict, "text": self.text} | {
            "checks": checks
        }


def judged(name: str, value: float) -> Check:
    """Return the check called ``name`` with the verdict on ``value``."""
    rule = RULES[name]
    verdict = rule.verdict(value)
    text = rule.advice[verdict]
    if math.isnan(value):
        text = "Not defined here, because one of the two pictures is flat. " + text
    return Check(name, value, verdict, text)


def left_out(name: str, why: str) -> Check:
    """Return a check that does not apply, with the reason as a sentence."""
    return Check(name, None, "", why)


def as_json(found: list[Health]) -> bytes:
    """Return deterministic JSON of several attributions' health."""
    return (json.dumps([one.as_dict() for one in found], indent=1) + "\n").encode()
