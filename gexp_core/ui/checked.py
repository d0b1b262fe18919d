"""The input check as a visitor reads it: what was read, what was changed, what was left out.

Owns the tables of the first page. Counting was done where the text was read.
"""

import pandas as pd
import streamlit as st

from gexp_core.encoding import Frame, frame, gc_content
from gexp_core.figures.framing import frame_svg
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck
from gexp_core.ui import show, workspace
from gexp_core.ui.workspace import Workspace

#: Bases below which a sequence is told to be short: most known motifs have sites of 8 to 12.
SHORT = 8

_LETTERS = 400  # of a window that are shown in full


def summary(space: Workspace) -> None:
    """Say in three numbers what came of the input."""
    check = space.check
    before = "" if workspace.refused() is None else "From before: "
    show.heading(show.capital(f"{before}read from {space.source}"))
    bases = sum(len(text) for text in check.sequences.sequences)
    row = st.container(horizontal=True)  # breaks in a narrow window, where columns cut labels
    row.metric("Sequences read", f"{len(check.sequences):,}")
    row.metric("Bases", f"{bases:,}", help="Letters kept, over all sequences.")
    row.metric(
        "Kinds of change", f"{len(check.changes):,}", help="Every one is listed and counted below."
    )
    row.metric("Records left out", f"{len(check.rejected):,}", help="Each with its reason below.")


def left_out(check: InputCheck) -> None:
    """List the records that were left out, with the reason."""
    if not check.rejected:
        return
    n = len(check.rejected)
    st.warning(
        f"{n} record{'s were' if n > 1 else ' was'} left out; the others were kept. Go on with "
        "them, or put right what is said below and give them all again.",
        icon=":material/warning:",
    )
    rows = [{"Record": row.record, "Why, and what to do": row.text} for row in check.rejected]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", row_height=40)


def short(check: InputCheck) -> None:
    """Warn of sequences with fewer bases than most binding sites; they are read all the same."""
    each = zip(check.sequences.names, check.sequences.sequences, strict=True)
    names = [name for name, letters in each if len(letters) < SHORT]
    if not names:
        return
    n = len(names)
    shown = f"{', '.join(names[:3])}{' ...' if n > 3 else ''}"
    st.warning(
        f"{n:,} sequence{'s have' if n > 1 else ' has'} fewer than {SHORT} bases "
        f"({show.plain(shown)}): nearly all that a model reads of such a sequence is its own "
        "background, and any word of a few bases stands in a genome by chance. Go on only if that "
        "is what you mean to ask; else give the whole element.",
        icon=":material/straighten:",
    )


def changes(check: InputCheck) -> None:
    """List every change made on the way in."""
    if not check.changes:
        st.caption("Nothing was changed on the way in.")
        return
    with st.expander(f"What was changed on the way in ({len(check.changes)})", expanded=True):
        rows = [
            {"Record": row.record, "Change": row.kind, "Count": row.count, "In words": row.text}
            for row in check.changes
        ]
        words = st.column_config.TextColumn(width=700)  # the other columns are short
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            width="stretch",
            column_config={"In words": words},
        )


def meeting(check: InputCheck, card: ModelCard, stride: int | None) -> None:
    """Show, for every sequence, its size and how it will meet the model's window."""
    rows = []
    sequences = check.sequences
    for name, text, origin in zip(
        sequences.names, sequences.sequences, sequences.origins, strict=True
    ):
        how = frame(text, background=card.background, insert=card.insert, stride=stride)
        rows.append(
            {
                "Sequence": name,
                "Length": len(text),
                "GC": gc_content(text) * 100,
                "N": text.count("N"),
                "Windows": len(how.starts),
                "How the model reads it": how.note or "as it is: it fills the window exactly",
                "Edits": "; ".join(origin.edits),
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 400),
        column_order=[name for name in rows[0] if name != "Edits" or any(r["Edits"] for r in rows)],
        column_config={
            "Length": st.column_config.NumberColumn(format="%d bp", width="small"),
            "GC": st.column_config.NumberColumn(
                format="%.0f %%", width="small", help="Share of G and C among A C G T."
            ),
            "N": st.column_config.NumberColumn(
                width="small", help="Letters that are not known; the model sees no base there."
            ),
            "Windows": st.column_config.NumberColumn(
                width="small", help="How many windows of the model the sequence fills."
            ),
            "How the model reads it": st.column_config.TextColumn(width=560),
        },
    )


def picture(
    name: str, check: InputCheck, card: ModelCard, stride: int | None, *, both_strands: bool
) -> None:
    """Draw what the model's window holds of one sequence, and its letters as the model reads them.

    Letters that are not the sequence's are lower case. ``both_strands``: whether both are read.
    """
    text = check.sequences[name]
    how = frame(text, background=card.background, insert=card.insert, stride=stride)
    with st.expander(
        show.plain(f"What {card.name} will see of {name}"), expanded=True, icon=":material/crop:"
    ):
        st.image(frame_svg(how, card.insert))
        which = "The first window" if len(how.starts) > 1 else "The window"
        st.caption(
            f"{which}, letter by letter, 5' to 3'; lower case is the model's own background."
            + (
                " Its reverse complement is read too; the two predictions are averaged."
                if both_strands
                else ""
            )
        )
        window(how, text)
        if edits := check.sequences.origins[check.sequences.index(name)].edits:
            show.note(f"Changed on the way in: {'; '.join(edits)}.")


def window(how: Frame, text: str) -> None:
    """Write the letters of the first window of ``text`` as the model reads them."""
    begin, end = how.offset, how.offset + how.width
    back = how.background.lower()
    whole = back[:begin] + text[: how.width] + back[end:]
    shown = whole if len(whole) <= _LETTERS else f"{whole[:190]} ... {whole[-190:]}"
    st.code(shown, language=None, wrap_lines=True)
