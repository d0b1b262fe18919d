"""The known motifs that gexp brings along: JASPAR CORE, one file per group of species.

Owns which there are, their names and how their entries are linked. Made by
``docs/update_jaspar.py``.

References
----------
JASPAR 2026, https://jaspar.elixir.no, CC BY 4.0. Rauluseviciute et al., Nucleic Acids Res 52:D174
(2024).
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from gexp_core.errors import InputError
from gexp_core.models.card import ModelCard
from gexp_core.motifs.meme import Known, read_meme
from gexp_core.motifs.naming import enough

_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "motifs"

#: name of a database -> its file and its words
_FILES = {
    f"jaspar-{group}": (f"jaspar2026_{group}.meme", f"JASPAR 2026 CORE, {group}")
    for group in ("vertebrates", "insects", "fungi", "plants", "nematodes")
}

#: what a card calls its species -> the group whose factors are close to its own
_GROUPS = {
    "mouse": "vertebrates",
    "human": "vertebrates",
    "fly": "insects",
    "drosophila": "insects",
    "yeast": "fungi",
    "arabidopsis": "plants",
    "maize": "plants",
    "worm": "nematodes",
}


def databases() -> tuple[str, ...]:
    """Return the names of the databases that are bundled."""
    return tuple(_FILES)


def title(name: str) -> str:
    """Return what a database is called for people."""
    return _FILES[_known(name)][1]


@lru_cache(maxsize=len(_FILES))
def motifs_of(name: str) -> tuple[Known, ...]:
    """Return the motifs of a bundled database.

    Raises
    ------
    InputError
        There is none of that name.
    """
    path = _FOLDER / _FILES[_known(name)][0]
    return read_meme(path.read_bytes(), path.name)


def for_card(card: ModelCard) -> str:
    """Return the database whose species are closest to the model's; vertebrates where unknown."""
    words = card.species.lower()
    group = next((group for word, group in _GROUPS.items() if word in words), "vertebrates")
    return f"jaspar-{group}"


def named_by(
    card: ModelCard, known: Sequence[Known] | None = None, database: str = ""
) -> tuple[Sequence[Known], str]:
    """Return what motifs are named by, and what that is called.

    Parameters
    ----------
    card : ModelCard
    known : sequence of Known, optional
        The asker's own; a bundled database otherwise.
    database : str
        What ``known`` is called, or the name of a bundled database; the one closest to the model's
        species by default.

    Raises
    ------
    InputError
        ``known`` are too few, or there is no such database.
    """
    if known is not None:
        enough(known)
        return known, database
    name = database or for_card(card)
    return motifs_of(name), title(name)


def identity(known: Sequence[Known], database: str) -> dict[str, str | int]:
    """Return what known motifs are called, how many they are, and a digest, for a Provenance.

    The sha256 is over the id, the name and the letter shares of each (float32, base by base, little
    end first), in their order, and so independent of the layout of the file they came from.
    """
    digest = hashlib.sha256()
    for one in known:
        digest.update(f"{one.id}\t{one.name}\t{one.ppm.shape[1]}\n".encode("utf-8", "replace"))
        digest.update(np.ascontiguousarray(one.ppm, "<f4").tobytes())
    return {"name": database, "motifs": len(known), "sha256": digest.hexdigest()}


def link(id: str) -> str:
    """Return the address of a JASPAR entry, or '' for an id that is none."""
    stem, _, version = id.partition(".")
    plain = stem[:2] in ("MA", "UN") and stem[2:].isdigit() and version.isdigit()
    return f"https://jaspar.elixir.no/matrix/{id}/" if plain and id.isascii() else ""


def _known(name: str) -> str:
    if name not in _FILES:
        raise InputError(f"there is no database {name!r}; there are {', '.join(_FILES)}")
    return name
