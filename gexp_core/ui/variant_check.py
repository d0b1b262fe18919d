"""What the model will read of the variants, shown before they are scored.

Owns the panel: repeated variants, one variant's windows, and how the reference windows stand to the
model's training data. REF is checked on ``variant_matches``; measuring is ``gexp_core.inputs``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from gexp_core.encoding import frame
from gexp_core.errors import InputError
from gexp_core.explain.variant_windows import WORDS, AlleleWindows, allele_windows
from gexp_core.figures.framing import frame_svg
from gexp_core.figures.windows import window_svg
from gexp_core.inputs import Genome
from gexp_core.inputs.variants import RefMatch, Variant, repeated
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck, Interval, Origin, SequenceSet
from gexp_core.ui import checked, composition, controls, overlapping, show, variant_strand, variants
from gexp_core.ui.genomes import Chosen
from gexp_core.ui.variants import Given

#: Reference windows that are compared with the training data, and the letters they may hold.
_MOST, _LETTERS = 1_000, 600_000  # a second at most
_CALLED = "reference window"


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Hold the reference windows of variants that will be scored, by the variants' names.

    ``which`` are the numbers of these variants; ``without`` is how many of them have no window,
    ``whole`` whether all variants were looked at; ``again`` are those given before.
    """

    windows: SequenceSet | None
    which: tuple[int, ...]
    without: int
    whole: bool
    again: tuple[int, ...]


