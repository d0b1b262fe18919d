"""How much work a request is, before it is done, so that its time can be foretold.

The unit is one window read forward on one strand by one member; seconds per unit are measured by
whoever asks. Loads no torch.
"""

import math

from gexp_core.encoding import Frame, frame
from gexp_core.errors import InputError
from gexp_core.explain.settings import AttributionSettings
from gexp_core.explain.shares import share
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet

#: A forward and a backward pass, in forward passes.
GRADIENT = 3

#: Steps per pair of window and baseline that are usually needed: 20, now and then doubled.
STEPS = 22

#: The same of all pairs together where captum reads the paths: in windows of more bases than these.
STEPS_ALONE, UNDERSTOOD = 40, 4_096

WORKS = ("predict", "attribute", "mutagenesis")


def evaluations(
    card: ModelCard,
    sequences: SequenceSet,
    *,
    work: str = "predict",
    settings: AttributionSettings | None = None,
    window: tuple[int, int] | None = None,
    rows: tuple[int, int] | None = None,
    both_strands: bool = True,
    stride: int | None = None,
) -> int:
    """Return the work of a request, in windows read forward on one strand by one member.

    Parameters
    ----------
    card : ModelCard
    sequences : SequenceSet
    work : str
        'predict', 'attribute' or 'mutagenesis'.
    settings : AttributionSettings, optional
        For 'attribute'; its strands and stride are used.
    window : (int, int), optional
        For 'mutagenesis': the part that is changed, 0-based half-open.
    rows : (int, int), optional
        The bins that are explained, as ``Target.rows``; all by default.
    both_strands, stride
        For 'predict' and 'mutagenesis', as there.

    Raises
    ------
    InputError
        The kind of work is unknown.
    """
    if work not in WORKS:
        raise InputError(f"work {work!r} is not one of {', '.join(WORKS)}")
    settings = settings or AttributionSettings()
    if work == "attribute":
        both_strands, stride = settings.both_strands, settings.stride
    reads = 0.0
    for text in sequences.sequences:
        how = frame(text, background=card.background, insert=card.insert, stride=stride)
        windows = len(how.starts)
        if work == "predict":
            reads += windows
        elif work == "attribute":
            reads += windows * (1 + settings.compared) + _credit(card, settings, how, rows)
        else:
            start, end = window or (0, len(text))
            held = sum(max(0, min(end, at + how.width) - max(start, at)) for at in how.starts)
            reads += windows + 3 * held * share(card, rows)
    return of_windows(card, math.ceil(reads), both_strands=both_strands)


def of_windows(card: ModelCard, windows: int, *, both_strands: bool = True) -> int:
    """Return the work of reading so many windows once."""
    return windows * (2 if card.reads_both(both_strands) else 1) * card.members


def _credit(
    card: ModelCard,
    settings: AttributionSettings,
    how: Frame,
    rows: tuple[int, int] | None,
) -> float:
    """Return what the method itself reads, beside the sequence and its baselines."""
    windows = len(how.starts)
    pairs = windows * settings.compared
    least = STEPS_ALONE if card.input_length > UNDERSTOOD else 0
    held = min(how.width, card.insert[1] - card.insert[0])  # of one window, its flanks left out
    reads = {
        "integrated-gradients": GRADIENT * max(STEPS * pairs, least),
        "expected-gradients": GRADIENT * settings.samples * pairs,
        "deeplift-shap": 5 * (windows + pairs),  # a gradient, and ratios of changes
        "smoothgrad": GRADIENT * settings.samples * windows,
        "occlusion": (held / settings.step + 1) * pairs,
        "mutagenesis": 3 * how.width * windows * share(card, rows),
    }
    return reads.get(settings.method, GRADIENT * windows)
