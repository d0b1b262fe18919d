"""How a sequence meets a model's window: flanks, background and windows, as SVG text.

Owns one small drawing of an ``encoding.Frame``. Windows of a genome are drawn by ``windows``.
"""

from xml.sax.saxutils import escape

from gexp_core.encoding import Frame
from gexp_core.figures.palette import ACCENT, INK, MARK

_WIDTH, _LEFT, _RIGHT = 560, 12, 12
_SIZE = 13  # of letters, so that they can be read where a narrow page shrinks the drawing
_MOST = 60  # windows of a long sequence that are drawn one by one
_ROWS = 3  # in which overlapping windows lie below each other
_STEP = 12

#: What a part of a window can be -> its words, its colour and how strongly it is filled.
PARTS = {
    "flank": ("constant flank of the assay", INK, 0.45),
    "background": ("neutral background", INK, 0.12),
    "sequence": ("your sequence", ACCENT, 0.55),
}


def parts(how: Frame, insert: tuple[int, int]) -> list[tuple[str, int, int]]:
    """Return what a model's window holds: (key of PARTS, start, end), 0-based half-open, in order.

    Parameters
    ----------
    how : Frame
        Of a sequence that fills one window or less, or of each window of a longer one.
    insert : (int, int)
        The part of the window that varied in the assay.
    """
    length = len(how.background)
    first, last = how.offset, how.offset + how.width
    edges = [
        ("flank", 0, min(insert[0], first)),
        ("background", insert[0], first),
        ("sequence", first, last),
        ("background", last, insert[1]),
        ("flank", max(insert[1], last), length),
    ]
    return [(key, start, end) for key, start, end in edges if start < end]


def frame_svg(how: Frame, insert: tuple[int, int]) -> str:
    """Draw what a model's window holds of a sequence, and where its windows lie on a long one.

    Returns
    -------
    str
        An SVG element whose positions are written 1-based.
    """
    made = [_long(how)] if len(how.starts) > 1 else []
    top = 34 + _STEP * min(_ROWS, len(how.starts)) if made else 0
    held = parts(how, insert)
    scale = (_WIDTH - _LEFT - _RIGHT) / len(how.background)
    words = "each window" if made else "the window"
    made.append(_text(_LEFT, top + 14, f"{words} of the model, {len(how.background):,} bp"))
    for key, start, end in held:
        _, colour, opacity = PARTS[key]
        made.append(_box(_LEFT + start * scale, top + 22, (end - start) * scale, colour, opacity))
    at = top + 42
    for key, start, end in held:
        name, colour, opacity = PARTS[key]
        made.append(_box(_LEFT, at + 5, 14, colour, opacity, 12))
        text = f"{start + 1:,} to {end:,} ({end - start:,} bp): {name}"
        made.append(_text(_LEFT + 20, at + 16, text))
        at += 20
    title = escape(how.note or "the sequence fills the window exactly")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {at + 6}" '
        f'width="{_WIDTH}" height="{at + 6}" role="img"><title>{title}</title>'
        f"{''.join(made)}</svg>"
    )


def _long(how: Frame) -> str:
    """Draw a long sequence with its windows below it."""
    scale = (_WIDTH - _LEFT - _RIGHT) / how.length
    count = len(how.starts)
    left = f"; the first {_MOST} and the last are drawn" if count > _MOST + 1 else ""
    made = [
        _text(_LEFT, 14, f"your sequence, {how.length:,} bp, in {count:,} windows{left}"),
        _box(_LEFT, 20, how.length * scale, ACCENT, 0.55, 6),
    ]
    drawn = range(count) if count <= _MOST + 1 else (*range(_MOST), count - 1)
    for i in drawn:
        at = _LEFT + how.starts[i] * scale
        made.append(_box(at, 30 + _STEP * (i % _ROWS), how.width * scale, MARK, 0.7, 8))
    return "".join(made)


def _text(x: float, y: float, words: str) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{_SIZE}" font-family="sans-serif" fill="{INK}">'
        f"{escape(words)}</text>"
    )


def _box(x: float, y: float, width: float, colour: str, opacity: float, height: int = 14) -> str:
    seen = max(1.5, round(width, 2))  # one base of a long window must still be seen
    return (
        f'<rect x="{round(x, 2)}" y="{y}" width="{seen}" height="{height}" fill="{colour}" '
        f'fill-opacity="{opacity}"/>'
    )
