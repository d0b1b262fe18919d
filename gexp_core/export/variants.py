"""Scored variants as a table: one row per variant and track, in the order of the input."""

from typing import TYPE_CHECKING

from gexp_core.explain.effects import VariantEffects
from gexp_core.inputs.variants import RefMatch
from gexp_core.motifs.alleles import Changes, MotifChange

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = tuple(
    "chrom pos id ref alt track strand_read y_ref y_alt effect percentile ref_match note".split()
)

#: Columns that follow where motifs were compared.
MOTIF_COLUMNS = ("motifs_gained", "motifs_lost")


def matched(match: RefMatch) -> str:
    """Return whether REF is the genome's: 'yes', 'no', or 'absent' where there is no such place."""
    return "yes" if match.ok else "no" if match.found else "absent"


def motif_cell(changes: tuple[MotifChange, ...], gained: bool) -> str:
    """Return the motifs that are gained, or lost, as 'name|id|strand|p', with ';' between them."""
    return ";".join(
        f"{one.name}|{one.id}|{one.strand}|{one.p:.1e}" for one in changes if one.gained == gained
    )


def variant_table(made: VariantEffects, changes: Changes | None = None) -> "pd.DataFrame":
    """Return the table of scored variants.

    Parameters
    ----------
    made : VariantEffects
    changes : tuple of V tuples of MotifChange, optional
        Motifs that each variant makes and breaks; adds MOTIF_COLUMNS, repeated for every track.

    Returns
    -------
    DataFrame
        COLUMNS. Chromosome, 1-based position, name ('.' if none) and alleles as they were given,
        of the plus strand; strand_read, the strand of the genome that was read ('+', '-', 'both');
        y_ref, y_alt and effect = y_alt - y_ref in the model's units; numbers of variants that
        could not be scored are nan, and note says why; it also says what is odd of a window.
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
            "strand_read": made.strand,
            "ref_match": [matched(match) for match in made.matches],
            "note": made.notes,
        }
    )
    if changes is not None:
        for name in MOTIF_COLUMNS:
            gained = name == "motifs_gained"
            table[name] = [motif_cell(some, gained) for some in changes]
    table = table.loc[table.index.repeat(tracks)].reset_index(drop=True)
    table["track"] = list(made.tracks) * len(made.variants)
    for name in ("y_ref", "y_alt", "effect", "percentile"):
        table[name] = getattr(made, name).ravel()
    return table[[*COLUMNS, *(MOTIF_COLUMNS if changes is not None else ())]]
