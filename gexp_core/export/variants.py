"""Scored variants as a table: one row per variant and track, in the order of the input."""

from typing import TYPE_CHECKING

from gexp_core.explain.effects import VariantEffects
from gexp_core.inputs.variants import RefMatch

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = tuple("chrom pos id ref alt track y_ref y_alt effect percentile ref_match".split())


def matched(match: RefMatch) -> str:
    """Return whether REF is the genome's: 'yes', 'no', or 'absent' where there is no such place."""
    return "yes" if match.ok else "no" if match.found else "absent"


def variant_table(made: VariantEffects) -> "pd.DataFrame":
    """Return the table of scored variants.

    Returns
    -------
    DataFrame
        COLUMNS. Chromosome, 1-based position, name ('.' if none) and alleles as they were given;
        y_ref, y_alt and effect = y_alt - y_ref in the model's units; numbers of variants that
        could not be scored are nan.
    """
    import pandas as pd

    tracks = len(made.tracks)
    table = pd.DataFrame(
        {
            "chrom": [one.chrom for one in made.variants],
            "pos": [one.pos for one in made.variants],
            "id": [one.id or "." for one in made.variants],
            "ref": [one.ref for one in made.variants],
            "alt": [one.alt for one in made.variants],
            "ref_match": [matched(match) for match in made.matches],
        }
    )
    table = table.loc[table.index.repeat(tracks)].reset_index(drop=True)
    table["track"] = list(made.tracks) * len(made.variants)
    for name in ("y_ref", "y_alt", "effect", "percentile"):
        table[name] = getattr(made, name).ravel()
    return table[list(COLUMNS)]
