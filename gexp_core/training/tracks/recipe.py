"""What human-tracks is made of: its network, its settings, its card's words."""

from dataclasses import dataclass

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.training.recipes import Words
from gexp_core.training.tracks.distil import DistilSettings


@dataclass(frozen=True, slots=True)
class TracksRecipe:
    """Say how a model of tracks is trained, from files to card."""

    name: str
    config: BaskervilleConfig
    fit: DistilSettings
    words: Words


HUMAN_TRACKS = TracksRecipe(
    name="human-tracks",
    config=BaskervilleConfig(stem_width=48, widths=(56, 72, 88, 104, 120, 128)),
    fit=DistilSettings(),
    words=Words(
        title="Coverage along the human genome: 74 CAGE, DNase and RNA tracks",
        species="human",
        assay="CAGE (transcription starts, either strand), DNase (open chromatin) and RNA coverage "
        "of human cells and tissues along hg38",
        meaning="coverage over a bin of 32 bp, squashed as for training; the 2,048 bins of a "
        "window lie on its central 65,536 bp. It is not a count, and not comparable between assays",
        units="squashed coverage per 32 bp",
        zero="no reads",
        family="CNN + Transformer + U-net",
        licence="weights MIT; training data and teacher Apache-2.0 (calico/baskerville)",
        citation="data and teacher: github.com/calico/baskerville (Linder et al., Borzoi, Nat "
        "Genet 57:949, 2025); ENCODE, FANTOM5, Tabula Sapiens",
        limits=(
            "It learned mostly from what a small published network (its teacher) says of train "
            "windows cut up, joined and mutated, and from 45 measured windows. Which windows the "
            "teacher saw is not documented: it may have seen the windows that are held out here, "
            "so the figures may flatter.",
            "Five held-out windows are few: the intervals are wide, and a window with one strong "
            "gene decides much.",
            "It reads 131,072 bp; a shorter sequence is placed in the middle of a shuffled "
            "stretch of genome, and only the bins on it say something of it.",
            "Models of this family underestimate distal enhancers and tell persons apart badly.",
            "Effects of single changes were not compared with measured ones: read them as hints.",
            "Not for clinical decisions about variants.",
        ),
        tracks=(),
    ),
)

RECIPES = {HUMAN_TRACKS.name: HUMAN_TRACKS}


def recipe(name: str) -> TracksRecipe:
    """Return the recipe called ``name``; ModelError lists those there are."""
    if name not in RECIPES:
        raise ModelError(f"there is no recipe {name!r} of tracks; there are {', '.join(RECIPES)}")
    return RECIPES[name]
