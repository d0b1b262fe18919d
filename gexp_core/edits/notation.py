"""What edits amount to, in text like HGVS, and that text read back.

Owns the notation: ``[34A>G;50_52del;60_61insACG;70_71delinsT;80_84inv]``, positions 1-based on the
original, both ends included. Only differences from the original are written, not the way there.
Not full HGVS: there is no reference name, an insertion before the first base is ``0_1ins``, and a
duplication is written as an insertion.

References
----------
HGVS nomenclature, https://hgvs-nomenclature.org, DNA recommendations.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gexp_core.edits.state import NEW, Edit, EditState, Rewrite, unedited
from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError

_ONE = re.compile(
    r"(?P<start>\d{1,9})(?:_(?P<end>\d{1,9}))?"
    r"(?:(?P<ref>[ACGTN])>(?P<alt>[ACGTN])|(?P<kind>delins|del|ins|inv|=)(?P<letters>[ACGTN]*))"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Say that ``start`` to ``end`` of the original (0-based half-open) became ``letters``.

    ``now`` is where the letters begin in the text as it is now.
    """

    start: int
    end: int
    letters: str
    now: int


def differences(state: EditState) -> tuple[Difference, ...]:
    """Return where the text differs from its original, in order; neighbours are joined.

    A stretch that was turned round is one difference where nothing else differs, although some of
    its letters are by chance what they were.
    """
    places, text = state.places, state.sequence
    old = np.frombuffer(state.original.encode(), np.uint8)
    new = np.frombuffer(text.encode(), np.uint8)
    known = np.flatnonzero(places != NEW)
    same = known[new[known] == old[places[known]]]
    # anchors: bases that are what they were, with one before the first and one after the last
    now = np.concatenate([[-1], same, [len(text)]])
    was = np.concatenate([[-1], places[same], [len(old)]])
    gaps = np.flatnonzero((np.diff(now) > 1) | (np.diff(was) > 1))
    found = (
        Difference(int(was[i]) + 1, int(was[i + 1]), text[now[i] + 1 : now[i + 1]], int(now[i]) + 1)
        for i in gaps
    )
    # a base taken out and the same one put in leave a gap that is no difference
    kept = tuple(one for one in found if state.original[one.start : one.end] != one.letters)
    return _turned(state, kept) or kept


def _turned(state: EditState, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Return the differences as one if all of them are a stretch turned round; else none.

    Of two bases that is as likely two substitutions, and is left as it is.
    """
    if sum(one.end - one.start for one in found) <= 2:
        return ()
    first, last = found[0], found[-1]
    letters = state.sequence[first.now : last.now + len(last.letters)]
    gone = state.original[first.start : last.end]
    turned = letters == reverse_complement(gone)
    return (Difference(first.start, last.end, letters, first.now),) if turned else ()


def in_text(difference: Difference, original: str) -> str:
    """Return one difference in the notation."""
    start, end = difference.start, difference.end
    return written(start, end, original[start:end], difference.letters)


def written(start: int, end: int, gone: str, letters: str) -> str:
    """Return in the notation that ``gone`` (from ``start`` to ``end``, 0-based) is ``letters``."""
    span = f"{start + 1}" if end - start == 1 else f"{start + 1}_{end}"
    if not gone:
        return f"{start}_{start + 1}ins{letters}"
    if not letters:
        return f"{span}del"
    if len(gone) == len(letters) == 1:
        return f"{start + 1}{gone}>{letters}"
    if len(gone) == len(letters) and letters == reverse_complement(gone):
        return f"{span}inv"
    return f"{span}delins{letters}"


def describe(state: EditState) -> str:
    """Return all differences in the notation; '=' where there is none."""
    if state.sequence == state.original:  # differences may cancel, as an insertion and a deletion
        return "="
    found = [in_text(one, state.original) for one in differences(state)]
    if not found:
        return "="
    return found[0] if len(found) == 1 else f"[{';'.join(found)}]"


def named(state: EditState, most: int = 60) -> str:
    """Return what a state is called where nobody named it: its edits, cut at ``most`` letters."""
    text = describe(state)
    if text == "=":
        return "as the original"
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


def read_edits(text: str, original: str) -> tuple[Edit, ...]:
    """Return the edits that ``text`` asks of ``original``, from the last to the first.

    In this order each meets the positions that it names. ``read`` of ``describe`` gives the text
    back letter for letter.

    Raises
    ------
    InputError
        A part is not in the notation, lies outside the sequence, names another reference base, or
        overlaps the one before it.
    """
    plain = re.sub(r"\s", "", text).upper()
    for word in ("DELINS", "DEL", "INS", "INV"):
        plain = plain.replace(word, word.lower())
    plain = plain.removeprefix("[").removesuffix("]")
    if plain in ("", "="):
        return ()
    edits: list[Edit] = []
    covered = 0
    for part in plain.split(";"):
        edit = _read_one(part, original)
        edits.append(edit)
        covered += edit.end - edit.start
        if covered > len(original):  # some meet, which is said below
            break
    edits.sort(key=lambda one: (one.start, one.end))
    for before, after in pairwise(edits):
        if before.end > after.start or (before.start, before.end) == (after.start, after.end):
            raise InputError(
                f"two edits meet at position {after.start + 1} (1-based); join them into one delins"
            )
    return tuple(reversed(edits))


def _read_one(part: str, original: str) -> Edit:
    found = _ONE.fullmatch(part)
    shown = part[:40]
    if not found:
        raise InputError(
            f"the edit {shown!r} cannot be read; write 34A>G, 50_52del, 60_61insACG, "
            "70_72delinsT or 80_84inv, several with ; between them"
        )
    first = int(found["start"])
    last = int(found["end"]) if found["end"] else first
    kind, letters = found["kind"], found["letters"] or ""
    if kind == "ins":
        if last != first + 1 or last > len(original) + 1 or not letters:
            raise InputError(
                f"the insertion {shown!r} must name two neighbouring positions from 0 to "
                f"{len(original) + 1} and the letters that go between them, as in 60_61insACG"
            )
        return Edit(first, first, letters, "insert")
    if not 1 <= first <= last <= len(original):
        raise InputError(
            f"the edit {shown!r} lies outside the {len(original)} bases; positions are 1-based, "
            "the smaller first"
        )
    start, end = first - 1, last
    if kind is None:
        if last != first or original[start] != found["ref"]:
            raise InputError(
                f"the edit {shown!r} expects {found['ref']} at position {first}, the sequence has "
                f"{original[start]} there; check that the edits belong to this sequence"
            )
        return Edit(start, end, found["alt"], "substitute")
    if kind in ("del", "inv", "=") and letters and letters != original[start:end]:
        raise InputError(
            f"the edit {shown!r} names letters that the sequence does not have there; check that "
            "the edits belong to this sequence"
        )
    if kind == "delins" and not letters:
        raise InputError(f"the edit {shown!r} says no letters to put there; use del to take out")
    made = {
        "del": "",
        "inv": reverse_complement(original[start:end]),
        "delins": letters,
        "=": original[start:end],
    }
    verb = {"del": "delete", "inv": "reverse-complement", "delins": "replace", "=": "replace"}
    return Edit(start, end, made[kind], verb[kind])


def edited(original: str, text: str) -> EditState:
    """Return the state that the notation ``text`` makes of ``original``."""
    return unedited(original).apply(Rewrite(read_edits(text, original)))
