"""The check of a visitor's variants against the genome: counts, reasons, and remedies to click.

Owns its words and buttons. Checking is ``gexp_core.inputs.variants``'s; what a click changes,
``variants``'s.
"""

import pandas as pd
import streamlit as st

from gexp_core.inputs import Genome
from gexp_core.inputs.limits import many
from gexp_core.inputs.refcheck import OTHER_BUILD, other_build
from gexp_core.inputs.variants import REMEDIES, RefMatch, absent, check, diagnose
from gexp_core.types import Change
from gexp_core.ui import genomes, show, variants, workspace
from gexp_core.ui.genomes import Chosen
from gexp_core.ui.variants import Given

_HEADER = "_variants_header"
_OFFERED = 25  # mismatches that get buttons of their own


def check_all(now: Given, chosen: Chosen) -> list[RefMatch]:
    """Show what was read and what does not match the genome, with remedies; return the checks."""
    genome = chosen.genome
    checks = [check(variant, genome) for variant in now.variants]
    right = sum(match.ok for match in checks)
    before = "" if variants.refused() is None else "From before: "
    show.heading(show.capital(f"{before}read from {now.source}"))
    found = sum(match.found for match in checks)
    row = st.container(horizontal=True)  # breaks in a narrow window, where columns cut labels
    row.metric("Variants read", f"{len(checks):,}", help="Alternatives of one line count each.")
    row.metric("REF fits", f"{right:,}", help="REF is what the genome has; these are scored.")
    row.metric("REF does not", f"{found - right:,}", help="Each has its reason below.")
    row.metric("Lines left out", f"{len(now.read.rejections):,}", help="With their reasons below.")
    for change in now.read.changes:
        if change.kind != OTHER_BUILD:  # said below of what is chosen now
            show.note(change.text)
    _header(now, genome)
    if now.read.rejections:
        with st.expander(f"Left out ({len(now.read.rejections):,})", expanded=True):
            rows = [{"Line": r.record, "Why, and what to do": r.text} for r in now.read.rejections]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    if right < len(checks):
        _mismatches(now, chosen, checks)
    return checks


def _header(now: Given, genome: Genome) -> None:
    """Warn where the file's own header says that it is of another build, and offer that one."""
    for change in _of_another(now, genome):
        st.warning(
            f"{show.plain(show.capital(change.text))}. Go on only if you know that the header is "
            "wrong: REF is compared letter by letter below, and one base in four fits by chance.",
            icon=":material/difference:",
        )
        genomes.offer_others(genome, "header_build")


def _of_another(now: Given, genome: Genome) -> tuple[Change, ...]:
    """Return what the file's header says of its build, compared once per file and genome."""
    kept = workspace.setting(_HEADER, None)
    if kept is None or kept[0] is not now.read.contigs or kept[1] is not genome.contigs:
        kept = now.read.contigs, genome.contigs, other_build(now.read.contigs, genome)
        workspace.keep(_HEADER, kept)
    said: tuple[Change, ...] = kept[2]
    return said


def _mismatches(now: Given, chosen: Chosen, checks: list[RefMatch]) -> None:
    """List what does not match, with one button for each remedy that fits."""
    genome, stands = chosen.genome, variants.standing(now, chosen)
    wrong = [i for i, match in enumerate(checks) if not match.ok]
    if said := absent(checks, genome):
        st.warning(
            f"{show.plain(said)}. They are not scored; put their places right, or choose the "
            "genome they belong to.",
            icon=":material/wrong_location:",
        )
    if differs := sum(checks[i].found for i in wrong):
        deed = "is not scored: its" if differs == 1 else "are not scored: their"
        st.warning(
            f"{differs:,} of {many(len(checks), 'variant')} {deed} REF is not what the genome has. "
            "A base fits by chance once in four, so choose a remedy only if you know why; go on "
            f"without {'it' if differs == 1 else 'them'} if you do not."
            + (" The others are scored." if differs < len(checks) else ""),
            icon=":material/warning:",
        )
    if said := diagnose(checks, genome):
        show.note(f"{show.capital(said)}.")
    if not _of_another(now, genome) and any(not checks[i].remedies for i in wrong):
        genomes.offer_others(genome, "mismatch_build")  # else offered above
    if len(wrong) > 1:
        with st.container(horizontal=True):
            for label in REMEDIES:
                fits = tuple(i for i in wrong if checks[i].remedy(label) is not None)
                if len(fits) > 1:
                    st.button(
                        f"{show.capital(label)}: all {len(fits):,} that then match",
                        key=f"remedy_all_{label}",
                        on_click=variants.remedy,
                        args=(stands, label, fits),
                        help="Changes these variants; the others stay as they are.",
                    )
    with st.expander("Not scored, and why", expanded=True):
        for i in wrong[:_OFFERED]:
            show.note(checks[i].sentence)
            if checks[i].remedies:
                with st.container(horizontal=True):
                    for label, made in checks[i].remedies:
                        st.button(
                            f"{show.capital(label)}: {show.plain(str(made))}",
                            key=f"remedy_{i}_{label}",
                            on_click=variants.remedy,
                            args=(stands, label, (i,)),
                            help="Scores this variant in place of the one given.",
                        )
        if len(wrong) > _OFFERED:
            st.caption(f"and {len(wrong) - _OFFERED:,} more; the table below marks each.")
