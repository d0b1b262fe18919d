"""Motifs as files that other programs read: MEME, TRANSFAC, tables, BED, HDF5.

Owns the formats' writing; ``motifs.meme`` reads MEME. Every file repeats byte for byte.
"""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gexp_core.encoding import reverse_complement
from gexp_core.export.text import cell, line, number
from gexp_core.motifs.database import link
from gexp_core.motifs.filter_nouns import FilterSet
from gexp_core.motifs.nouns import Motif, MotifSet
from gexp_core.motifs.scanning import Hit
from gexp_core.types import SequenceSet

if TYPE_CHECKING:
    import pandas as pd


def _token(text: str) -> str:
    """Return text as one word of ASCII, for formats whose names have no blanks."""
    plain = "".join(c if c.isascii() and c.isprintable() and c != " " else "_" for c in line(text))
    return plain or "_"


def _best(motif: Motif) -> str:
    return motif.matches[0].name if motif.matches else ""


def meme(found: MotifSet | FilterSet) -> bytes:
    """Return the motifs in MEME format, version 4: name, then the factor it is most like."""
    parts = [
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
        "Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n"
    ]
    for motif in found.motifs:
        alternative = f" {_token(_best(motif))}" if _best(motif) else ""
        parts.append(
            f"\nMOTIF {_token(motif.name)}{alternative}\nletter-probability matrix: alength= 4 "
            f"w= {motif.width} nsites= {len(motif.sites)} E= 0\n"
        )
        parts += [" ".join(f"{share:.6f}" for share in column) + "\n" for column in motif.ppm.T]
    return "".join(parts).encode()


def transfac(found: MotifSet) -> bytes:
    """Return the motifs in TRANSFAC format, as counts over their sites."""
    parts = []
    for motif in found.motifs:
        parts.append(f"AC  {_token(motif.name)}\nXX\nID  {_token(motif.name)}\nXX\n")
        if _best(motif):
            parts.append(f"BF  {_token(_best(motif))}\nXX\n")
        parts.append("P0      A      C      G      T\n")
        counts = motif.ppm.T.astype(np.float64) * max(1, len(motif.sites))
        parts += [
            f"{at:02d} " + " ".join(f"{count:.4f}" for count in row) + f"      {letter.upper()}\n"
            for at, (row, letter) in enumerate(zip(counts, motif.consensus, strict=True), 1)
        ]
        parts.append("XX\n//\n")
    return "".join(parts).encode()


def motif_table(found: MotifSet) -> "pd.DataFrame":
    """Return one row per motif.

    Columns: motif; consensus (lower case below one half); width; sites; by_chance (sites that as
    many bases of shuffled sequences have) and q_chance (share of false ones among motifs that
    exceed that as clearly), both empty where there were no shuffled sequences; sequences (that have
    a site); contribution (mean over sites); unit; bits (information of all columns); name, id, q,
    link (of the known motif it is most like; empty without one).
    """
    import pandas as pd

    best = [motif.matches[0] if motif.matches else None for motif in found.motifs]
    return pd.DataFrame(
        {
            "motif": [m.name for m in found.motifs],
            "consensus": [m.consensus for m in found.motifs],
            "width": [m.width for m in found.motifs],
            "sites": [len(m.sites) for m in found.motifs],
            "by_chance": [m.expected for m in found.motifs],
            "q_chance": [m.q for m in found.motifs],
            "sequences": [len({s.sequence for s in m.sites}) for m in found.motifs],
            "contribution": [m.contribution for m in found.motifs],
            "unit": found.units,
            "bits": [float(m.bits().sum()) for m in found.motifs],
            "name": [b.name if b else "" for b in best],
            "id": [b.id if b else "" for b in best],
            "q": [b.q if b else float("nan") for b in best],
            "link": [link(b.id) if b else "" for b in best],
        }
    )


def filter_table(found: FilterSet) -> "pd.DataFrame":
    """Return one row per filter and track, the filter that matters most first.

    Columns: filter (1-based); consensus ('' where too few stretches excite it); texts (share of
    those looked through that excite it); track; silenced (mean change of the prediction with the
    filter's weights at 0); size (mean of its absolute value); unit; name, id, q, link (of the known
    motif it is most like; empty without one).
    """
    import pandas as pd

    rows = []
    for one in found.filters:
        best = one.motif.matches[0] if one.motif and one.motif.matches else None
        named = (best.name, best.id, best.q, link(best.id)) if best else ("", "", float("nan"), "")
        consensus = one.motif.consensus if one.motif else ""
        for track, change, size in zip(found.tracks, one.silenced, one.size, strict=True):
            effect = (track, float(change), float(size), found.units)
            rows.append((one.channel + 1, consensus, one.share, *effect, *named))
    names = "filter consensus texts track silenced size unit name id q link".split()
    return pd.DataFrame(rows, columns=names)


def match_table(found: MotifSet) -> "pd.DataFrame":
    """Return one row per motif and known motif that it resembles.

    Columns: motif; rank; id; name; p; q; offset (of the known motif's first column, in columns of
    the motif); overlap (columns); strand ('-': the known motif turned round); link.
    """
    import pandas as pd

    rows = [
        (m.name, rank, k.id, k.name, k.p, k.q, k.offset, k.overlap, k.strand, link(k.id))
        for m in found.motifs
        for rank, k in enumerate(m.matches, 1)
    ]
    names = "motif rank id name p q offset overlap strand link".split()
    return pd.DataFrame(rows, columns=names)


