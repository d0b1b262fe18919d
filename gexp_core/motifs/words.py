"""Where a word of IUPAC letters stands in texts, on either strand.

Owns the matching. A word is compared letter by letter as sets of bases, and never becomes an
expression that is compiled: its cost is its length times that of the texts, whatever it says.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import BASES, IUPAC_BASES, reverse_complement
from gexp_core.errors import InputError
from gexp_core.types import Ints

#: Letters of a word at most, and the fewest of them that are not N: shorter ones stand everywhere.
LONGEST, FEWEST = 60, 4

#: letter -> its bases as bits: A 1, C 2, G 4, T 8
_BITS = {
    letter: sum(1 << BASES.index(base) for base in bases) for letter, bases in IUPAC_BASES.items()
}

_AT_ONCE = 50_000  # places compared at a time

#: byte of a text -> its base as a bit; 0 for what is no base, N included
_CODES = np.zeros(256, np.uint8)
for _base in BASES:
    _CODES[ord(_base)] = _BITS[_base]


def checked(word: str) -> str:
    """Return a word in upper case, or say why it is none.

    Raises
    ------
    InputError
        It is empty, too long, says too little, or has a letter that IUPAC does not know.
    """
    text = word.strip().upper()
    if not text or len(text) > LONGEST or set(text) - set(_BITS):
        raise InputError(
            f"the word {text[:LONGEST]!r} cannot be searched; give {FEWEST} to {LONGEST} letters "
            "of A C G T or the IUPAC codes"
        )
    if len(text) - text.count("N") < FEWEST:
        raise InputError(
            f"the word {text!r} has fewer than {FEWEST} letters that say something; give a longer "
            "one, its sites would be by chance"
        )
    return text


def matches(texts: Sequence[str], word: str) -> NDArray[np.bool_]:
    """Return, for the texts one behind the other with a gap after each, whether a site begins.

    Parameters
    ----------
    texts : N str
        Upper case. What is none of A, C, G and T is in no site.
    word : str
        As :func:`checked` returns it.

    Returns
    -------
    (sum of len(text) + 1,) bool
        At the first base of every site, on the strand given: of the word, or of the word as the
        other strand reads it.
    """
    joined = "\n".join([*texts, ""]).encode("ascii", "replace")
    codes = _CODES[np.frombuffer(joined, np.uint8)]
    forward = [_BITS[letter] for letter in word]
    found = _begins(codes, forward)
    turned = [_complement(bits) for bits in reversed(forward)]
    return found if turned == forward else found | _begins(codes, turned)


def _complement(bits: int) -> int:
    """Return the bases that pair with those of ``bits``: the four bits in the other order."""
    return int(f"{bits:04b}"[::-1], 2)


def _begins(codes: NDArray[np.uint8], word: list[int]) -> NDArray[np.bool_]:
    """Return where each letter of the word has one of its bases."""
    found = np.zeros(len(codes), np.bool_)
    room = len(codes) - len(word) + 1
    if room <= 0:
        return found
    for begin in range(0, room, _AT_ONCE):  # pieces that stay in the processor's cache
        end = min(room, begin + _AT_ONCE)
        fits = np.ones(end - begin, np.bool_)
        for k, bits in enumerate(word):
            fits &= (codes[begin + k : end + k] & np.uint8(bits)) != 0
        found[begin:end] = fits
    return found


def strand(letters: str, word: str) -> str:
    """Return '+' where a site reads as the word, '-' where its other strand does; '.' for both."""
    forward, turned = (
        all(a in IUPAC_BASES[b] for a, b in zip(text, word, strict=True))
        for text in (letters, reverse_complement(letters))
    )
    return "." if forward == turned else "+" if forward else "-"


def count(texts: Sequence[str], word: str) -> int:
    """Return how many sites there are in all."""
    return int(np.count_nonzero(matches(texts, word)))


def sites(texts: Sequence[str], word: str) -> Ints:
    """Return (K, 2) int64: text and 0-based start of each site, in order."""
    at = np.flatnonzero(matches(texts, word))
    begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
    which = np.searchsorted(begins, at, side="right") - 1
    return np.stack([which, at - begins[which]], axis=1).astype(np.int64)
