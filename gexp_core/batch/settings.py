"""What one batch computes: everything that its bytes depend on, beside the input."""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from gexp_core import __version__
from gexp_core.errors import InputError
from gexp_core.jobs.disk import release
from gexp_core.models import registry
from gexp_core.pipeline import RunSettings, target_of

#: What can be computed for every sequence of a large file.
WORKS = ("predict", "attribute", "mutagenesis")

#: Letters of one record that are read; a longer one is left out with a sentence.
MAX_BASES = 2_000_000


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Choose what is computed for every sequence, and how the file is cut.

    Attributes
    ----------
    model : str
        One of ``registry.names()``.
    work : str
        One of WORKS.
    run : RunSettings
        As for one run. ``predict`` writes all tracks when its track is None.
    records, letters : int
        A shard ends with the record that reaches either.
    device : str, optional
        A torch device; a GPU when there is one, else the CPU.
    """

    model: str
    work: str = "predict"
    run: RunSettings = field(default_factory=RunSettings)
    records: int = 1_000
    letters: int = 1_000_000
    device: str | None = None

    def __post_init__(self) -> None:
        if self.work not in WORKS:
            raise InputError(f"work {self.work!r} is not one of {', '.join(WORKS)}")
        if self.records < 1 or self.letters < 1:
            raise InputError(
                f"a shard of {self.records} records and {self.letters} letters is empty; give at "
                "least 1 of each"
            )
        target_of(self.model, self.run.track, self.run.minus)  # names a wrong model or track
        self.run.attribution()  # names a wrong method or baseline

    def describe(self) -> dict[str, object]:
        """Return everything that the bytes of the table depend on, in plain values."""
        card = registry.card(self.model)
        return {
            "gexp": __version__,
            "release": release(),
            "work": self.work,
            "model": card.name,
            "weights_sha256": card.sha256,
            "settings": asdict(self.run) | {"both_strands": card.reads_both(self.run.both_strands)},
            "shard_records": self.records,
            "shard_letters": self.letters,
            "device": self.device,
        }

    @property
    def digest(self) -> str:
        """Return a sha256 over :meth:`describe`, hexadecimal."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
