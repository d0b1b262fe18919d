"""Results of sequences from known places, as tracks that a genome browser opens.

Owns what is offered: what has been made with the present choices, nothing is computed for it. The
bytes are ``gexp_core.export.genome_tracks``'s.
"""

from collections.abc import Callable, Mapping

import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.explain import ABOUT
from gexp_core.export.genome_tracks import (
    Piece,
    attribution_pieces,
    genome_bedgraph,
    genome_bigwig,
    mutagenesis_pieces,
    prediction_pieces,
)
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, download, genomes, made, workspace

Pieces = Callable[[], tuple[Piece, ...]]


def offer(card: ModelCard) -> None:
    """Offer what has been made of the visitor's sequences, where their places are known."""
    space = workspace.current()
    if space is None or not any(origin.interval for origin in space.sequences.origins):
        return
    known = _known(card)
    with st.expander("Tracks in genome coordinates", icon=":material/stacked_line_chart:"):
        if not known:
            st.caption(
                "Predict, explain or mutate the sequences first: what has been made with the "
                "present choices can then be taken away here as bedGraph and bigWig."
            )
            return
        for label, (pieces, about, of) in known.items():
            _files(label, pieces, about, of, card)
        st.caption(
            "bedGraph is text; bigWig opens in IGV, UCSC and WashU (there also as a dynseq track, "
            "with letters). A base that several windows or regions hold has their mean; minus "
            "strands are turned. Only what has been made with the present choices is offered."
        )


def _known(card: ModelCard) -> dict[str, tuple[Pieces, str, str]]:
    """Return what there is: label -> its pieces, its unit, and whose numbers they are."""
    sequences = workspace.sequences()
    track = controls.track(card)
    found: dict[str, tuple[Pieces, str, str]] = {}
    prediction = made.known_prediction(card)
    if prediction is not None:
        found["prediction"] = (
            lambda: prediction_pieces(prediction, sequences, track),
            card.units,
            track,
        )
    scores = [one for name in sequences.names if (one := made.known_attribution(card, name))]
    if scores:
        found["attribution"] = (
            lambda: tuple(piece for one in scores for piece in attribution_pieces(one, sequences)),
            f"{scores[0].method}, {ABOUT[scores[0].method].in_units(card.units)}",
            card.explained(scores[0].target),
        )
    effects = [each for name in sequences.names if (each := made.known_mutagenesis(card, name))]
    if effects:
        found["mutagenesis"] = (
            lambda: tuple(piece for one in effects for piece in mutagenesis_pieces(one, sequences)),
            f"minus the mean effect of the three other letters, {card.units}",
            card.explained(effects[0].target),
        )
    return found


def _files(label: str, pieces: Pieces, about: str, of: str, card: ModelCard) -> None:
    name = download.stem(card.name, of, label)
    title = f"{card.name} {of}: {label}"
    sizes = _sizes()
    download.row(
        {
            f"{label.capitalize()}, bedGraph": (
                f"{name}_genome.bedgraph",
                lambda: genome_bedgraph(pieces(), title=title, about=about),
            ),
            f"{label.capitalize()}, bigWig": (
                f"{name}_genome.bw",
                lambda: genome_bigwig(pieces(), sizes),
            ),
        }
    )


def _sizes() -> Mapping[str, int]:
    """Return the lengths of the contigs of the genome that the sequences are from.

    None where another genome is chosen by now, or none.
    """
    try:
        chosen = genomes.current()
    except GexpError:
        return {}
    placed = [one for one in workspace.sequences().origins if one.interval is not None]
    same = chosen is not None and all(
        genomes.holds(chosen, one.source, one.interval) for one in placed if one.interval
    )
    return chosen.genome.contigs if chosen is not None and same else {}
