"""A design: the goal, the search, its steps, and the oligos to order.

Owns the two panels; the search is ``edits.design``'s, the checks ``edits.oligos``'s.
"""

from functools import partial
from itertools import pairwise

import pandas as pd
import streamlit as st

from gexp_core.edits.goals import MOST_BEAM, MOST_STEPS, DesignSettings
from gexp_core.edits.notation import describe, differences
from gexp_core.edits.oligos import OligoSettings, oligos, site_of
from gexp_core.edits.reference import place_on
from gexp_core.edits.results import Design
from gexp_core.edits.sites import ENZYMES
from gexp_core.edits.state import Edit, EditState, unedited
from gexp_core.edits.stretches import read_stretches
from gexp_core.errors import GexpError, InputError
from gexp_core.export.candidates import candidate_table, fasta, genbank
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet
from gexp_core.ui import controls, download, focus, show, work, workspace
from gexp_core.ui.workbench import asked, keeping
from gexp_core.ui.workbench.bench import Bench, do
from gexp_core.ui.workbench.states import (
    GENOME_POSITION,
    candidates,
    genome_positions,
    predictions,
)

_WORK = "gexp_core.edits.design:design_named"
_ASKED = "_bench_design"
_GOALS = {"higher": "higher", "lower": "lower", "target": "as close as possible to"}


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the goal, and the steps that were found."""
    st.caption(
        f"Changes one base at a time so that the prediction of *{show.plain(track)}* goes where "
        "you want it. Protected positions are never touched. A design is what the model believes; "
        "the further it goes from measured sequences, the less there is to support it."
    )
    if focus.refused(card, "A design"):
        return
    with st.form("bench_design", border=False):
        _controls(bench, card)
        st.form_submit_button("Design", type="primary", on_click=partial(_ask, bench, card))
    question, begun, settings = workspace.setting(_ASKED, ("", None, None))
    if settings is None or question != _question(bench, card):
        return
    text = begun.sequence
    made: Design | None = asked.ask(
        bench, "design", _WORK, card, SequenceSet((bench.name,), (text,)),
        settings=settings, target=controls.target(card), **asked.reading(card),
    )  # fmt: skip
    if made is not None:
        _found(bench, made, card, begun)


def _controls(bench: Bench, card: ModelCard) -> None:
    goal, value, steps, beam = st.columns(4, vertical_alignment="bottom")
    goal.selectbox(
        "Make it", list(_GOALS), format_func=lambda key: _GOALS[key], key="bench_goal",
        help="Where the prediction should go.",
    )  # fmt: skip
    value.number_input(
        "Value", value=0.0, step=0.1, key="bench_value",
        help=f"For 'as close as possible to': the prediction wanted, in {card.units}.",
    )  # fmt: skip
    steps.number_input(
        "Most changes", 1, MOST_STEPS, value=5, key="bench_steps",
        help="The search ends earlier where no change helps.",
    )  # fmt: skip
    beam.number_input(
        "Width", 1, MOST_BEAM, value=1, key="bench_beam",
        help="Sequences carried on at each step. 1 is greedy; more finds better designs and takes "
        "as much longer.",
    )  # fmt: skip
    protected, avoid, hold = st.columns([2, 2, 1], vertical_alignment="bottom")
    protected.text_input(
        "Protected positions", key="bench_protected", placeholder="1-20, 45, 140-164",
        max_chars=2_000, help="1-based, both ends included, several with ', ' or '; ' between.",
    )  # fmt: skip
    avoid.multiselect(
        "Bring in no site of", list(ENZYMES), key="bench_avoid",
        help="No change may write one of these sites, on either strand.",
    )  # fmt: skip
    if len(card.tracks) > 1:
        hold.number_input(
            "Hold other tracks", 0.0, 100.0, value=0.0, step=0.5, key="bench_hold",
            help="How much a unit of change in any other track counts against a unit of gain. 0: "
            "they may go where they like.",
        )  # fmt: skip


def _ask(bench: Bench, card: ModelCard) -> None:
    """Read the form; remember the question."""
    bench.problem = None
    text = bench.history.sequence
    try:
        settings = DesignSettings(
            goal=str(workspace.setting("bench_goal", "higher")),
            value=float(workspace.setting("bench_value", 0.0)),
            steps=int(workspace.setting("bench_steps", 5)),
            beam=int(workspace.setting("bench_beam", 1)),
            protected=read_stretches(str(workspace.setting("bench_protected", "")), len(text)),
            hold=float(workspace.setting("bench_hold", 0.0)) if len(card.tracks) > 1 else 0.0,
            avoid=tuple(site_of(name) for name in workspace.setting("bench_avoid", [])),
            run=0,
        )
    except GexpError as error:
        bench.problem = error
        return
    workspace.keep(_ASKED, (_question(bench, card), bench.state, settings))


def _question(bench: Bench, card: ModelCard) -> str:
    """Return what a design is of: other letters, another model or track begin none unasked."""
    return work.key_of(_WORK, card, bench.original, {"target": controls.target(card)})


def _found(bench: Bench, made: Design, card: ModelCard, begun: EditState) -> None:
    """Show the steps of a design of the state ``begun``, and the ways to take it."""
    at = made.tracks.index(card.tracks[made.target.track].name)
    first, best = made.start, made.best
    if len(made.path) == 1:
        st.info("No allowed change brings it closer to the goal.", icon=":material/info:")
        return
    y, better = show.number(first.y[at]), show.number(best.y[at])
    show.note(f"{many(len(made.path) - 1, 'change')}: from {y} to {better} {made.units}.")
    rows = []
    for number, (before, after) in enumerate(pairwise(made.path), 1):
        whole = Edit(0, len(after.sequence), after.sequence, "design")
        changed = unedited(first.sequence).apply(whole)
        rows.append(
            {
                "Changes": number,
                "Edits": describe(changed),
                **_places(bench, begun, changed),
                "Prediction": after.y[at],
                "Gain": after.y[at] - before.y[at],
            }
        )
    frame, number_of = pd.DataFrame(rows), st.column_config.NumberColumn
    predictions, gains = show.column(frame["Prediction"]), show.column(frame["Gain"], "+")
    st.dataframe(
        frame, hide_index=True, width="stretch",
        height=min(38 + 35 * len(rows), 300),
        column_config={
            "Edits": st.column_config.TextColumn(
                help="Of the best sequence with so many changes, from that which the design began "
                "with. With a width above 1 those of the row above need not be among them."
            ),
            "Prediction": number_of(f"Prediction ({made.units})", format=predictions),
            "Gain": number_of(format=gains, help="Compared with the row above."),
        },
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(
            "Put the design on the bench", key="bench_take", type="primary",
            on_click=partial(_take, bench, made), help="One step; Undo takes it back.",
        )  # fmt: skip
        st.button(
            f"Keep the best {len(made.beam)}" if len(made.beam) > 1 else "Keep it",
            key="bench_take_all", on_click=partial(_keep, bench, made),
            help="Adds them to the states, to be compared and ordered.",
        )  # fmt: skip


def _places(bench: Bench, begun: EditState, changed: EditState) -> dict[str, str]:
    """Return the column of where the edits lie on the genome, where it is known."""
    if bench.interval is None:
        return {}
    found = [place_on(begun, bench.interval, one.start, one.end) for one in differences(changed)]
    return {"Genome position": "; ".join(filter(None, found))}


def _designed(bench: Bench, made: Design, text: str) -> EditState:
    """Return a designed sequence as a state of the bench's original.

    Raises
    ------
    InputError
        The bench has moved on from the sequence that was designed.
    """
    if bench.history.sequence != made.start.sequence:
        raise InputError(
            "the sequence was edited since this design was made; undo those edits, or design again"
        )
    return bench.state.apply(Edit(0, len(text), text, "design"))


def _take(bench: Bench, made: Design) -> None:
    bench.problem = None
    try:
        _designed(bench, made, made.best.sequence)
        do(bench, Edit(0, len(made.best.sequence), made.best.sequence, "design"))
    except GexpError as error:
        bench.problem = error


def _keep(bench: Bench, made: Design) -> None:
    bench.problem = None
    try:
        for number, one in enumerate(made.beam, 1):
            name = f"design {number}" if len(made.beam) > 1 else "design"
            keeping.add(bench, name, _designed(bench, made, one.sequence))
    except GexpError as error:
        bench.problem = error


def order(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the oligos of all states: adapters, checks, files."""
    st.caption(
        "Every state as an oligo to order: adapters are put on, and the whole is searched for "
        "sites, long runs and extreme GC. Keep states first; the original is always among them."
    )
    settings = _oligo_settings()
    rows = candidates(bench, card, predictions(bench, card))
    made = oligos([row.name for row in rows], [row.sequence for row in rows], settings)
    bad = sum(bool(one.problems) for one in made)
    if bad:
        st.warning(f"Oligos with problems: {bad} of {len(made)}.", icon=":material/warning:")
    else:
        st.success(f"Oligos without problems: all {len(made)}.", icon=":material/check_circle:")
    frame = pd.DataFrame(
        {
            "State": [one.name for one in made],
            **genome_positions(rows),
            "Length": [len(one.sequence) for one in made],
            "GC": [100 * one.gc for one in made],
            "Longest run": [one.run for one in made],
            "Problems": ["; ".join(one.problems) or "none" for one in made],
            "Oligo": [one.sequence for one in made],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame, hide_index=True, width="stretch",
        column_config={
            "Genome position": st.column_config.TextColumn(help=GENOME_POSITION),
            "Length": number(format="%d bp"),
            "GC": number(format="%.0f %%", help="Of the insert."),
            "Longest run": number(help="Most equal letters in a row, adapters included."),
            "Problems": st.column_config.TextColumn(width="medium"),
        },
    )  # fmt: skip
    stem = download.stem("oligos", bench.name)
    download.row(
        {
            "Oligo table": (f"{stem}.tsv", download.table(lambda: candidate_table(rows, made))),
            "Oligos as FASTA": (f"{stem}.fa", lambda: fasta(rows, made)),
            "Oligos as GenBank": (
                f"{stem}.gb",
                lambda: genbank(rows, oligos=made, settings=settings),
            ),
        }
    )


def _oligo_settings() -> OligoSettings:
    """Draw what oligos are made of and checked for; return it, validated."""
    left, right = st.columns(2)
    adapters = [
        "".join(
            column.text_input(
                label, key=key, max_chars=200, placeholder="ACTGGCCGCTTGACG",
                persist_state="session",
                help="5' to 3' on the strand that is ordered; empty for none.",
            ).split()
        ).upper()
        for column, label, key in (
            (left, "Adapter before", "bench_left"), (right, "Adapter behind", "bench_right"),
        )
    ]  # fmt: skip
    enzymes, run, low, high, longest = st.columns([3, 1, 1, 1, 1], vertical_alignment="bottom")
    return OligoSettings(
        left=adapters[0],
        right=adapters[1],
        enzymes=tuple(
            enzymes.multiselect(
                "Must not be cut by", list(ENZYMES), key="bench_enzymes",
                help="Sites that touch the insert are told; those inside an adapter are not.",
            )
        ),
        run=int(run.number_input("Longest run", 1, 100, 8, key="bench_run", help="Equal letters.")),
        gc=(
            low.number_input("GC from %", 0, 100, 25, key="bench_low", help="Of the insert.") / 100,
            high.number_input("GC to %", 0, 100, 75, key="bench_high", help="Of the insert.") / 100,
        ),
        longest=int(
            longest.number_input(
                "Longest oligo", 1, 100_000, 300, key="bench_longest", help="What can be made."
            )
        ),
    )  # fmt: skip
