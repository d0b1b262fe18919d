"""Everything as files: what has been made for the chosen sequence, or all of it for all.

Owns the choice and the words; the files are ``gexp_core.export``'s.
"""

import contextlib

import streamlit as st

from gexp_core.explain import evaluations
from gexp_core.models.card import ModelCard
from gexp_core.pipeline import Results
from gexp_core.types import Attribution, Mutagenesis, Prediction
from gexp_core.ui import controls, download, focus, frame, made, show, work
from gexp_core.ui.workspace import Workspace

_SO_FAR, _ALL = "What has been made so far", "Everything, for all sequences"
_BUNDLE = "gexp_core.export.bundle:results_bundle"


def archive(space: Workspace, card: ModelCard, name: str) -> None:
    """Offer one zip, of what has been made or of everything."""
    st.subheader("One zip", anchor=False)
    which = st.segmented_control(
        "What goes in",
        [_SO_FAR, _ALL],
        default=_SO_FAR,
        required=True,
        key="zip",
        persist_state="session",
        help="So far: the input check, all predictions, and what has been made for the selected "
        "sequence on the pages Why and What if. Everything: both for every sequence.",
    )
    with contextlib.suppress(work.Pending):  # the files below are there all the same
        if which == _ALL:
            _everything(space, card)
        else:
            _so_far(space, card, name)
    st.caption(
        "A zip holds the sequences as read, the input check, the tables, the arrays, the first "
        "figures as SVG, PDF and PNG, the model's card and provenance.json: what made each number. "
        "Made again from the same input it is the same file, byte for byte."
    )


def _so_far(space: Workspace, card: ModelCard, name: str) -> None:
    attribution = made.known_attribution(card, name)
    mutagenesis = made.known_mutagenesis(card, name)
    _zip(space, card, made.prediction(card), attribution, mutagenesis, "gexp_results.zip")


def _everything(space: Workspace, card: ModelCard) -> None:
    _place(space, card)
    n = len(space.sequences)
    results: Results = work.result(
        "Computing everything",
        "run",
        card,
        space.sequences,
        ask=f"Compute everything for {n:,} sequence{'s' if n > 1 else ''}",
        given=(card.name, space.check),
        about=(space.read,),
        units=lambda: _units(space, card),
        settings=controls.run_settings(card),
    )
    _zip(
        space,
        card,
        results.prediction,
        results.attribution,
        results.mutagenesis,
        "gexp_everything.zip",
    )


def _place(space: Workspace, card: ModelCard) -> None:
    """Say of a model of many bins which are explained, and which bases are changed."""
    if not any(focus.needed(card, text) for text in space.sequences.sequences):
        return
    settings = controls.run_settings(card)
    changed = "all bases are"
    if settings.part is not None:
        first, last = settings.part
        changed = f"the bases {first + 1:,} to {last:,} are"
    said = (
        f"Of every sequence, {focus.over_words(card, controls.letters(), settings.rows)} is "
        f"explained, and {changed} changed."
    )
    if not focus.shared():
        said += (
            " The sequences differ in length, so the places chosen on the pages Why and What if "
            "are not taken."
        )
    elif len(space.sequences) > 1:
        said += (
            f" This is as chosen for {controls.sequence()}; on the pages Why and What if every "
            "sequence has a place of its own."
        )
    show.note(said)


def _units(space: Workspace, card: ModelCard) -> int:
    """Return the evaluations of a whole run."""
    settings = controls.run_settings(card)
    return sum(
        evaluations(
            card,
            space.sequences,
            work=work,
            settings=settings.attribution(),
            both_strands=settings.both_strands,
            stride=settings.stride,
            window=settings.part,
            rows=settings.rows,
        )
        for work in ("predict", "attribute", "mutagenesis")
    )


def _zip(
    space: Workspace,
    card: ModelCard,
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
    name: str,
) -> None:
    """Pack in a worker, on request; then offer the file."""
    parts = [part for part in (prediction, attribution, mutagenesis) if part is not None]
    packed: bytes = work.result(
        "Packing",
        _BUNDLE,
        card,
        space.sequences,
        ask="Prepare the zip",
        given=(space.check, prediction, attribution, mutagenesis, card),
        track=controls.track(card),
        about=(space.read, *(f"{type(one).__name__} {one.provenance.to_json()}" for one in parts)),
    )
    download.file(f"Download {name}", lambda: packed, name, primary=True)


def pieces(space: Workspace, card: ModelCard, name: str) -> None:
    """Offer every file by itself."""
    st.subheader("Input", anchor=False)
    download.check(space.check)
    st.subheader("Predictions of all sequences", anchor=False)
    predicted = made.known_prediction(card)
    if predicted is None:
        _missing("They have not been made with the present choices.", "predict")
    else:
        download.prediction(predicted, card, controls.track(card))
    show.heading(f"Why: {name}")
    why = made.known_attribution(card, name)
    if why is None:
        _missing("It has not been explained with the present choices.", "why")
    else:
        download.attribution(why, 0, card)
    show.heading(f"What if: {name}")
    what = made.known_mutagenesis(card, name)
    if what is None:
        _missing("Its bases have not been changed with the present choices.", "what_if")
    else:
        download.mutagenesis(what, 0, card)


def _missing(sentence: str, key: str) -> None:
    st.caption(sentence)
    frame.link(key, f"Open the page {frame.entry(key).title}")
