"""Variants as a visitor gives them, and their check against the genome with remedies to click.

Owns what is kept of them. Reading, checking and remedies are ``gexp_core.inputs.variants``'s; the
scores are on ``variant_effects``.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.inputs import APP_LIMITS, Genome
from gexp_core.inputs.refcheck import OTHER_BUILD, other_build
from gexp_core.inputs.variants import (
    REMEDIES,
    RefMatch,
    Variant,
    VariantsRead,
    absent,
    check,
    diagnose,
    read_variants,
)
from gexp_core.types import Change, InputCheck
from gexp_core.ui import (
    controls,
    genomes,
    show,
    tray,
    uploads,
    variant_letters,
    variant_strand,
    workspace,
)
from gexp_core.ui.drafts import keep_drafts
from gexp_core.ui.variant_sequences import window_set

#: Where the number of the variant is kept that is looked at closely.
ROW = "_variant_row"
_GIVEN = "_variants"
_PROBLEM = "_variants_problem"
_HEADER = "_variants_header"
_WINDOWED = 20  # variants whose windows become sequences where there is no work yet
_OFFERED = 25  # mismatches that get buttons of their own
_PLACEHOLDER = "8\t140300616\trs123\tT\tG\nchr8-140300616-T-G\nNC_000008.11:g.140300616T>G"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Hold the variants as they stand now, what reading them changed, and where they are from."""

    read: VariantsRead
    source: str

    @property
    def nbytes(self) -> int:
        """Return about how many bytes this takes."""
        return tray.weigh(*self.read)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Return the variants, with the remedies that were taken."""
        return self.read.variants


def given() -> Given | None:
    """Return the visitor's variants, or None."""
    found: Given | None = tray.given(_GIVEN)
    return found


def take(data: bytes, filename: str) -> None:
    """Read variants in a widget's callback; on a problem the old ones stay."""
    _take(lambda: data, filename)


def _take(value: Callable[[], bytes], filename: str) -> None:
    try:
        chosen = genomes.current()
        if chosen is None:
            raise InputError("no genome is chosen yet; choose or give one above, then the variants")
        read = read_variants(value(), filename=filename, genome=chosen.genome, limits=APP_LIMITS)
    except GexpError as error:
        workspace.keep(_PROBLEM, error)
        return
    workspace.keep(_PROBLEM, None)
    _keep(Given(read, filename or "pasted text"), chosen.genome)
    tray.keep("pasted_variants", str(workspace.setting("pasted_variants", "")))


def _keep(now: Given, genome: Genome) -> None:
    """Keep variants; give results a place to be kept in where there is none yet.

    Where letters are to be fetched first, ``begun`` offers it once they are here.
    """
    try:
        tray.give(_GIVEN, now, "the variants")
    except LimitError as error:
        workspace.keep(_PROBLEM, error)
        return
    card = controls.model()
    if workspace.current() is None and not variant_letters.lacking(now.variants, genome, card):
        strand = variant_strand.read(card)
        windows = window_set(now.variants, genome, card, strand, most=_WINDOWED)
        if windows is not None:
            workspace.begin(InputCheck(windows), "variants: windows with either allele")


def _take_pasted() -> None:
    text = str(workspace.setting("pasted_variants", ""))
    tray.keep_text("pasted_variants", text)
    take(text.encode(), "")


def _take_upload() -> None:
    file = uploads.given("variants_upload")
    if file is not None:
        _take(file.getvalue, file.name)


def give() -> None:
    """Draw the ways in, and the problem with what was given last."""
    tray.recall("pasted_variants")
    paste, upload = st.tabs(["Paste", "Upload a VCF"])
    with paste, st.form("variants", border=False, enter_to_submit=False):
        st.text_area(
            "Variants: lines of a VCF, or one variant a line",
            key="pasted_variants",
            height=120,
            placeholder=_PLACEHOLDER,
            max_chars=APP_LIMITS.max_bytes,
            persist_state="session",
            help="Positions are 1-based. Read as one variant: chr8-140300616-T-G, 8:140300616 T>G, "
            "genomic HGVS (NC_000008.11:g.140300616T>G; del, ins, delins, dup and inv too), or a "
            "VCF line with CHROM POS ID REF ALT, header or not.",
        )
        st.form_submit_button("Score variants", type="primary", on_click=_take_pasted)
    with upload:
        st.file_uploader(
            "VCF, plain or gzip",
            key="variants_upload",
            on_change=_take_upload,
            help="One file. Genotypes and INFO are not looked at.",
        )
    most = f"{APP_LIMITS.max_records:,}"
    st.caption(
        f"Up to {most} variants; the command line takes more. Not for clinical decisions: an "
        "effect is a model's prediction of its assay, not of disease."
    )
    keep_drafts("pasted_variants")
    problem: GexpError | None = workspace.setting(_PROBLEM, None)
    if problem is not None:
        show.problem(problem)
        if given() is not None:
            st.caption("Nothing was read from it; the variants below are those from before.")


