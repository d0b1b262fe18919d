"""Letters to numbers and back; the only place that knows the order A C G T.

N is encoded as four zeros. A Frame says how a sequence of any length meets a model's fixed window:
as it is, tiled with a stride, or placed in the model's stated background.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import InputError
from gexp_core.types import Floats

BASES = "ACGT"

#: One letter in so many of a flank may differ from the assay's where a whole construct is read.
ONE_IN = 4

#: IUPAC letter -> the bases that it stands for
IUPAC_BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_CODE = np.full(256, 4, np.int8)
_CODE[[ord(base) for base in BASES]] = np.arange(4)


def indices(sequence: str) -> NDArray[np.int8]:
    """Return (L,) int8: 0-3 for A C G T, 4 for N.

    Raises
    ------
    InputError
        The text has a letter outside ACGTN.
    """
    raw = np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)
    codes: NDArray[np.int8] = _CODE[raw]
    wrong = np.flatnonzero((codes == 4) & (raw != ord("N")))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(f"sequence has {sequence[at]!r} at position {at + 1} (1-based), not ACGTN")
    return codes


def one_hot(sequence: str) -> Floats:
    """Return (4, L) float32; a column of zeros at N."""
    codes = indices(sequence)
    hot: Floats = (codes[None] == np.arange(4, dtype=np.int8)[:, None]).astype(np.float32)
    return hot


def decode(X: Floats) -> str:
    """Return the letters of a (4, L) one-hot array; N where a column is all zeros."""
    codes = np.where(X.max(0) > 0, X.argmax(0), 4)
    return np.frombuffer(b"ACGTN", np.uint8)[codes].tobytes().decode()


def reverse_complement(sequence: str) -> str:
    """Return the other strand, read 5' to 3'."""
    return sequence.translate(_COMPLEMENT)[::-1]


def gc_content(sequence: str) -> float:
    """Return the share of G and C among A C G T; nan when there is none."""
    known = sum(sequence.count(base) for base in BASES)
    return (sequence.count("G") + sequence.count("C")) / known if known else float("nan")


@dataclass(frozen=True, slots=True)
class Frame:
    """Say how one sequence meets a model's window.

    Attributes
    ----------
    length : bases of the sequence
    starts : 0-based start on the sequence of each window's insert
    width : bases of the sequence that each window holds
    offset : where they begin inside the window
    background : the window's letters before the insert is laid over them
    note : one sentence for the reader, or '' when the sequence fits exactly
    """

    length: int
    starts: tuple[int, ...]
    width: int
    offset: int
    background: str
    note: str

    def windows(self, X: Floats) -> Floats:
        """Return (n * len(starts), 4, len(background)) for X (n, 4, length), sequence-major."""
        left, right = self.flanks()
        n = len(X)
        shape = (n, len(self.starts), 4, len(self.background))
        out = np.empty(shape, np.float32)
        out[..., : self.offset] = left
        out[..., self.offset + self.width :] = right
        for tile, start in enumerate(self.starts):
            out[:, tile, :, self.offset : self.offset + self.width] = X[
                :, :, start : start + self.width
            ]
        return out.reshape(-1, 4, len(self.background))

    def flanks(self) -> tuple[Floats, Floats]:
        """Return the one-hot background left (4, offset) and right (4, rest) of the insert."""
        background = one_hot(self.background)
        return background[:, : self.offset], background[:, self.offset + self.width :]


def frame(
    sequence: str, *, background: str, insert: tuple[int, int], stride: int | None = None
) -> Frame:
    """Choose how ``sequence`` meets a window.

    Parameters
    ----------
    sequence : str
        Letters over ACGTN.
    background : str
        The model's window, L letters: the assay's constant flanks at its ends where they are
        known, a stated neutral text between them.
    insert : (int, int)
        The part of the window that varied in the assay, 0-based half-open.
    stride : int, optional
        Bases between the starts of neighbouring windows of a longer sequence; half the insert by
        default. The last window always ends with the sequence.

    Returns
    -------
    Frame
        Of the window's length, between the assay's flanks but for at most one letter in
        :data:`ONE_IN` of each: as it is. Else longer than the insert: tiled. Shorter: centred in
        the insert.
    """
    length, window = len(sequence), len(background)
    begin, finish = insert
    room = finish - begin
    left, right = background[:begin], background[finish:]
    changed = _changed(sequence, left, right) if length == window else None
    if changed is not None:
        note = (
            ""
            if changed == 0
            else (
                f"read whole: its ends are the assay's constant flanks but for {changed} of "
                f"{begin + len(right)} letters, which never varied in the assay"
            )
        )
        return Frame(length, (0,), window, 0, background, note)
    if length <= room:
        offset = begin + (room - length) // 2
        note = (
            ""
            if length == room
            else (
                f"{length} bp is shorter than the {room} bp that varied in the assay: placed at "
                f"window positions {offset + 1}-{offset + length} of the model's stated background "
                f"({offset - begin} bp before it, {finish - offset - length} bp after it)"
            )
        )
        if length == room and room < window:
            note = f"placed between the assay's constant flanks ({begin} and {len(right)} bp)"
        return Frame(length, (0,), length, offset, background, note)
    step = max(1, room // 2) if stride is None else stride
    if not 1 <= step <= room:
        raise InputError(f"stride {step} is outside 1 to {room} (the bases one window holds)")
    starts = (*range(0, length - room, step), length - room)
    note = f"{length} bp is longer than {room} bp: read as {len(starts)} windows, stride {step} bp"
    return Frame(length, starts, room, begin, background, note)


def _changed(sequence: str, left: str, right: str) -> int | None:
    """Return how many letters of a construct's flanks are not the assay's; None: it has others."""
    ends = ((sequence[: len(left)], left), (sequence[len(sequence) - len(right) :], right))
    wrong = [sum(a != b for a, b in zip(end, flank, strict=True)) for end, flank in ends]
    near = ONE_IN * wrong[0] <= len(left) and ONE_IN * wrong[1] <= len(right)
    return sum(wrong) if near else None
