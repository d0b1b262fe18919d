"""Patterns begun by words: six letters that stand in many stretches, and what they are worth there.

Owns the choice of words. TF-MoDISco compares stretches two by two, over 31 bases, and so misses a
short word whose every site is hardly more than noise; what it misses is begun here, by letters. The
words are counted without a look at which texts are controls, as ``chance`` asks.
"""

from collections.abc import Sequence

import numpy as np

from gexp_core.motifs.align import turned
from gexp_core.motifs.lettered import words_of
from gexp_core.motifs.nouns import Seqlet
from gexp_core.types import Floats

#: Letters of a word, bases beside a stretch that it may reach into, and columns taken on its sides.
WIDTH, BESIDE, FLANK = 6, 2, 4

#: Words at most of one sign.
MOST = 20

#: sequence, 0-based start, whether the other strand reads the word
_Place = tuple[int, int, bool]


def seeds_of(
    hot: Sequence[Floats], contrib: Sequence[Floats], seqlets: Sequence[Seqlet], *, fewest: int
) -> list[Floats]:
    """Return a pattern (4, W) of mean scores for each word, the commonest first.

    Parameters
    ----------
    hot, contrib : N arrays (4, L), letters and the scores of the letters that stand there
    seqlets : S Seqlet
        What words are looked for in; each counts for the commonest word that it has.
    fewest : int
        Stretches that a word needs.
    """
    held = [_words(hot[s.sequence], s) for s in seqlets]
    having: dict[int, set[int]] = {}
    for number, words in enumerate(held):
        for word in words:
            having.setdefault(word, set()).add(number)
    made: list[Floats] = []
    while having and len(made) < MOST:
        word = max(having, key=lambda one: (len(having[one]), -one))
        numbers = sorted(having[word])
        if len(numbers) < fewest:
            break
        made.append(_mean(contrib, [held[number][word] for number in numbers]))
        for number in numbers:  # they are this word's
            for other in held[number]:
                having[other].discard(number)
    return made


def _words(hot: Floats, seqlet: Seqlet) -> dict[int, _Place]:
    """Return the words of a stretch with a place each; either strand's reading is one word."""
    low = max(0, seqlet.start - BESIDE)
    letters = hot[:, low : seqlet.end + BESIDE]
    if letters.shape[1] < WIDTH:
        return {}
    forward, other, known = words_of(letters, WIDTH)
    return {
        min(f, o): (seqlet.sequence, low + at, o < f)
        for at, (f, o, whole) in enumerate(
            zip(forward.tolist(), other.tolist(), known.tolist(), strict=True)
        )
        if whole
    }


def _mean(contrib: Sequence[Floats], places: Sequence[_Place]) -> Floats:
    """Return the mean scores over a word and its flanks; nothing beyond the end of a sequence."""
    total = np.zeros((4, WIDTH + 2 * FLANK), np.float64)
    for sequence, start, other in places:
        scores = contrib[sequence]
        begin = start - FLANK
        low, high = max(0, begin), min(scores.shape[1], begin + total.shape[1])
        piece = np.zeros(total.shape, np.float32)
        piece[:, low - begin : high - begin] = scores[:, low:high]
        total += turned(piece) if other else piece
    return (total / len(places)).astype(np.float32)
