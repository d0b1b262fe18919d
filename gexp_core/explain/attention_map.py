"""What a network attended to: the maps themselves and what can be read off them with numpy.

Owns the AttentionMap and the numbers made from maps: rollout, attention received, entropy and
distance of a head, agreement with mutagenesis. How maps are taken from a network is
``attention``'s. A map is (Q, Q): row q is how token q shares its attention among all tokens.

References
----------
Abnar & Zuidema, Quantifying attention flow in transformers, ACL 2020 (rollout). Chefer, Gur &
Wolf, ICCV 2021 (rollout weighted by gradients). Jain & Wallace, Attention is not explanation,
NAACL 2019.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gexp_core.encoding import BASES, indices
from gexp_core.errors import InputError, ModelError
from gexp_core.types import ROUNDING, Floats, Ints, Mutagenesis, Provenance, Target

Doubles = NDArray[np.float64]

#: What the two readings of a window are called.
STRANDS = ("as given", "reverse complement")

#: Bases needed before an agreement with mutagenesis is told.
FEWEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMap:
    """Hold the attention that every network, on every strand, used for every window.

    Attributes
    ----------
    names, sequences : tuples of N str
    row_sequence : (R,) int64, which sequence a window belongs to, ascending
    window : (R,) int64, which of all windows of its sequence it is, 0-based
    start, end : (R,) int64, 0-based half-open, the bases of the sequence that a window holds
    offset : (R,) int64, where they begin in the window; what lies around them is background
    weights : (R, M, S, layers, H, Q, Q) float32 for M networks, S strands and H heads. Rows sum to
        1. Both strands are in the coordinates of the window as given: token k is bases
        ``size * k`` to ``size * (k + 1)`` of the window.
    relevance : (R, M, S, Q, Q) float32, in the model's units: rollout weighted by gradients, see
        :func:`gradient_rollout`, of each reading's own number
    size : bases per token
    reach : bases before and after its own that a token also sees, through the layers below
    aligned : whether the tokens of both strands lie on each other; where they do not, the maps of
        the reverse complement are laid over by the bases that tokens share, which blurs them
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    row_sequence: Ints
    window: Ints
    start: Ints
    end: Ints
    offset: Ints
    weights: Floats
    relevance: Floats
    size: int
    reach: tuple[int, int]
    aligned: bool
    target: Target
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 7 or shape[0] != len(self.row_sequence) or shape[5] != shape[6]:
            raise ModelError(
                f"attention maps have shape {shape}, wanted (windows, networks, strands, layers, "
                "heads, tokens, tokens)"
            )
        if self.relevance.shape != (*shape[:3], *shape[5:]):
            raise ModelError(
                f"relevance has shape {self.relevance.shape}, wanted {(*shape[:3], *shape[5:])}"
            )

    @property
    def networks(self) -> int:
        """Return how many networks read each window."""
        return int(self.weights.shape[1])

    @property
    def strands(self) -> int:
        """Return how many strands of a window were read."""
        return int(self.weights.shape[2])

    @property
    def layers(self) -> int:
        """Return how many layers attend."""
        return int(self.weights.shape[3])

    @property
    def heads(self) -> int:
        """Return how many heads each layer has."""
        return int(self.weights.shape[4])

    @property
    def tokens(self) -> int:
        """Return how many tokens a window has."""
        return int(self.weights.shape[5])

    def rows(self, i: int) -> slice:
        """Return the windows of sequence ``i`` as a slice."""
        first, last = np.searchsorted(self.row_sequence, [i, i + 1])
        return slice(int(first), int(last))

    def bases(self, row: int) -> tuple[Ints, Ints]:
        """Return start and end (Q,) of each token on the sequence, 0-based half-open.

        Below 0, or beyond the end, lie tokens of the background around a short sequence; of a
        long one they lie in its neighbouring windows.
        """
        first = self.start[row] - self.offset[row] + self.size * np.arange(self.tokens)
        return first, first + self.size

    def inside(self, row: int) -> NDArray[np.bool_]:
        """Return (Q,): whether a token holds at least one base that the window took."""
        first, last = self.bases(row)
        return np.asarray((last > self.start[row]) & (first < self.end[row]))

    def only(self, row: int) -> "AttentionMap":
        """Return the maps of one window alone."""
        names = ("row_sequence", "window", "start", "end", "offset", "weights", "relevance")
        part = {name: getattr(self, name)[row : row + 1] for name in names}
        return replace(self, **part)

    def map(
        self,
        row: int,
        *,
        network: int | None = None,
        strand: int | None = None,
        layer: int | None = None,
        head: int | None = None,
    ) -> Floats:
        """Return (Q, Q): one map, or the mean over whatever is left open.

        Heads of one network are told apart by number; head 1 of another network is another head.
        """
        chosen = self.weights[row]
        for axis, at in enumerate((network, strand, layer, head)):
            chosen = chosen if at is None else np.take(chosen, [_known(at, chosen, axis)], axis)
        return _mean(chosen.reshape(-1, *chosen.shape[4:]))

    def rollout(self, row: int, *, network: int | None = None, strand: int | None = None) -> Floats:
        """Return (Q, Q): :func:`rollout` of each reading, mean over what is left open."""
        readings = self._readings(self.weights[row].mean(3), network, strand)
        return _mean(np.stack([rollout(one) for one in readings]))

    def weighted(
        self, row: int, *, network: int | None = None, strand: int | None = None
    ) -> Floats:
        """Return (Q, Q): the relevance of each reading, mean over what is left open."""
        return _mean(self._readings(self.relevance[row], network, strand))

    def _readings(self, values: Floats, network: int | None, strand: int | None) -> Floats:
        """Return (readings, ...) of values (M, S, ...)."""
        for axis, at in enumerate((network, strand)):
            values = values if at is None else np.take(values, [_known(at, values, axis)], axis)
        return values.reshape(-1, *values.shape[2:])


