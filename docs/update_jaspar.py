"""Write assets/motifs from the JASPAR release that the package pyjaspar carries.

Run by hand when a new release is wanted, never by the app::

    pip download --no-deps pyjaspar==4.0.0 && unzip pyjaspar-4.0.0-py3-none-any.whl
    python docs/update_jaspar.py pyjaspar/data/JASPAR2026.sqlite 2026

One MEME file per group of species: JASPAR CORE, non-redundant (the latest version of each profile).
"""

import sqlite3
import sys
from pathlib import Path

GROUPS = ("vertebrates", "insects", "fungi", "plants", "nematodes")
FOLDER = Path(__file__).resolve().parents[1] / "assets" / "motifs"

_PROFILES = """
select m.ID, m.BASE_ID, m.VERSION, m.NAME from MATRIX m
join MATRIX_ANNOTATION a on a.ID = m.ID and a.TAG = 'tax_group' and a.VAL = ?
join MATRIX_VERSION v on v.ID = m.ID and v.RELEASE = ?
where m.COLLECTION = 'CORE' order by m.BASE_ID, m.VERSION
"""

_HEAD = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

"""


def meme(base: sqlite3.Connection, group: str, release: str) -> str:
    """Return the MEME text of one group of species."""
    latest = {row[1]: row for row in base.execute(_PROFILES, (group, release))}
    parts = [_HEAD]
    for number, profile, version, name in latest.values():
        columns: dict[int, dict[str, float]] = {}
        for letter, column, value in base.execute(
            "select row, col, val from MATRIX_DATA where ID = ?", (number,)
        ):
            columns.setdefault(int(column), {})[letter] = float(value)
        counts = [[columns[at][letter] for letter in "ACGT"] for at in sorted(columns)]
        sites = round(max(sum(row) for row in counts))
        parts.append(f"MOTIF {profile}.{version} {name}\n")
        parts.append(
            f"letter-probability matrix: alength= 4 w= {len(counts)} nsites= {sites} E= 0\n"
        )
        for row in counts:
            parts.append(" ".join(f"{value / sum(row):.4f}" for value in row) + "\n")
        parts.append("\n")
    return "".join(parts)


def main() -> None:
    """Write one file per group."""
    path, release = sys.argv[1:]
    with sqlite3.connect(path) as base:
        for group in GROUPS:
            text = meme(base, group, release)
            (FOLDER / f"jaspar{release}_{group}.meme").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
