"""The table of targets that comes with a model of calico/baskerville, as tracks of a card.

Owns its columns: ``identifier`` (unique), ``description`` ('ASSAY:what was measured'),
``strand_pair`` (the row to swap under reverse complement), and how the coverage was squashed
(``scale``, ``sum_stat``, ``clip_soft``, ``clip``).
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from gexp_core.errors import ModelError
from gexp_core.models.card import SignalTrack, Track

MOST_BYTES = 16 * 2**20
MOST_ROWS = 20_000
_COLUMNS = ("identifier", "description", "strand_pair", "scale", "sum_stat", "clip_soft", "clip")
_GROUPS = {"CAGE": "CAGE", "DNASE": "DNase", "ATAC": "ATAC", "CHIP": "ChIP"}
_GROUPS |= {"RNA": "RNA", "RNA2": "RNA", "RNA3": "RNA"}


@dataclass(frozen=True, slots=True)
class Targets:
    """Hold the tracks, and per track how its coverage was squashed, in words."""

    tracks: tuple[Track, ...]
    squashed: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the assays there are, in the order they come."""
        return tuple(dict.fromkeys(track.group for track in self.tracks if track.group))

    @property
    def pairs(self) -> tuple[int, ...]:
        """Return, for each track, the track that reads the same thing on the other strand."""
        return tuple(
            i if track.strand_pair is None else track.strand_pair
            for i, track in enumerate(self.tracks)
        )


def read_targets(path: Path) -> Targets:
    """Read a table of targets.

    Raises
    ------
    ModelError
        The file cannot be read, lacks a column, names a target twice, or pairs strands one way.
    """
    rows = _rows(path)
    tracks = tuple(_track(path.name, i, row) for i, row in enumerate(rows))
    names = [track.name for track in tracks]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"{path.name} has the identifier {twice!r} twice; they must differ")
    made = Targets(tracks, tuple(_squashed(row) for row in rows))
    for i, other in enumerate(made.pairs):
        if not 0 <= other < len(tracks) or made.pairs[other] != i:
            raise ModelError(
                f"{path.name} pairs row {i} with {other}, which is not paired with it; strand_pair "
                "goes both ways"
            )
    return made


def read_signals(path: Path, group: str) -> tuple[SignalTrack, ...]:
    """Return the targets of one assay as tracks that a model reads beside the sequence.

    Raises
    ------
    ModelError
        As :func:`read_targets`; or one is not a mean over bins, or has a mate on the other strand.
    """
    known, found = read_targets(path), []
    for track, row in zip(known.tracks, _rows(path), strict=True):
        if track.group != group:
            continue
        if row["sum_stat"] != "mean" or track.strand_pair is not None:
            raise ModelError(
                f"{path.name} has the target {track.name!r}, which is no mean over bins of both "
                "strands; only such can be read beside a sequence"
            )
        sizes = (float(row[name] or "nan") for name in ("scale", "clip_soft", "clip"))
        found.append(SignalTrack(track.name, track.description, *sizes))
    return tuple(found)


def _rows(path: Path) -> list[dict[str, str | None]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path.name} has more than {MOST_BYTES:,} bytes; it is no targets")
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))
    except (OSError, ValueError, csv.Error) as error:
        raise ModelError(f"{path.name} cannot be read as a table of targets: {error}") from error
    missing = [name for name in _COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ModelError(
            f"{path.name} has no column {', '.join(missing)}; wanted is the tab-separated table of "
            "targets that comes with the model"
        )
    if len(rows) > MOST_ROWS:
        raise ModelError(f"{path.name} has {len(rows):,} targets; at most {MOST_ROWS:,} are read")
    return rows


def _track(name: str, i: int, row: dict[str, str | None]) -> Track:
    identifier = (row["identifier"] or "").strip()
    pair = (row["strand_pair"] or "").strip()
    if not identifier or not pair.isdecimal():
        raise ModelError(
            f"row {i} of {name} has identifier {identifier[:40]!r} and strand_pair {pair[:40]!r}; "
            "wanted are a name and the number of a row"
        )
    assay, _, what = (row["description"] or "").strip(" ,").partition(":")
    group = _GROUPS.get(assay.upper(), assay)
    strand = {"+": ", + strand", "-": ", - strand"}.get(identifier[-1], "")
    description = f"{group}: {what.strip(' ,')}{strand}" if what else f"{assay}{strand}"
    return Track(identifier, description, group, None if int(pair) == i else int(pair))


def _squashed(row: dict[str, str | None]) -> str:
    """Return how coverage became a target, in words."""
    ways = {
        "sum": "sum",
        "mean": "mean",
        "sum_sqrt": "square root of 1 + sum, less 1",
        "mean_sqrt": "square root of 1 + mean, less 1",
    }
    way = ways.get(row["sum_stat"] or "", row["sum_stat"] or "")
    return (
        f"coverage x {row['scale']}, {way} over the bin, above {row['clip_soft']} growing as a "
        f"square root, at most {row['clip']}"
    )
