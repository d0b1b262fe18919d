"""Which bases work together: the question, its row in the view, and the strongest pairs.

Owns the panel; the interactions are ``edits.epistasis``'s, and all pairs of a stretch ``pairs``'.
"""

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.edits.notation import differences, in_text
from gexp_core.edits.results import Epistasis
from gexp_core.edits.state import Edit, EditState, knock_out, unedited
from gexp_core.edits.stretches import read_stretch
from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, download, focus, show, work, workspace
from gexp_core.ui.view import Row, heat
from gexp_core.ui.workbench import asked, pairs
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import on_genome

_WORK = "gexp_core.edits.epistasis:epistasis_named"
_STRONGEST = 15
_ASKED = "_bench_together"


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the question and the strongest answers; the row itself is in the view."""
    st.caption(
        "Choose a stretch (select it in the view, or type it) and a change of it. Every other "
        "single-base change is then read with and without it: the row *Interaction* shows what the "
        "two do together beyond the sum of what each does alone. At 0 they act independently; "
        "opposite to the single effect, one masks the other."
    )
    if focus.refused(card, "Reading double changes"):
        return
    where, what, go = st.columns([2, 2, 1], vertical_alignment="bottom")
    where.text_input(
        "Stretch (1-based)",
        key="bench_stretch",
        persist_state="session",
        placeholder="34 or 34-52",
        max_chars=40,
        help="One base or a motif, as 34 or 34-52.",
    )
    what.text_input(
        "Letters there instead",
        key="bench_instead",
        placeholder="empty: knock it out",
        max_chars=2_000,
        help="As many letters as the stretch has. Empty changes every base of it (A with C, G "
        "with T).",
    )
    go.button("Ask", key="bench_ask", type="primary", on_click=_ask, args=(bench, card))
    pairs.button(bench, card)
    made = known(bench, card)
    if made is not None:
        _strongest(bench, made, card)
    pairs.draw(bench, card)


def _ask(bench: Bench, card: ModelCard) -> None:
    """Remember the question, as an edit of the present letters."""
    bench.problem = None
    text = bench.history.sequence
    try:
        start, end = read_stretch(str(workspace.setting("bench_stretch", "")), len(text))
        instead = "".join(str(workspace.setting("bench_instead", "") or "").split()).upper()
        edit = Edit(start, end, instead) if instead else knock_out(text, start, end)
        if len(edit.letters) != end - start:
            raise InputError(
                f"{many(len(edit.letters), 'letter')} given for a stretch of "
                f"{many(end - start, 'base')}; give as many letters, or none to knock it out"
            )
        changed = unedited(text).apply(edit).sequence
        if changed == text:
            raise InputError("these letters are there already; give others")
    except InputError as error:
        bench.problem = error
        return
    workspace.keep(_ASKED, (changed, _question(bench, card, changed)))


def _question(bench: Bench, card: ModelCard, changed: str) -> str:
    """Return what a question is known by: another model, track or text is another question."""
    about = {"target": controls.target(card), "about": (changed,)}
    return work.key_of(_WORK, card, bench.sequences, about)


def known(bench: Bench, card: ModelCard) -> Epistasis | None:
    """Return the answer to the last question, if it was of the present letters and number."""
    changed, question = workspace.setting(_ASKED, ("", ""))
    if card.input_length > focus.LONG or question != _question(bench, card, changed):
        return None
    made: Epistasis | None = asked.ask(
        bench, "epistasis", _WORK, card, bench.sequences,
        given=(card.name, bench.sequences, changed), about=(changed,),
        target=controls.target(card), **asked.reading(card),
    )  # fmt: skip
    return made


def change_text(made: Epistasis) -> str:
    """Return the chosen change in words."""
    state = unedited(made.sequence)
    both = EditState(made.sequence, made.changed, state.places)
    return "; ".join(in_text(one, made.sequence) for one in differences(both))


def row(made: Epistasis) -> Row:
    """Return the row of interactions."""
    chosen = change_text(made)
    shown = chosen if len(chosen) <= 40 else f"{chosen[:39]}\u2026"
    return heat(
        f"Interaction with {shown}",
        made.units,
        made.interaction,
        help="both together minus the sum of each alone",
    )


def _strongest(bench: Bench, made: Epistasis, card: ModelCard) -> None:
    frame = on_genome(bench, table(made), "position", "position")
    show.note(
        f"{change_text(made)} changes the prediction by "
        f"{show.number(made.y_changed - made.y_ref, '+')} "
        f"{made.units}. Changes whose effect it alters most:"
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame.head(_STRONGEST),
        hide_index=True,
        width="stretch",
        height=300,
        column_config={
            "change": "Change",
            "position": number("Position"),
            "genome": "On the genome",
            "interaction": number(f"Interaction ({card.units})", format="%+.3f"),
        },
    )
    stem = download.stem("interactions", bench.name)
    download.row({"Table": (f"{stem}.tsv", download.table(frame))})


def table(made: Epistasis) -> pd.DataFrame:
    """Return every interaction, the largest (by size) first; positions are 1-based."""
    known = np.isfinite(made.interaction)
    here = np.array([BASES.find(letter) for letter in made.sequence])
    known &= np.arange(4)[:, None] != here
    base, position = np.nonzero(known)
    order = np.argsort(-np.abs(made.interaction[base, position]), kind="stable")
    base, position = base[order], position[order]
    return pd.DataFrame(
        {
            "change": [
                f"{at + 1}{made.sequence[at]}>{BASES[b]}"
                for b, at in zip(base, position, strict=True)
            ],
            "position": position + 1,
            "interaction": made.interaction[base, position],
        }
    )
