"""The project's own example files: what each one teaches, and how it is read.

The files are made by ``python -m gexp_core.training.design_examples`` and hold no measured
sequence, but for one: letters of the human reference genome (hg38), for models of long windows.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from gexp_core.errors import InputError
from gexp_core.inputs.limits import APP_LIMITS
from gexp_core.inputs.read import read_bytes
from gexp_core.types import InputCheck, Interval, SequenceSet

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """Describe one example file: what it is called, and what a visitor learns from it.

    ``model`` is the one that it is for, '' for any, and ``track`` what is looked at first;
    ``interval`` where its one sequence lies.
    """

    key: str
    title: str
    lesson: str
    filename: str
    model: str = ""
    track: str = ""
    interval: Interval | None = None


_EXAMPLES = (
    Example(
        "designed",
        "A designed element, its broken twin and a shuffle",
        "A strong photoreceptor element designed with earlier weights of retina-cnn, the same with "
        "one of its CRX sites broken by two bases, and a shuffle with the same dinucleotides. "
        "Composition alone does not make the activity: compare the three logos.",
        "designed.fa",
    ),
    Example(
        "photoreceptor",
        "CRX and NRL sites in a neutral background",
        "Textbook sites of the photoreceptor factors CRX (TAATCC) and NRL (TGCTGA...TCAGCA), "
        "alone, repeated, combined and broken, in one 164-bp background. See what each adds, and "
        "whether the logo finds it.",
        "photoreceptor.fa",
    ),
    Example(
        "promoter",
        "Core promoter elements in a neutral background",
        "TATA box, initiator, CCAAT box, GC box and DPE at their textbook distances from the "
        "transcription start. A model of retinal elements need not care for them: what a model "
        "has never been asked, it cannot tell.",
        "promoter.fa",
    ),
    Example(
        "yeast",
        "Yeast regulatory sites, for yeast-promoter",
        "Textbook sites of the general factors Reb1, Abf1 and Rap1 and a run of 16 A, alone and "
        "together, in one neutral insert of 80 bp. Compare Reb1's with its broken twin. Four "
        "thousand random promoters teach a model some of them and not others: see which.",
        "yeast.fa",
        "yeast-promoter",
    ),
    Example(
        "long",
        "A sequence longer than the window",
        "600 bp of neutral DNA with the designed element in the middle, and without it. They are "
        "read in overlapping windows and drawn as a profile along the sequence.",
        "long.fa",
    ),
    Example(
        "quirks",
        "A file that needs tidying",
        "Lower case, RNA, ambiguity codes, gaps, numbering, a repeated name and a record that is "
        "not DNA. Read the input check: it counts every change and keeps the good records.",
        "quirks.fa",
    ),
    Example(
        "human",
        "A stretch of the human genome, for human-tracks",
        "131,072 bp of chromosome 7 (hg38, positions 112,858,656 to 112,989,727), which "
        "human-tracks was not trained on: see where it expects transcription to start, open "
        "chromatin and RNA, and which bases of the highest peak say so.",
        "human.fa.gz",
        "human-tracks",
        "ENCFF136DBS",
        Interval("chr7", 112_858_655, 112_989_727),
    ),
)


def examples() -> tuple[Example, ...]:
    """Return the examples in the order they are offered."""
    return _EXAMPLES


def read_example(key: str) -> InputCheck:
    """Read the example called ``key``.

    Raises
    ------
    InputError
        There is no such example; the sentence names those there are.
    """
    for example in _EXAMPLES:
        if example.key == key:
            data = (FOLDER / example.filename).read_bytes()
            return _placed(read_bytes(data, filename=example.filename, limits=APP_LIMITS), example)
    known = ", ".join(example.key for example in _EXAMPLES)
    raise InputError(f"there is no example {key!r}; there are {known}")


def _placed(check: InputCheck, example: Example) -> InputCheck:
    """Return what was read, with the place of its one sequence where the example has one."""
    if example.interval is None:
        return check
    held = check.sequences
    origins = tuple(replace(origin, interval=example.interval) for origin in held.origins)
    return replace(check, sequences=SequenceSet(held.names, held.sequences, origins))
