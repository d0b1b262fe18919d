"""What the models of tracks are made of: their networks, their settings, their cards' words."""

from dataclasses import dataclass, replace
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.training.tracks.settings import DistilSettings
from gexp_core.training.tracks.signals import SignalSettings
from gexp_core.training.words import Words


@dataclass(frozen=True, slots=True)
class TracksRecipe:
    """Say how a model of tracks is trained, from files to card."""

    name: str
    config: BaskervilleConfig
    fit: DistilSettings
    words: Words


@dataclass(frozen=True, slots=True)
class SignalRecipe:
    """Say how a model that reads signal beside the sequence is made from one of sequence alone.

    ``trunk`` is the bundled model that reads the sequence, ``signal`` the assay that is read beside
    it and no longer predicted, ``config`` what differs from the defaults of the network's sizes.
    """

    name: str
    trunk: str
    signal: str
    config: dict[str, Any]
    fit: SignalSettings
    words: Words


_HEIGHTS = (
    "How tall peaks are is predicted badly: R2 of most CAGE and RNA tracks is little above 0 on "
    "the held-out windows, and that of RNA on average far below it for one track, ENCFF218MMR+, of "
    "which next to nothing was measured there. Compare places and windows by rank, not by value."
)

HUMAN_TRACKS = TracksRecipe(
    name="human-tracks",
    config=BaskervilleConfig(stem_width=48, widths=(56, 72, 88, 104, 120, 128)),
    fit=DistilSettings(),
    words=Words(
        title="Coverage along the human genome: 74 CAGE, DNase and RNA tracks",
        species="human",
        assay="CAGE (transcription starts, either strand), DNase (open chromatin) and RNA coverage "
        "of human cells and tissues along hg38",
        meaning="coverage over a bin of 32 bp, squashed as for training (CAGE and RNA: square root "
        "of 1 + the scaled sum, less 1; DNase: the scaled mean; above 64, of DNase 32, growing as "
        "a square root only); the 2,048 bins of a window lie on its central 65,536 bp. It is not a "
        "count, and not comparable between assays",
        units="squashed coverage per 32 bp",
        zero="no reads",
        family="CNN + Transformer + U-net",
        licence="weights MIT; training data and teacher Apache-2.0 (calico/baskerville); motifs of "
        "training texts CC BY 4.0 (JASPAR 2026)",
        citation="data and teacher: github.com/calico/baskerville (Linder et al., Borzoi, Nat "
        "Genet 57:949, 2025); ENCODE, FANTOM5, Tabula Sapiens; motifs: JASPAR 2026",
        limits=(
            "It learned mostly from what a small published network (its teacher) says of train "
            "windows cut up, joined, mutated and set with known motifs, and from 45 measured "
            "windows. Which windows the "
            "teacher saw is not documented: it may have seen the windows that are held out here, "
            "so the figures may flatter.",
            "Its attention was taught to imitate its teacher's: a map shows how both read a "
            "sequence, and is no second opinion.",
            "Five held-out windows are few: the intervals are wide, and a window with one strong "
            "gene decides much.",
            _HEIGHTS,
            "It reads 131,072 bp; a shorter sequence is placed in the middle of a shuffled "
            "stretch of genome, and only the bins on it say something of it.",
            "Models of this family underestimate distal enhancers and predict differences between "
            "individuals' genomes poorly.",
            "Effects of single changes were not compared with measured ones: read them as hints.",
            "Not for clinical decisions about variants.",
        ),
        tracks=(),
    ),
)

HUMAN_TRACKS_OMICS = SignalRecipe(
    name="human-tracks-omics",
    trunk=HUMAN_TRACKS.name,
    signal="DNase",
    config={},
    fit=SignalSettings(),
    words=replace(
        HUMAN_TRACKS.words,
        title="Coverage along the human genome from sequence and DNase: 64 CAGE and RNA tracks",
        assay="CAGE (transcription starts, either strand) and RNA coverage of human cells and "
        "tissues along hg38, predicted from the sequence and ten measured DNase tracks",
        family="CNN + Transformer + U-net, with measured signal",
        limits=(
            "On the five held-out windows it is not surely better than human-tracks, which needs "
            "no measurement: the intervals of its gains in r, and of those over the network with "
            "its signal hidden, hold 0. Five windows are few, and one with a strong gene decides "
            "much.",
            "It wants ten measured DNase tracks, those of the samples that it names, beside the "
            "sequence: without them it says nothing, and with those of other samples in their "
            "place its figures do not hold.",
            "The signal is held fixed when letters are changed: an effect says what a change does "
            "where the chromatin stays as it was measured, and leaves out what it does to it.",
            "It learned what a signal tells mostly from made-up sequences for which its teacher's "
            "prediction stood in for the measurement, and from 45 measured windows.",
            "An assay that was better told without the signal on the valid windows is told without "
            "it; in the bundled weights that is none.",
            _HEIGHTS,
            "It began as human-tracks, whose limits hold here too: its teacher may have seen the "
            "held-out windows.",
            "Effects of single changes were not compared with measured ones: read them as hints.",
            "Not for clinical decisions about variants.",
        ),
    ),
)

RECIPES: dict[str, TracksRecipe | SignalRecipe] = {
    made.name: made for made in (HUMAN_TRACKS, HUMAN_TRACKS_OMICS)
}


def recipe(name: str) -> TracksRecipe | SignalRecipe:
    """Return the recipe called ``name``; ModelError lists those there are."""
    if name not in RECIPES:
        raise ModelError(f"there is no recipe {name!r} of tracks; there are {', '.join(RECIPES)}")
    return RECIPES[name]
