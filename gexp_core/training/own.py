"""The network, settings and words of a model that is trained on one's own table."""

from dataclasses import replace

from gexp_core.errors import InputError
from gexp_core.evaluate.classical import RIDGE
from gexp_core.models.card import Track
from gexp_core.training.data import Table
from gexp_core.training.own_table import FEWEST_TRAINED, read_table
from gexp_core.training.recipe import Form, Recipe
from gexp_core.training.settings import FitSettings
from gexp_core.training.words import Words

#: Made-up sequences that students of an own table's networks learn from.
MADE_UP = 24_000


def _average_decay(steps: int) -> float:
    """Return the decay whose weight average is over about two epochs of so many steps.

    That of large tables, 0.998, is over 500 steps; in a short training it would still hold much
    of the untrained network at the end.
    """
    return min(FitSettings().average_decay, 1 - 1 / (2 * steps))


def own_recipe(
    name: str, table: Table, *, units: str, assay: str, members: int, students: int = 0
) -> Recipe:
    """Return a recipe that trains the compact convolutional network on a person's own table.

    With ``students`` the model is made of those, and ``members`` networks and the 6-mer ridge only
    teach them (see ``taught``).
    """
    length = table.codes.shape[1]
    if length < 16:
        raise InputError(f"sequences of {length} bases are too short; give at least 16")
    small = len(table.rows("train")) < 20_000
    widths = (96, 96) if small else (128, 160)
    batch = FEWEST_TRAINED if small else 128
    fit = FitSettings(
        epochs=30 if small else 12,
        batch_size=batch,
        average_decay=_average_decay(len(table.rows("train")) // batch),
    )
    student = Form({}, replace(fit, most_mutation=0.0, taught=MADE_UP))
    return Recipe(
        name=name,
        read=lambda path: read_table(path),
        architecture="conv",
        config={
            "input_length": length,
            "tracks": len(table.tracks),
            "stem_kernel": 15,
            "widths": widths,
            "kernel": 5,
            "repeats": (1, 1) if small else (1, 2),
            "maps": 2,
            "hidden": 64 if small else 128,
            "dropout": 0.3,
            "block_dropout": 0.1,
        },
        members=members,
        fit=fit,
        words=Words(
            title=f"{name} (trained on your table)",
            species="as in your table",
            assay=assay,
            meaning=f"the value columns of the table it was trained on: {', '.join(table.tracks)}",
            units=units,
            zero="0 in your table",
            family="CNN",
            licence="yours",
            citation="your own measurements",
            limits=("Knows only sequences like those of the table it was trained on.",),
            tracks=tuple(Track(track, track) for track in table.tracks),
        ),
        group_unit="groups",
        others=(student,) * students,
        teachers=(RIDGE,) if students else (),
        only_teach=students > 0,
    )
