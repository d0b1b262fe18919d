"""Motifs as logos: quick SVG for a page, and figures to save drawn by logomaker.

Owns how high a letter of a motif is: information (bits), share or contribution.

References
----------
Tareen & Kinney, Logomaker: beautiful sequence logos in Python, Bioinformatics 36:2272 (2020).
"""

import base64
from typing import TYPE_CHECKING

import numpy as np

from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.figures.letters import plain, stack
from gexp_core.figures.logo import logo_svg
from gexp_core.figures.palette import OKABE_ITO
from gexp_core.motifs.meme import Known
from gexp_core.motifs.nouns import Match, Motif
from gexp_core.types import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: what letters may stand for -> what the axis says
KINDS = {"information": "bits", "share": "share", "contribution": ""}

_COLUMN, _TALL = 14, 56  # pixels of a column, and of a small logo

#: Of a column of letters; a logo in bits is as tall at most.
MOST_BITS = 2.0


def heights(motif: Motif, kind: str = "information") -> Floats:
    """Return the height (4, W) of each letter.

    Parameters
    ----------
    motif : Motif
    kind : str
        'information': share times the bits of its column; 'share'; 'contribution': mean score.

    Raises
    ------
    InputError
        Another kind was asked for.
    """
    if kind == "information":
        return information(motif.ppm)
    if kind == "share":
        return motif.ppm
    if kind == "contribution":
        return motif.cwm
    raise InputError(f"a logo of {kind!r} cannot be drawn; choose {', '.join(KINDS)}")


def information(ppm: Floats) -> Floats:
    """Return (4, W): share of each letter times the information of its column, in bits."""
    share = np.clip(ppm.astype(np.float64), 1e-9, 1)
    bits = (share * np.log2(share / 0.25)).sum(0)
    return np.asarray(ppm * np.maximum(bits, 0), np.float32)


def motif_svg(motif: Motif, kind: str = "information", *, unit: str = "", title: str = "") -> str:
    """Return a motif as one ``<svg>`` with axes, for a page."""
    width = 64 + 30 * motif.width
    return logo_svg(
        heights(motif, kind),
        width=max(260, width),
        height=160,
        per_row=motif.width,
        title=title,
        unit=KINDS[kind] or unit,
    )


def small_svg(scores: Floats, top: float | None = None) -> str:
    """Return letters alone as one ``<svg>``, without axes, for a row of a table.

    As tall as the picture is the tallest column, or ``top``, so that pictures can be compared.
    """
    width = scores.shape[1] * _COLUMN
    low = float(np.minimum(scores, 0).sum(0).min(initial=0.0))
    high = float(np.maximum(scores, 0).sum(0).max(initial=0.0))
    from gexp_core.figures.letters import GLYPHS

    high = high if top is None else max(high, top)
    scale = _TALL / ((high - low) or 1.0)
    drawn = "".join(
        f'<path fill="{OKABE_ITO[BASES[one.base]]}" d="{GLYPHS[BASES[one.base]]}" transform="'
        f"translate({one.column * _COLUMN:g},{(high - one.high) * scale:.2f}) "
        f'scale({_COLUMN * 0.00096:.5f},{(one.high - one.low) * scale / 1000:.6f})"/>'
        for one in stack(scores)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_TALL}" '
        f'viewBox="0 0 {width} {_TALL}">{drawn}</svg>'
    )


def data_uri(svg: str) -> str:
    """Return an SVG as an address that holds it whole, for a cell of a table."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def aligned(motif: Motif, match: Match, known: Known) -> tuple[Floats, Floats]:
    """Return both logos (4, C) in bits over the same columns, nothing where one has none."""
    other = known.ppm if match.strand == "+" else known.ppm[::-1, ::-1]
    first = min(0, match.offset)
    last = max(motif.width, match.offset + other.shape[1])
    one, two = np.zeros((2, 4, last - first), np.float32)
    one[:, -first : -first + motif.width] = information(motif.ppm)
    at = match.offset - first
    two[:, at : at + other.shape[1]] = information(other)
    return one, two


def motif_figure(motif: Motif, units: str) -> "Figure":
    """Draw a motif to save: what letters it has (bits) above what they are worth (mean score)."""
    title = motif.name
    if motif.matches:
        title += f", like {motif.matches[0].name} (q = {motif.matches[0].q:.2g})"
    title += f", {len(motif.sites):,} site{'s' if len(motif.sites) != 1 else ''}"
    rows = [(information(motif.ppm), "bits"), (motif.cwm, f"mean score\n({plain(units, 30)})")]
    return _logos(rows, title)


def _logos(rows: list[tuple[Floats, str]], title: str) -> "Figure":
    """Draw logos (4, W) one above the other over the same columns."""
    import logomaker
    import pandas as pd
    from matplotlib.figure import Figure

    from gexp_core.figures.sheet import FONT, words

    width = rows[0][0].shape[1]
    figure = Figure(figsize=(max(3.2, 0.3 * width + 1.1), 0.5 + 1.25 * len(rows)), facecolor="w")
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    colours = {base: OKABE_ITO[base] for base in BASES}
    for ax, (scores, label) in zip(axes, rows, strict=True):
        table = pd.DataFrame(scores.T.astype(float), columns=list(BASES))
        logomaker.Logo(table, ax=ax, color_scheme=colours, font_name=FONT, flip_below=False)
        ax.set_xticks(range(width), [str(k + 1) for k in range(width)], fontsize=6)
        ax.tick_params(axis="y", labelsize=6)
        ax.set_ylabel(label, fontsize=7, family=FONT, parse_math=False)
        ax.spines[["top", "right"]].set_visible(False)
        if label == "bits":
            ax.set_ylim(0, 2)
    axes[0].set_title(words(title, 110), fontsize=7.5, family=FONT, parse_math=False)
    figure.subplots_adjust(left=0.75 / figure.get_figwidth(), right=0.98, hspace=0.35, bottom=0.1)
    return figure
