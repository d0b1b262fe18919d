"""The motif bench as a visitor uses it: which motif, which backgrounds, what is varied.

Owns the controls and their bounds.
"""

from typing import Any

import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.figures.bench import bench_plot
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench import ORIENTATIONS
from gexp_core.motifs.bench_curves import Experiment
from gexp_core.motifs.bench_named import evaluations_of
from gexp_core.motifs.bench_texts import WIDTHS, checked
from gexp_core.ui import bench_curves, bench_sites, bench_word, controls, show, work, workspace

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
    "shuffled": "Shuffles of your sequences",
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


def strands(card: ModelCard) -> None:
    """Say where one strand alone is read, and why."""
    if not card.both_strands:
        show.note(controls.ORIENTED)
    elif not controls.both_strands(card):
        show.note("One strand is read, the one given: the average of both is off (page Predict).")


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
        "Motif",
        bench_word.letters(_MOTIF),
        key="bench_first",
        max_chars=high,
        persist_state="session",
        help=help,
    )
    if kind == "position":
        return checked(first or ""), ""
    second = right.text_input(
        "Second motif",
        _SECOND,
        key="bench_second",
        max_chars=high,
        persist_state="session",
        help=help,
    )
    return checked(first or ""), checked(second or "")


def backgrounds(card: ModelCard) -> dict[str, Any]:
    """Offer what the motifs are written into; return it as the job takes it."""
    left, middle, right = st.columns([3, 2, 2])
    ground = left.selectbox(
        "Backgrounds",
        list(_GROUNDS),
        format_func=lambda key: _GROUNDS.get(key, key),
        key="bench_ground",
        persist_state="session",
        help="What the motifs are written into, all of one length. An effect that holds in all of "
        "them is the motif's own.",
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


def spacing(kind: str, card: ModelCard) -> dict[str, Any]:
    """Offer how finely positions or gaps are tried, and in which orientations."""
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
        how = {"step": min(40, max(1, int(step)))}
        if controls.both_strands(card):
            return how
        turned = st.toggle(
            "Also turned round",
            value=True,
            key="bench_turned",
            persist_state="session",
            help="Write the motif's reverse complement too. One strand is read, so that the two "
            "are different questions.",
        )
        return {**how, "turned": bool(turned)}
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
        help="Of the first and of the second motif: + as it is written, - its reverse complement.",
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


def run(card: ModelCard) -> None:
    """Draw the whole page below its title."""
    kind = experiment(card)
    strands(card)
    if kind == "sites":
        bench_sites.run(card)
        return
    try:
        letters = motifs(kind)
        how = {**backgrounds(card), **spacing(kind, card)}
        how |= {"both_strands": controls.both_strands(card), "stride": controls.stride(card)}
    except GexpError as error:
        show.problem(error)
        return
    bench_curves.draw(made(card, kind, letters, **how), card)
