"""Scored variants as a visitor reads them: the table, and one of them looked at closely.

Owns which variant is selected and the words around it; the numbers are ``gexp_core.explain``'s.
"""

import contextlib
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.explain.cost import of_windows
from gexp_core.explain.effects import VariantEffects
from gexp_core.explain.variant_windows import WORDS, AlleleWindows, allele_windows
from gexp_core.export.variants import matched, variant_table
from gexp_core.inputs.limits import many
from gexp_core.inputs.variants import Variant
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck
from gexp_core.ui import controls, download, frame, genomes, show, variant_strand, work, workspace
from gexp_core.ui.genomes import Chosen
from gexp_core.ui.variant_ranks import Beside, column, motifs_of, words
from gexp_core.ui.variant_sequences import names, of_other_strand, window_set
from gexp_core.ui.variants import ROW, Given

_SOMETIMES = ("ID", "Note", "Motifs gained", "Motifs lost")  # columns left out where empty
_AROUND = 20  # bases shown on each side of the change
_SHIFTS = {"One, the change in its middle": (0,), "Three, 8 bases apart": (-8, 0, 8)}


def choices() -> None:
    """Offer how variants are read."""
    st.selectbox(
        "Windows averaged",
        list(_SHIFTS),
        key="variant_windows",
        persist_state="session",
        help="A model's number depends a little on where in its window a change lies. Averaging "
        "over windows moved by -8, 0 and +8 bases evens that out and takes three times as long.",
    )


def effects(now: Given, chosen: Chosen, card: ModelCard) -> VariantEffects:
    """Return the scores of all variants; end the page until they are made."""
    from gexp_core.export.text import line

    both = controls.both_strands(card)
    shifts = _SHIFTS.get(workspace.setting("variant_windows", ""), (0,))
    text = "\n".join(f"{v.chrom}\t{v.pos}\t{v.ref}\t{v.alt}\t{line(v.id)}" for v in now.variants)
    made: VariantEffects = work.result(
        "Scoring variants",
        "gexp_core.explain.variants:score_named",
        card,
        workspace.sequences(),
        given=(card.name, chosen.genome, now.variants),
        about=(chosen.key, text),
        units=lambda: of_windows(card, 2 * len(now.variants) * len(shifts), both_strands=both),
        both_strands=both,
        strand=variant_strand.chosen(card),
        shifts=shifts,
    )
    return made


def _choose(key: str) -> None:
    rows = workspace.ticked(key)
    if rows:
        workspace.keep(ROW, rows[0])


def _selected(made: VariantEffects, track: int) -> int | None:
    """Return the row of the chosen variant, the strongest until one is; None if none is scored."""
    if not made.scored.any():
        return None
    row: int = workspace.setting(ROW, -1)
    if 0 <= row < len(made.variants) and made.scored[row]:
        return row
    return int(np.nanargmax(np.abs(made.effect[:, track])))


