"""The known motifs that classical predictors of a species count: JASPAR, as bundled.

Owns the choice of files by species. A missing folder means no motifs, and the predictors that
count them are left out.
"""

from pathlib import Path

import numpy as np

from gexp_core.types import Floats

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "motifs"

_TAXA = {"human": "vertebrates", "mouse": "vertebrates", "yeast": "fungi"}


def known_motifs(species: str, *, folder: Path | None = None) -> tuple[Floats, ...]:
    """Return the motifs of a species' taxon as (4, W) probabilities; of all taxa if it is unknown.

    References
    ----------
    Rauluseviciute et al., JASPAR. Nucleic Acids Res 52:D174 (2024), and later releases.
    """
    taxon = _TAXA.get(species.lower(), "")
    return tuple(
        matrix
        for path in sorted((folder or FOLDER).glob(f"*{taxon}.meme"))
        for matrix in read_matrices(path.read_text(encoding="utf-8"))
    )


def read_matrices(text: str) -> list[Floats]:
    """Return the matrices (4, W) of a minimal MEME file, in its order."""
    found: list[Floats] = []
    for part in text.split("letter-probability matrix")[1:]:
        rows = []
        for line in part.splitlines()[1:]:
            words = line.split()
            if len(words) != 4 or not words[0][0].isdigit():
                break
            rows.append([float(word) for word in words])
        if rows:
            found.append(np.array(rows, np.float32).T)
    return found
