"""What a sequence is compared with: no letters, even letters, its own GC, or shuffles of itself.

Owns the making of baselines. Whether a baseline is a good question to ask is the reader's choice:
zeros and even mixtures are inputs no model was trained on; shuffles are real sequences.
"""

import hashlib
import itertools
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import BASES, frame, gc_content, indices, one_hot
from gexp_core.errors import InputError
from gexp_core.explain.settings import BASELINES
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats

#: Bases of a stretch from which its dinucleotides are kept where it is put in another order: a
#: shorter one has few such orders, and most of them keep the words that it holds.
LONG = 20

_LETTERS = np.frombuffer(b"ACGTN", np.uint8)


def baselines(sequence: str, kind: str, *, n: int = 1, seed: int = 0) -> Floats:
    """Return what ``sequence`` is compared with.

    Parameters
    ----------
    sequence : str
        L letters over ACGTN.
    kind : str
        One of BASELINES. shuffle: see :func:`dinucleotide_shuffles`; zeros: no letter; uniform:
        0.25 of each letter; gc: G and C at half the sequence's GC content each, A and T at half
        the rest, N not counted.
    n : int
        How many shuffles; the other kinds are single.
    seed : int
        Seed of the shuffles.

    Returns
    -------
    (n, 4, L) float32 for shuffle, else (1, 4, L)

    Raises
    ------
    InputError
        The kind is unknown or the seed is negative.
    """
    length = len(sequence)
    if kind == "shuffle":
        return np.stack([one_hot(text) for text in dinucleotide_shuffles(sequence, n, seed=seed)])
    if kind == "zeros":
        return np.zeros((1, 4, length), np.float32)
    if kind == "uniform":
        return np.full((1, 4, length), 0.25, np.float32)
    if kind == "gc":
        gc = gc_content(sequence)
        gc = 0.5 if np.isnan(gc) else gc
        share = [gc / 2 if base in "CG" else (1 - gc) / 2 for base in BASES]
        return np.broadcast_to(np.array(share, np.float32)[:, None], (1, 4, length)).copy()
    raise InputError(f"baseline {kind!r} is not one of {', '.join(BASELINES)}")


def own_baseline(sequence: str, own: str) -> Floats:
    """Return (1, 4, L): the letters ``own``, which a person gave to compare ``sequence`` with.

    Raises
    ------
    InputError
        The two differ in length.
    """
    if len(own) != len(sequence):
        raise InputError(
            f"the baseline has {len(own)} bases and the sequence has {len(sequence)}; give one of "
            "the same length"
        )
    return one_hot(own)[None]


def dinucleotide_shuffles(sequence: str, n: int, *, seed: int = 0) -> tuple[str, ...]:
    """Return ``n`` shuffles that keep every dinucleotide count and the first and last letter.

    Drawn evenly from all such sequences (with repetition). N stays where it is: each stretch
    between Ns is shuffled by itself, so counts of dinucleotides with N are kept too. The draw
    depends on the letters and the seed alone, not on a sequence's name or place in its set.

    References
    ----------
    Altschul & Erickson, Significance of nucleotide sequence alignments: a method for random
    sequence permutation that preserves dinucleotide and codon usage. Mol Biol Evol 2:526 (1985).
    """
    generator = generator_of(sequence, seed)
    codes = indices(sequence)
    known = np.concatenate([[False], codes < 4, [False]])
    edges = np.flatnonzero(known[1:] != known[:-1]).reshape(-1, 2)
    out = np.tile(codes, (n, 1))
    for start, end in edges:
        if end - start > 3:  # three letters or fewer have one arrangement
            out[:, start:end] = _euler_shuffles(codes[start:end], n, generator)
    return tuple(_LETTERS[row].tobytes().decode() for row in out)


