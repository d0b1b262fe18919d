"""What stands beside the effects of variants: their place among random changes, and motifs.

Owns when both are asked for: after the effects are on the page, never before. The numbers are
``explain.effect_background``'s and ``motifs.alleles``'s.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from gexp_core.explain.effects import EffectBackground, VariantEffects, count, ranked
from gexp_core.inputs.variants import Variant
from gexp_core.models.card import ModelCard
from gexp_core.motifs.alleles import LEAST, Changes
from gexp_core.motifs.database import for_card, title
from gexp_core.motifs.scanning import FITS, P
from gexp_core.types import SequenceSet
from gexp_core.ui import show, work
from gexp_core.ui.genomes import Chosen
from gexp_core.ui.variants import Given

_LONG = 5_000  # bases of a window above which a page asks before it reads random changes
_BACKGROUND = "gexp_core.explain.effect_background:background_named"
_MOTIFS = "gexp_core.motifs.alleles:changes_named"


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Hold what is known beside the effects; None for what is not made yet."""

    effects: VariantEffects
    background: EffectBackground | None
    changes: Changes | None


def _neutral(card: ModelCard) -> SequenceSet:
    """Return what the background's key is made from: nothing of the visitor's."""
    return SequenceSet(("background",), (card.background,))


def _reading(made: VariantEffects) -> dict[str, Any]:
    """Return how the effects were read; the background is read in the same way."""
    settings = made.provenance.settings
    return {
        "both_strands": settings["both_strands"],
        "strand": "-" if made.strand == "-" else "+",
        "shifts": tuple(settings["shifts"]),
    }


def _of_motifs(now: Given, chosen: Chosen, card: ModelCard) -> dict[str, Any]:
    text = "\n".join(f"{v.chrom}\t{v.pos}\t{v.ref}\t{v.alt}" for v in now.variants)
    return {"about": (chosen.key, text, for_card(card))}


def beside(made: VariantEffects, now: Given, chosen: Chosen, card: ModelCard) -> Beside:
    """Return the effects with what is known beside them by now."""
    background = work.known(_BACKGROUND, card, _neutral(card), **_reading(made))
    changes = work.known(_MOTIFS, card, _neutral(card), **_of_motifs(now, chosen, card))
    return Beside(ranked(made, background) if background else made, background, changes)


def complete(known: Beside, now: Given, chosen: Chosen, card: ModelCard) -> None:
    """Have made what is missing, with its progress at the end of the page; then draw it again."""
    if not known.effects.scored.any() or (known.background and known.changes is not None):
        return
    if known.background is None:
        reading = _reading(known.effects)
        strands = 2 if card.reads_both(reading["both_strands"]) else 1
        reads = 2 * count(card) * len(reading["shifts"]) * strands * card.members
        work.result(
            "Percentiles: reading random changes with the same model",
            _BACKGROUND,
            card,
            _neutral(card),
            given=(card.name,),
            units=(lambda: reads) if card.input_length > _LONG else None,
            **reading,
        )
    if known.changes is None:
        work.result(
            "Motifs gained and lost",
            _MOTIFS,
            card,
            _neutral(card),
            given=(now.variants, chosen.genome, for_card(card)),
            **_of_motifs(now, chosen, card),
        )
    st.rerun()


def column(changes: Changes | None, variants: tuple[Variant, ...], gained: bool) -> list[str]:
    """Return the names of the motifs that each variant makes, or breaks; '' before it is known."""
    if changes is None:
        return ["" for _ in variants]
    return [", ".join(_names(some, gained)) for some in changes]


def _names(changes: tuple[Any, ...], gained: bool) -> list[str]:
    return list(dict.fromkeys(one.name for one in changes if one.gained == gained))


def words(known: Beside, card: ModelCard) -> None:
    """Say what percentiles are among, and when a motif counts as gained or lost."""
    if known.background is not None:
        show.note(
            f"Percentile: among the effects of {known.background.words}. Near 0 the alternative "
            "lowers the number more than almost any change does, near 100 it raises it more; "
            "between about 10 and 90 it does what random changes do."
        )
    if known.changes is not None:
        show.note(
            f"Motifs gained, lost: of {title(for_card(card))}; those whose best site at the "
            f"change has p at most {P:g}, and a score of at least {FITS:g} bits, with one allele "
            f"only, by {LEAST:g} bit or more. They say what the letters could bind, not what the "
            "model reads, and of a thousand motifs several pass by chance at any place."
        )


def motifs_of(changes: Changes | None, row: int) -> None:
    """List the motifs that one variant makes and breaks."""
    if changes is None:
        return
    if not changes[row]:
        st.caption("No known motif is gained or lost.")
        return
    rows = [
        {
            "Motif": one.name,
            "Change": "gained" if one.gained else "lost",
            "Strand": one.strand,
            "p": f"{one.p:.1e}",
            "Score (bits)": one.score,
            "Other allele (bits)": one.other,
            "Entry": one.id,
        }
        for one in changes[row]
    ]
    with st.expander(f"Motifs gained and lost ({len(rows)})", expanded=len(rows) <= 10):
        number, text = st.column_config.NumberColumn, st.column_config.TextColumn
        st.dataframe(
            rows,
            hide_index=True,
            width="stretch",
            height=min(38 + 35 * len(rows), 300),
            column_config={
                "Change": text(
                    help="Gained: the alternative allele has a site of it, the reference none. "
                    "Lost: the other way round."
                ),
                "Strand": text(help="Of the site, on the genome."),
                "p": text(
                    help="Chance of as high a score at one place of one strand in letters drawn "
                    "evenly."
                ),
                "Score (bits)": number(
                    format="%.1f",
                    help="Of the best site at the change, with the allele that has it: log2 of how "
                    "much likelier its letters are under the motif than drawn evenly. 0: equally "
                    "likely; below 0 there is no site.",
                ),
                "Other allele (bits)": number(
                    format="%.1f", help="The best such score at the change with the other allele."
                ),
                "Entry": text(help="The motif's number in JASPAR."),
            },
        )
