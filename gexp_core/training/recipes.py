"""What each bundled model is made of: its data, its network, its settings, its card's words."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.models.card import Track
from gexp_core.training.data import Table, human_lentimpra, retina_mpra, yeast_promoters
from gexp_core.training.loop import FitSettings


@dataclass(frozen=True, slots=True)
class Words:
    """Hold what the card says in words."""

    title: str
    species: str
    assay: str
    meaning: str
    units: str
    zero: str
    family: str
    licence: str
    citation: str
    limits: tuple[str, ...]
    tracks: tuple[Track, ...]

    def entries(self) -> dict[str, Any]:
        """Return the entries of a card that are words: all but the tracks."""
        names = (one.name for one in fields(self) if one.name != "tracks")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Form:
    """Say in what a member differs from the first: sizes of its network, and its settings."""

    config: dict[str, Any]
    fit: FitSettings


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say how one bundled model is trained, from file to card.

    ``members`` networks are of the form of ``config`` and ``fit``; ``others`` come after them.
    """

    name: str
    read: Callable[[Path], Table]
    architecture: str
    config: dict[str, Any]
    members: int
    fit: FitSettings
    words: Words
    group_unit: str = "loci"
    others: tuple[Form, ...] = ()

    @property
    def count(self) -> int:
        """Return how many networks there are in all."""
        return self.members + len(self.others)

    def form(self, member: int) -> Form:
        """Return the sizes and settings of one member, counted from 0."""
        if member < self.members or not self.others:
            return Form(self.config, self.fit)
        other = self.others[member - self.members]
        return Form({**self.config, **other.config}, other.fit)


_RETINA_WORDS = Words(
    title="Photoreceptor enhancer activity (mouse retina)",
    species="mouse",
    assay="Massively parallel reporter assay of 164-bp sequences upstream of the Rho basal "
    "promoter, electroporated into explanted newborn mouse retina; read in photoreceptors",
    meaning="log2 of RNA over DNA of the reporter, relative to the Rho basal promoter alone, at "
    "the level of an average library; not the expression of any gene in its place in the genome",
    units="log2 activity",
    zero="as active as the Rho basal promoter with no element in front of it (below: silenced)",
    family="CNN",
    licence="weights MIT; training data BSD-3-Clause (barakcohenlab/CRX-Active-Learning)",
    citation="Friedman et al., Cell Systems 2025, doi:10.1016/j.cels.2024.12.004; "
    "Friedman et al., eLife 10:e67403 (2021)",
    limits=(
        "Trained on 164-bp elements near photoreceptor CRX peaks and their mutants: sequences of "
        "another kind (other tissues, promoters, coding sequence) lie outside what it has seen.",
        "It was measured on a plasmid: no chromatin, no distance, no neighbouring genes.",
        "How much a change moves an element (a mutant against its parent) is predicted less well "
        "than how active elements are, as the figures say: read effects of changes as hints.",
        "Not for clinical decisions about variants.",
    ),
    tracks=(
        Track(
            "photoreceptor activity",
            "reporter activity in photoreceptors of explanted mouse retina",
            "retina",
        ),
    ),
)

_HUMAN_WORDS = Words(
    title="Regulatory activity in two human cell types (lentiMPRA)",
    species="human",
    assay="Lentiviral massively parallel reporter assay: 200-bp elements between 15-bp adapters, "
    "upstream of a minimal promoter, integrated into the genome of WTC11 stem cells and K562",
    meaning="log2 of RNA over DNA of the reporter in each cell type; not the expression of any "
    "gene in its place in the genome",
    units="log2 RNA/DNA",
    zero="as many RNA as DNA reads after normalisation; most elements lie below",
    family="CNN",
    licence="weights MIT; training data MIT",
    citation="Agarwal et al., Nature 639:411 (2025)",
    limits=(
        "Trained on a tenth of the published library: larger models of the same assay predict "
        "better (r 0.73 to 0.79).",
        "Two orientations of one element agree at r 0.74 only; no model can be more certain.",
        "Single-base effects are predicted less well than activity.",
        "Not for clinical decisions about variants.",
    ),
    tracks=(
        Track("WTC11", "reporter activity in WTC11 induced pluripotent stem cells", "stem cell"),
        Track("K562", "reporter activity in K562 erythroleukaemia cells", "blood"),
    ),
)

