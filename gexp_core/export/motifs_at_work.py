"""Known motifs at work as tables, and in words: which are credited, by how much, and where.

Owns the columns and the sentence. The HTML report is ``motif_report``'s.
"""

from typing import TYPE_CHECKING

from gexp_core.encoding import reverse_complement
from gexp_core.motifs.credited import AtWork, Credited
from gexp_core.motifs.database import link
from gexp_core.motifs.nouns import MotifSet

if TYPE_CHECKING:
    import pandas as pd

#: Relatives that a sentence names.
_SAID = 4


def family_table(made: AtWork, units: str) -> "pd.DataFrame":
    """Return one row per family, the surest first.

    Columns: name, id (of the surest motif of the family); relatives (names, surest first); sign
    (1 raises, -1 lowers); consensus; places (on the sequences); controls (places on shuffled
    ones); texts (different pieces of either with a place); credit (mean score of a place);
    elsewhere, scrambled (the same of other places with such letters, and of the motif with its
    columns in other orders); low, high (95 % interval of credit minus elsewhere); unit; p; q; link.
    """
    import pandas as pd

    rows = [
        (
            *(one.name, one.id, "; ".join(names_of(one)), one.sign, one.consensus),
            *(len(one.places), one.beside, one.units, one.credit, one.elsewhere, one.scrambled),
            *(one.low, one.high, units, one.p, one.q, link(one.id)),
        )
        for one in made.motifs
    ]
    names = (
        "name id relatives sign consensus places controls texts credit elsewhere scrambled low "
        "high unit p q link"
    )
    return pd.DataFrame(rows, columns=names.split())


def place_table(found: MotifSet) -> "pd.DataFrame":
    """Return one row per place on the sequences, families in order, strongest place first.

    Columns: name, id; sequence; start, end (0-based half-open); strand (on which the motif reads
    as its database has it); letters (as it reads them); credit (sum of the scores of its bases;
    those of a surer family count 0); unit.
    """
    import pandas as pd

    rows = []
    for one in found.at_work.motifs if found.at_work is not None else ():
        for (i, start), strand, credit in zip(
            one.places.tolist(), one.strands, one.credits.tolist(), strict=True
        ):
            end = start + one.width
            letters = found.sequences[i][start:end]
            where = (found.names[i], start, end, strand)
            read = reverse_complement(letters) if strand == "-" else letters
            rows.append((one.name, one.id, *where, read, credit, found.units))
    names = "name id sequence start end strand letters credit unit"
    return pd.DataFrame(rows, columns=names.split())


def names_of(one: Credited) -> list[str]:
    """Return the names of a family's other members, each once, surest first."""
    return [name for name in dict.fromkeys(m.name for m in one.relatives) if name != one.name]


def family_of(one: Credited, most: int = _SAID) -> str:
    """Return the name of a family: its surest motif, and some of its relatives."""
    names = names_of(one)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return one.name + (f" (also {', '.join(names[:most])}{more})" if names else "")


def said(one: Credited) -> str:
    """Return a family in a sentence."""
    n = len(one.places)
    return (
        f"known motif at work: {family_of(one)}, {one.effect}, "
        f"{n:,} place{'s' * (n != 1)}, credit {one.credit:+.3g}, "
        f"elsewhere {one.elsewhere:+.3g}, q = {one.q:.1g}"
    )
