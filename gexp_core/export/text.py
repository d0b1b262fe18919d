"""Tables, per-base scores and sequences as text files: UTF-8, Unix line ends, nothing varies.

Owns what a text file may hold: names come from visitors, and a spreadsheet, a genome browser or a
terminal must read them as names.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gexp_core.types import Floats, SequenceSet

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 100_000  # rows made into text at a time, so that memory stays small beside the bytes
_FORMULA = ("=", "+", "-", "@")
_LINE = 80


def number(value: float) -> str:
    """Return a number with six significant digits; '' for nan, and no minus sign at 0."""
    return "" if value != value else f"{value + 0.0:.6g}"


def line(text: str) -> str:
    """Return text on one line: each control character or line break becomes a space."""
    if text.isprintable():
        return text
    # C: control, surrogate, unassigned; Zl, Zp: line breaks that are not control characters
    wild = ("C", "Zl", "Zp")
    return "".join(" " if unicodedata.category(c).startswith(wild) else c for c in text)


def cell(text: str) -> str:
    """Return text that is one cell of a TSV and no formula in a spreadsheet.

    A cell that begins with ``=``, ``+``, ``-``, ``@`` or ``"`` gets an apostrophe in front, which
    spreadsheets take for "this is text"; a lone sign (a strand) stays. Tabs and line breaks become
    spaces, so no cell needs quotes, and none is taken for the beginning of a quoted one.
    """
    clean = line(text)
    # some programs skip blanks before they look for a formula
    bare = clean.lstrip()
    wild = bare.startswith('"') or (len(clean) > 1 and bare.startswith(_FORMULA))
    return f"'{clean}" if wild else clean


def tsv(table: "pd.DataFrame") -> bytes:
    """Return a table as tab-separated values with one header line.

    Floats have six significant digits (``%.6g``), missing values are empty, text is made safe by
    :func:`cell`.
    """
    parts = ["\t".join(cell(str(name)) for name in table.columns) + "\n"]
    for start in range(0, len(table), _CHUNK):
        piece = table.iloc[start : start + _CHUNK]
        columns = [_cells(piece.iloc[:, at]) for at in range(piece.shape[1])]
        parts.append("".join("\t".join(row) + "\n" for row in zip(*columns, strict=True)))
    return "".join(parts).encode("utf-8", "replace")


def _cells(column: "pd.Series[Any]") -> list[str]:
    """Return one column as text."""
    kind = column.dtype.kind
    if kind == "f":
        return [number(value) for value in column.to_numpy(np.float64, na_value=np.nan).tolist()]
    if kind in "iub":
        return ["" if missing else str(value) for value, missing in _with_gaps(column)]
    known: dict[str, str] = {}  # columns of text repeat few values
    out = []
    for value, missing in _with_gaps(column):
        text = "" if missing else str(value)
        if text not in known:
            known[text] = cell(text)
        out.append(known[text])
    return out


def _with_gaps(column: "pd.Series[Any]") -> Iterable[tuple[Any, bool]]:
    return zip(column.tolist(), column.isna().tolist(), strict=True)


def chromosomes(names: Sequence[str]) -> list[str]:
    """Return names fit for the first column of a bedGraph: no blanks, no keyword, unique.

    Every blank or control character becomes ``_``. A name that a browser would read as a line of
    its own kind (``track``, ``browser``, ``#``) gets ``_`` in front, and one that has become equal
    to an earlier one gets ``_2``, ``_3``...
    """
    taken: set[str] = set()
    out = []
    for name in names:
        stem = "".join("_" if c.isspace() else c for c in line(name)) or "_"
        if stem.lower().startswith(("track", "browser", "#")):
            stem = f"_{stem}"
        made, n = stem, 1
        while made in taken:
            n += 1
            made = f"{stem}_{n}"
        taken.add(made)
        out.append(made)
    return out


def bedgraph(name: str, values: Floats, start: int = 0) -> bytes:
    """Return one value per base as bedGraph: a track line, then one line per base.

    Parameters
    ----------
    name : str
        The chromosome column; blanks become ``_``.
    values : (L,) float array
        nan is left out, 0 is written.
    start : int
        0-based position of the first value. Lines are 0-based half-open.
    """
    return bedgraphs([(name, values, start)], title=name)


def bedgraphs(items: Iterable[tuple[str, Floats, int]], *, title: str, about: str = "") -> bytes:
    """Return several sequences in one bedGraph; ``items`` are as the arguments of `bedgraph`."""
    given = list(items)
    safe = chromosomes([name for name, _, _ in given])
    title, about = (line(words).replace('"', "'") for words in (title, about))
    note = f' description="{about}"' if about else ""
    parts = [f'track type=bedGraph name="{title}"{note}\n']
    for chrom, (_, values, start) in zip(safe, given, strict=True):
        parts += [
            f"{chrom}\t{at}\t{at + 1}\t{number(value)}\n"
            for at, value in enumerate(np.asarray(values, np.float64).tolist(), start)
            if value == value
        ]
    return "".join(parts).encode("utf-8", "replace")


def fasta(sequences: SequenceSet) -> bytes:
    """Return sequences as FASTA, 80 letters to a line, names as they are but on one line."""
    parts = []
    for name, letters in zip(sequences.names, sequences.sequences, strict=True):
        rows = (letters[at : at + _LINE] for at in range(0, len(letters), _LINE))
        parts.append(f">{line(name)}\n" + "\n".join(rows) + "\n")
    return "".join(parts).encode("utf-8", "replace")
