"""Sequence logos as SVG text: own letter outlines, rows for long sequences, words for the blind.

Owns the drawing of a logo for a page, small and quick to make; ``static`` makes the figures that
people save. Numpy alone.
"""

from xml.sax.saxutils import escape, quoteattr

from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.figures import letters
from gexp_core.figures.letters import (
    GLYPHS,
    describe,
    extent,
    plain,
    rows_of,
    stack,
    tick_step,
    ticks,
)
from gexp_core.figures.palette import OKABE_ITO
from gexp_core.types import Floats

LEFT, RIGHT, TOP, BOTTOM = 56.0, 8.0, 8.0, 22.0  # pixels around the letters of a row
HEADER = 26.0  # pixels for the title
NARROWEST = 4.5  # pixels of a letter that can still be read


def _axis(
    place: tuple[int, int, int],
    *,
    top: float,
    pixel: float,
    span: tuple[float, float],
    room: float,
    step: int,
) -> str:
    """Draw the two axes of one row: 1-based positions below, lowest, 0 and highest at the left.

    ``place`` is (first column, last column, start); ``span`` the shared (low, high) of the scores;
    ``room`` the pixels between them.
    """
    first, last, start = place
    low, high = span
    right = LEFT + (last - first) * pixel
    floor = top + TOP + room
    zero = top + TOP + room * high / (high - low)
    lines = [f"M{LEFT:g} {top + TOP:.2f}V{floor:.2f}", f"M{LEFT:g} {zero:.2f}H{right:.2f}"]
    words = []
    for value in (high, 0.0, low):
        y = top + TOP + (high - value) / (high - low) * room
        if value and abs(y - zero) < 11:
            continue
        lines.append(f"M{LEFT - 4:g} {y:.2f}H{LEFT:g}")
        words.append(
            f'<text x="{LEFT - 7:g}" y="{y + 3.5:.2f}" text-anchor="end">{value:.2g}</text>'
        )
    for position in ticks(start + first + 1, start + last, step):
        x = LEFT + (position - 0.5 - start - first) * pixel
        lines.append(f"M{x:.2f} {floor + 2:.2f}v4")
        words.append(
            f'<text x="{x:.2f}" y="{floor + 16:.2f}" text-anchor="middle">{position}</text>'
        )
    return (
        f'<path d="{"".join(lines)}" fill="none" stroke="currentColor" stroke-opacity="0.55"/>'
        f'<g font-size="10" opacity="0.85">{"".join(words)}</g>'
    )


def logo_svg(
    scores: Floats,
    *,
    width: int = 960,
    height: int = 150,
    per_row: int | None = None,
    start: int = 0,
    title: str = "",
    unit: str = "",
    text: str = "",
) -> str:
    """Draw a logo as one ``<svg>`` element that needs no font, script, style sheet or ``<use>``.

    Parameters
    ----------
    scores : (4, L) float array
        One score per letter and position; 0 draws nothing.
    width : int
        Pixels of the whole drawing; it shrinks with its container and keeps its proportions.
    height : int
        Pixels of one row, its axis included. All rows share one scale.
    per_row : int, optional
        Bases per row; as many as leave each letter 4.5 pixels or more, at most 200.
    start : int
        0-based position of the first column on its sequence. Labels on the axis are 1-based.
    title, unit : str
        Shown above the letters, and at the axis. Any text is safe.
    text : str, optional
        Words for people who do not see the picture; made from the scores by default.

    Raises
    ------
    InputError
        ``scores`` does not have four rows and at least one column.
    """
    if scores.ndim != 2 or scores.shape[0] != 4 or scores.shape[1] < 1:
        raise InputError(f"a logo needs scores (4, L), got shape {scores.shape}")
    length = scores.shape[1]
    room = width - LEFT - RIGHT
    if per_row is None:
        per_row = letters.per_row(length, max(10, min(200, int(room / NARROWEST))))
    rows = rows_of(length, per_row)
    low, high = extent(scores)
    pixel = room / min(per_row, length)
    scale = (height - TOP - BOTTOM) / (high - low)
    top = HEADER if title or unit else 0.0
    drawn: list[list[str]] = [[] for _ in rows]
    for letter in stack(scores):
        row, column = divmod(letter.column, per_row)
        x = LEFT + column * pixel
        y = top + row * height + TOP + (high - letter.high) * scale
        tall = (letter.high - letter.low) * scale
        base = BASES[letter.base]
        drawn[row].append(
            f'<path fill="{OKABE_ITO[base]}" d="{GLYPHS[base]}" transform="translate('
            f'{x:.2f},{y:.3f}) scale({pixel * 0.00096:.6f},{tall / 1000:.7f})"/>'
        )
    step = tick_step(min(per_row, length))
    parts = []
    for row, (first, last) in enumerate(rows):
        axis = _axis(
            (first, last, start),
            top=top + row * height,
            pixel=pixel,
            span=(low, high),
            room=height - TOP - BOTTOM,
            step=step,
        )
        parts.append(f'<g data-start="{start + first}">{axis}{"".join(drawn[row])}</g>')
    total = top + height * len(rows)
    title, unit = plain(title), plain(unit)
    label = title or "Sequence logo"
    words = plain(text, 2000) or plain(describe(scores, unit, start), 2000)
    head = (
        f'<text x="{LEFT:g}" y="16" font-size="13" font-weight="600">{escape(title)}</text>'
        if title
        else ""
    )
    if unit:
        head += (
            f'<text x="{width - RIGHT:g}" y="16" font-size="11" text-anchor="end" opacity="0.8">'
            f"{escape(unit)}</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(label)} '
        f'width="{width}" height="{total:g}" viewBox="0 0 {width} {total:g}" '
        'style="max-width:100%;height:auto" fill="currentColor" font-family="sans-serif">'
        f"<title>{escape(label)}</title><desc>{escape(words)}</desc>{head}{''.join(parts)}</svg>"
    )
