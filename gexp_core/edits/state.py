"""A sequence under edit: one replacement after another, with undo and redo.

Owns what an edit is, the text after edits, and where each of its bases lay before. Every edit,
whatever it is called, replaces one stretch by letters. What the edits amount to, in words, is
``notation``'s. Positions are 0-based half-open; texts for people are 1-based.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from gexp_core.encoding import BASES, indices, reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.baselines import dinucleotide_shuffles
from gexp_core.inputs.limits import APP_LIMITS
from gexp_core.types import Ints

#: Letters that all edits of one history may hold together; far more than anybody types.
MOST_LETTERS = 10_000_000

#: A base that came in with an edit has no place in the original.
NEW = -1


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bases ``start`` to ``end`` (0-based half-open) by ``letters``.

    Attributes
    ----------
    start, end : places in the text that the edit meets; equal for an insertion
    letters : what stands there afterwards, ACGTN; '' for a deletion
    verb : what a person did, in a few words: 'substitute', 'reverse-complement', ...
    """

    start: int
    end: int
    letters: str
    verb: str = "replace"

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise InputError(
                f"an edit from {self.start} to {self.end} (0-based half-open) runs backwards or "
                "begins before the sequence; give a start of at least 0 and not behind the end"
            )
        indices(self.letters)  # says which letter is wrong, and where

    @property
    def size(self) -> int:
        """Return how many letters the edit holds."""
        return len(self.letters)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Go back to the original and make ``edits`` of it; one step to undo.

    They name places of the original, from the last to the first, and no two meet.
    """

    edits: tuple[Edit, ...]
    verb: str = "write"

    @property
    def size(self) -> int:
        """Return how many letters the edits hold together."""
        return sum(edit.size for edit in self.edits)


@dataclass(frozen=True, slots=True, eq=False)
class EditState:
    """Hold a text and, for each of its bases, the place it had in the original.

    Attributes
    ----------
    original : L0 letters, before any edit
    sequence : L letters, now
    places : (L,) int64, ascending where not NEW: 0-based place in the original. A base that
        replaces another (a stretch by one of the same length) keeps its place; what came in with
        a change of length is NEW
    """

    original: str
    sequence: str
    places: Ints

    def apply(self, edit: Edit | Rewrite) -> "EditState":
        """Return the state after ``edit``.

        Raises
        ------
        InputError
            The edit reaches past the sequence or leaves no base of it.
        LimitError
            The sequence would grow past what is read.
        """
        if isinstance(edit, Rewrite):
            return unedited(self.original)._with(edit.edits[::-1])
        return self._with((edit,))

    def _with(self, edits: tuple[Edit, ...]) -> "EditState":
        """Return the state after edits of this text, from the first to the last, in one pass."""
        length, at = len(self.sequence), 0
        letters: list[str] = []
        places: list[Ints] = []
        for edit in edits:
            if edit.end > length:
                raise InputError(
                    f"an edit reaches position {edit.end}, but the sequence has {length} bases; "
                    f"choose positions from 1 to {length}"
                )
            letters += [self.sequence[at : edit.start], edit.letters]
            places += [self.places[at : edit.start], self._middle(edit)]
            at = edit.end
        text = "".join([*letters, self.sequence[at:]])
        if not text:
            raise InputError("this edit would leave no base at all; keep at least one")
        if len(text) > APP_LIMITS.max_bases_record:
            raise LimitError(
                f"the sequence would have {len(text):,} bases; up to "
                f"{APP_LIMITS.max_bases_record:,} are read"
            )
        return EditState(self.original, text, np.concatenate([*places, self.places[at:]]))

    def _middle(self, edit: Edit) -> Ints:
        """Return the places (n,) of the letters that come in.

        Of a replacement that changes the length, the letters shared at both ends are no change
        and keep their places.
        """
        old = self.places[edit.start : edit.end]
        gone, come = len(old), len(edit.letters)
        if gone == come:
            return old
        text = self.sequence[edit.start : edit.end]
        shorter = min(gone, come)
        left = next((i for i in range(shorter) if text[i] != edit.letters[i]), shorter)
        rest = shorter - left
        right = next((i for i in range(rest) if text[-1 - i] != edit.letters[-1 - i]), rest)
        new = np.full(come - left - right, NEW, np.int64)
        return np.concatenate([old[:left], new, old[gone - right :]])

    def to_original(self, position: int) -> int | None:
        """Return where the base at ``position`` lay in the original; None for a new one."""
        place = int(self.places[position])
        return None if place == NEW else place

    def from_original(self, position: int) -> int | None:
        """Return where the original's base ``position`` lies now; None where it is gone."""
        at = np.flatnonzero(self.places == position)
        return int(at[0]) if len(at) else None

    def carry(self, other: "EditState") -> Ints:
        """Return (L,): for each base of this state the base of ``other`` of the same place, or NEW.

        Both must be edits of one original.
        """
        where = np.full(len(self.original) + 1, NEW, np.int64)  # the last answers for NEW
        old = other.places != NEW
        where[other.places[old]] = np.flatnonzero(old)
        return where[self.places]


