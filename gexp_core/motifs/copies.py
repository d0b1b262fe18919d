"""Which texts are copies of one another: replicates, variants, tiles, also of the other strand.

Owns the likeness. Copies have their words in common whether a model reads them or not, so they are
one observation, however many they are.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.motifs.lettered import words_of
from gexp_core.types import Ints

#: Letters of a word: two unlike texts of 200 bases share one in about 1 of 200 pairs.
WIDTH = 12

#: Share of a text's different words that makes it a copy. Tiles that overlap by half share nearly
#: half, variants of one base more than nine in ten, constant ends of 15 bases one in twenty.
SHARE = 1 / 3


def groups_of(texts: Iterable[str]) -> Ints:
    """Return the group of each text, numbered from 0: copies of one text are one group.

    A text joins the earlier group with whose first text it shares most words, if these are at least
    a third of its own; otherwise it begins a group. So a chain of tiles is several groups, not one.
    Texts shorter than 12 bases, or without so many known ones in a row, are groups of their own.

    Parameters
    ----------
    texts : iterable of str
        Over ``ACGTN``.
    """
    owner = np.full(4**WIDTH, -1, np.int32)  # the first group that has a word
    made: list[int] = []
    n = 0
    for text in texts:
        words = _words(text)
        owners = owner[words]
        owned = owners[owners >= 0]
        if len(owned):
            groups, shared = np.unique(owned, return_counts=True)
            if shared.max() >= SHARE * len(words):
                made.append(int(groups[shared.argmax()]))
                continue
        owner[words[owners < 0]] = n
        made.append(n)
        n += 1
    return np.array(made, np.int64)


def _words(text: str) -> NDArray[np.int64]:
    """Return the different words of a text; a word and its reverse complement are one."""
    if len(text) < WIDTH:
        return np.zeros(0, np.int64)
    forward, other, known = words_of(one_hot(text), WIDTH)
    return np.unique(np.minimum(forward, other)[known])
