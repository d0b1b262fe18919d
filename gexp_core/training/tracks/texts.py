"""Texts that a student reads beside its teacher: real sequence, cut up, joined and mutated.

Nothing but train windows and, if given, train elements of a reporter assay goes in.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

#: A text is made of one train window, or of up to this many pieces.
MOST_PIECES = 48
#: Share of the texts with reporter elements set in, and how much of such a text they may replace.
WITH_ELEMENTS, MOST_ELEMENTS = 0.6, 0.4
#: Rates at which letters are replaced at random, one drawn per text.
MUTATED = (0.0, 0.0, 0.01, 0.05)
#: Share of the texts of which some pieces are shuffled in blocks of the sizes given.
SHUFFLED, BLOCKS = 0.15, (20, 200)


def turned(codes: Codes) -> Codes:
    """Return codes (..., L) read on the other strand."""
    other = codes[..., ::-1]
    turned_codes: Codes = np.where(other < 4, 3 - other, other).astype(np.uint8)
    return turned_codes


def made(
    windows: Codes, elements: Codes | None, length: int, generator: np.random.Generator
) -> Codes:
    """Return one text (length,).

    Parameters
    ----------
    windows : (N, L) uint8
        Train windows.
    elements : (M, E) uint8, optional
        Train elements of a reporter assay, set in on either strand.
    length : int
    generator : numpy Generator
    """
    pieces = int(MOST_PIECES ** generator.random())
    shuffle = generator.random() < SHUFFLED
    cuts = np.sort(generator.integers(0, length + 1, pieces - 1))
    edges = np.concatenate([[0], cuts, [length]])
    text = np.empty(length, np.uint8)
    for start, end in pairwise(edges.tolist()):
        source = windows[generator.integers(len(windows))]
        at = int(generator.integers(len(source)))
        piece = np.take(source, np.arange(at, at + end - start), mode="wrap")
        if generator.random() < 0.5:
            piece = turned(piece)
        if shuffle and generator.random() < 0.5:
            piece = _blocks(piece, int(generator.integers(*BLOCKS)), generator)
        text[start:end] = piece
    if elements is not None and generator.random() < WITH_ELEMENTS:
        size = elements.shape[1]
        count = int(generator.random() * MOST_ELEMENTS * length / size)
        for at in generator.integers(0, length - size, count):
            element = elements[generator.integers(len(elements))]
            text[at : at + size] = element if generator.random() < 0.5 else turned(element)
    hit = generator.random(length) < generator.choice(MUTATED)
    text[hit] = generator.integers(0, 4, int(hit.sum()))
    return text


def _blocks(piece: Codes, size: int, generator: np.random.Generator) -> Codes:
    """Return the piece with its blocks of ``size`` letters in another order."""
    whole = len(piece) // size * size
    order = generator.permutation(whole // size)
    return np.concatenate([piece[:whole].reshape(-1, size)[order].ravel(), piece[whole:]])


def apart(elements: Codes, windows: Codes, word: int = 32) -> Codes:
    """Return the elements of which no ``word`` letters in the middle occur in ``windows``."""
    known = {text for window in windows for text in _words(window, word)}
    known |= {text for window in windows for text in _words(turned(window), word)}
    middle = elements.shape[1] // 2 - word // 2
    kept = [row[middle : middle + word].tobytes() not in known for row in elements]
    chosen: Codes = elements[np.array(kept, bool)]
    return chosen


def _words(codes: Codes, size: int) -> list[bytes]:
    text = codes.tobytes()
    return [text[at : at + size] for at in range(len(text) - size + 1)]