def leave_out(now: Given, genome: Genome, which: Collection[int], why: str) -> None:
    """Go on without the variants numbered ``which``, and say so; for a widget's callback."""
    kept = tuple(one for i, one in enumerate(now.variants) if i not in which)
    n = len(now.variants) - len(kept)
    said = Change("", "left out", n, f"{n:,} variant{'s' if n > 1 else ''} left out: {why}")
    read = now.read._replace(variants=kept, changes=(*now.read.changes, said))
    workspace.keep(ROW, -1)  # numbers are others now
    _keep(replace(now, read=read), genome)


def begun(now: Given, checks: Sequence[RefMatch], genome: Genome) -> bool:
    """Return whether results have a place to be kept in; else offer to begin, if there is reason.

    Variants that were given before their letters were fetched have none.
    """
    if workspace.current() is not None:
        return True
    if any(match.ok for match in checks):
        st.button(
            "Score these variants",
            key="score_given",
            type="primary",
            on_click=_keep,
            args=(now, genome),
            help="Reads both alleles of each with the chosen model.",
        )
    return False


def check_all(now: Given, genome: Genome) -> list[RefMatch]:
    """Show what was read and what does not match the genome, with remedies; return the checks."""
    checks = [check(variant, genome) for variant in now.variants]
    right = sum(match.ok for match in checks)
    show.heading(f"Read from {now.source}")
    found = sum(match.found for match in checks)
    read, same, other, left = st.columns(4)
    read.metric("Variants read", f"{len(checks):,}", help="Alternatives of one line count each.")
    same.metric("REF fits", f"{right:,}", help="REF is what the genome has; these are scored.")
    other.metric("REF does not", f"{found - right:,}", help="Each has its reason below.")
    left.metric("Lines left out", f"{len(now.read.rejections):,}", help="With their reasons below.")
    for change in now.read.changes:
        if change.kind not in (OTHER_BUILD, "repeated"):  # said below of what is chosen now
            show.note(change.text)
    _header(now, genome)
    if now.read.rejections:
        with st.expander(f"Left out ({len(now.read.rejections):,})", expanded=True):
            rows = [{"Line": r.record, "Why, and what to do": r.text} for r in now.read.rejections]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    if right < len(checks):
        _mismatches(now, genome, checks)
    return checks


def _header(now: Given, genome: Genome) -> None:
    """Warn where the file's own header says that it is of another build, and offer that one."""
    for change in _of_another(now, genome):
        st.warning(
            f"{show.plain(_capital(change.text))}. Go on only if you know that the header is wrong:"
            " REF is compared letter by letter below, and one base in four fits by chance.",
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


def _mismatches(now: Given, genome: Genome, checks: list[RefMatch]) -> None:
    """List what does not match, with one button for each remedy that fits."""
    wrong = [i for i, match in enumerate(checks) if not match.ok]
    if said := absent(checks, genome):
        st.warning(
            f"{show.plain(said)}. They are not scored; put their places right, or choose the "
            "genome they belong to.",
            icon=":material/wrong_location:",
        )
    if differs := sum(checks[i].found for i in wrong):
        st.warning(
            f"{differs:,} of {len(checks):,} variants are not scored: their REF is not what the "
            "genome has. A base fits by chance once in four, so choose a remedy only if you know "
            "why; go on without them if you do not. The others are scored.",
            icon=":material/warning:",
        )
    if said := diagnose(checks, genome):
        show.note(f"{_capital(said)}.")
    if not _of_another(now, genome) and any(not checks[i].remedies for i in wrong):
        genomes.offer_others(genome, "mismatch_build")  # else offered above
    if len(wrong) > 1:
        with st.container(horizontal=True):
            for label in REMEDIES:
                fits = {i: made for i in wrong if (made := checks[i].remedy(label)) is not None}
                if len(fits) > 1:
                    st.button(
                        f"{_capital(label)}: all {len(fits):,} that then match",
                        key=f"remedy_all_{label}",
                        on_click=partial(_replace, now, genome, fits),
                        help="Changes these variants; the others stay as they are.",
                    )
    with st.expander("Not scored, and why", expanded=True):
        for i in wrong[:_OFFERED]:
            show.note(checks[i].sentence)
            if checks[i].remedies:
                with st.container(horizontal=True):
                    for label, made in checks[i].remedies:
                        st.button(
                            f"{_capital(label)}: {show.plain(str(made))}",
                            key=f"remedy_{i}_{label}",
                            on_click=partial(_replace, now, genome, {i: made}),
                            help="Scores this variant in place of the one given.",
                        )
        if len(wrong) > _OFFERED:
            st.caption(f"and {len(wrong) - _OFFERED:,} more; the table below marks each.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _replace(now: Given, genome: Genome, changed: dict[int, Variant]) -> None:
    """Put remedied variants in the place of those given."""
    variants = tuple(changed.get(i, one) for i, one in enumerate(now.variants))
    _keep(replace(now, read=now.read._replace(variants=variants)), genome)