def other_orders(letters: str, n: int, *, seed: int = 0) -> tuple[str, ...]:
    """Return ``n`` other orders of a stretch's letters, none where its known letters are all alike.

    Single letters are shuffled, drawn evenly from all orders but the given one. From ``LONG`` bases
    on they are dinucleotide shuffles, unless the stretch itself is among these, as it is of a
    repeat. N stays where it is.
    """
    if len(letters) >= LONG:
        made = dinucleotide_shuffles(letters, n, seed=seed)
        if letters not in made:
            return made
    if len(set(letters) & set(BASES)) < 2:
        return ()
    generator = generator_of(letters, seed)
    codes = indices(letters)
    known = codes < 4
    orders: list[str] = []
    while len(orders) < n:
        codes[known] = generator.permutation(codes[known])
        order = _LETTERS[codes].tobytes().decode()
        if order != letters:
            orders.append(order)
    return tuple(orders)


def insert_of(sequence: str, card: ModelCard) -> tuple[int, int]:
    """Return the part of a sequence that is not the assay's constant flanks, 0-based half-open.

    All of it, unless it is a whole construct that begins and ends with them.
    """
    how = frame(sequence, background=card.background, insert=card.insert)
    whole = how.length == how.width == card.input_length
    return card.insert if whole else (0, how.length)


def insert_shuffles(sequence: str, card: ModelCard, n: int, *, seed: int = 0) -> tuple[str, ...]:
    """Return ``n`` dinucleotide shuffles of a sequence between the assay's flanks, if it has them.

    So they are read in the same windows as the sequence.
    """
    begin, end = insert_of(sequence, card)
    return tuple(
        sequence[:begin] + insert + sequence[end:]
        for insert in dinucleotide_shuffles(sequence[begin:end], n, seed=seed)
    )


def generator_of(sequence: str, seed: int) -> np.random.Generator:
    """Return what draws for a sequence, by its letters and the seed alone.

    Raises
    ------
    InputError
        The seed is negative.
    """
    if seed < 0:
        raise InputError(f"seed {seed} is negative; seeds are whole numbers from 0")
    digest = hashlib.sha256(sequence.encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, "<u4").tolist()])


def _euler_shuffles(
    codes: NDArray[np.int8], n: int, generator: np.random.Generator
) -> NDArray[np.int8]:
    """Return (n, L) random walks over the edges (dinucleotides) of ``codes`` (L,), each used once.

    A walk uses every edge if and only if the last exits of all letters lead to the last letter.
    With four letters there are at most 27 such sets of last exits, so one is drawn by its weight
    instead of drawing until one fits; all other exits are used in a random order.
    """
    exits = [codes[1:][codes[:-1] == letter] for letter in range(4)]
    counts = np.array([np.bincount(after, minlength=4) for after in exits], float)
    end = int(codes[-1])
    leaving = tuple(letter for letter in range(4) if letter != end and len(exits[letter]))
    trees = [tree for tree in _trees(leaving, end) if all(counts[edge] > 0 for edge in tree)]
    weights = np.array([np.prod([counts[edge] for edge in tree]) for tree in trees])
    drawn = generator.choice(len(trees), size=n, p=weights / weights.sum())
    out = np.empty((n, len(codes)), np.int8)
    for row, which in enumerate(drawn):
        queues: list[list[int]] = []
        final = dict(trees[which])
        for letter, after in enumerate(exits):
            if letter in final:
                spare = np.delete(after, np.flatnonzero(after == final[letter])[0])
                order = [*generator.permutation(spare).tolist(), final[letter]]
            else:
                order = generator.permutation(after).tolist()
            queues.append(order[::-1])
        walk = [int(codes[0])]
        for _ in range(len(codes) - 1):
            walk.append(queues[walk[-1]].pop())
        out[row] = walk
    return out


@cache
def _trees(leaving: tuple[int, ...], end: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return every choice of one (letter, next letter) per leaving letter that leads to ``end``."""
    found = []
    for choice in itertools.product(range(4), repeat=len(leaving)):
        step = dict(zip(leaving, choice, strict=True))
        if all(_leads(letter, step, end) for letter in leaving):
            found.append(tuple(step.items()))
    return tuple(found)


def _leads(letter: int, step: dict[int, int], end: int) -> bool:
    """Return whether following ``step`` from ``letter`` reaches ``end``."""
    for _ in range(4):
        if letter == end:
            return True
        if letter not in step:
            return False
        letter = step[letter]
    return letter == end
