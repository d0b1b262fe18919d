"""What is in sight on the page Genome view, in the address: written as it changes, read once.

Owns the parameter ``locus``: a stretch of the chosen sequence's contig, 1-based with both ends
included. What an address says was written by anybody, so it is read as typed text is.
"""

import secrets

import streamlit as st

from gexp_core.errors import InputError
from gexp_core.inputs import format_region, parse_region
from gexp_core.inputs.builds import chromosome
from gexp_core.types import Interval
from gexp_core.ui import workspace

_LOCUS = "locus"
_READ = "_genome_link_read"
_ASKED = "_genome_link_asked"
_GO = "_genome_go"


def wish(name: str, stretch: tuple[int, int]) -> None:
    """Have the view move to a stretch (0-based half-open) once it shows the sequence ``name``."""
    workspace.keep(_GO, (name, (secrets.token_hex(4), stretch)))


def wished(name: str) -> tuple[str, tuple[int, int]] | None:
    """Return the last wish with its stamp, if it is one about the sequence called ``name``."""
    about, stamped = workspace.setting(_GO, ("", None))
    return stamped if about == name else None


def take(name: str, place: Interval) -> bool:
    """Wish for what the address asks to see, once; of another contig it waits for its sequence.

    Only the first call of a session reads the address.

    Parameters
    ----------
    name : str
        The chosen sequence.
    place : Interval
        Where it lies; the address may name any stretch of its contig.

    Returns
    -------
    bool
        Whether it asks for anything.

    Raises
    ------
    InputError
        The address names no stretch, or one of another contig.
    """
    if workspace.setting(_READ, False):
        return False
    text = workspace.setting(_ASKED, None)
    if text is None:
        text = st.query_params.get(_LOCUS, "")
    drop()
    if not text:
        return False
    asked = parse_region(text)
    if chromosome(asked.chrom) != chromosome(place.chrom):
        workspace.keep(_READ, False)
        workspace.keep(_ASKED, text)  # the address is soon that of what is in sight
        raise InputError(
            f"the link asks for {format_region(asked)} (1-based), but the chosen sequence lies "
            f"on {place.chrom}; choose one that lies there, or go on here"
        )
    wish(name, (asked.start, asked.end))
    return True


def drop() -> None:
    """Forget what the address asked for: it was gone to, or the visitor asked for another place."""
    workspace.keep(_READ, True)


def tell(chrom: str, seen: tuple[int, int] | None) -> None:
    """Write what is in sight into the address, or take it out where nothing is known of it.

    Parameters
    ----------
    chrom : str
    seen : (int, int), optional
        0-based half-open, as the browser told it.
    """
    if seen is None:
        st.query_params.pop(_LOCUS, None)
        return
    text = f"{chrom}:{seen[0] + 1}-{seen[1]}"
    if st.query_params.get(_LOCUS) != text:
        st.query_params[_LOCUS] = text
