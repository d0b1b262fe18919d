"""Where a model's window lies on a contig, around the region that was asked for; as SVG text.

Owns one small drawing. Knows no genome: intervals and a contig's length are given.
"""

from collections.abc import Callable
from xml.sax.saxutils import escape

from gexp_core.figures.palette import ACCENT, INK, MARK
from gexp_core.types import Interval

_WIDTH, _HEIGHT = 560, 112
_LEFT, _RIGHT = 12, 12
_SIZE = 13  # of letters, so that they can be read where a narrow page shrinks the drawing
_LETTER = 7.2  # at most the width of one, on average


def window_svg(
    region: Interval,
    window: Interval,
    contig: int,
    *,
    called: str = "asked for",
    between: bool = False,
) -> str:
    """Draw a region, its window, and the end of the contig where it is near.

    Parameters
    ----------
    region : Interval
        What was asked for, 0-based half-open.
    window : Interval
        What is read, on the same contig.
    contig : int
        Bases of the contig.
    called : str
        What the region is, in words.
    between : bool
        Whether only the place in front of the region is meant, as of an insertion.

    Returns
    -------
    str
        An SVG element whose positions are written 1-based.
    """
    first, last = min(region.start, window.start), max(region.end, window.end)
    margin = max(4, (last - first) // 6)
    begin, end = first - margin, last + margin
    scale = (_WIDTH - _LEFT - _RIGHT) / (end - begin)

    def x(position: int) -> float:
        return round(_LEFT + (position - begin) * scale, 2)

    left, right = x(max(begin, 0)), x(min(end, contig))
    parts = [f'<path d="M{left} 62H{right}" stroke="{INK}" stroke-width="2"/>']
    for at, name, anchor in ((0, "contig start", "start"), (contig, "contig end", "end")):
        if begin <= at <= end:
            parts.append(f'<path d="M{x(at)} 46V78" stroke="{INK}" stroke-width="3"/>')
            parts.append(_text(x(at), 106, name, anchor))
    parts.append(_box(x(window.start), x(window.end), 54, 16, ACCENT, 0.35))
    parts.append(_arrow(x(window.start), x(window.end), window.strand))
    stop = region.start if between else region.end
    parts.append(_box(x(region.start), x(stop), 26, 12, MARK, 0.9))
    asked = f"{called} {region.start + 1:,}" if between else f"{called}: {_places(region)}"
    read = f"read: {_places(window)}, {'minus' if window.strand == '-' else 'plus'} strand"
    parts.append(_middle(x, region, 16, asked, MARK))
    parts.append(_middle(x, window, 90, read, ACCENT))
    title = escape(f"{window.chrom}; {asked}; {read}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img"><title>{title}</title>'
        f"{''.join(parts)}</svg>"
    )


def _places(interval: Interval) -> str:
    """Return the positions of an interval for people, 1-based with both ends, and its bases."""
    n = interval.end - interval.start
    if n == 1:
        return f"{interval.end:,} (1 bp)"
    return f"{interval.start + 1:,} to {interval.end:,} ({n:,} bp)"


def _middle(x: Callable[[int], float], over: Interval, y: float, words: str, colour: str) -> str:
    """Write words centred on an interval, moved where they would leave the drawing."""
    half = len(words) * _LETTER / 2
    at = min(max((x(over.start) + x(over.end)) / 2, half), _WIDTH - half)
    return _text(round(at, 2), y, words, "middle", colour)


def _text(x: float, y: float, words: str, anchor: str, colour: str = INK) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{_SIZE}" font-family="sans-serif" '
        f'text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
    )


def _box(left: float, right: float, y: int, height: int, colour: str, opacity: float) -> str:
    width = max(2.0, round(right - left, 2))  # one base must still be seen
    return (
        f'<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="{colour}" '
        f'fill-opacity="{opacity}"/>'
    )


def _arrow(left: float, right: float, strand: str) -> str:
    """Point at the end that is read last."""
    tip, back = (right, -9) if strand == "+" else (left, 9)
    return f'<path d="M{tip} 62L{tip + back} 50V74Z" fill="{ACCENT}"/>'
