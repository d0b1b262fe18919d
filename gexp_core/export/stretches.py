"""Edits of more than one letter as a table; writes no file."""

import numpy as np
import pandas as pd

from gexp_core.explain.edited import Edits
from gexp_core.models.card import ModelCard


def edits_table(made: Edits, card: ModelCard) -> pd.DataFrame:
    """Return one row per edit.

    Columns: sequence; kind (deletion, insertion or stretch); start, end (the bases that are taken
    away, 0-based half-open; start = end for an insertion, which stands before that base); ref
    (those bases); alt (what is put in; empty for a deletion and a replaced stretch); track;
    effect (prediction with the edit minus without, the card's units, mean over shuffles); spread
    (standard deviation over shuffles). Both are nan for a stretch of which nothing can be
    replaced: without two different letters it has no other order, and N is N already.
    """
    counts = [len(effect) for effect in made.effect]
    ref = [
        text[start:end]
        for text, starts, ends in zip(made.sequences, made.start, made.end, strict=True)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "sequence": np.repeat(np.array(made.names, dtype=object), counts),
            "kind": made.kind,
            "start": np.concatenate(made.start),
            "end": np.concatenate(made.end),
            "ref": ref,
            "alt": [letters for some in made.letters for letters in some],
            "track": card.explained(made.target),
            "effect": np.concatenate(made.effect),
            "spread": np.concatenate(made.spread),
        }
    )
