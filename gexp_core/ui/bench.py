"""The motif bench as a visitor uses it: which motif, which backgrounds, what is varied.

Owns the controls, their bounds and the words around the curves.
"""

import math
from typing import Any

import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.figures.bench import bench_plot
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench import ORIENTATIONS, Experiment
from gexp_core.motifs.bench_named import evaluations_of
from gexp_core.motifs.bench_texts import WIDTHS, checked
from gexp_core.ui import bench_sites, bench_word, controls, download, show, work, workspace

_WORK = "gexp_core.motifs.bench_named:run_named"
_KINDS = {
    "position": "Where: one motif at every position",
    "pair": "Together: two motifs",
    "sites": "Without: sites in your sequences",
}
_ABOUT = {
    "position": "Writes a motif into backgrounds, at one position after another. The effect is the "
    "prediction with the motif minus that of the background without it, in {unit}; 0: the motif "
    "does nothing there.",
    "pair": "Writes two motifs into backgrounds, with more and more bases between them. Their "
    "cooperation is what both do together beyond the sum of what each does alone, in {unit}; 0: "
    "the two simply add up.",
    "sites": "Changes sites in your own sequences. The effect is the prediction with the site "
    "changed minus that of the sequence as it is, in {unit}; below 0: the site raises it.",
}
_GROUNDS = {
    "random": "Random letters",
    "shuffled": "Your sequences, shuffled",
    "given": "Your sequences as they are",
}
_BEFORE = "_bench_before"
_MOTIF, _SECOND = "CTAATCCC", "TGCTGACTCAGCA"


def experiment(card: ModelCard) -> str:
    """Offer the experiments, and say what the chosen one measures; return it."""
    kind = st.segmented_control(
        "Experiment",
        list(_KINDS),
        format_func=lambda key: _KINDS.get(key, key),
        default="position",
        key="bench_kind",
        persist_state="session",
    )
    kind = kind if kind in _KINDS else "position"
    show.note(_ABOUT[kind].format(unit=card.units))
    return kind


def motifs(kind: str) -> tuple[str, str]:
    """Offer the motifs; return their letters, upper case and checked.

    Raises
    ------
    InputError
        One is not made of A, C, G and T, or is too short or long.
    """
    left, right = st.columns(2)
    low, high = WIDTHS
    help = (
        f"{low} to {high} letters A, C, G, T; the consensus of a motif, say. {_MOTIF} is a site of "
        "CRX, a factor of photoreceptors; a motif looked at on the page Motifs comes in its place."
    )
    first = left.text_input(
        "Motif", bench_word.letters(_MOTIF), key="bench_first", max_chars=high, help=help
    )
    if kind == "position":
        return checked(first or ""), ""
    second = right.text_input(
        "Second motif", _SECOND, key="bench_second", max_chars=high, help=help
    )
    return checked(first or ""), checked(second or "")


def backgrounds(card: ModelCard) -> dict[str, Any]:
    """Offer what the motifs are written into; return it as the job takes it."""
    left, middle, right = st.columns(3)
    ground = left.selectbox(
        "Backgrounds",
        list(_GROUNDS),
        format_func=lambda key: _GROUNDS.get(key, key),
        key="bench_ground",
        persist_state="session",
        help="What the motifs are written into. An effect that holds in all of them is the "
        "motif's own.",
    )
    n = middle.slider(
        "How many",
        5,
        100,
        20,
        5,
        key="bench_n",
        persist_state="session",
        help="More narrow the bands and take longer.",
    )
    gc = right.slider(
        "GC content",
        0.2,
        0.8,
        0.5,
        0.05,
        key="bench_gc",
        persist_state="session",
        disabled=ground != "random",
        help="Share of G and C among random letters, from 0 to 1.",
    )
    return {
        "ground": ground if ground in _GROUNDS else "random",
        "n": min(100, max(5, int(n))),
        "gc": min(1.0, max(0.0, float(gc))),
        "length": card.insert[1] - card.insert[0],
    }


def spacing(kind: str) -> dict[str, Any]:
    """Offer how finely positions or gaps are tried."""
    if kind == "position":
        step = st.slider(
            "Bases from one position to the next",
            1,
            40,
            10,
            key="bench_step",
            persist_state="session",
            help="1 tries every position; larger steps are coarser and sooner done.",
        )
        return {"step": min(40, max(1, int(step)))}
    left, right = st.columns(2)
    most = left.slider(
        "Largest gap between the motifs, bp", 5, 60, 20, 5, key="bench_gap", persist_state="session"
    )
    ways = right.multiselect(
        "Orientations",
        ORIENTATIONS,
        ["++", "+-"],
        key="bench_ways",
        persist_state="session",
        help="Strand of the first and of the second motif.",
    )
    if not ways:
        raise InputError("no orientation is chosen; choose at least one")
    return {"most": min(60, max(1, int(most))), "ways": tuple(w for w in ORIENTATIONS if w in ways)}


