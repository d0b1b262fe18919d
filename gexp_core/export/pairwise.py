"""Pairs of changes as a table; writes no file."""

import numpy as np
import pandas as pd

from gexp_core.encoding import BASES
from gexp_core.explain.pair_effects import PairEffects
from gexp_core.models.card import ModelCard


def pairs_table(made: PairEffects, card: ModelCard) -> pd.DataFrame:
    """Return one row per double change, the largest interaction first.

    Columns: sequence; position_1, ref_1, alt_1 and position_2, ref_2, alt_2 (positions 1-based,
    the first smaller); track; effect_1, effect_2 (each change alone minus neither); effect_both
    (both minus neither); interaction (effect_both - effect_1 - effect_2), the card's units.
    """
    start, end = made.window
    width = end - start
    text = made.sequence[start:end]
    rows = [
        (i, a, k, b)
        for i in range(width)
        for a in range(4)
        if BASES[a] != text[i]
        for k in range(i + 1, width)
        for b in range(4)
        if BASES[b] != text[k]
    ]
    i, a, k, b = (np.array(column) for column in zip(*rows, strict=True))
    together = made.interaction[a, i, b, k]
    first, second = made.effect[a, i], made.effect[b, k]
    letters, alts = np.array(list(text)), np.array(list(BASES))
    table = pd.DataFrame(
        {
            "sequence": made.name,
            "position_1": i + start + 1,
            "ref_1": letters[i],
            "alt_1": alts[a],
            "position_2": k + start + 1,
            "ref_2": letters[k],
            "alt_2": alts[b],
            "track": card.explained(made.target),
            "effect_1": first,
            "effect_2": second,
            "effect_both": first + second + together,
            "interaction": together,
        }
    )
    order = np.argsort(-np.abs(together), kind="stable")
    return table.iloc[order].reset_index(drop=True)
