"""Text, bytes or a path to an InputCheck: the one funnel through which sequences come in."""

import os
import re
import stat
import sys

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import columns, columns_told, detect, fasta, letters, names
from gexp_core.inputs.limits import APP_LIMITS, CLI_LIMITS, Limits, check_bytes
from gexp_core.inputs.unpack import to_text
from gexp_core.types import Change, InputCheck, Origin, Rejection, SequenceSet

_NOTHING = "no sequence was given; paste or upload FASTA or bare sequence"
_SOMETHING = re.compile(r"\S")


def read_text(text: str, *, source: str = "pasted text", limits: Limits = APP_LIMITS) -> InputCheck:
    """Read FASTA, a table of two columns (name, sequence), or one bare sequence.

    Parameters
    ----------
    text : str
        FASTA with any line ends; rows of a name and a sequence with a tab, comma or semicolon
        between; or one sequence without a header, wrapped or not.
    source : str
        Where the text came from, in words; kept with every sequence and named in sentences.
    limits : Limits

    Returns
    -------
    InputCheck
        The good records in the order given, every change, every record left out.

    Raises
    ------
    InputError
        No record is good; the sentence is that of the first one.
    LimitError
        More characters, records or bases than ``limits`` allow.
    """
    check_bytes(len(text), source, limits)
    return _read(text, (), source, limits)


def read_bytes(data: bytes, *, filename: str = "", limits: Limits = APP_LIMITS) -> InputCheck:
    """Read the bytes of a file, plain or gzip (told by its first bytes, not by its name).

    Parameters
    ----------
    data : bytes
    filename : str
        Used only in words.
    limits : Limits

    Returns
    -------
    InputCheck

    Raises
    ------
    InputError
        Not text, damaged, or without one good record; the sentence says which.
    LimitError
        More bytes (sent or unpacked), records or bases than ``limits`` allow.
    """
    shown = names.printable(filename)[-names.MAX_NAME :]
    text, changes = to_text(data, repr(shown) if shown else "the file", limits)
    return _read(text, changes, shown or "uploaded file", limits)


def read_path(path: str, *, limits: Limits = CLI_LIMITS) -> InputCheck:
    """Read a file, or standard input when ``path`` is '-'.

    Raises
    ------
    InputError
        The file cannot be opened, or holds no good record.
    LimitError
        It is larger than ``limits`` allow; it is then not read to its end.
    """
    if path == "-":
        return read_bytes(
            sys.stdin.buffer.read(limits.max_bytes + 1), filename="standard input", limits=limits
        )
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                check_bytes(status.st_size, repr(path), limits)
            data = file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"{path!r} cannot be read: {reason}; give the path of a FASTA file, or - for standard "
            "input"
        ) from None
    return read_bytes(data, filename=os.path.basename(path), limits=limits)


def _read(text: str, changes: tuple[Change, ...], source: str, limits: Limits) -> InputCheck:
    text = fasta.tidy(text)
    start = _SOMETHING.search(text)
    if start is None:
        raise InputError(_NOTHING)
    head = text[start.start() : start.start() + detect.HEAD]
    what = source if source == "pasted text" else repr(source)
    if table := columns.read_table(text, what, limits):
        return _check(table.records, [*changes, *table.changes], table.refused, source, limits)
    if why := detect.text_sentence(head, what) or columns_told.wide_sentence(text, what):
        raise InputError(why)
    records = fasta.split(text, limits)
    refused: list[Rejection] = []
    if len(records) > 1 and records[0].header is None:
        if stray := _stray(records[0]):
            refused.append(stray)
        elif n := records[0].comments:
            lines = "line" if n == 1 else "lines"
            note = f"{n:,} comment {lines} before the first header left out"
            changes += (Change("", "comment", n, note),)
        records = records[1:]
    return _check(records, list(changes), refused, source, limits)


def _stray(record: fasta.Record) -> Rejection | None:
    """Return what is wrong with text before the first header, or None."""
    found = _SOMETHING.search(record.body)
    if found is None:
        return None
    line = 1 + record.body.count("\n", 0, found.start())
    shown = names.printable(record.body[found.start() : found.start() + 20].split("\n")[0])
    text = (
        f"line {line:,} ({shown!r} ...) stands before the first header and was left out; begin it "
        "with a header line '>name', or delete it"
    )
    return Rejection(f"line {line:,}", text)


def _check(
    records: list[fasta.Record],
    changes: list[Change],
    refused: list[Rejection],
    source: str,
    limits: Limits,
) -> InputCheck:
    """Clean every record and put the good ones together."""
    called, notes = names.name_records(records)
    kept: dict[str, str] = {}
    origins: list[Origin] = []
    first_with: dict[str, str] = {}
    total = 0
    for record, name, renamed in zip(records, called, notes, strict=True):
        made = letters.clean(record, name, limits)
        if made.refused:
            refused.append(Rejection(name, made.refused))
            continue
        total += len(made.sequence)
        if total > limits.max_bases_total:
            raise LimitError(
                f"the records up to {name!r} (record {record.number:,}) have more than "
                f"{limits.max_bases_total:,} bases in all, the most that is read here; split the "
                "file"
            )
        kept[name] = made.sequence
        edits = (*renamed, *made.changes)
        changes += edits
        first = first_with.setdefault(made.sequence, name)
        if first != name:
            same = f"{name!r} has the same bases as {first!r}; both are kept"
            changes.append(Change(name, "identical", 1, same))
        about = names.description(record.header)
        origins.append(
            Origin(f"{source}: {about}" if about else source, None, tuple(e.text for e in edits))
        )
    if not kept:
        raise InputError(refused[0].text)
    sequences = SequenceSet(tuple(kept), tuple(kept.values()), tuple(origins))
    return InputCheck(sequences, tuple(changes), tuple(refused))
