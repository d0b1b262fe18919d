"""Sequences beside the training data of the chosen model, by composition.

Owns the sentence, the table and the way to leave sequences out. Measuring is
``gexp_core.inputs.composition``'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from gexp_core.figures.composition import composition_svg
from gexp_core.inputs.composition import MEASURES, Compared, compare
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck, Rejection, SequenceSet
from gexp_core.ui import show, workspace

_ORDER = ("outside", "unusual", "not judged", "usual")
_LABELS = {"gc": "GC", "distance": "Distance", "repetition": "Repetition"}


@st.cache_resource(show_spinner=False, max_entries=64)
def _compared(
    digest: str, model: str, weights: str, _sequences: SequenceSet, _card: ModelCard
) -> Compared:
    """Return the comparison, made once per set of sequences (its digest) and model."""
    begin, end = _card.insert
    return compare(_sequences, _card.composition, end - begin)


def view(
    check: InputCheck,
    card: ModelCard,
    *,
    source: str = "",
    leave: Callable[[tuple[str, ...]], None] | None = None,
    called: str = "sequence",
) -> None:
    """Draw the comparison, if the model's card has figures to compare with.

    With ``source`` the sequences outside can be left out, by new work under that name; with
    ``leave`` by calling it with their names. ``called``: what one of them is to the visitor.
    """
    if not card.composition:
        return
    sequences = check.sequences
    made: Compared = _compared(sequences.digest, card.name, card.sha256, sequences, card)
    verdicts = [made.verdict(i) for i in range(len(sequences))]
    counts = {verdict: verdicts.count(verdict) for verdict in _ORDER}
    n, out = len(verdicts), counts["outside"]
    if out:
        st.warning(_outside(out, n, card.name, called), icon=":material/travel_explore:")
        if (source or leave) and out < n:
            strange = tuple(
                one
                for one, verdict in zip(sequences.names, verdicts, strict=True)
                if verdict == "outside"
            )
            st.button(
                f"Leave out {'it' if out == 1 else f'these {out:,}'}",
                key="leave_outside",
                on_click=leave or _leave,
                args=(strange,) if leave else (check, verdicts, source, card.name),
                help=f"Goes on with the other {called}s. Results made for the present ones stay "
                "under the present link.",
            )
    title = f"Compared with the training data of {card.name}: {_told(counts)}"
    with st.expander(show.plain(title), expanded=bool(out), icon=":material/balance:"):
        _table(made, verdicts)
        st.image(composition_svg(made, card.composition))
        st.caption(_words(card.composition))


def _outside(out: int, n: int, name: str, called: str) -> str:
    who = f"One {called} is" if out == 1 else f"{out:,} {called}s are"
    who = f"The {called} is" if n == 1 else who
    return (
        f"{who} unlike every training sequence of {name} in GC, dinucleotides or repetition. "
        "What the model says there is a guess beyond its data, and no held-out figure of its card "
        "holds for it. Go on if just that is the question."
    )


def _told(counts: Mapping[str, int]) -> str:
    """Return the counts of verdicts in words, those without any left out."""
    return ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in _ORDER if counts[verdict])


def _leave(check: InputCheck, verdicts: list[str], source: str, name: str) -> None:
    """Begin new work without the sequences outside; call it from a widget's callback."""
    given = check.sequences
    keep = [i for i, verdict in enumerate(verdicts) if verdict != "outside"]
    kept = SequenceSet(
        tuple(given.names[i] for i in keep),
        tuple(given.sequences[i] for i in keep),
        tuple(given.origins[i] for i in keep),
    )
    left = tuple(
        Rejection(one, f"{one!r} was left out: its composition is outside the training data")
        for one, verdict in zip(given.names, verdicts, strict=True)
        if verdict == "outside"
    )
    there = {rejection.record for rejection in left}
    changes = tuple(change for change in check.changes if change.record not in there)
    made = replace(check, sequences=kept, changes=changes, rejected=(*check.rejected, *left))
    workspace.begin(made, f"{source}, without what {name} does not know")


def _table(made: Compared, verdicts: list[str]) -> None:
    """List the sequences, the strangest first."""
    rows = []
    for i in sorted(range(len(verdicts)), key=lambda i: _ORDER.index(verdicts[i])):
        row: dict[str, object] = {"Sequence": made.names[i], "Composition": verdicts[i]}
        for k, name in enumerate(MEASURES):
            row[_LABELS[name]] = made.values[i, k] * (100 if name == "gc" else 1)
            row[f"{_LABELS[name]}, percentile"] = made.percentiles[i, k]
        row["Windows"] = f"{made.outside[i]:,} of {made.windows[i]:,}"
        rows.append(row)
    formats = {"GC": "%.0f %%", "Distance": "%.2f", "Repetition": "%.3f"}
    numbers = {
        name: st.column_config.NumberColumn(format=form, width="small")
        for name, form in formats.items()
    }
    ranks = {
        f"{name}, percentile": st.column_config.NumberColumn(
            format="%.0f", help=f"Among the training sequences: 50 is in their middle. {name}"
        )
        for name in formats
    }
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 300),
        column_config={
            **numbers,
            **ranks,
            "Windows": st.column_config.TextColumn(
                "Windows outside",
                help="Windows of the model's length that are outside, of all that were measured. "
                "The numbers beside are of the strangest window.",
            ),
        },
    )


def _words(figures: Mapping[str, tuple[float, ...]]) -> str:
    rows = f"{int(figures['rows'][0]):,} " if figures.get("rows") else ""
    return (
        f"Bands: all {rows}training sequences (pale), 98 of 100 of them (dark), their median "
        "(line). Points: your sequences. Outside: beyond every training sequence; unusual: beyond "
        "98 of 100; not judged: less than half a window of letters. Alike in composition does not "
        "mean alike in meaning: this finds what is surely strange, not what is surely known."
    )
