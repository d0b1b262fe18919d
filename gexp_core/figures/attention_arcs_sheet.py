"""Arcs of attention to save, over the bases that what tokens receive is drawn over.

Owns the static figure. Importing this module loads matplotlib (without pyplot).
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from gexp_core.explain.attention_arcs import Arcs
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.figures.attention import TALL, axes_at, edges_of, headed, lay_profiles
from gexp_core.figures.attention_arcs import (
    COLOURS,
    counted,
    curves,
    meaning,
    sides,
    strongest_in_words,
)
from gexp_core.figures.attention_tokens import token_profiles
from gexp_core.figures.palette import INK
from gexp_core.figures.sheet import GREY, WIDTH, say, wrapped
from gexp_core.types import Mutagenesis

_LEFT, _RIGHT, _ARCS = 60.0, 150.0, 250.0
_WIDEST = 2.6  # points of the strongest arc


def arcs_figure(
    made: AttentionMap,
    row: int,
    arcs: Arcs,
    *,
    choice: Choice | None = None,
    mutagenesis: Mutagenesis | None = None,
) -> Figure:
    """Draw arcs of window ``row`` over what its tokens receive.

    Parameters
    ----------
    made : AttentionMap
    row : int
        Which window.
    arcs : Arcs
        Taken from the matrix of ``choice``.
    choice : Choice, optional
        The mean map by default.
    mutagenesis : Mutagenesis, optional
        Of the sequence: the size of the effects is drawn below.
    """
    choice = choice or Choice()
    found = token_profiles(made, row, choice.matrix(made, row), mutagenesis)
    profiles = [one._replace(colour=INK) for one in found]  # blue and orange mean sides here
    last = f"Attention is not importance. Positions are 1-based; tokens are {made.size} bases."
    texts = (meaning(made, row, arcs), counted(arcs), strongest_in_words(made, row, arcs), last)
    lines = [line for text in texts for line in wrapped(text, 200)]
    height = 48 + _ARCS + len(profiles) * TALL + 34 + 11 * len(lines)
    figure, page = headed(made, row, choice, height, _LEFT)
    floor = height - 44 - _ARCS
    wide = WIDTH - _LEFT - _RIGHT
    axes = axes_at(figure, (_LEFT, floor, wide, _ARCS))
    _lay(axes, made, row, arcs)
    beside = _LEFT + wide + 8
    for share, told, colour in zip((0.75, 0.25), sides(arcs), COLOURS, strict=True):
        say(page, beside, floor + share * _ARCS, told, color=colour)
    lay_profiles(figure, page, profiles, made, row, (_LEFT, floor, wide))
    for at, line in enumerate(reversed(lines)):
        say(page, _LEFT, 13 + 11 * at, line, color=GREY)
    return figure


def _lay(axes: Axes, made: AttentionMap, row: int, arcs: Arcs) -> None:
    lie = curves(made, row, arcs)
    order = np.arange(len(arcs.weights))[::-1]  # the strongest on top
    sides_of = [COLOURS[0] if lie.above[at] else COLOURS[1] for at in order]
    alpha = 0.2 + 0.7 * lie.strength[order]
    lines = LineCollection(
        [np.stack([lie.x[at], lie.y[at]], 1) for at in order],
        linewidths=_WIDEST * lie.strength[order],
        colors=[to_rgba(one, float(a)) for one, a in zip(sides_of, alpha, strict=True)],
        capstyle="round",
    )
    lines.set_gid("arcs")
    axes.add_collection(lines, autolim=False)
    for above, mark, y in ((True, "v", 0.025), (False, "^", -0.025)):
        heads = np.unique(lie.x[lie.above == above, -1])
        colour = COLOURS[0] if above else COLOURS[1]
        axes.plot(heads, np.full(len(heads), y), mark, ms=5, mew=0, color=colour)
    low, high = edges_of(made, row)
    axes.axhline(0, color=GREY, linewidth=0.6)
    for edge in (made.start[row] + 0.5, made.end[row] + 0.5):
        if low < edge < high:  # background around a short sequence
            axes.axvline(edge, color=GREY, linewidth=0.6, linestyle=":")
    if arcs.token is not None:
        first, last = (float(part[arcs.token]) + 0.5 for part in made.bases(row))
        axes.axvspan(first, last, color=INK, alpha=0.3, linewidth=0)
    axes.set(xlim=(low, high), ylim=(-1.1, 1.1), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
