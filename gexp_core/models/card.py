"""The model card: the single source for the UI, the README table, validation and downloads.

A card lives beside its weights as ``card.json``. Nothing here loads torch.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.models.card_entries import (
    TEACHER,
    Ceiling,
    EffectFit,
    Metric,
    SignalTrack,
    SpreadBin,
    Track,
)
from gexp_core.types import Floats, Target

__all__ = [
    "TEACHER",
    "Ceiling",
    "EffectFit",
    "Metric",
    "ModelCard",
    "SignalTrack",
    "SpreadBin",
    "Track",
    "read_card",
]


@dataclass(frozen=True, slots=True, eq=False)
class ModelCard:
    """Say what a model reads, what its number means, and how far to trust it.

    Attributes
    ----------
    meaning : what the number is, in one sentence, and what it is not
    zero : what the value 0 stands for
    input_length : L, bases of the window
    insert : (start, end), the part of the window that varied in the assay
    background : L letters; the assay's constant flanks at its ends, neutral text between
    both_strands : whether the insert was measured without regard to its orientation, so that
        averaging it with its reverse complement makes sense
    bins, bin_size : outputs along the window, and the bases of each; 1 and L for a scalar model
    percentiles : track name -> 101 measured values (0th to 100th percentile) of test rows
    held_out : figures on rows never used for training or choosing
    predictors : name of a predictor in ``held_out`` -> what it is, in a sentence
    calibration : error on held-out rows by spread of the ensemble, bins of one track together
    backgrounds : kind of sequence ('shuffled', 'random') -> track name -> 101 predicted values
        (0th to 100th percentile): where sequences without meaning lie
    ceilings : how well the measurements agree with themselves
    others : of the last members that differ in form, the entries of ``config`` that differ
    effects : agreement with measured effects of single-base changes, none of which was learned from
    composition : what ``inputs.composition.training_figures`` says of the training rows
    signals : measured tracks that are read beside the sequence; none for a model of sequence alone
    """

    name: str
    title: str
    species: str
    assay: str
    meaning: str
    units: str
    zero: str
    input_length: int
    insert: tuple[int, int]
    background: str
    tracks: tuple[Track, ...]
    architecture: str
    config: Mapping[str, Any]
    family: str
    members: int
    n_parameters: int
    sha256: str
    licence: str
    citation: str
    training: Mapping[str, Any]
    limits: tuple[str, ...]
    both_strands: bool = True
    bins: int = 1
    bin_size: int = 0
    held_out: tuple[Metric, ...] = ()
    percentiles: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    composition: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    predictors: Mapping[str, str] = field(default_factory=dict)
    calibration: tuple[SpreadBin, ...] = ()
    backgrounds: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    ceilings: tuple[Ceiling, ...] = ()
    effects: tuple[EffectFit, ...] = ()
    others: tuple[Mapping[str, Any], ...] = ()
    signals: tuple[SignalTrack, ...] = ()

    def __post_init__(self) -> None:
        if len(self.background) != self.input_length:
            raise ModelError(
                f"card of {self.name!r}: the background has {len(self.background)} letters, "
                f"wanted {self.input_length}"
            )
        if not 0 <= self.insert[0] < self.insert[1] <= self.input_length:
            raise ModelError(f"card of {self.name!r}: insert {self.insert} is not in the window")
        if len(self.others) > self.members or not all(isinstance(o, Mapping) for o in self.others):
            raise ModelError(f"card of {self.name!r}: 'others' are not sizes of its members")

    def sizes(self, member: int) -> dict[str, Any]:
        """Return the ``config`` of one member, counted from 0."""
        other = member - self.members + len(self.others)
        return {**self.config, **(self.others[other] if other >= 0 else {})}

    def reads_both(self, asked: bool) -> bool:
        """Return whether both strands are read where that is ``asked`` for."""
        return asked and self.both_strands

    def mate(self, track: int) -> int:
        """Return the track that reads the same thing on the other strand, itself where none is."""
        pair = self.tracks[track].strand_pair
        return track if pair is None else pair

    def turned(self, target: Target) -> Target:
        """Return what is the target on the other strand: the mates of its tracks."""
        minus = None if target.minus is None else self.mate(target.minus)
        return replace(target, track=self.mate(target.track), minus=minus)

    def track_index(self, name: str) -> int:
        """Return the place of the track called ``name``, or raise ModelError."""
        names = [track.name for track in self.tracks]
        if name not in names:
            raise ModelError(f"{self.name} has no track {name!r}; it has {', '.join(names)}")
        return names.index(name)

    def target(self, track: str | None = None, minus: str | None = None) -> Target:
        """Return what explains ``track`` (None is the first), less the number of ``minus``.

        Raises
        ------
        ModelError
            There is no such track, both are the same one, or they are not of one kind.
        """
        at = 0 if track is None else self.track_index(track)
        other = None if minus is None else self.track_index(minus)
        if at == other:
            raise ModelError(f"{minus!r} minus itself is 0 everywhere; name two tracks")
        if other is not None and not self.alike(at, other):
            one, two = self.tracks[at], self.tracks[other]
            raise ModelError(
                f"{one.name!r} is {one.group or 'of no group'} and {two.name!r} is "
                f"{two.group or 'of no group'}, whose scales differ, so that the difference means "
                "nothing; name two tracks of one kind"
            )
        return Target(at, minus=other)

    def alike(self, one: int, other: int) -> bool:
        """Return whether two tracks are numbers of one kind, whose difference means something.

        A model of one number per window is of one assay, in cells that its groups name. Tracks
        along a window come from assays that its groups name, each on a scale of its own.
        """
        return self.bins == 1 or self.tracks[one].group == self.tracks[other].group

    def explained(self, target: Target) -> str:
        """Return the name of the number that a target chooses: a track's, or 'A minus B'."""
        name = self.tracks[target.track].name
        return name if target.minus is None else f"{name} minus {self.tracks[target.minus].name}"

    @property
    def margin(self) -> int:
        """Return the bases at either end of a window that have no bin; 0 for a scalar model."""
        return (self.input_length - self.bins * self.bin_size) // 2 if self.bins > 1 else 0

    def bin_over(self, position: int) -> int:
        """Return the bin over a 0-based position of the window, the nearest where there is none."""
        return min(max(0, (position - self.margin) // self.bin_size), self.bins - 1)

    def percentile(self, values: Floats, track: str) -> Floats:
        """Return the percentile (0-100) of each value among the measured test rows; nan if none."""
        return _among(values, self.percentiles.get(track))

    def background_percentile(self, values: Floats, track: str, kind: str = "shuffled") -> Floats:
        """Return the share (0-100) of background predictions below each value; nan if none."""
        return _among(values, self.backgrounds.get(kind, {}).get(track))

    def find(
        self, metric: str, subset: str = "all", predictor: str = "", track: str = ""
    ) -> Metric | None:
        """Return the first held-out figure that fits, the model's own unless told otherwise."""
        wanted = predictor or self.name
        for row in self.held_out:
            if (row.metric, row.subset, row.predictor) == (metric, subset, wanted) and (
                track in ("", row.track)
            ):
                return row
        return None

    def headlines(self, metric: str = "pearson", predictor: str = "") -> tuple[Metric, ...]:
        """Return the figures that stand for a model: its means over tracks, else its first."""
        names = {track.name for track in self.tracks}
        wanted = (metric, "all", predictor or self.name)
        means = tuple(
            row
            for row in self.held_out
            if (row.metric, row.subset, row.predictor) == wanted and row.track not in names
        )
        first = self.find(metric, predictor=predictor)
        return means or (() if first is None else (first,))

    @property
    def ridge(self) -> str:
        """Return the name of the linear predictor beside the model, '' where there is none."""
        found = (row.predictor for row in self.held_out if row.predictor.endswith("ridge"))
        return next(found, "")

    def to_json(self) -> str:
        """Return deterministic JSON text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def _among(values: Floats, known: tuple[float, ...] | None) -> Floats:
    """Return the percentile (0-100) of each value among quantiles; nan without them.

    Of a value that many quantiles are, that of the first: the share below it.
    """
    if not known:
        return np.full(np.shape(values), np.nan, np.float32)
    downwards = -np.array(known[::-1])  # of equal ones ``interp`` takes the last
    above = np.interp(-np.asarray(values, np.float64), downwards, np.linspace(0, 100, len(known)))
    return (100 - above).astype(np.float32)


def read_card(path: Path) -> ModelCard:
    """Read ``card.json``.

    Raises
    ------
    ModelError
        The file is missing, is not JSON, or lacks a field.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        unknown = set(raw) - {entry.name for entry in fields(ModelCard)}
        if unknown:
            raise ModelError(f"card {path.parent.name!r} has unknown fields {sorted(unknown)}")
        raw["tracks"] = tuple(Track(**track) for track in raw["tracks"])
        raw["signals"] = tuple(SignalTrack(**one) for one in raw.get("signals", ()))
        raw["held_out"] = tuple(Metric(**row) for row in raw.get("held_out", ()))
        raw["insert"] = tuple(raw["insert"])
        raw["limits"] = tuple(raw["limits"])
        for name in ("percentiles", "composition"):
            raw[name] = {k: tuple(v) for k, v in raw.get(name, {}).items()}
        raw["calibration"] = tuple(SpreadBin(**row) for row in raw.get("calibration", ()))
        raw["ceilings"] = tuple(Ceiling(**row) for row in raw.get("ceilings", ()))
        raw["others"] = tuple(raw.get("others", ()))
        raw["effects"] = tuple(EffectFit(**row) for row in raw.get("effects", ()))
        raw["backgrounds"] = {
            kind: {k: tuple(v) for k, v in tracks.items()}
            for kind, tracks in raw.get("backgrounds", {}).items()
        }
        return ModelCard(**raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"card {path.parent.name!r} cannot be read: {error}") from error
