"""What the motif bench begins with: the motif looked at on Motifs, else an example.

Owns how a consensus becomes letters to write, or a word to look for, and which sites the motif has.
"""

import streamlit as st

from gexp_core.motifs.bench_texts import WIDTHS
from gexp_core.motifs.nouns import Motif
from gexp_core.motifs.taken_out import Place
from gexp_core.motifs.words import FEWEST
from gexp_core.types import SequenceSet
from gexp_core.ui import workspace

#: Where the page Motifs keeps the consensus of the motif that is looked at.
KEY = "_motif_consensus"

#: Where it keeps which list was ticked last: "found", or "known" for a known motif at work.
LOOKED = "_motif_looked"

#: Where it keeps what the motif is called and the model whose scores it was found in, the digest
#: of the sequences, and its sites on them.
_SITES = "_motif_sites"


def take(motif: Motif, sequences: SequenceSet, model: str) -> None:
    """Keep a motif that is looked at for the bench, with the model that it was found with."""
    if motif.consensus != workspace.setting(KEY, ""):  # another one: what was typed gives way
        for box in ("bench_first", "bench_word"):
            st.session_state.pop(box, None)
    workspace.keep(KEY, motif.consensus)
    places = tuple(Place(s.sequence, s.start, s.end, s.strand) for s in motif.sites)
    label = motif.matches[0].name if motif.matches else ""
    called = f"{motif.name}, like {label}" if label else motif.name
    called += f", found with {model}"
    workspace.keep(_SITES, (called, sequences.digest, places))


def sites(sequences: SequenceSet) -> tuple[str, tuple[Place, ...]]:
    """Return what the motif looked at is called, and its sites on these sequences; '' and ().

    The model that it was found with is part of what it is called: another one may be asked here.
    """
    called, digest, places = workspace.setting(_SITES, ("", "", ()))
    return (called, places) if digest == sequences.digest else ("", ())


def letters(example: str) -> str:
    """Return the motif's best letters, or ``example`` where no motif was looked at."""
    consensus = str(workspace.setting(KEY, ""))[: WIDTHS[1]]
    return consensus.upper() if len(consensus) >= WIDTHS[0] else example


def word(example: str) -> str:
    """Return the motif's letters with N for those that fewer than half of its sites have.

    ``example`` where no motif was looked at, or too little of it says something.
    """
    consensus = str(workspace.setting(KEY, ""))[: WIDTHS[1]]
    made = "".join(c if c.isupper() else "N" for c in consensus).strip("N")
    return made if len(made) - made.count("N") >= FEWEST else example
