"""What each bundled model is made of: its data, its network, its settings, its card's words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.models.card import Track
from gexp_core.training.data import Table, retina_mpra
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


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say how one bundled model is trained, from file to card."""

    name: str
    read: Callable[[Path], Table]
    architecture: str
    config: dict[str, Any]
    members: int
    fit: FitSettings
    words: Words
    insert: tuple[int, int]
    flanks: tuple[str, str] = ("", "")
    group_unit: str = "loci"
    extra: dict[str, Any] = field(default_factory=dict)


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
        "Differences between natural elements are predicted less well than differences between "
        "engineered mutants of one element; look at the figures for each kind of rows.",
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

RECIPES = {
    "retina-cnn": Recipe(
        name="retina-cnn",
        read=retina_mpra,
        architecture="conv",
        config={
            "input_length": 164,
            "tracks": 1,
            "stem_kernel": 15,
            "widths": (128, 160),
            "kernel": 5,
            "repeats": (1, 2),
            "maps": 2,
            "hidden": 128,
            "dropout": 0.4,
            "block_dropout": 0.15,
        },
        members=5,
        fit=FitSettings(),
        words=_RETINA_WORDS,
        insert=(0, 164),
    ),
}


def recipe(name: str) -> Recipe:
    """Return the recipe called ``name``; ModelError lists those there are."""
    if name not in RECIPES:
        raise ModelError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]
