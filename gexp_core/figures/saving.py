"""Figures to SVG, PDF or PNG bytes that repeat exactly; knows nothing of what they show."""

import io
import threading
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from gexp_core.errors import InputError
from gexp_core.figures.sheet import FONT

DPI = 160

_RENDERING = threading.Lock()  # matplotlib's settings and font cache belong to the whole process
_SETTINGS: dict[Any, Any] = {
    # Letters become outlines: an SVG then looks the same wherever it is opened, with no font to
    # find. PDF keeps its text, with the letters used embedded, so that it can be searched.
    "svg.fonttype": "path",
    "svg.hashsalt": "gexp",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "font.family": [FONT],
    "axes.unicode_minus": True,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "gexp"},
    "pdf": {"CreationDate": None, "Creator": "gexp", "Producer": "gexp"},
    "png": {"Software": "gexp"},
}


def render(figure: Figure, form: str) -> bytes:
    """Return a figure as the bytes of a file, the same bytes each time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    form : str
        ``'svg'``, ``'pdf'`` or ``'png'`` (160 dots per inch).

    Raises
    ------
    InputError
        Another format was asked for.
    """
    if form not in _METADATA:
        raise InputError(f"figures cannot be saved as {form!r}; choose svg, pdf or png")
    file = io.BytesIO()
    with _RENDERING, matplotlib.rc_context(_SETTINGS):
        figure.savefig(file, format=form, dpi=DPI, metadata=_METADATA[form], facecolor="white")
    return file.getvalue()
