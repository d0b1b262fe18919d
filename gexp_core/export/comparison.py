"""Two models' numbers side by side as a table."""

import numpy as np
import pandas as pd

from gexp_core.evaluate.compare import Comparison, apart, scale
from gexp_core.models.card import ModelCard


def comparison_table(
    comparison: Comparison, card: ModelCard, track: str, other: ModelCard, other_track: str
) -> pd.DataFrame:
    """Return one row per sequence, those that the models see most differently first.

    Columns: sequence; per model its track's prediction (mean over windows, in the unit in the
    column's head) and its percentile among the model's measured test sequences (0-100, nan where
    the card has none); apart (second minus first: in the unit where both tracks are one kind of
    number, else in percentiles: among the measured test sequences of each assay or, where one card
    has none, of both among the sequences given).
    """
    x, y = comparison.numbers(track, other_track)
    between = apart(comparison, card, track, other, other_track)
    kind = scale(card, track, other, other_track)
    heads = [
        f"{one.name}, {name} ({one.units})" for one, name in ((card, track), (other, other_track))
    ]
    places = [f"{one.name} percentile" for one in (card, other)]
    if heads[0] == heads[1]:  # one model, compared with itself
        heads[1], places[1] = f"{heads[1]} (second)", f"{places[1]} (second)"
    table = pd.DataFrame(
        {
            "sequence": np.array(comparison.names, dtype=object),
            heads[0]: x,
            heads[1]: y,
            f"apart ({kind})": between,
            places[0]: card.percentile(x, track),
            places[1]: other.percentile(y, other_track),
        }
    )
    order = np.argsort(-np.abs(between), kind="stable")
    return table.iloc[order].reset_index(drop=True)
