"""Edited and designed sequences as files for the bench: FASTA, GenBank, a table of oligos.

Owns the layout of these files. Predictions and checks are given, not made here.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gexp_core.edits.notation import differences, edited, in_text
from gexp_core.edits.oligos import Oligo, OligoSettings

if TYPE_CHECKING:
    import pandas as pd

_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 60  # letters of a name in FASTA
_LOCUS = 16  # and in GenBank, which has no room for more


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold one sequence to order or to keep.

    Attributes
    ----------
    name : unique among its candidates
    sequence : letters
    edits : in the notation of ``edits.notation``, compared with ``original``; '=' for none
    values : track -> predicted number, in ``unit``
    place : where its letters lie on a genome, as 'chr7:1234-1397(+)', 1-based; '' where unknown
    """

    name: str
    sequence: str
    original: str
    edits: str
    values: Mapping[str, float]
    unit: str
    place: str = ""


def fasta(candidates: Sequence[Candidate], made: Sequence[Oligo] = ()) -> bytes:
    """Return FASTA, 60 letters a line; edits, predictions and place stand in the header.

    With oligos, one for each candidate, the whole oligos are written. The first word of a header
    is the candidate's name as :func:`plain_name` writes it, told from others by a number where
    two would be equal.
    """
    lines, taken = [], set[str]()
    for number, one in enumerate(candidates):
        text = made[number].sequence if made else one.sequence
        numbers = " ".join(f"{track}={y:.6g}" for track, y in one.values.items())
        place = f" genome={one.place}" if one.place else ""
        name = _unique(one.name, taken, _LONGEST)
        lines.append(f">{name} edits={one.edits} {numbers} unit={one.unit}".rstrip() + place)
        lines += [text[at : at + 60] for at in range(0, len(text), 60)]
    return ("\n".join(lines) + "\n").encode()


def candidate_table(candidates: Sequence[Candidate], made: Sequence[Oligo] = ()) -> "pd.DataFrame":
    """Return one row per candidate; with oligos also what is ordered and what is wrong with it.

    A column 'genome position' (1-based, chrom:start-end(strand)) stands there where it is known of
    any candidate.
    """
    import pandas as pd

    placed = any(one.place for one in candidates)
    rows = []
    for at, one in enumerate(candidates):
        row: dict[str, object] = {
            "name": one.name,
            "edits": one.edits,
            **({"genome position": one.place} if placed else {}),
            "length": len(one.sequence),
            **one.values,
            "unit": one.unit,
            "sequence": one.sequence,
        }
        if made:
            oligo = made[at]
            row |= {
                "oligo": oligo.sequence,
                "oligo_length": len(oligo.sequence),
                "gc": round(oligo.gc, 4),
                "longest_run": oligo.run,
                "problems": "; ".join(oligo.problems),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def genbank(
    candidates: Sequence[Candidate],
    *,
    oligos: Sequence[Oligo] = (),
    settings: OligoSettings | None = None,
) -> bytes:
    """Return GenBank records with the edits (and the adapters of oligos) as features.

    Parameters
    ----------
    candidates : sequence of Candidate
    oligos : sequence of Oligo, optional
        One for each candidate; then the whole oligo is written.
    settings : OligoSettings, optional
        Those the oligos were made with.

    Returns
    -------
    bytes
        The same each time: no date of today is written.
    """
    from Bio import SeqIO
    from Bio.Seq import Seq
    from Bio.SeqFeature import FeatureLocation, SeqFeature
    from Bio.SeqRecord import SeqRecord

    left = settings.left if settings else ""
    right = settings.right if settings else ""
    records, taken = [], set[str]()
    for at, one in enumerate(candidates):
        name = _unique(one.name, taken, _LOCUS)
        text = oligos[at].sequence if oligos else one.sequence
        shift = len(left) if oligos else 0
        record = SeqRecord(Seq(text), id=name, name=name, description=_about(one))
        record.annotations["molecule_type"] = "DNA"
        record.annotations["data_file_division"] = "SYN"
        record.annotations["date"] = "01-JAN-1980"
        features = [(shift, shift + len(one.sequence), "misc_feature", "insert")]
        if oligos and left:
            features.append((0, len(left), "primer_bind", "left adapter"))
        if oligos and right:
            features.append((len(text) - len(right), len(text), "primer_bind", "right adapter"))
        for found in differences(edited(one.original, one.edits)):
            start = min(found.now, len(one.sequence) - 1) + shift
            end = max(start + 1, found.now + len(found.letters) + shift)
            features.append((start, end, "variation", in_text(found, one.original)))
        for start, end, kind, label in features:
            place = FeatureLocation(start, end, strand=1)  # type: ignore[no-untyped-call]
            made = SeqFeature(place, type=kind, qualifiers={"label": [label[:60]]})  # type: ignore[no-untyped-call]
            record.features.append(made)
        records.append(record)
    out = io.StringIO()
    SeqIO.write(records, out, "genbank")
    return out.getvalue().encode()


def plain_name(name: str) -> str:
    """Return a name without spaces or signs that file formats give a meaning."""
    return _NAME.sub("_", name).strip("_")[:_LONGEST] or "candidate"


def _unique(name: str, taken: set[str], longest: int) -> str:
    """Return a plain name of at most ``longest`` letters that is not among ``taken``; add it."""
    stem = plain_name(name)[:longest]
    made, count = stem, 2
    while made in taken:
        tail = f"_{count}"
        made, count = stem[: longest - len(tail)] + tail, count + 1
    taken.add(made)
    return made


def _about(one: Candidate) -> str:
    numbers = ", ".join(f"{track} {y:.6g} {one.unit}" for track, y in one.values.items())
    place = f"; from {one.place}" if one.place else ""
    return (
        f"{plain_name(one.name)}; edits {one.edits[:200]}; predicted {numbers or 'nothing'}{place}"
    )