def table(known: Beside, card: ModelCard, track: str) -> None:
    """Show one row per variant, of the chosen track; ticking a row selects the variant."""
    made = known.effects
    t = made.tracks.index(track)
    show.heading(f"Effects on {track}")
    show.unit(card)
    if over := _over(card):
        show.note(
            f"Reference and alternative are each {over}: a change that moves a few bins much moves "
            "this number little."
        )
    variant_strand.words(made.strand)
    rows = pd.DataFrame(
        {
            "Variant": [str(variant) for variant in made.variants],
            "Effect": made.effect[:, t],
            "Percentile": made.percentile[:, t],
            "Motifs gained": column(known.changes, made.variants, True),
            "Motifs lost": column(known.changes, made.variants, False),
            "Reference": made.y_ref[:, t],
            "Alternative": made.y_alt[:, t],
            "REF fits": [matched(match) for match in made.matches],
            "Kind": [variant.kind for variant in made.variants],
            "ID": [variant.id for variant in made.variants],
            "Note": [
                note if match.ok else ""  # what does not match has its sentence above
                for note, match in zip(made.notes, made.matches, strict=True)
            ],
        }
    )
    shown = [name for name in rows if name not in _SOMETIMES or any(rows[name])]
    if known.background is None:
        shown.remove("Percentile")
    key = f"variants_{made.provenance.input_digest[:12]}"
    number = st.column_config.NumberColumn
    st.dataframe(
        rows[shown],
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 400),
        on_select=partial(_choose, key),
        selection_mode="single-row",
        column_config={
            "Reference": number(
                format=show.column(made.y_ref[:, t]),
                help=f"The window with the reference allele{over and ': '}{over}.",
            ),
            "Alternative": number(
                format=show.column(made.y_alt[:, t]),
                help=f"The window with the alternative allele{over and ': '}{over}.",
            ),
            "Effect": number(
                format=show.column(made.effect[:, t], "+"),
                help=f"Alternative minus reference, {made.units}{over and ', '}{over}.",
            ),
            "Percentile": number(
                format="%.1f", help="Place of the effect among random changes; see below."
            ),
            "REF fits": st.column_config.TextColumn(
                width="small", help="Whether REF is the genome's: yes, no, or absent (no place)."
            ),
        },
    )
    st.caption(
        "Tick a row to look at its variant below; without a tick, or where it is not scored, that "
        "with the largest effect is shown."
    )
    words(known, card)


def _over(card: ModelCard) -> str:
    """Return in words what a reading of many bins is the mean over; '' where it is one number."""
    if card.bins == 1:
        return ""
    return f"the mean over all {card.bins:,} bins of the window ({card.bins * card.bin_size:,} bp)"


def closely(known: Beside, chosen: Chosen, card: ModelCard, track: str) -> None:
    """Show the selected variant: both readings, and both windows around the change."""
    made = known.effects
    t = made.tracks.index(track)
    row = _selected(made, t)
    if row is None:
        st.info("No variant could be scored; see the reasons above.", icon=":material/info:")
        return
    variant = made.variants[row]
    pair = allele_windows(variant, chosen.genome, card.insert[1] - card.insert[0])
    show.heading(f"{variant} ({variant.kind})")
    numbers = st.container(horizontal=True)  # breaks in a narrow window
    over = f", {_over(card)}" if _over(card) else ""
    ref, alt, effect = (float(y[row, t]) for y in (made.y_ref, made.y_alt, made.effect))
    numbers.metric("Reference", show.number(ref), help=f"{card.units}{over}; 0: {card.zero}")
    numbers.metric("Alternative", show.number(alt), help="The same place, changed.")
    numbers.metric("Effect", show.number(effect, "+"), help="Alternative minus reference.")
    rank = made.percentile[row, t]
    numbers.metric(
        "Percentile",
        "..." if known.background is None else f"{rank:.1f}",
        help="Place of the effect among random changes: near 0 or 100 is strong.",
    )
    measured = card.percentile(
        np.array([made.y_ref[row, t], made.y_alt[row, t]], np.float32), track
    )
    if not np.isnan(measured).any():
        st.caption(
            f"Percentile of the predictions among the measured test sequences: {measured[0]:.0f} "
            f"with the reference allele, {measured[1]:.0f} with the alternative."
        )
    st.code(_aligned(pair), language=None)
    at = pair.interval
    minus = ", as their reverse complement; the letters above are of the plus strand"
    ends = ", between the constant ends of its assay" * (card.insert != (0, card.input_length))
    shifts = made.provenance.settings["shifts"]
    show.note(
        _averaged(shifts)
        + f"The model read {len(pair.ref):,} bases, {at.chrom}:{at.start + 1:,}-{at.end:,} "
        f"(1-based; in BED {at.start}-{at.end}){minus * (made.strand == '-')}{ends}. "
        f"{_flank(pair)} {pair.remarks}"
    )
    motifs_of(known.changes, row)
    st.button(
        "Explain both windows on the other pages",
        key="explain_windows",
        on_click=_explain,
        args=(variant, chosen.key, made.strand),
        help="Makes the two windows your sequences, in place of the present ones."
        + (f" As read here, on {WORDS[made.strand]}." if made.strand != "both" else "")
        + (" Their own predictions are not the means above." if len(shifts) > 1 else ""),
    )
    space = workspace.current()
    if space is not None and of_other_strand(space.sequences, variant, made.strand):
        st.caption(
            "On the other pages your sequences are its windows on the other strand, whose numbers "
            f"are others; the button makes them those on {WORDS[made.strand]}."
        )
    pair_names = names(variant, made.strand)
    if space is None or pair_names[0] not in space.sequences.names:
        return
    if controls.sequence() in pair_names:  # else the link would lead to another variant's window
        frame.link("why", "Both windows are among your sequences: see which bases matter")
        return
    st.button(
        "Choose its windows, which are among your sequences",
        key="choose_windows",
        on_click=workspace.choose_sequence,
        args=(pair_names[0],),
        help=f"The other pages show {controls.sequence()} now.",
    )


