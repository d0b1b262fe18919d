"""What the number on the bench means, and how far to trust it, from the model's card.

Owns the words of the card beside the view.
"""

import math
from statistics import median

import numpy as np
import streamlit as st

from gexp_core.models.card import TEACHER, Metric, ModelCard
from gexp_core.types import Floats, Prediction
from gexp_core.ui import classical, controls, focus, show

_SHOWN = 8  # held-out figures listed
_CHANGED = "change from parent"  # held-out figures of changes


def numbers(now: Prediction | None, first: Prediction | None, card: ModelCard, track: str) -> None:
    """Show the prediction of the present state in large type, beside that of the original."""
    y, before = number(now, card, track), number(first, card, track)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Prediction now", _three(y), help=f"{card.units}; 0: {card.zero}")
        st.metric(
            "Original", _three(before), help="The same number before any edit.", width="content"
        )
        st.metric(
            "Change",
            show.number(y - before, "+") if y is not None and before is not None else "\u2026",
            help="Prediction now minus prediction of the original.",
        )
        st.metric("Percentile", _percentile(y, card, track), help=_PERCENTILE)
        st.metric(
            "Readings differ by",
            _three(None if now is None else _explained(now, card, now.spread, track)),
            help="Standard deviation over every reading that is averaged: each network of the "
            "ensemble on each strand that is read; where the number is a mean over bins or "
            "windows, the mean of theirs. A change smaller than this says little. It is not the "
            "error of the prediction.",
        )
    show.unit(card)
    if now is not None and first is not None and _otherwise(now, first):
        st.caption(
            "So many letters of an assay flank were changed that this is no whole construct any "
            "more: it is read in other windows than the original, and the change holds that too."
        )


def _otherwise(now: Prediction, first: Prediction) -> bool:
    """Return whether two texts of one length are read in different numbers of windows."""
    alike: bool = now.end.max() == first.end.max()
    return alike and len(now.start) != len(first.start)


_PERCENTILE = (
    "Share of the measured test sequences of this assay that lie below the prediction: 50 is the "
    "middle, 99 is among the strongest. It is not a probability."
)


def number(made: Prediction | None, card: ModelCard, track: str) -> float | None:
    """Return the number that the rows of the view explain, None while it is being made."""
    return None if made is None else _explained(made, card, made.y, track)


def _explained(made: Prediction, card: ModelCard, values: Floats, track: str) -> float:
    """Return the mean of a track of ``values`` over the bins that are explained."""
    mean = focus.over(made, card, controls.target(card).rows, values)
    return float(mean[card.track_index(track)])


def _three(value: float | None) -> str:
    return "\u2026" if value is None else show.number(value)


def _percentile(y: float | None, card: ModelCard, track: str) -> str:
    if y is None:
        return "\u2026"
    (rank,) = card.percentile(np.array([y], np.float32), track)
    return "unknown" if math.isnan(rank) else f"{rank:.0f}"


def card(now: Prediction | None, model: ModelCard, track: str, text: str) -> None:
    """Say what the number of the letters ``text`` is, how well it holds, and where it does not."""
    with st.container(border=True):
        st.markdown("**What the number means**")
        for title, words in (
            ("Assay", model.assay),
            ("Number", model.meaning),
            ("Unit", f"{model.units}. Zero: {model.zero}"),
        ):
            st.caption(f"**{title}.** {show.plain(words.rstrip('. '))}.")
        _agreement(now, model, track)
        classical.beside(model, text, track, number(now, model, track))
        _accuracy(model, track)
        st.caption("**Blind spots.**\n" + "\n".join(f"- {show.plain(one)}" for one in model.limits))
        st.caption(
            "**Effects.** The effect of a single change is a small difference of two predictions. "
            + show.plain(_effects(model, track))
        )


def _agreement(now: Prediction | None, model: ModelCard, track: str) -> None:
    """Say how far networks and strands agree on this sequence."""
    if now is None:
        return
    said = []
    if model.members > 1:
        said.append(
            f"the {model.members} networks differ by "
            f"{show.number(_explained(now, model, now.member_sd, track))} (standard deviation)"
        )
    if now.provenance.settings.get("both_strands") and model.both_strands:
        gap = _explained(now, model, now.strand_gap, track)
        said.append(f"forward minus reverse strand is {show.number(gap, '+')}")
    if said:
        st.caption(f"**This sequence.** {'; '.join(said).capitalize()}.")


def _accuracy(model: ModelCard, track: str) -> None:
    """List the held-out figures, the best simple predictor's beside the model's own."""
    found = [row for row in model.held_out if row.metric == "pearson"]
    of_track = [row for row in found if row.track == track] or found
    own = [row for row in of_track if row.predictor == model.name]
    # single batches are on the page Models; what stands here is read beside a view
    own = ([row for row in own if not row.subset.startswith("batch ")] or own)[:_SHOWN]
    if not own:
        st.caption(
            "**Accuracy.** The card holds no held-out figure; how well it does is not known."
        )
        return
    lines = []
    for row in own:
        simple = [
            other.value
            for other in found
            if (other.subset, other.track) == (row.subset, row.track)
            and other.predictor not in (model.name, TEACHER)
        ]
        beside = f", simple {max(simple):.2f}" if simple else ""
        lines.append(f"- {show.plain(row.subset)}: {_between(row)}{beside}, n {row.n:,}")
    st.caption(
        "**Accuracy** on sequences it never saw: Pearson r of the model (with a 95 % interval), r "
        "of the best simple predictor fitted on train rows, number of rows.\n" + "\n".join(lines)
    )


def _effects(model: ModelCard, track: str) -> str:
    """Return in words how well predicted changes of a track agree with measured ones."""
    changed = model.find("pearson", _CHANGED, track=track)
    if changed is not None:
        whole = model.find("pearson", track=track)
        beside = f"; r of activity itself is {_between(whole)}, n {whole.n:,}" if whole else ""
        return (
            "Between changed sequences and their parents, predicted and measured difference have "
            f"r {_between(changed)}, n {changed.n:,} pairs{beside}."
        )
    fits = [fit for fit in model.effects if (fit.track, fit.method) == (track, "mutagenesis")]
    if fits:
        return (
            f"In {len(fits)} saturation mutagenesis experiments in various cells, predicted and "
            "measured effects of single-base changes have r "
            f"{median(fit.pearson for fit in fits):.2f} in the median (page Models)."
        )
    return "Effects of changes that this model predicts were not compared with measured ones."


def _between(row: Metric) -> str:
    if row.low is None or row.high is None:
        return f"{row.value:.2f}"
    return f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})"
