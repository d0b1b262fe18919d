"""What is read off attention maps on a page: along the sequence, against mutagenesis, per head.

Owns the rows, tables and words; which map is looked at is ``attention``'s.
"""

import math
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.explain.attention_arcs import Arcs
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import (
    FEWEST,
    AttentionMap,
    agreement,
    distance,
    effect_sizes,
    entropy,
    own_share,
    received,
)
from gexp_core.figures.attention_tokens import places
from gexp_core.figures.scores import mutagenesis_scores
from gexp_core.types import Floats, Mutagenesis
from gexp_core.ui import attention, download, show, workspace
from gexp_core.ui.view import Row, letters, logo, marks, profile, sequence_view

#: of the table of heads; what one looks for comes first, as a narrow window shows but some
_COLUMNS = (
    "Network", "Layer", "Head", "r with effects", "Tokens read", "Distance", "Own share",
)  # fmt: skip
_EVEN = "times an even share"
_ALONG = "1 is what every token would get if attention were even"


def along(found: AttentionMap, choice: Choice, token: int, changes: Mutagenesis | None) -> None:
    """Draw over the bases of the window what the token reads, what all receive, what changes do."""
    matrix = choice.matrix(found, 0)
    begin, end = int(found.start[0]), int(found.end[0])
    name, text = found.names[0], found.sequences[0][begin:end]
    reads = received(matrix[token][None])
    where = places(found, 0)[token]
    rows = [
        _profile(found, f"What bases {where} read", reads, f"row of the map; {_ALONG}"),
        _profile(
            found, "Attention received", received(matrix), f"mean over all that read; {_ALONG}"
        ),
        _marks(found, token),
        letters(),
    ]
    if changes is not None:
        low, high = changes.window[0]
        first, last = max(begin, low), min(end, high)
        if first < last:
            scores = mutagenesis_scores(changes, 0)[:, first - low : last - low]
            worth = "What each base is worth"
            rows.append(logo(worth, changes.units, scores, start=first - begin, height=110))
    sequence_view(
        text,
        rows,
        key="attention_view",
        name=name,
        origin=begin,
        identity=f"{found.provenance.input_digest}{begin}",
        on_range=partial(attention.choose_token, found, begin),
    )
    outside = 1 - float(matrix[token][found.inside(0)].sum() / (matrix[token].sum() or 1))
    if not found.inside(0).all():
        st.caption(
            f"The sequence does not fill the window: {outside:.0%} of what this token reads is in "
            "the background around it, which is not drawn here."
        )


def _profile(found: AttentionMap, title: str, values: Floats, help: str) -> Row:
    """Return values of tokens (Q,) as a row over the bases of the window that they hold."""
    begin, end = int(found.start[0]), int(found.end[0])
    first, last = (np.clip(part, begin, end) - begin for part in found.bases(0))
    kept = last > first
    return profile(title, _EVEN, first[kept], last[kept], values[kept], help=help, height=80)


def _marks(found: AttentionMap, token: int) -> Row:
    begin, end = int(found.start[0]), int(found.end[0])
    first, last = found.bases(0)
    spans = {
        "reads": (first[token], last[token]),
        "sees": (first[token] - found.reach[0], last[token] + found.reach[1]),
    }
    kept = {
        label: (max(int(low), begin) - begin, min(int(high), end) - begin)
        for label, (low, high) in spans.items()
        if max(low, begin) < min(high, end)
    }
    starts, ends = [span[0] for span in kept.values()], [span[1] for span in kept.values()]
    help = "the bases it stands for, and those it also sees through the layers below"
    return marks("The token", starts, ends, list(kept), help=help)


def compared(found: AttentionMap, choice: Choice, changes: Mutagenesis | None) -> None:
    """Say how attention agrees with what changes do, which is what importance means."""
    st.subheader("Attention is not importance", anchor=False)
    if changes is None:
        st.caption(
            "A token may be read much and matter little. To see how far the two agree here, every "
            "base of the window (of a long one, those around the chosen position) is changed and "
            "the size of the effects is set beside the attention that the bases receive."
        )
        return
    sizes = effect_sizes(found, 0, changes, 0)
    known = int(np.isfinite(sizes).sum())
    help = "Pearson's r over tokens, with the mean size of the effects of changing their bases."
    matrices = {"This map": choice, "All maps": Choice()}
    matrices |= {"Rollout": Choice("rollout"), "By gradient": Choice("gradient")}
    for column, (title, one) in zip(st.columns(4), matrices.items(), strict=True):
        column.metric(title, _shown(_r(one, found, sizes)), help=f"{one.words(found)}. {help}")
    st.caption(
        f"Pearson's r, over {known} tokens, of what a token receives with the mean size of the "
        "effects of changing its bases (both as drawn above). 1: bases that are read most matter "
        "most; 0: reading says nothing about mattering. Where they differ, believe the changes: "
        "they are what the model would say of another sequence."
        + (f" Not defined with fewer than {FEWEST}." if known < FEWEST else "")
    )


