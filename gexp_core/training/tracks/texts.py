"""Texts that a student reads beside its teacher: real sequence, cut up, joined and mutated.

Nothing but train windows and, if given, train elements of a reporter assay goes in; where a text is
varied, sites of known motifs as well.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.types import Floats

Codes = NDArray[np.uint8]

#: A text is made of one train window, or of up to this many pieces.
MOST_PIECES = 48
#: Share of the texts with reporter elements set in, and how much of such a text they may replace.
WITH_ELEMENTS, MOST_ELEMENTS = 0.6, 0.4
#: Rates at which letters are replaced at random, one drawn per text.
MUTATED = (0.0, 0.0, 0.01, 0.05)
#: Share of the texts of which some pieces are shuffled in blocks of the sizes given.
SHUFFLED, BLOCKS = 0.15, (20, 200)

#: The rates of varied texts; the share of their elements that end as another one.
MUTATED_MORE, CROSSED = (0.0, 0.02, 0.05, 0.1, 0.2), 0.5
#: Share of the varied texts with clusters of sites, and how many at most. A cluster has so many
#: sites of so many motifs, over so many letters (ranges without their last number).
WITH_CLUSTERS, MOST_CLUSTERS = 0.6, 120
SITES, KINDS, SPREAD = (3, 16), (1, 6), (100, 600)


def turned(codes: Codes) -> Codes:
    """Return codes (..., L) read on the other strand."""
    other = codes[..., ::-1]
    turned_codes: Codes = np.where(other < 4, 3 - other, other).astype(np.uint8)
    return turned_codes


def made(
    windows: Codes,
    elements: Codes | None,
    length: int,
    generator: np.random.Generator,
    motifs: Sequence[Floats] = (),
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
    motifs : sequence of (4, W), optional
        Known motifs, as shares of the letters at each place. With them the text is varied: it has
        clusters of their sites, elements joined of two, and more letters replaced.
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
            if motifs and generator.random() < CROSSED:
                cut = int(generator.integers(1, size))
                end = elements[generator.integers(len(elements)), cut:]
                element = np.concatenate([element[:cut], end])
            text[at : at + size] = element if generator.random() < 0.5 else turned(element)
    hit = generator.random(length) < generator.choice(MUTATED_MORE if motifs else MUTATED)
    text[hit] = generator.integers(0, 4, int(hit.sum()))
    if motifs and generator.random() < WITH_CLUSTERS:
        for _ in range(int(generator.random() * MOST_CLUSTERS)):
            _set_cluster(text, motifs, generator)
    return text


def _set_cluster(text: Codes, motifs: Sequence[Floats], generator: np.random.Generator) -> None:
    """Write sites of a few motifs, on either strand, near a random place of the text."""
    kinds = [motifs[k] for k in generator.integers(len(motifs), size=generator.integers(*KINDS))]
    spread = int(generator.integers(*SPREAD))
    near = int(generator.integers(len(text)))
    for _ in range(int(generator.integers(*SITES))):
        shares = kinds[generator.integers(len(kinds))]
        width = shares.shape[1]
        drawn = (shares.cumsum(0) > generator.random(width)).argmax(0).astype(np.uint8)
        site = drawn if generator.random() < 0.5 else turned(drawn)
        at = min(near + int(generator.integers(spread)), len(text) - width)
        text[at : at + width] = site


def _blocks(piece: Codes, size: int, generator: np.random.Generator) -> Codes:
    """Return the piece with its blocks of ``size`` letters in another order."""
    whole = len(piece) // size * size
    order = generator.permutation(whole // size)
    return np.concatenate([piece[:whole].reshape(-1, size)[order].ravel(), piece[whole:]])


def digest(arrays: Iterable[NDArray[Any]]) -> str:
    """Return the sha256 of the bytes of all arrays, or '' where there are none."""
    raw = b"".join(array.tobytes() for array in arrays)
    return hashlib.sha256(raw).hexdigest() if raw else ""


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