@st.cache_resource(show_spinner=False, max_entries=16)
def _read(
    stands: str,
    width: int,
    strand: str,
    _given: tuple[Variant, ...],
    _fits: tuple[int, ...],
    _genome: Genome,
) -> _Read:
    """Return the windows, cut once per genome and variants (their digest), width and strand."""
    letters: dict[str, tuple[str, Origin, int]] = {}
    normal: dict[int, Variant] = {}  # whose way to the left need not be gone again
    looked = _fits[: max(1, min(_MOST, _LETTERS // width))]
    for i in looked:
        try:
            pair = allele_windows(_given[i], _genome, width)
        except InputError:
            continue  # the table of effects says why
        normal[i] = pair.variant
        name = str(_given[i])
        name = name if name not in letters else f"{name}, number {i + 1}"
        place = replace(pair.interval, strand=strand)
        origin = Origin(f"{_genome.name}, around {name}", place)
        letters[name] = pair.read_on(strand)[0], origin, i
    windows = None
    if letters:
        texts, origins, _ = zip(*letters.values(), strict=True)
        windows = SequenceSet(tuple(letters), texts, origins)
    which = tuple(i for _, _, i in letters.values())
    changes = [normal.get(i, _given[i]) for i in _fits]
    again = tuple(_fits[k] for k in repeated(changes, _genome))
    return _Read(windows, which, len(looked) - len(which), len(looked) == len(_fits), again)


def view(now: Given, checks: Sequence[RefMatch], chosen: Chosen, card: ModelCard) -> None:
    """Show what will be read of the variants whose REF fits; draw nothing where none does."""
    fits = tuple(i for i, match in enumerate(checks) if match.ok)
    if not fits:
        return
    stands = variants.standing(now, chosen)
    width = card.insert[1] - card.insert[0]
    made: _Read = _read(
        stands, width, variant_strand.chosen(card), now.variants, fits, chosen.genome
    )
    show.heading("Input check")
    _repeated(now, made, stands)
    if made.windows is None:
        show.note("None of these variants has a window; the table says why of each.")
        return
    _bounds(made, len(fits))
    _picture(now, made, chosen.genome, card)
    numbers = dict(zip(made.windows.names, made.which, strict=True))
    why = f"unlike every training sequence of {card.name}"

    def leave(strange: tuple[str, ...]) -> None:  # small: it lives as long as the tab
        variants.leave_out(stands, {numbers[name] for name in strange}, why)

    composition.view(InputCheck(made.windows), card, leave=leave, called=_CALLED)
    overlapping.view(made.windows, card, called=_CALLED)


def _repeated(now: Given, made: _Read, stands: str) -> None:
    """Tell of variants that were given before, and offer to leave them out."""
    if not made.again:
        return
    n = len(made.again)
    shown = ", ".join(str(now.variants[i]) for i in made.again[:3])
    st.warning(
        f"{'One variant is' if n == 1 else f'{n:,} variants are'} the same change as one before, "
        f"though perhaps written otherwise ({show.plain(shown)}{' ...' if n > 3 else ''}). Each "
        "gets a row with the same numbers, and counts again in whatever is made of the table. Go "
        "on if every line of your file shall have its row.",
        icon=":material/content_copy:",
    )
    st.button(
        "Leave out the repeated one" if n == 1 else f"Leave out the {n:,} repeated ones",
        key="leave_repeated",
        on_click=variants.leave_out,
        args=(stands, made.again, "the same change as one before"),
        help="The first of each stays.",
    )


def _bounds(made: _Read, fits: int) -> None:
    """Say what of the variants is not compared below."""
    if not made.whole:
        looked = len(made.which) + made.without
        show.note(
            f"Looked at here: the first {looked:,} of {fits:,} variants (up to {_MOST:,}, and "
            f"{_LETTERS:,} letters). All are scored."
        )
    if made.without:
        have = "has" if made.without == 1 else "have"
        show.note(f"{made.without:,} of them {have} no window; the table says why of each.")


def _picture(now: Given, made: _Read, genome: Genome, card: ModelCard) -> None:
    """Draw where the windows of one variant lie, and write both as the model reads them."""
    if made.windows is None:
        return
    title = f"What {card.name} will see of {'each variant' if len(made.which) > 1 else 'it'}"
    with st.expander(show.plain(title), icon=":material/crop:"):
        names = made.windows.names
        name = names[0]
        if len(names) > 1:
            name = st.selectbox("Show the windows of", names, key="variant_window_of")
        number = made.which[names.index(name)] if name in names else made.which[0]
        width = card.insert[1] - card.insert[0]
        pair = allele_windows(now.variants[number], genome, width)
        strand = variant_strand.chosen(card)
        at, inserted = replace(pair.interval, strand=strand), pair.ref_length == 0
        first = at.start + pair.at
        change = Interval(at.chrom, first, first + max(1, pair.ref_length))
        called = "inserted before" if inserted else "the change"
        length = genome.contigs[at.chrom]
        st.image(window_svg(change, at, length, called=called, between=inserted))
        ref, alt = pair.read_on(strand)
        how = frame(ref, background=card.background, insert=card.insert)
        st.image(frame_svg(how, card.insert))
        both = controls.both_strands(card)
        st.caption(
            f"The two windows, letter by letter, 5' to 3' of {WORDS[strand]}: first with the "
            "reference allele, then with the alternative one; lower case is the model's own "
            f"background.{' The reverse complement of each is read too, and averaged.' * both}"
        )
        checked.window(how, ref)
        checked.window(how, alt)
        show.note(_words(pair, how.offset, strand))


def _words(pair: AlleleWindows, offset: int, strand: str) -> str:
    """Return in a sentence where in the window the change lies, and what was moved for it.

    ``offset``: bases of the model's own background before the letters of the genome; ``strand``:
    on which the window is read.
    """
    at = len(pair.ref) - pair.at - pair.ref_length if strand == "-" else pair.at
    first, last = offset + at + 1, offset + at + pair.ref_length
    where = (
        f"in front of base {first:,} of the window"
        if pair.ref_length == 0
        else f"at base {first:,} of the window"
        if pair.ref_length == 1
        else f"at bases {first:,} to {last:,} of the window"
    )
    said = pair.remarks
    note = f" {show.capital(said)}." if said else ""
    return f"The change is {where} (1-based): {pair.variant}.{note}"