def _r(choice: Choice, found: AttentionMap, sizes: Floats) -> float:
    return agreement(received(choice.matrix(found, 0)), sizes)


def _shown(r: float) -> str:
    return "not defined" if math.isnan(r) else f"{r:+.2f}"


def heads(found: AttentionMap, changes: Mutagenesis | None) -> None:
    """Show what kind of reader each head is; a click on a row looks at that head."""
    st.subheader("Heads", anchor=False)
    table = _heads(found, changes)
    number = st.column_config.NumberColumn
    key = f"heads_{found.provenance.input_digest[:12]}_{found.start[0]}"
    cells = list(zip(table["Network"], table["Layer"], table["Head"], strict=True))
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(table), 330),
        on_select=partial(_choose_head, key, cells),
        selection_mode="single-row",
        column_order=[name for name in _COLUMNS if name in table],
        column_config={
            "Tokens read": number(
                format="%.1f",
                help=f"2 to the power of the mean entropy: 1 reads one token, {found.tokens} "
                "reads all alike.",
            ),
            "Distance": number(format="%.0f bp", help="Mean distance to what is read."),
            "Own share": number(
                format="percent", help="Share of attention that tokens give to themselves."
            ),
            "r with effects": number(
                format="%+.2f",
                help="Of what tokens receive with the mean size of the effects of changes.",
            ),
        },
    )
    even = np.full((found.tokens, found.tokens), 1 / found.tokens)
    averaged = "Strands averaged. " if found.strands > 1 else ""
    st.caption(
        f"{averaged}Attention that is even over all tokens reads "
        f"{found.tokens} tokens at a mean distance of {float(distance(even, found.size)):.0f} bp. "
        "Tick a row to look at that head; head 1 of one network is not head 1 of another."
    )


def _heads(found: AttentionMap, changes: Mutagenesis | None) -> pd.DataFrame:
    """Return one row per network, layer and head of the first window, strands averaged."""
    weights = found.weights[0].mean(1)  # (M, layers, H, Q, Q)
    network, layer, head = (part.ravel() for part in np.indices(weights.shape[:3]))
    flat = weights.reshape(-1, found.tokens, found.tokens)
    bits = entropy(found.weights[0]).mean(1).ravel()
    table = {
        "Network": network + 1,
        "Layer": layer + 1,
        "Head": head + 1,
        "Tokens read": 2**bits,
        "Distance": distance(flat, found.size),
        "Own share": own_share(flat),
    }
    if changes is not None:
        sizes = effect_sizes(found, 0, changes, 0)
        table["r with effects"] = np.array([agreement(received(one), sizes) for one in flat])
    return pd.DataFrame(table)


def _choose_head(key: str, cells: list[tuple[int, int, int]]) -> None:
    rows = workspace.ticked(key)
    if rows and rows[0] < len(cells):
        network, layer, head = cells[rows[0]]
        workspace.keep("attention_kind", "map")
        for what, at in (("network", network), ("layer", layer), ("head", head)):
            workspace.keep(f"attention_{what}", int(at) - 1)


def files(found: AttentionMap, choice: Choice, changes: Mutagenesis | None, drawn: Arcs) -> None:
    """Offer maps, tables, the picture, and the arcs that are drawn."""
    from gexp_core.export.attention import arcs_table, attention_npz, heads_table, tokens_table

    def draw(kind: str) -> bytes:
        from gexp_core.figures.attention import attention_figure
        from gexp_core.figures.saving import render

        return render(attention_figure(found, choice=choice, mutagenesis=changes), kind)

    def draw_arcs(kind: str) -> bytes:
        from gexp_core.figures.attention_arcs_sheet import arcs_figure
        from gexp_core.figures.saving import render

        figure = arcs_figure(found, 0, drawn, choice=choice, mutagenesis=changes)
        return render(figure, kind)

    alone = found.end[0] - found.start[0] == len(found.sequences[0])
    which = [] if alone else [f"window-{found.window[0] + 1}"]
    name = download.stem("attention", found.names[0], *which)
    tokens = download.table(lambda: tokens_table(found, changes))
    show.heading("Files")
    download.row(
        {
            "Maps (npz)": (f"{name}.npz", lambda: attention_npz(found)),
            "Table, per token": (f"{name}_tokens.tsv", tokens),
            "Table, per head": (
                f"{name}_heads.tsv",
                download.table(lambda: heads_table(found)),
            ),
            **{
                kind.upper(): (f"{name}.{kind}", partial(draw, kind))
                for kind in ("svg", "pdf", "png")
            },
            "Table, arcs": (
                f"{name}_arcs.tsv",
                download.table(lambda: arcs_table(found, 0, drawn, choice)),
            ),
            **{
                f"Arcs, {kind.upper()}": (f"{name}_arcs.{kind}", partial(draw_arcs, kind))
                for kind in ("svg", "pdf", "png")
            },
        }
    )
