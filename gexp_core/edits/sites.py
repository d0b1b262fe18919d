"""Sites and runs in a text: where an enzyme cuts, and how long one letter repeats.

Owns patterns of IUPAC letters, and a short list of enzymes that cloning protocols of reporter
libraries use. Names and sites are those of REBASE (rebase.neb.com).
"""

import functools
import re

from gexp_core.encoding import IUPAC_BASES, reverse_complement
from gexp_core.errors import InputError

#: enzyme -> recognition site, 5' to 3'
ENZYMES = {
    "AgeI": "ACCGGT",
    "AscI": "GGCGCGCC",
    "BamHI": "GGATCC",
    "BbsI": "GAAGAC",
    "BsaI": "GGTCTC",
    "BsmBI": "CGTCTC",
    "EcoRI": "GAATTC",
    "EcoRV": "GATATC",
    "HindIII": "AAGCTT",
    "KpnI": "GGTACC",
    "MluI": "ACGCGT",
    "NcoI": "CCATGG",
    "NheI": "GCTAGC",
    "NotI": "GCGGCCGC",
    "PacI": "TTAATTAA",
    "PstI": "CTGCAG",
    "SalI": "GTCGAC",
    "SbfI": "CCTGCAGG",
    "SfiI": "GGCCNNNNNGGCC",
    "SpeI": "ACTAGT",
    "XbaI": "TCTAGA",
    "XhoI": "CTCGAG",
}


@functools.lru_cache(maxsize=256)  # words may be visitors'
def pattern(site: str) -> "re.Pattern[str]":
    """Return the pattern of an IUPAC site, overlapping matches included.

    Raises
    ------
    InputError
        The site is empty, longer than 60 letters, or has a letter that IUPAC does not know.
    """
    plain = site.upper()
    if not plain or len(plain) > 60 or set(plain) - set(IUPAC_BASES):
        raise InputError(
            f"the site {site[:60]!r} cannot be searched; give 1 to 60 letters of A C G T or the "
            "IUPAC codes"
        )
    return re.compile("(?=" + "".join(f"[{IUPAC_BASES[letter]}]" for letter in plain) + ")")


def find_sites(text: str, site: str) -> tuple[int, ...]:
    """Return the 0-based starts of a site on either strand, as places on the strand given."""
    forward = {found.start() for found in pattern(site).finditer(text)}
    last = len(text) - len(site)
    other = {last - found.start() for found in pattern(site).finditer(reverse_complement(text))}
    return tuple(sorted(forward | other))


def longest_run(text: str) -> int:
    """Return how often the most repeated letter stands in a row; N does not count."""
    return max((len(run[0]) for run in re.finditer(r"A+|C+|G+|T+", text)), default=0)
