"""Small results made by hand, with numbers that can be followed on paper."""

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.models.card import ModelCard, Track
from gexp_core.types import (
    Attribution,
    Mutagenesis,
    Prediction,
    Provenance,
    SequenceSet,
    Target,
)

HOSTILE = ("<script>alert(1)</script>", "../../etc/passwd", "=cmd()|' /C calc'!A0", "$\\frac{$")
UNITS = "log2(RNA / DNA)"


def card(tracks=("activity",), percentiles=True) -> ModelCard:
    known = tuple(np.linspace(-2.0, 2.0, 101).tolist())
    return ModelCard(
        name="toy",
        title="A toy",
        species="none",
        assay="none",
        meaning="a number made by hand",
        units=UNITS,
        zero="nothing",
        input_length=8,
        insert=(0, 8),
        background="N" * 8,
        tracks=tuple(Track(name, name) for name in tracks),
        architecture="conv",
        config={},
        family="cnn",
        members=1,
        n_parameters=1,
        sha256="f" * 64,
        licence="MIT",
        citation="Nobody (2000)",
        training={},
        limits=("It is a toy.",),
        percentiles={name: known for name in tracks} if percentiles else {},
    )


def provenance(sequences: SequenceSet) -> Provenance:
    return Provenance(sequences.digest, "toy", "f" * 64, {"window": (1, 2), "work": "toy"}, seed=3)


def sequence_set(names=("one", "two"), length=12, seed=0) -> SequenceSet:
    rng = np.random.default_rng(seed)
    letters = tuple("".join(rng.choice(list("ACGT"), length)) for _ in names)
    return SequenceSet(tuple(names), letters)


def prediction(sequences: SequenceSet, values=None, tracks=("activity",)) -> Prediction:
    """One window per sequence; ``values`` (N,) or (N, T), 0, 1, 2... by default."""
    count = len(sequences)
    y = np.arange(count) if values is None else np.asarray(values)
    y = y.reshape(count, -1).astype(np.float32)
    lengths = np.array([len(s) for s in sequences.sequences], np.int64)
    return Prediction(
        names=sequences.names,
        row_sequence=np.arange(count, dtype=np.int64),
        start=np.zeros(count, np.int64),
        end=lengths,
        y=y,
        spread=np.full_like(y, 0.25),
        strand_gap=np.full_like(y, -0.5),
        member_sd=np.zeros_like(y),
        tracks=tracks,
        units=UNITS,
        provenance=provenance(sequences),
    )


def tiled() -> tuple[SequenceSet, Prediction]:
    """Two sequences of 16 and 8 bases read in windows of 8, the first with stride 4."""
    sequences = SequenceSet(("long", "short"), ("ACGTACGTACGTACGT", "AAAACCCC"))
    column = np.array([[1.0], [3.0], [5.0], [-1.0]], np.float32)
    made = Prediction(
        names=sequences.names,
        row_sequence=np.array([0, 0, 0, 1]),
        start=np.array([0, 4, 8, 0]),
        end=np.array([8, 12, 16, 8]),
        y=column,
        spread=np.array([[0.1], [0.3], [0.5], [0.2]], np.float32),
        strand_gap=np.array([[0.2], [-0.6], [1.0], [0.4]], np.float32),
        member_sd=np.zeros((4, 1), np.float32),
        tracks=("activity",),
        units=UNITS,
        provenance=provenance(sequences),
    )
    return sequences, made


def attribution(sequences: SequenceSet, seed=0) -> Attribution:
    rng = np.random.default_rng(seed)
    attr = tuple(
        rng.normal(0, 1, (4, len(letters))).astype(np.float32) for letters in sequences.sequences
    )
    y = np.array([a.sum() for a in attr], np.float32)
    return Attribution(
        names=sequences.names,
        sequences=sequences.sequences,
        attr=attr,
        y=y + np.float32(1),
        y_baseline=np.full(len(y), 0.75, np.float32),
        delta=np.full(len(y), -0.25, np.float32),
        target=Target(),
        method="integrated-gradients",
        baseline="zeros",
        units=UNITS,
        provenance=provenance(sequences),
    )


def mutagenesis(sequences: SequenceSet, seed=0, window=None) -> Mutagenesis:
    rng = np.random.default_rng(seed)
    effects, windows = [], []
    for letters in sequences.sequences:
        start, end = window or (0, len(letters))
        hot = one_hot(letters[start:end])
        effects.append(((1 - hot) * rng.normal(0, 1, hot.shape)).astype(np.float32))
        windows.append((start, end))
    return Mutagenesis(
        names=sequences.names,
        sequences=sequences.sequences,
        effect=tuple(effects),
        window=tuple(windows),
        y_ref=np.ones(len(sequences), np.float32),
        target=Target(),
        units=UNITS,
        provenance=provenance(sequences),
    )
