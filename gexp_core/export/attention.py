"""Attention maps as arrays and tables: what is in each, in which unit; draws nothing.

``start`` and ``end`` are 0-based half-open on the sequence, ``first`` and ``last`` of arcs 1-based,
both included; tokens, layers, heads and networks are counted from 1 in tables and from 0 in arrays.
"""

import numpy as np
import pandas as pd

from gexp_core.explain.attention_arcs import Arcs, strongest, unshared
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import (
    STRANDS,
    AttentionMap,
    distance,
    effect_sizes,
    entropy,
    own_share,
    received,
)
from gexp_core.export.arrays import made_by, npz
from gexp_core.types import Mutagenesis


def attention_npz(made: AttentionMap) -> bytes:
    """Return an AttentionMap as .npz, with R windows, M networks, S strands, H heads, Q tokens.

    Arrays: ``weights`` (R, M, S, layers, H, Q, Q) float32, rows sum to 1, both strands in the
    coordinates of the window as given; ``rollout`` and ``gradient_rollout`` (R, Q, Q) float32,
    means over networks and strands; ``token_start`` (R, Q) int64, 0-based on the sequence, below 0
    in the background; ``start``, ``end`` (R,) int64, the bases of the sequence in each window;
    ``row_sequence`` (R,) int64, the place of a window's sequence in ``names`` (N,) unicode;
    ``bases_per_token`` (1,); ``reach`` (2,), bases a token sees before and after its own;
    ``aligned`` (1,), whether the tokens of both strands lie on each other; ``provenance`` (1,)
    unicode, what made the maps, as JSON.
    """
    rows = range(len(made.row_sequence))
    return npz(
        {
            "weights": made.weights,
            "rollout": np.stack([made.rollout(row) for row in rows]),
            "gradient_rollout": np.stack([made.weighted(row) for row in rows]),
            "token_start": np.stack([made.bases(row)[0] for row in rows]),
            "start": made.start,
            "end": made.end,
            "row_sequence": made.row_sequence,
            "names": np.array(made.names, dtype=np.str_),
            "bases_per_token": np.array([made.size]),
            "reach": np.array(made.reach),
            "aligned": np.array([made.aligned]),
            "provenance": made_by(made.provenance),
        }
    )


def tokens_table(made: AttentionMap, mutagenesis: Mutagenesis | None = None) -> pd.DataFrame:
    """Return one row per token of each window.

    Columns: sequence; window (from 1); token (from 1); start, end (bases on the sequence, 0-based
    half-open; outside of it lies the background); received (attention that the token gets, as
    multiples of an even share, mean over layers, heads, networks and strands); rollout,
    gradient_rollout (the same of the rollouts); effect_size, where mutagenesis is given: mean
    |effect| of changing the token's bases, nan where none was changed.
    """
    parts = []
    for row, i in enumerate(made.row_sequence.tolist()):
        first, last = made.bases(row)
        name = made.names[i]
        columns = {
            "sequence": np.full(made.tokens, name, dtype=object),
            "window": int(made.window[row]) + 1,
            "token": np.arange(1, made.tokens + 1),
            "start": first,
            "end": last,
            "received": received(made.map(row)),
            "rollout": received(made.rollout(row)),
            "gradient_rollout": received(made.weighted(row)),
        }
        if mutagenesis is not None:
            at = mutagenesis.names.index(name)
            columns["effect_size"] = effect_sizes(made, row, mutagenesis, at)
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def arcs_table(made: AttentionMap, row: int, arcs: Arcs, choice: Choice) -> pd.DataFrame:
    """Return one row per arc of window ``row``, the strongest first.

    Columns: sequence; window (from 1); map (which matrix, in words); reader, read (tokens, from 1);
    reader_first, reader_last, read_first, read_last (their bases, 1-based, both included; below 1,
    or beyond the end, lies the background); distance (bases between their middles); weight (the
    entry of the matrix); times_mean (over the mean of all its entries).
    """
    first, last = made.bases(row)
    i = int(made.row_sequence[row])
    even = float(choice.matrix(made, row).mean(dtype=np.float64)) or 1.0
    count = len(arcs.weights)
    return pd.DataFrame(
        {
            "sequence": np.full(count, made.names[i], dtype=object),
            "window": int(made.window[row]) + 1,
            "map": np.full(count, choice.words(made), dtype=object),
            "reader": arcs.reads + 1,
            "read": arcs.read + 1,
            "reader_first": first[arcs.reads] + 1,
            "reader_last": last[arcs.reads],
            "read_first": first[arcs.read] + 1,
            "read_last": last[arcs.read],
            "distance": arcs.distances(made.size),
            "weight": arcs.weights,
            "times_mean": (arcs.weights / even).astype(np.float32),
        }
    )


def usual_arcs(made: AttentionMap) -> pd.DataFrame:
    """Return the strongest arcs of the mean map of every window, as :func:`arcs_table` has them."""
    choice, apart = Choice(), unshared(made)
    parts = []
    for row in range(len(made.row_sequence)):
        found = strongest(choice.matrix(made, row), made.size, apart=apart)
        parts.append(arcs_table(made, row, found, choice))
    return pd.concat(parts, ignore_index=True)


def heads_table(made: AttentionMap) -> pd.DataFrame:
    """Return one row per window, network, strand, layer and head.

    Columns: sequence; window, network, layer, head (from 1); start, end (bases of the sequence in
    the window, 0-based half-open); strand; entropy (bits; log2 of the number of tokens where
    attention is even); distance (bases to what is read); own (share that tokens give to
    themselves). Each is a mean over the tokens that read.
    """
    window, network, strand, layer, head = (
        part.ravel() for part in np.indices(made.weights.shape[:5])
    )
    names = np.array([made.names[i] for i in made.row_sequence.tolist()], dtype=object)
    return pd.DataFrame(
        {
            "sequence": names[window],
            "window": made.window[window] + 1,
            "start": made.start[window],
            "end": made.end[window],
            "network": network + 1,
            "strand": np.array(STRANDS, dtype=object)[strand],
            "layer": layer + 1,
            "head": head + 1,
            "entropy": entropy(made.weights).ravel(),
            "distance": distance(made.weights, made.size).ravel(),
            "own": own_share(made.weights).ravel(),
        }
    )