def unedited(sequence: str) -> EditState:
    """Return the state before any edit."""
    return EditState(sequence, sequence, np.arange(len(sequence), dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Hold every edit made to a sequence, and how many of them stand.

    Attributes
    ----------
    edits : all edits, those taken back after those that stand
    done : how many stand
    state : the text they make
    """

    original: str
    edits: tuple[Edit | Rewrite, ...] = ()
    done: int = 0
    state: EditState = field(init=False)

    def __post_init__(self) -> None:
        if not self.original:
            raise InputError("there is no sequence to edit; give at least one base")
        indices(self.original)
        if not 0 <= self.done <= len(self.edits):
            raise InputError(f"{self.done} of {len(self.edits)} edits cannot stand")
        state = unedited(self.original)
        for edit in self.edits[: self.done]:
            state = state.apply(edit)
        object.__setattr__(self, "state", state)

    def do(self, edit: Edit | Rewrite) -> "History":
        """Return the history with one more edit; those that were taken back are forgotten."""
        kept = (*self.edits[: self.done], edit)
        if sum(one.size for one in kept) > MOST_LETTERS:
            raise LimitError(
                f"the edits of this sequence hold more than {MOST_LETTERS:,} letters together; "
                "download the sequence and begin anew with it"
            )
        made = object.__new__(History)  # the present state need not be made again
        for name, value in (
            ("original", self.original),
            ("edits", kept),
            ("done", len(kept)),
            ("state", self.state.apply(edit)),
        ):
            object.__setattr__(made, name, value)
        return made

    def at(self, done: int) -> "History":
        """Return the history with so many of its edits standing."""
        return replace(self, done=done)

    def undo(self) -> "History":
        """Return the history with the last standing edit taken back; itself when none stands."""
        return self.at(self.done - 1) if self.done else self

    def redo(self) -> "History":
        """Return the history with the edit made again that was taken back last."""
        return self.at(self.done + 1) if self.done < len(self.edits) else self

    def reset(self) -> "History":
        """Return the history with every edit taken back; redo brings them again."""
        return self.at(0)

    @property
    def sequence(self) -> str:
        """Return the text as it stands."""
        return self.state.sequence


def substitute(position: int, base: str) -> Edit:
    """Return the edit that puts ``base`` at ``position``."""
    if base not in (*BASES, "N"):
        raise InputError(f"{base!r} is not one base; give A, C, G, T or N")
    return Edit(position, position + 1, base, "substitute")


def insert(position: int, letters: str) -> Edit:
    """Return the edit that puts ``letters`` before the base at ``position``."""
    if not letters:
        raise InputError("there is nothing to insert; give at least one base")
    return Edit(position, position, letters, "insert")


def delete(start: int, end: int) -> Edit:
    """Return the edit that takes the stretch out."""
    return Edit(*_stretch(start, end), "", "delete")


def paste(start: int, letters: str) -> Edit:
    """Return the edit that writes ``letters`` over as many bases from ``start`` on."""
    if not letters:
        raise InputError("there is nothing to paste; give at least one base")
    return Edit(start, start + len(letters), letters, "paste over")


def flip(sequence: str, start: int, end: int) -> Edit:
    """Return the edit that reverse-complements a stretch of ``sequence``."""
    _stretch(start, end)
    return Edit(start, end, reverse_complement(sequence[start:end]), "reverse-complement")


def shuffle(sequence: str, start: int, end: int, *, seed: int = 0) -> Edit:
    """Return the edit that shuffles a stretch, keeping every dinucleotide count inside it.

    The first and the last letter stay, so that the dinucleotides with the neighbours do too.
    """
    _stretch(start, end)
    (made,) = dinucleotide_shuffles(sequence[start:end], 1, seed=seed)
    return Edit(start, end, made, "shuffle")


def knock_out(sequence: str, start: int, end: int) -> Edit:
    """Return the edit that puts another base at every position of a stretch, always the same way.

    A and C change places, G and T do: every base is another, N stays, and the counts of strong
    and weak bonds turn round, as is usual for scanning mutants.
    """
    _stretch(start, end)
    return Edit(start, end, sequence[start:end].translate(_OTHER), "knock out")


_OTHER = str.maketrans("ACGT", "CATG")


def _stretch(start: int, end: int) -> tuple[int, int]:
    if not 0 <= start < end:
        raise InputError(
            f"the stretch {start + 1} to {end} (1-based) holds no base; give a first position of "
            "at least 1 and a last one not before it"
        )
    return start, end
