"""Text to records: where each header and its letters are. Judges neither names nor letters."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gexp_core.errors import LimitError
from gexp_core.inputs.limits import Limits

# A header is a line whose first character, white space aside, is '>': no sequence can hold that
# character, and pasted text is often indented. '*+' never gives back, so the search is linear.
_HEADER = re.compile(r"^[^\S\n]*+>", re.MULTILINE)
_COMMENTS = re.compile(r"^;.*(?:\n;.*)*+", re.MULTILINE)
_LINE = re.compile("^.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Record:
    r"""Hold one record as it was given.

    Attributes
    ----------
    number : 1-based place among the headers; 0 for text without or before a header
    header : the header line without '>', or None where there is none
    body : the lines below it, comment lines emptied, line ends as '\n'
    comments : number of comment lines emptied
    line : 1-based line of the input on which ``body`` begins
    """

    number: int
    header: str | None
    body: str
    comments: int
    line: int


def tidy(text: str) -> str:
    """Return ``text`` with CR LF and CR (old Macintosh) line ends as LF, without byte-order marks.

    Files joined one behind the other carry such marks in the middle too.
    """
    text = text.replace("\ufeff", "")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def lines(text: str) -> Iterator[str]:
    """Yield the lines of ``text`` (line ends already LF); a list of them is 20 times as large."""
    return (found[0] for found in _LINE.finditer(text))


def has_header(text: str) -> bool:
    """Return whether any line of ``text`` (line ends already LF) is a header."""
    return bool(_HEADER.search(text))


def split(text: str, limits: Limits) -> list[Record]:
    """Return the records of ``text`` (line ends already LF) in order.

    The first one has header None when anything but comments stands before the first header, or
    when there is no header at all.

    Raises
    ------
    LimitError
        There are more headers than ``limits.max_records``; counting stops there.
    """
    starts: list[tuple[int, int]] = []  # of the header line, and of its text after '>'
    for match in _HEADER.finditer(text):
        if len(starts) == limits.max_records:
            raise LimitError(
                f"there are more than {limits.max_records:,} records, the most that is read here; "
                "split the file"
            )
        starts.append(match.span())
    first = starts[0][0] if starts else len(text)
    before, comments = without_comments(text[:first])
    records = []
    if before.strip() or comments or not starts:
        records.append(Record(0, None, before, comments, 1))
    line = 1 + text.count("\n", 0, first)
    for number, (_, begin) in enumerate(starts, 1):
        end = starts[number][0] if number < len(starts) else len(text)
        stop = text.find("\n", begin, end)
        stop = end if stop < 0 else stop
        given = text[stop + 1 : end]
        body, comments = without_comments(given)
        records.append(Record(number, text[begin:stop], body, comments, line + 1))
        line += 1 + given.count("\n")
    return records


def without_comments(body: str) -> tuple[str, int]:
    """Return ``body`` with lines that begin with ';' emptied, and how many there were."""
    if ";" not in body:
        return body, 0
    kept, at = io.StringIO(), 0
    for found in _COMMENTS.finditer(body):
        kept.write(body[at : found.start()])
        kept.write("\n" * found[0].count("\n"))
        at = found.end()
    kept.write(body[at:])
    return kept.getvalue(), body.startswith(";") + body.count("\n;")