def _averaged(shifts: Sequence[int]) -> str:
    """Return in words which windows the numbers are means over; nothing where it is one."""
    if len(shifts) == 1:
        return ""
    moves = ", ".join(f"{shift:+d}" if shift else "0" for shift in shifts)
    return (
        f"The numbers are means over {len(shifts)} windows, moved by {moves} bases; below is the "
        "one that is not moved. "
    )


def _explain(variant: Variant, of: str, strand: str) -> None:
    """Make a variant's windows the visitor's sequences, if the genome is still that with this key.

    A page's callbacks live as long as its tab, so they hold no genome.
    """
    with contextlib.suppress(GexpError):  # the page is drawn again and tells what went
        chosen = genomes.current()
        if chosen is None or chosen.key != of:
            return
        windows = window_set((variant,), chosen.genome, controls.model(), strand, most=1)
        if windows is not None:
            workspace.begin(InputCheck(windows), f"the variant {variant}")


def _flank(pair: AlleleWindows) -> str:
    """Return in words where an indel's bases came from or went."""
    gained = pair.alt_length - pair.ref_length
    if not gained:
        return ""
    side = "left" if "left flank" in pair.note else "right"
    deed = "gave up" if gained > 0 else "drew in"
    return f"With the alternative allele the {side} flank {deed} {many(abs(gained), 'base')}."


def _aligned(pair: AlleleWindows) -> str:
    """Return both windows around the change, one below the other, gaps as dashes."""
    at, r, a = pair.at, pair.ref_length, pair.alt_length
    begin = at if "left flank" not in pair.note else len(pair.alt) - (len(pair.ref) - at - r) - a
    long = max(r, a)
    left = pair.ref[max(0, at - _AROUND) : at]
    ref, alt = pair.ref[at : at + r], pair.alt[begin : begin + a]
    right = pair.ref[at + r : at + r + _AROUND]
    other = pair.alt[begin + a : begin + a + _AROUND]
    mark = " " * len(left) + "|" * long
    first = pair.interval.start + at - len(left) + 1
    last = pair.interval.start + at + r + len(right)
    return (
        f"{'reference':<12} {left}{ref.ljust(long, '-')}{right}\n{'':<12} {mark}\n"
        f"{'alternative':<12} {left}{alt.ljust(long, '-')}{other}\n"
        f"{'':<12} {pair.interval.chrom}:{first:,}-{last:,} (1-based)"
    )


def files(known: Beside) -> None:
    """Offer the table, one row per variant and track, and what made it."""
    made, changes = known.effects, known.changes
    download.row(
        {
            "Table": ("variants.tsv", download.table(lambda: variant_table(made, changes))),
            "Provenance": ("variants.json", lambda: made.provenance.to_json().encode()),
        }
    )