def made(card: ModelCard, kind: str, letters: tuple[str, str], **how: Any) -> Experiment:
    """Return the experiment; end the page until it is made, with the one before still in view."""
    sequences, about = workspace.sequences(), (kind, *letters)
    settings = {"track": controls.target(card).track, "seed": controls.seed(), **how}
    whose = (card.sha256, sequences.digest, kind)
    whose_before, before = workspace.setting(_BEFORE, (None, None))
    progress, below = st.container(), st.empty()
    known = work.known(_WORK, card, sequences, about=about, **settings)
    if known is None and whose_before == whose:
        with below.container():
            st.caption("Before your change:")
            st.plotly_chart(bench_plot(before), width="stretch", theme=None, key="bench_before")
    with progress:
        found: Experiment = work.result(
            "Writing motifs into backgrounds",
            _WORK,
            card,
            sequences,
            given=(card.name, sequences, kind, *letters),
            about=about,
            units=lambda: evaluations_of(card, sequences, kind, *letters, **how),
            **settings,
        )
    below.empty()
    workspace.keep(_BEFORE, (whose, found))
    return found


def curves(found: Experiment, card: ModelCard) -> None:
    """Show the curves, what is largest, and what it is compared with."""
    label, x, mean = found.best()
    curve = next(c for c in found.curves if c.label == label)
    at = curve.x.tolist().index(x)
    low, high = (float(edge[at]) for edge in curve.band())
    one, two = st.columns(2)  # the band is in the note: three do not fit into a narrow window
    one.metric(
        "Largest mean effect" if found.kind == "position" else "Largest cooperation",
        f"{mean:+.3f}",
        help=f"{card.units}; mean over {found.backgrounds} "
        + ("backgrounds" if found.backgrounds > 1 else "background"),
    )
    where = f"position {x + 1}" if found.kind == "position" else f"{x} bp apart, {label}"
    two.metric(
        "At",
        where,
        help="First base of the motif in the background, 1-based."
        if found.kind == "position"
        else "Bases between the two motifs, and the strand of each.",
    )
    st.plotly_chart(bench_plot(found), width="stretch", theme=None, key="bench_plot")
    show.note(
        (
            f"95 % band there: {low:+.3f} to {high:+.3f} (bootstrap over backgrounds). "
            if math.isfinite(low)
            else "One background has no 95 % band: what holds in it may not hold in another. "
        )
        + f"It is the largest of {found.tried} means, which a band of one of them does not allow "
        f"for: scrambled letters (grey) reach {found.by_chance():+.3f} at their largest."
        + (
            ""
            if found.kind == "position"
            else " Cooperation: prediction with both motifs, minus with either, plus with neither."
        )
    )
    show.unit(card)
    download.row(
        {
            "Table": ("bench.tsv", download.table(lambda: table(found))),
            "Provenance": ("bench.json", lambda: found.provenance.to_json().encode()),
        }
    )


def table(found: Experiment) -> pd.DataFrame:
    """Return one row per curve and x: mean effect and band, and those of the control.

    ``position`` is that of the motif's first base, 1-based; ``gap`` the bases between two motifs.
    One background has no band: nan, empty in a file.
    """
    parts = []
    place = found.kind == "position"
    for curve in found.curves:
        low, high = curve.band()
        below, above = curve.band(control=True)
        parts.append(
            pd.DataFrame(
                {
                    "curve": curve.label,
                    "position" if place else "gap": curve.x + 1 if place else curve.x,
                    "effect": curve.mean(),
                    "low": low,
                    "high": high,
                    "scrambled": curve.control.mean(1),
                    "scrambled_low": below,
                    "scrambled_high": above,
                    "unit": found.units,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def run(card: ModelCard) -> None:
    """Draw the whole page below its title."""
    kind = experiment(card)
    if kind == "sites":
        bench_sites.run(card)
        return
    try:
        letters = motifs(kind)
        how = {**backgrounds(card), **spacing(kind)}
        how |= {"both_strands": controls.both_strands(card), "stride": controls.stride(card)}
    except GexpError as error:
        show.problem(error)
        return
    curves(made(card, kind, letters, **how), card)