_YEAST_WORDS = Words(
    title="Yeast promoter expression (random 80-bp promoters)",
    species="yeast",
    assay="Random 80-bp inserts between constant promoter ends drive YFP in Saccharomyces "
    "cerevisiae; cells sorted into 18 bins of expression",
    meaning="mean expression bin (0 to 17) of a promoter with this 80-bp insert; not the "
    "expression of a natural gene",
    units="expression bin",
    zero="the lowest of the 18 sorting bins",
    family="CNN",
    licence="weights MIT; training data MIT",
    citation="Rafi et al., Nat Biotechnol 2024; Vaishnav et al., Nature 603:455 (2022)",
    limits=(
        "Trained on four thousand of the published millions of sequences.",
        "Knows random inserts of one fixed promoter design; natural promoters differ.",
        "Measured bins of weakly seen promoters are whole numbers and noisy.",
    ),
    tracks=(Track("expression", "mean expression bin in complex medium", "yeast"),),
)

_RETINA_CONFIG: dict[str, Any] = {
    "input_length": 164,
    "tracks": 1,
    "stem_kernel": 11,
    "widths": (160, 64, 64, 128),
    "kernel": 5,
    "repeats": (0, 0, 0, 0),
    "maps": 2,
    "hidden": 128,
    "dropout": 0.4,
    "block_dropout": 0.0,
}

_HUMAN_CONFIG: dict[str, Any] = {
    "input_length": 230,
    "tracks": 2,
    "stem_kernel": 15,
    "widths": (128, 160),
    "kernel": 5,
    "repeats": (1, 2),
    "maps": 2,
    "hidden": 128,
    "dropout": 0.3,
    "block_dropout": 0.1,
}

_YEAST_CONFIG: dict[str, Any] = {
    "input_length": 110,
    "tracks": 1,
    "stem_kernel": 7,
    "widths": (256, 64, 64, 128),
    "kernel": 5,
    "repeats": (0, 0, 0, 0),
    "maps": 4,
    "hidden": 128,
    "dropout": 0.4,
    "block_dropout": 0.0,
}

_RECURRENT_CONFIG: dict[str, Any] = {
    "input_length": 164,
    "tracks": 1,
    "widths": (192, 96),
    "stem_kernel": 11,
    "kernel": 5,
    "states": 96,
    "hidden": 128,
    "dropout": 0.4,
}

_TRANSFORMER_CONFIG: dict[str, Any] = {
    "input_length": 164,
    "tracks": 1,
    "stem_kernel": 11,
    "widths": (192, 96),
    "kernel": 5,
    "repeats": 1,
    "layers": 2,
    "heads": 4,
    "positions": 40,
    "expansion": 2,
    "hidden": 128,
    "dropout": 0.3,
    "block_dropout": 0.1,
}

_RETINA_FIT = FitSettings(
    epochs=20, most_indel=2, most_mutation=0.05, reported_only=True, group_shrink=2.0
)

#: Wider, and never taught that a changed letter means the same: weaker on rows, better on changes.
_WIDE = Form(
    {"widths": (256, 128, 128, 160), "hidden": 256},
    FitSettings(epochs=10, most_mutation=0.0, reported_only=True),
)

RECIPES = {
    made.name: made
    for made in (
        Recipe(
            name="retina-cnn",
            read=retina_mpra,
            architecture="conv",
            config=_RETINA_CONFIG,
            members=3,
            fit=_RETINA_FIT,
            words=_RETINA_WORDS,
            others=(_WIDE, _WIDE),
        ),
        Recipe(
            name="retina-rnn",
            read=retina_mpra,
            architecture="recurrent",
            config=_RECURRENT_CONFIG,
            members=2,
            fit=FitSettings(epochs=12, most_mutation=0.0, reported_only=True),
            words=replace(_RETINA_WORDS, family="recurrent"),
        ),
        Recipe(
            name="retina-transformer",
            read=retina_mpra,
            architecture="attention",
            config=_TRANSFORMER_CONFIG,
            members=3,
            fit=FitSettings(epochs=12, most_mutation=0.0, reported_only=True),
            words=replace(_RETINA_WORDS, family="Transformer"),
        ),
        Recipe(
            name="human-mpra",
            read=human_lentimpra,
            architecture="conv",
            config=_HUMAN_CONFIG,
            members=3,
            fit=FitSettings(
                epochs=22,
                patience=8,
                batch_size=64,
                learning_rate=1e-3,
                average_decay=0.995,
                most_shift=8,
            ),
            words=_HUMAN_WORDS,
            group_unit="elements",
        ),
        Recipe(
            name="yeast-promoter",
            read=yeast_promoters,
            architecture="conv",
            config=_YEAST_CONFIG,
            members=3,
            fit=FitSettings(
                epochs=16,
                batch_size=64,
                average_decay=0.99,
                most_shift=2,
                most_indel=2,
                most_mutation=0.08,
            ),
            words=_YEAST_WORDS,
            group_unit="sequences",
        ),
    )
}


def recipe(name: str) -> Recipe:
    """Return the recipe called ``name``; ModelError lists those there are."""
    if name not in RECIPES:
        raise ModelError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]
