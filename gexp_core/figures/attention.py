"""An attention matrix to save: over the bases it reads, with what each token receives below it.

Owns the static figure and the scale of colours; ``attention_plot`` draws the one to explore.
Importing this module loads matplotlib (without pyplot).
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from gexp_core.errors import LimitError
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import AttentionMap, agreement
from gexp_core.figures.attention_tokens import TokenProfile, token_profiles
from gexp_core.figures.letters import tick_step, ticks
from gexp_core.figures.palette import ACCENT, MARK
from gexp_core.figures.sheet import FONT, GREY, WIDTH, say, words
from gexp_core.figures.steps import limit_of
from gexp_core.types import Floats, Mutagenesis

#: tokens of one figure at most; the arrays have all
DRAWN = 2048

SCALE = LinearSegmentedColormap.from_list(
    "gexp_shares", [(0.0, "#FFFFFF"), (0.35, "#9CC9EA"), (0.7, ACCENT), (1.0, "#042A49")]
)

_LEFT, _SIDE = 70.0, 400.0

#: points that a profile takes, its space above included
TALL = 70.0


def attention_figure(
    made: AttentionMap,
    row: int = 0,
    *,
    choice: Choice | None = None,
    mutagenesis: Mutagenesis | None = None,
) -> Figure:
    """Draw one matrix of window ``row``, what its tokens receive, and every head small beside it.

    Parameters
    ----------
    made : AttentionMap
    row : int
        Which window.
    choice : Choice, optional
        Which matrix; the mean map by default.
    mutagenesis : Mutagenesis, optional
        Of the sequence: the size of the effects is drawn below, with their agreement.

    Raises
    ------
    LimitError
        The window has more than 2,048 tokens.
    """
    if made.tokens > DRAWN:
        raise LimitError(
            f"{made.tokens:,} tokens do not fit one figure of at most {DRAWN:,}; the arrays hold "
            "the whole map"
        )
    choice = choice or Choice()
    matrix = choice.matrix(made, row)
    profiles = token_profiles(made, row, matrix, mutagenesis)
    height = 96 + _SIDE + len(profiles) * TALL
    figure, page = headed(made, row, choice, height, _LEFT)
    floor = height - 48 - _SIDE
    main = axes_at(figure, (_LEFT, floor, _SIDE, _SIDE))
    _lay(main, matrix, made, row)
    main.set_ylabel("token that reads (its first base)", fontsize=7.5, color=GREY)
    _bar(figure, main, matrix, choice, floor)
    lay_profiles(figure, page, profiles, made, row, (_LEFT, floor, _SIDE))
    _heads(figure, page, height, made, row)
    _captions(page, made, choice, profiles)
    return figure


def headed(
    made: AttentionMap, row: int, choice: Choice, height: float, left: float
) -> tuple[Figure, Axes]:
    """Return a figure of so many points and axes over all of it, with the name and the matrix."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), facecolor="white")
    page = axes_at(figure, (0, 0, WIDTH, height))
    page.set_axis_off()
    page.set(xlim=(0, WIDTH), ylim=(0, height))
    name = made.names[made.row_sequence[row]]
    say(page, left, height - 16, words(name), fontsize=10, weight="bold")
    say(page, left, height - 32, words(choice.words(made), 130), color=GREY)
    return figure, page