def site_table(found: MotifSet) -> "pd.DataFrame":
    """Return one row per site, motifs in order, strongest site first.

    Columns: motif; name (of the best match); sequence; start, end (0-based half-open on the
    sequence); strand; letters (as the motif reads them); contribution; unit; similarity (0 to 1).
    """
    import pandas as pd

    rows = []
    for motif in found.motifs:
        for s in motif.sites:
            letters = found.sequences[s.sequence][s.start : s.end]
            if s.strand == "-":
                letters = reverse_complement(letters)
            where = (found.names[s.sequence], s.start, s.end, s.strand, letters)
            rows.append(
                (motif.name, _best(motif), *where, s.contribution, found.units, s.similarity)
            )
    names = "motif name sequence start end strand letters contribution unit similarity".split()
    return pd.DataFrame(rows, columns=names)


def seqlet_table(found: MotifSet) -> "pd.DataFrame":
    """Return one row per seqlet.

    Columns: sequence; start, end (0-based half-open); letters; contribution; unit; p; name, id, q
    (of the known motif that its letters resemble most, where that was looked for and found).
    """
    import pandas as pd

    rows = []
    for at, s in enumerate(found.seqlets):
        matches = found.seqlet_matches[at] if found.seqlet_matches else ()
        named = (matches[0].name, matches[0].id, matches[0].q) if matches else ("", "", np.nan)
        letters = found.sequences[s.sequence][s.start : s.end]
        where = (found.names[s.sequence], s.start, s.end, letters)
        rows.append((*where, s.contribution, found.units, s.p, *named))
    names = "sequence start end letters contribution unit p name id q".split()
    return pd.DataFrame(rows, columns=names)


def hit_table(hits: Sequence[Hit], names: Sequence[str]) -> "pd.DataFrame":
    """Return one row per hit of a known motif.

    Columns: sequence; start, end (0-based half-open); strand; id; name; score (bits); p.
    """
    import pandas as pd

    rows = [(names[h.sequence], h.start, h.end, h.strand, h.id, h.name, h.score, h.p) for h in hits]
    return pd.DataFrame(rows, columns="sequence start end strand id name score p".split())


def comma(table: "pd.DataFrame") -> bytes:
    """Return a table as CSV: six significant digits, no text that is a formula in a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        writer.writerow([_plain(value) for value in row])
    return file.getvalue().encode("utf-8", "replace")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    return cell(value) if isinstance(value, str) else str(value)


def bed(found: MotifSet, sequences: SequenceSet) -> bytes:
    """Return the sites as BED6, in genome coordinates, of sequences that have an interval.

    Name is motif and best match, score the similarity in thousandths. Sequences without an
    interval, or whose interval has another length, have no line.
    """
    lines = []
    for motif in found.motifs:
        label = _token(f"{motif.name}|{_best(motif)}" if _best(motif) else motif.name)
        for s in motif.sites:
            at = sequences.origins[sequences.index(found.names[s.sequence])].interval
            if at is None or at.end - at.start != len(found.sequences[s.sequence]):
                continue
            if at.strand == "+":
                start, end, strand = at.start + s.start, at.start + s.end, s.strand
            else:
                start, end = at.end - s.end, at.end - s.start
                strand = "-" if s.strand == "+" else "+"
            score = round(1000 * max(0.0, s.similarity))
            lines.append((at.chrom, start, end, label, score, strand))
    text = "".join("\t".join(map(str, row)) + "\n" for row in sorted(lines))
    return text.encode("utf-8", "replace")


def hdf5(found: MotifSet) -> bytes:
    """Return the motifs in the layout of TF-MoDISco's HDF5 files.

    Groups ``pos_patterns`` and ``neg_patterns`` of ``pattern_0``, ``pattern_1``...: ``sequence``
    and ``contrib_scores`` (W, 4), and ``seqlets`` with example_idx, start, end, is_revcomp and
    n_seqlets. Scores that letters would get elsewhere (``hypothetical_contribs``) and the scores of
    each seqlet are not held by a MotifSet and not written.
    """
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as top:
        # positions count from the left end of windows as long as the longest sequence
        top.attrs["window_size"] = max(map(len, found.sequences))
        top.attrs["made_by"] = f"gexp {found.provenance.version}"
        top.attrs["input_digest"] = found.provenance.input_digest
        counts = {"pos_patterns": 0, "neg_patterns": 0}
        for motif in found.motifs:
            group = "neg_patterns" if motif.contribution < 0 else "pos_patterns"
            at = top.create_group(f"{group}/pattern_{counts[group]}")
            counts[group] += 1
            at.create_dataset("sequence", data=motif.ppm.T)
            at.create_dataset("contrib_scores", data=motif.cwm.T)
            sites = at.create_group("seqlets")
            sites.create_dataset("n_seqlets", data=np.array([len(motif.sites)]))
            for key, field in (("example_idx", "sequence"), ("start", "start"), ("end", "end")):
                values = np.array([getattr(s, field) for s in motif.sites], np.int64)
                sites.create_dataset(key, data=values)
            turned = np.array([s.strand == "-" for s in motif.sites], bool)
            sites.create_dataset("is_revcomp", data=turned)
    return file.getvalue()
