"""Variants as a visitor gives them, and the clicks that change which are gone on with.

Owns what is kept of them. Reading is ``gexp_core.inputs.variants``'s; the check against the genome
is on ``variant_matches``, the scores on ``variant_effects``. What a button calls lives as long as
the tab, also once the button is gone: it is called with numbers and a digest of what they stand for
(``standing``), and looks up the rest on the click.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.inputs import APP_LIMITS, Genome
from gexp_core.inputs.variants import (
    RefMatch,
    Variant,
    VariantsRead,
    check,
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
from gexp_core.ui.genomes import Chosen
from gexp_core.ui.variant_sequences import window_set

#: Where the number of the variant is kept that is looked at closely.
ROW = "_variant_row"
_GIVEN = "_variants"
_PROBLEM = "_variants_problem"
_WINDOWED = 20  # variants whose windows become sequences where there is no work yet
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


def standing(now: Given, chosen: Chosen) -> str:
    """Return a digest of the variants, in their order, and of the genome they are read from."""
    text = "\n".join(f"{v.chrom} {v.pos} {v.ref} {v.alt} {v.id}" for v in now.variants)
    return hashlib.sha256(f"{chosen.key}\n{text}".encode()).hexdigest()


def _same(stands: str) -> tuple[Given, Genome] | None:
    """Return variants and genome if they are still those of a digest.

    Where they are not, nothing is to be done: the page is drawn again and tells what went.
    """
    with contextlib.suppress(GexpError):
        now, chosen = given(), genomes.current()
        if now is not None and chosen is not None and standing(now, chosen) == stands:
            return now, chosen.genome
    return None


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
    if _keep(Given(read, filename or "pasted text"), chosen.genome):
        workspace.keep(ROW, -1)
    tray.keep("pasted_variants", str(workspace.setting("pasted_variants", "")))


def _keep(now: Given, genome: Genome) -> bool:
    """Keep variants; give results a place to be kept in where there is none yet.

    Return False, and keep the problem, where there is no room for the variants.
    """
    try:
        tray.give(_GIVEN, now, "the variants")
    except LimitError as error:
        workspace.keep(_PROBLEM, error)
        return False
    workspace.keep(_PROBLEM, None)
    with contextlib.suppress(GexpError):  # the page, drawn next, says what is wrong
        _place(now, genome)
    return True


def _place(now: Given, genome: Genome) -> None:
    """Give results a place to be kept in where there is none yet.

    Where letters are to be fetched first, ``begun`` offers it once they are here.
    """
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
    if (problem := refused()) is not None:
        show.problem(problem)
        if (now := given()) is not None:
            show.note(
                "Nothing was read from it. All that is said below, warnings too, is of the "
                f"{len(now.variants):,} variant{'s' * (len(now.variants) != 1)} from before "
                f"({now.source})."
            )


def refused() -> GexpError | None:
    """Return the problem with what was given last, or None; what stands below is from before."""
    found: GexpError | None = workspace.setting(_PROBLEM, None)
    return found


def leave_out(stands: str, which: Collection[int], why: str) -> None:
    """Go on without the variants numbered ``which``, and say so; for a widget's callback.

    ``stands`` is what ``standing`` returned of the variants that the numbers are of.
    """
    found = _same(stands)
    if found is None:
        return
    now, genome = found
    kept = tuple(one for i, one in enumerate(now.variants) if i not in which)
    n = len(now.variants) - len(kept)
    said = Change("", "left out", n, f"{n:,} variant{'s' if n > 1 else ''} left out: {why}")
    read = now.read._replace(variants=kept, changes=(*now.read.changes, said))
    if _keep(replace(now, read=read), genome):
        workspace.keep(ROW, -1)  # numbers are others now


def begun(now: Given, checks: Sequence[RefMatch], chosen: Chosen) -> bool:
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
            on_click=_begin,
            args=(standing(now, chosen),),
            help="Reads both alleles of each with the chosen model.",
        )
    return False


def _begin(stands: str) -> None:
    if found := _same(stands):
        _keep(*found)


def remedy(stands: str, label: str, which: Collection[int]) -> None:
    """Take the remedy called ``label`` for the variants numbered ``which``; for a callback."""
    if found := _same(stands):
        now, genome = found
        made = list(now.variants)
        for i in which:
            made[i] = check(made[i], genome).remedy(label) or made[i]
        _keep(replace(now, read=now.read._replace(variants=tuple(made))), genome)
