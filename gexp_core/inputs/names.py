"""Headers to unique plain-text names; every name that is not the header's first word is reported.

A name is data, never markup: '<', '&' and the like stay as they are and no page renders them.
"""

import re
from collections.abc import Sequence

from gexp_core.inputs.fasta import Record
from gexp_core.types import Change

#: Characters of a name that are kept; a suffix that makes it unique may follow.
MAX_NAME = 100
_MAX_DESCRIPTION = 200
_SAID = re.compile(r"\S.*")  # of a line, from its first letter on


def printable(text: str) -> str:
    """Return ``text`` without control, format, surrogate and unassigned characters."""
    if text.isprintable():
        return text
    return "".join(letter for letter in text if letter.isprintable())


def words(header: str | None) -> tuple[str, str]:
    """Return the first word of a header and the rest, not yet cleaned."""
    parts = (header or "").split(None, 1)
    word, rest, *_ = [*parts, "", ""]
    return word, rest.rstrip()


def description(header: str | None) -> str:
    """Return what follows the name in a header, printable and cut to a bounded length."""
    rest = words(header)[1][: 2 * _MAX_DESCRIPTION]
    return printable(" ".join(rest.split()))[:_MAX_DESCRIPTION]


def name_records(records: Sequence[Record]) -> tuple[list[str], list[list[Change]]]:
    """Return a unique, printable, bounded name for each record, and what was changed.

    A repeated name gets the first free suffix ``_2``, ``_3`` ... in the order of the file. Names
    of records that are later left out count too, so a sentence about one of them is unambiguous.
    """
    stems: list[str] = []
    notes: list[list[Change]] = []
    for record in records:
        stem, changes = _stem(record)
        stems.append(stem)
        notes.append(changes)
    taken = set(stems)
    next_suffix: dict[str, int] = {}
    named: list[str] = []
    for record, stem, changes in zip(records, stems, notes, strict=True):
        if stem not in next_suffix:
            next_suffix[stem] = 2
            named.append(stem)
            continue
        # A candidate can only meet a stem of the file, and each suffix is tried once: linear.
        while (name := f"{stem}_{next_suffix[stem]}") in taken:
            next_suffix[stem] += 1
        next_suffix[stem] += 1
        text = (
            f"record {record.number:,} repeats the name {stem!r} (the first word of its header): "
            f"renamed {name!r}"
        )
        changes.append(Change(name, "name repeated", 1, text))
        named.append(name)
    final = [
        [Change(name, change.kind, change.count, change.text) for change in changes]
        for name, changes in zip(named, notes, strict=True)
    ]
    return named, final


def _stem(record: Record) -> tuple[str, list[Change]]:
    word = words(record.header)[0]
    clean = printable(word)
    changes: list[Change] = []
    if lost := len(word) - len(clean):
        text = f"record {record.number:,}: {lost:,} unprintable characters removed from its name"
        changes.append(Change("", "name cleaned", lost, text))
    if (lost := len(clean) - MAX_NAME) > 0:
        clean = clean[:MAX_NAME]
        text = (
            f"record {record.number:,}: its name is longer than {MAX_NAME} characters, the last "
            f"{lost:,} were cut off"
        )
        changes.append(Change("", "name shortened", lost, text))
    if not clean:
        clean = f"sequence_{max(record.number, 1)}"
        if record.header is None:
            lines = sum(1 for _ in _SAID.finditer(record.body))
            joined = f"all {lines:,} lines were" if lines > 1 else "it was"
            text = f"no header line: {joined} read as one sequence and named {clean!r}"
        else:
            text = f"record {record.number:,} has no name: named {clean!r}"
        changes.append(Change("", "name filled", 1, text))
    return clean, changes
