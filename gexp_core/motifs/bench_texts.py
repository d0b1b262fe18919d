"""Texts of the motif bench: backgrounds, motifs written into them, and their scrambled controls.

Owns what is drawn at random, by a seed. Predicts nothing.
"""

import numpy as np

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.explain.baselines import insert_shuffles
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet

#: Shortest and longest motif, in letters, that is written in.
WIDTHS = (2, 60)


def random_backgrounds(n: int, length: int, *, gc: float = 0.5, seed: int = 0) -> tuple[str, ...]:
    """Return n texts of letters drawn independently, G and C at half of ``gc`` each."""
    if not 0 <= gc <= 1:
        raise InputError(f"a GC content of {gc} is outside 0 to 1")
    rng = np.random.default_rng(seed)
    shares = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    return tuple("".join("ACGT"[k] for k in row) for row in rng.choice(4, (n, length), p=shares))


def shuffled_backgrounds(
    sequences: SequenceSet, card: ModelCard, n: int, *, seed: int = 0
) -> tuple[str, ...]:
    """Return n dinucleotide shuffles of the sequences, each in turn, until there are n.

    The assay's flanks stay where they are part of a sequence.
    """
    each = -(-n // len(sequences))
    made = [insert_shuffles(text, card, each, seed=seed) for text in sequences.sequences]
    return tuple(one[k] for k in range(each) for one in made)[:n]


def written(background: str, letters: str, start: int) -> str:
    """Return ``background`` with ``letters`` written over it from 0-based ``start``.

    Raises
    ------
    InputError
        They do not fit.
    """
    if not 0 <= start <= len(background) - len(letters):
        raise InputError(
            f"{len(letters)} letters at position {start + 1} do not fit into {len(background)} bp"
        )
    return background[:start] + letters + background[start + len(letters) :]


def no_scramble(letters: str) -> str:
    """Return why letters cannot be scrambled: all are alike; '' where they can."""
    return "" if len(set(letters)) > 1 else f"every shuffle of {letters} is {letters}"


def no_turn(letters: str) -> str:
    """Return why letters cannot be turned round: they are a palindrome; '' where they can."""
    same = reverse_complement(letters) == letters
    return f"{letters} is its own reverse complement" if same else ""


def scrambled(letters: str, seed: int) -> str:
    """Return the same letters in another order, as unlike the motif and its other strand as drawn.

    Of ten orders the one that shares fewest places with either is taken. Letters that have no other
    order (:func:`no_scramble`) are returned as they are.
    """
    if no_scramble(letters):
        return letters
    rng = np.random.default_rng(seed)
    orders: list[str] = []
    while not orders:
        drawn = ("".join(rng.permutation(list(letters))) for _ in range(10))
        orders = [one for one in drawn if one != letters]
    other = reverse_complement(letters)

    def shared(text: str) -> int:
        return max(sum(a == b for a, b in zip(text, one, strict=True)) for one in (letters, other))

    return min(orders, key=shared)


def checked(letters: str) -> str:
    """Return a motif's letters in upper case, or say why they are none."""
    text = letters.strip().upper()
    if wrong := [c for c in text if c not in "ACGT"]:
        raise InputError(
            f"the motif {text[:60]!r} has {wrong[0]!r}; write it with A, C, G and T alone"
        )
    low, high = WIDTHS
    if not low <= len(text) <= high:
        raise InputError(f"a motif of {len(text)} letters; give from {low} to {high}")
    return text