def _mean(values: ArrayLike) -> Floats:
    """Return the mean over the first axis, summed in float64."""
    return np.asarray(np.asarray(values).mean(0, dtype=np.float64), np.float32)


def _known(at: int, values: Floats, axis: int) -> int:
    """Return a number that ``values`` has along ``axis``, or raise InputError."""
    if not 0 <= at < values.shape[axis]:
        kind = ("network", "strand", "layer", "head")[axis]
        raise InputError(
            f"there is no {kind} number {at + 1}; there are {values.shape[axis]}, give 1 to "
            f"{values.shape[axis]} (0-based in Python)"
        )
    return at


def rollout(maps: ArrayLike) -> Doubles:
    """Return (Q, Q): how much of each token's input reaches each token after all layers.

    Parameters
    ----------
    maps : (layers, Q, Q), mean over heads, the first layer first

    Returns
    -------
    (Q, Q) float64, rows sum to 1: A_n ... A_2 A_1 with A = (map + identity) / 2 for each layer,
    the identity standing for the residual connection (Abnar & Zuidema 2020).
    """
    layers = np.asarray(maps, np.float64)
    through = np.eye(layers.shape[-1])
    for one in layers:
        through = (one + np.eye(len(one))) / 2 @ through
    return through


def gradient_rollout(maps: ArrayLike, slopes: ArrayLike) -> Doubles:
    """Return (Q, Q): attention that raises the reading, followed through the layers.

    Parameters
    ----------
    maps, slopes : (layers, H, Q, Q), each map and the gradient of the reading by its entries

    Returns
    -------
    (Q, Q) float64, not below 0: R - identity, where R starts as the identity and each layer adds
    mean over heads of max(slope * map, 0), times R (Chefer et al. 2021). What lowers the reading
    is left out, so it has no sign.
    """
    raising = np.maximum(np.asarray(maps, np.float64) * np.asarray(slopes, np.float64), 0).mean(1)
    through = np.eye(raising.shape[-1])
    for one in raising:
        through = through + one @ through
    return through - np.eye(len(through))


def received(matrix: ArrayLike) -> Floats:
    """Return (Q,): what each token receives, as multiples of an even share.

    The mean over the rows of a map, times Q: 1 is as much as if all tokens got alike. Zeros where
    the matrix is all 0.
    """
    shares = np.asarray(matrix, np.float64).mean(0)
    total = shares.sum()
    made: Floats = (shares * len(shares) / (total or 1.0)).astype(np.float32)
    return made


def entropy(maps: ArrayLike) -> Doubles:
    """Return (...): bits, mean over the rows of maps (..., Q, Q); log2 Q where all is even."""
    weights = np.asarray(maps, np.float64)
    bits = -(weights * np.log2(np.where(weights > 0, weights, 1.0))).sum(-1)
    return np.asarray(bits.mean(-1))


def distance(maps: ArrayLike, size: int = 1) -> Doubles:
    """Return (...): bases between a token and what it reads, mean over maps (..., Q, Q)."""
    weights = np.asarray(maps, np.float64)
    place = np.arange(weights.shape[-1])
    apart = np.abs(place[:, None] - place) * size
    return np.asarray((weights * apart).sum(-1).mean(-1))


def own_share(maps: ArrayLike) -> Doubles:
    """Return (...): the share that tokens give to themselves, mean over maps (..., Q, Q)."""
    return np.asarray(np.diagonal(np.asarray(maps, np.float64), axis1=-2, axis2=-1).mean(-1))


def effect_sizes(made: AttentionMap, row: int, mutagenesis: Mutagenesis, i: int) -> Floats:
    """Return (Q,): mean size of the effects of changing each token's bases; nan where none is.

    The mean over the bases of a token, of the mean over its alternatives of |effect|: three at a
    known base, all four at N.

    Raises
    ------
    InputError
        The two are of different sequences.
    """
    if mutagenesis.sequences[i] != made.sequences[made.row_sequence[row]]:
        raise InputError("the mutagenesis is of another sequence than the attention; make it again")
    begin, finish = mutagenesis.window[i]
    unknown = indices(mutagenesis.sequences[i][begin:finish]) == len(BASES)
    others = np.where(unknown, len(BASES), len(BASES) - 1)
    sizes = np.abs(mutagenesis.effect[i]).sum(0, dtype=np.float64) / others
    out = np.full(made.tokens, np.nan, np.float32)
    low, high = max(begin, int(made.start[row])), min(finish, int(made.end[row]))
    for token, (first, last) in enumerate(zip(*made.bases(row), strict=True)):
        first, last = max(int(first), low), min(int(last), high)
        if first < last:
            out[token] = sizes[first - begin : last - begin].mean()
    return out


def agreement(profile: ArrayLike, sizes: ArrayLike) -> float:
    """Return Pearson's r of two profiles (Q,) over tokens where both are known; nan if undefined.

    It is nan with fewer than five tokens, or where one profile is flat: where it varies by no more
    than rounding does of its own size.
    """
    both: Any = np.stack([np.asarray(profile, np.float64), np.asarray(sizes, np.float64)])
    both = both[:, np.isfinite(both).all(0)]
    if both.shape[1] < FEWEST:
        return float("nan")
    rounding = ROUNDING * np.linalg.norm(both, axis=1)
    both = both - both.mean(1, keepdims=True)
    norms = np.linalg.norm(both, axis=1)
    if (norms <= rounding).any():
        return float("nan")
    return float((both[0] / norms[0]) @ (both[1] / norms[1]))
