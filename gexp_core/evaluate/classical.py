"""The linear predictors that come with a model: their file, and what they say of one sequence.

Owns ``classical.safetensors``: the 6-mer ridge and GC content, fitted on the train rows of the
model's data. The fit is ``training``'s, the features are ``baselines``'s.
"""

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import frame, indices
from gexp_core.errors import LimitError, ModelError
from gexp_core.evaluate.baselines import canonical
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Ints

#: File beside a model's weights.
FILE = "classical.safetensors"

#: What the two predictors are called on every card.
RIDGE, GC = "6-mer ridge", "GC content"

#: Bases of the words that the ridge counts, and how many there are, strands pooled.
K, WORDS = 6, 2_080

#: Windows of one sequence that are read; 200,000 bases in steps of half a window have fewer.
MOST_WINDOWS = 4_096

_MOST_FILE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LinearPredictors:
    """Hold the linear predictors of a model's tracks.

    Attributes
    ----------
    ridge : (T, WORDS + 1) float32, for each track the weights of the counts of the 6-mers that
        are not the larger of two partners (ascending), then the intercept
    gc : (T, 2) float32, the weight of the share of G and C, then the intercept
    data_sha256 : of the file that their train rows came from
    """

    ridge: Floats
    gc: Floats
    data_sha256: str

    def __post_init__(self) -> None:
        shapes = (self.ridge.shape, self.gc.shape)
        tracks = len(self.ridge)
        if shapes != ((tracks, WORDS + 1), (tracks, 2)):
            raise ModelError(
                f"linear predictors of shapes {shapes} were given; wanted (T, {WORDS + 1}) for the "
                "ridge and (T, 2) for GC content"
            )
        if not (np.isfinite(self.ridge).all() and np.isfinite(self.gc).all()):
            raise ModelError("linear predictors hold a weight that is no number; fit them again")

    def read(self, codes: NDArray[np.integer]) -> dict[str, Floats]:
        """Return predictor -> (W, T) float32 of windows (W, L), 0-3 for A C G T and 4 for N.

        A 6-mer with N counts nothing; a window of N alone has no GC content, and nan.
        """
        words = _words(codes)
        at = np.append(_columns(), WORDS)
        weights = self.ridge.astype(np.float64)
        intercepts = weights[:, -1].copy()
        weights[:, -1] = 0  # of words with N
        ridge = [
            row[at][words].sum(1) + intercept
            for row, intercept in zip(weights, intercepts, strict=True)
        ]
        strong = ((codes == 1) | (codes == 2)).sum(1)
        known = (codes < 4).sum(1)
        share = np.divide(strong, known, out=np.full(len(codes), np.nan), where=known > 0)
        level = share[:, None] * self.gc[:, 0].astype(np.float64) + self.gc[:, 1]
        return {RIDGE: np.stack(ridge, 1).astype(np.float32), GC: level.astype(np.float32)}


@functools.cache
def _columns() -> Ints:
    """Return (4**K,) int64: the column of the ridge that counts each 6-mer."""
    smaller = canonical(K)
    kept = np.flatnonzero(smaller == np.arange(4**K))
    return np.searchsorted(kept, smaller)


def _words(codes: NDArray[np.integer]) -> Ints:
    """Return (W, L - 5) int64 numbers of the 6-mers of windows; 4**K where one holds N."""
    width = max(0, codes.shape[1] - K + 1)
    words = np.zeros((len(codes), width), np.int64)
    unknown = np.zeros((len(codes), width), np.bool_)
    for at in range(K):
        column = codes[:, at : at + width]
        words = words * 4 + np.minimum(column, 3)
        unknown |= column > 3
    words[unknown] = 4**K
    return words


def of_sequence(
    sequence: str, known: LinearPredictors, card: ModelCard, *, stride: int | None = None
) -> dict[str, Floats]:
    """Return predictor -> (T,) float32: the mean over the windows that the model reads.

    Parameters
    ----------
    sequence : str
        Letters over ACGTN.
    known : LinearPredictors
    card : ModelCard
        Says the window, its flanks and its background, which are the predictors' too.
    stride : int, optional
        Bases between windows of a longer sequence; half the insert by default.

    Raises
    ------
    LimitError
        The sequence has more than MOST_WINDOWS windows.
    """
    how = frame(sequence, background=card.background, insert=card.insert, stride=stride)
    if len(how.starts) > MOST_WINDOWS:
        raise LimitError(
            f"simple predictors are read in up to {MOST_WINDOWS:,} windows, this sequence has "
            f"{len(how.starts):,}; choose a larger step between windows"
        )
    codes = np.tile(indices(how.background), (len(how.starts), 1))
    letters = np.lib.stride_tricks.sliding_window_view(indices(sequence), how.width)
    codes[:, how.offset : how.offset + how.width] = letters[list(how.starts)]
    return {name: values.mean(0) for name, values in known.read(codes).items()}


def to_bytes(made: LinearPredictors) -> bytes:
    """Return the file of linear predictors; the same ones give the same bytes."""
    from safetensors.numpy import save

    about = {"k": K, "data_sha256": made.data_sha256, "sha256": _digest(made.ridge, made.gc)}
    return bytes(save({"gc": made.gc, "ridge": made.ridge}, metadata={"about": json.dumps(about)}))


def _digest(ridge: Floats, gc: Floats) -> str:
    return hashlib.sha256(ridge.tobytes() + gc.tobytes()).hexdigest()


def read_linear(folder: Path, card: ModelCard) -> LinearPredictors | None:
    """Return the linear predictors beside a model's weights; None where the model has none.

    Raises
    ------
    ModelError
        The file is there and is not what it says, or is of other data than the card's.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    from safetensors import SafetensorError, safe_open

    again = "make it again with `train NAME --classical`"
    try:
        if path.stat().st_size > _MOST_FILE:
            raise ModelError(f"{FILE} of {folder.name!r} is larger than it may be; {again}")
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["about"])
            ridge, gc = file.get_tensor("ridge"), file.get_tensor("gc")
        if about["k"] != K or about["sha256"] != _digest(ridge, gc):
            raise ModelError(f"{FILE} of {folder.name!r} is damaged; {again}")
        made = LinearPredictors(ridge, gc, str(about["data_sha256"]))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{FILE} of {folder.name!r} cannot be read ({type(error).__name__}); {again}"
        ) from None
    if made.data_sha256 != card.training.get("data_sha256") or len(ridge) != len(card.tracks):
        raise ModelError(f"{FILE} of {folder.name!r} is of other data than its model; {again}")
    return made