def axes_at(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Return axes at (left, bottom, width, height), in points."""
    left, bottom, wide, tall = place
    height = figure.get_figheight() * 72
    return figure.add_axes((left / WIDTH, bottom / height, wide / WIDTH, tall / height))


def edges_of(made: AttentionMap, row: int) -> tuple[float, float]:
    """Return where the first token begins and the last ends, 1-based positions less a half."""
    first, last = made.bases(row)
    return float(first[0]) + 0.5, float(last[-1]) + 0.5


def _lay(axes: Axes, matrix: Floats, made: AttentionMap, row: int) -> Any:
    low, high = edges_of(made, row)
    image = axes.imshow(
        matrix,
        cmap=SCALE,
        vmin=0,
        vmax=limit_of(matrix),
        extent=(low, high, high, low),
        interpolation="nearest",
        aspect="auto",
    )
    image.set_gid("matrix")
    lay_bases(axes, made, row, upright=True)
    for edge in (made.start[row] + 0.5, made.end[row] + 0.5):
        if low < edge < high:  # background around a short sequence
            axes.axvline(edge, color=MARK, linewidth=0.8)
            axes.axhline(edge, color=MARK, linewidth=0.8)
    return image


def lay_bases(axes: Axes, made: AttentionMap, row: int, *, upright: bool = False) -> None:
    """Write positions of the sequence, 1-based; the background has none."""
    first, last = int(made.start[row]) + 1, int(made.end[row])
    shown = list(ticks(first, last, tick_step(max(2, last - first + 1))))
    axes.set_xticks(shown)
    if upright:
        axes.set_yticks(shown)
    axes.tick_params(labelsize=6.5, length=2, colors=GREY, labelfontfamily=FONT)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
        spine.set_color(GREY)


def _bar(figure: Figure, main: Axes, matrix: Floats, choice: Choice, floor: float) -> None:
    place = axes_at(figure, (_LEFT + _SIDE + 10, floor, 9, 120))
    bar = figure.colorbar(main.images[0], cax=place)
    bar.outline.set_linewidth(0.4)  # type: ignore[operator]
    top = limit_of(matrix)
    bar.set_ticks([0, top], labels=["0", f"{top:.2g}"])
    place.tick_params(labelsize=6.5, length=2, colors=GREY)


def lay_profiles(
    figure: Figure,
    page: Axes,
    profiles: list[TokenProfile],
    made: AttentionMap,
    row: int,
    place: tuple[float, float, float],
) -> None:
    """Lay profiles below each other from (left, top), as wide as told, over the window's bases."""
    left, top, wide = place
    for at, one in enumerate(profiles):
        floor = top - (at + 1) * TALL
        below = axes_at(figure, (left, floor, wide, TALL - 12))
        _steps(below, one, made, row, last=at == len(profiles) - 1)
        if one.title == "received":
            below.axhline(1, color=GREY, linewidth=0.6, linestyle=":")
        below.set_ylabel(one.title, fontsize=7, color=GREY)
        say(page, left + wide + 8, floor + 29, words(one.unit, 60))


def _steps(axes: Axes, one: TokenProfile, made: AttentionMap, row: int, *, last: bool) -> None:
    low, high = edges_of(made, row)
    edges = np.linspace(low, high, made.tokens + 1)
    axes.stairs(np.nan_to_num(one.values), edges, fill=True, color=one.colour, alpha=0.75)
    axes.set(xlim=(low, high), ylim=(0, None))
    lay_bases(axes, made, row)
    if not last:
        axes.set_xticklabels([])


def _heads(figure: Figure, page: Axes, height: float, made: AttentionMap, row: int) -> None:
    """Draw every head of the first network small, the mean of strands where two were read."""
    left, top = _LEFT + _SIDE + 70, height - 48
    room = WIDTH - left - 12
    columns = min(made.heads, 4)
    size = min(70.0, (room - 8 * (columns - 1)) / columns)
    averaged = ", strands averaged" if made.strands > 1 else ""
    say(page, left, top + 2, f"Heads of network 1{averaged}", color=GREY)
    shown = [(layer, head) for layer in range(made.layers) for head in range(made.heads)]
    for at, (layer, head) in enumerate(shown[: 4 * columns]):
        x = left + at % columns * (size + 8)
        y = top - 8 - (at // columns + 1) * (size + 14)
        axes = axes_at(figure, (x, y, size, size))
        small = made.map(row, network=0, layer=layer, head=head)
        axes.imshow(small, cmap=SCALE, vmin=0, vmax=limit_of(small), interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        say(page, x, y + size + 5, f"layer {layer + 1}, head {head + 1}", fontsize=6.5)
    if len(shown) > 4 * columns:
        say(page, left, top - 12 - 4 * (size + 14), f"{len(shown) - 4 * columns} more not drawn")


def _captions(page: Axes, made: AttentionMap, choice: Choice, profiles: list[TokenProfile]) -> None:
    lines = [f"Entry: {choice.entry(made)}. Colours end at the largest entry off the diagonal."]
    note = "Attention is not importance."
    if len(profiles) > 1:
        r = agreement(profiles[0][2], profiles[1][2])
        told = "is not defined" if np.isnan(r) else f"is {r:.2f}"
        note += f" Pearson r of what tokens receive with the size of mutagenesis effects {told}."
    lines.append(f"{note} Positions are 1-based; tokens are {made.size} bases.")
    for at, line in enumerate(lines):
        say(page, _LEFT, 20 - 11 * at, words(line, 200), color=GREY)
