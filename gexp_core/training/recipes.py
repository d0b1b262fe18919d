"""What each bundled model is made of: its data, its network, its settings, its card's words."""

from dataclasses import replace
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.evaluate.classical import RIDGE
from gexp_core.training.data import human_lentimpra, retina_mpra, yeast_promoters
from gexp_core.training.recipe import Form, Recipe
from gexp_core.training.settings import FitSettings
from gexp_core.training.words import HUMAN_WORDS, RECURRENT_WORDS, RETINA_WORDS, TOWER, YEAST_WORDS

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
    "widths": (192, 96, 128, 160),
    "kernel": 5,
    "repeats": (0, 0, 0, 0),
    "maps": 2,
    "hidden": 256,
    "dropout": 0.1,
    "block_dropout": 0.0,
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

_YEAST_FIT = FitSettings(
    epochs=16,
    batch_size=64,
    average_decay=0.99,
    most_shift=2,
    most_indel=2,
    most_mutation=0.08,
)
_YEAST_TAUGHT = Form({}, replace(_YEAST_FIT, most_indel=0, most_mutation=0.0, taught=24_000))

#: What a tower finds takes many made-up sequences to say, and what was measured little besides.
_HUMAN_TAUGHT = FitSettings(
    epochs=36,
    patience=36,
    batch_size=64,
    learning_rate=3e-3,
    average_decay=0.995,
    most_shift=8,
    most_mutation=0.0,
    taught=200_000,
    taught_times=3,
)

#: With these, towers of a published network are tuned.
_TUNED = FitSettings(
    epochs=12,
    patience=12,
    batch_size=64,
    learning_rate=7e-4,
    average_decay=0.99,
    huber=1.0,
    most_shift=8,
    most_mutation=0.0,
    clip_gradient=1.0,
)

#: Learns from made-up sequences as well, and is never taught that a changed letter means the same.
_STUDENT = FitSettings(epochs=10, most_mutation=0.0, reported_only=True, taught=24_000)
_TAUGHT = Form({}, _STUDENT)
_WIDE_TAUGHT = Form({"widths": (256, 128, 128, 160), "hidden": 256}, _STUDENT)

#: The assay tells the orientations of an element apart; begun with networks that do not.
_ORIENTED = FitSettings(
    epochs=4,
    learning_rate=1e-3,
    both_strands=False,
    turned_until=0.5,
    most_mutation=0.0,
    reported_only=True,
)

#: Towers that read elements as they are given, and a student of what such teachers say.
_TUNED_AS_GIVEN = replace(
    _TUNED, epochs=8, patience=8, both_strands=False, turned_until=0.6, reported_only=True
)
_TAUGHT_AS_GIVEN = Form(
    {"dropout": 0.2},
    FitSettings(
        epochs=10,
        patience=10,
        both_strands=False,
        turned_until=0.6,
        most_mutation=0.0,
        reported_only=True,
        taught=120_000,
        taught_times=2,
    ),
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
            words=RETINA_WORDS,
            others=(_WIDE_TAUGHT, _WIDE_TAUGHT),
            teachers=("retina-rnn", "retina-transformer"),
            second=_ORIENTED,
        ),
        Recipe(
            name="retina-rnn",
            read=retina_mpra,
            architecture="recurrent",
            config=_RECURRENT_CONFIG,
            members=2,
            fit=FitSettings(epochs=12, most_mutation=0.0, reported_only=True),
            words=RECURRENT_WORDS,
            others=(_TAUGHT, _TAUGHT, _TAUGHT_AS_GIVEN, _TAUGHT_AS_GIVEN),
            teachers=("retina-cnn", "retina-transformer"),
            second=_ORIENTED,
            given_teachers=("retina-cnn", TOWER),
            tuned=_TUNED_AS_GIVEN,
        ),
        Recipe(
            name="retina-transformer",
            read=retina_mpra,
            architecture="attention",
            config=_TRANSFORMER_CONFIG,
            members=1,
            fit=FitSettings(epochs=12, most_mutation=0.0, reported_only=True),
            words=replace(RETINA_WORDS, family="Transformer"),
            others=(_TAUGHT, _TAUGHT),
            teachers=("retina-cnn", "retina-rnn"),
            second=replace(_ORIENTED, taught=48_000),
            given_teachers=("retina-cnn", "retina-rnn"),
        ),
        Recipe(
            name="human-mpra",
            read=human_lentimpra,
            architecture="conv",
            config=_HUMAN_CONFIG,
            members=0,
            fit=_HUMAN_TAUGHT,
            words=HUMAN_WORDS,
            group_unit="elements",
            others=(Form({}, _HUMAN_TAUGHT),) * 3,
            teachers=(TOWER,),
            tuned=_TUNED,
        ),
        Recipe(
            name="yeast-promoter",
            read=yeast_promoters,
            architecture="conv",
            config=_YEAST_CONFIG,
            members=3,
            fit=_YEAST_FIT,
            words=YEAST_WORDS,
            group_unit="sequences",
            others=(_YEAST_TAUGHT,) * 3,
            teachers=(RIDGE,),
            only_teach=True,
        ),
    )
}


def recipe(name: str) -> Recipe:
    """Return the recipe called ``name``; ModelError lists those there are."""
    if name not in RECIPES:
        raise ModelError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]
