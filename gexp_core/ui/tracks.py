"""Results of sequences from known places, as tracks that a genome browser opens.

Owns what is offered: what has been made with the present choices, nothing is computed for it. The
bytes are ``gexp_core.export.genome_tracks``'s.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.explain import ABOUT
from gexp_core.export.archive import STRANDS
from gexp_core.export.genome_tracks import (
    Piece,
    attribution_pieces,
    genome_bedgraph,
    genome_bigwig,
    mutagenesis_pieces,
    of_strand,
    prediction_pieces,
)
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, Mutagenesis, SequenceSet, Target
from gexp_core.ui import controls, download, genomes, made, show, workspace


@dataclass(frozen=True, slots=True)
class _Offered:
    """Hold what one track is: of which kind, the maker of its pieces, its unit, whose number.

    ``strand`` is '+' or '-' where sequences that were read on the two are kept apart, else '';
    ``named`` where one of this kind is of another track.
    """

    label: str
    make: Callable[[], tuple[Piece, ...]]
    about: str
    of: str
    strand: str = ""
    named: bool = False

    def pieces(self) -> tuple[Piece, ...]:
        """Return the pieces of the track."""
        return of_strand(self.make(), self.strand) if self.strand else self.make()


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
        for one in known:
            _files(one, card)
        st.caption(
            "bedGraph is text; bigWig opens in IGV, UCSC and WashU (there also as a dynseq track, "
            "with letters). A base that several windows or regions hold has their mean; minus "
            "strands are turned. Where the two strands of a place have numbers of their own, each "
            "strand that sequences were read on has a file of its own. Only what has been made "
            "with the present choices is offered."
        )


def _known(card: ModelCard) -> list[_Offered]:
    """Return what there is."""
    sequences, found = workspace.sequences(), []
    prediction = made.known_prediction(card)
    if prediction is not None:
        target = Target(card.track_index(controls.track(card)))
        track, mate = (card.explained(one) for one in (target, card.turned(target)))
        pieces = partial(prediction_pieces, prediction, sequences)
        whole = _Offered("prediction", partial(pieces, track, mate), card.units, track)
        found += [whole] if controls.both_strands(card) else _apart(whole, prediction.names, track)
        if controls.both_strands(card) and mate != track and "-" in _strands(prediction.names):
            other = replace(whole, make=partial(pieces, mate, track), of=mate)
            found = [replace(one, named=True) for one in (whole, other)]
    scores = [one for name in sequences.names if (one := made.known_attribution(card, name))]
    if scores:
        about = f"{scores[0].method}, {ABOUT[scores[0].method].in_units(card.units)}"
        found += _explained(card, "attribution", attribution_pieces, scores, about)
    effects = [each for name in sequences.names if (each := made.known_mutagenesis(card, name))]
    if effects:
        about = f"minus the mean effect of the three other letters, {card.units}"
        found += _explained(card, "mutagenesis", mutagenesis_pieces, effects, about)
    return found


def _explained(
    card: ModelCard,
    label: str,
    pieces: Callable[[Any, SequenceSet], tuple[Piece, ...]],
    results: Sequence[Attribution | Mutagenesis],
    about: str,
) -> list[_Offered]:
    """Return the track of what explains, or one for each strand where the numbers differ.

    They do where one strand is read, and where the track has a mate: what is explained of a
    sequence of the minus strand is the mate on the genome.
    """
    sequences, target = workspace.sequences(), results[0].target
    mate = card.turned(target)
    whole = _Offered(
        label,
        lambda: tuple(piece for one in results for piece in pieces(one, sequences)),
        about,
        card.explained(target),
    )
    if controls.both_strands(card) and mate == target:
        return [whole]
    names = [name for one in results for name in one.names]
    return _apart(whole, names, card.explained(mate))


def _apart(whole: _Offered, names: Iterable[str], minus: str) -> list[_Offered]:
    """Return a track for each strand that the sequences of these names were read on.

    ``minus`` is whose number that of the minus strand is.
    """
    read, each = _strands(names), {"+": whole.of, "-": minus}
    return [replace(whole, of=each[strand], strand=strand) for strand in STRANDS if strand in read]


def _strands(names: Iterable[str]) -> set[str]:
    """Return the strands of the genome that the sequences of these names are of."""
    sequences = workspace.sequences()
    places = (sequences.origins[sequences.index(name)].interval for name in names)
    return {place.strand for place in places if place is not None}


def _files(one: _Offered, card: ModelCard) -> None:
    word = f"_{STRANDS[one.strand]}" if one.strand else ""
    name = f"{download.stem(card.name, one.of, one.label)}_genome{word}"
    label = one.label + (f" ({one.strand} strand)" if one.strand else "")
    shown = f"{label} of {show.plain(one.of)}" if one.named else label
    title, sizes = f"{card.name} {one.of}: {label}", _sizes()
    download.row(
        {
            f"{show.capital(shown)}, bedGraph": (
                f"{name}.bedgraph",
                lambda: genome_bedgraph(one.pieces(), title=title, about=one.about),
            ),
            f"{show.capital(shown)}, bigWig": (
                f"{name}.bw",
                lambda: genome_bigwig(one.pieces(), sizes),
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
