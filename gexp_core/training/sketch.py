"""The sketch of a model's training rows, which says later whether an input is among them.

Owns which rows count: train rows, and valid rows, by which the training was stopped.
"""

from pathlib import Path

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.inputs.overlap import FILE, Sketch, sketch, to_bytes
from gexp_core.models.card import read_card
from gexp_core.training.data import Table


def sketch_of(table: Table) -> Sketch:
    """Return the sketch of a table's train and valid rows, of the part of each that varied."""
    rows = np.concatenate([table.rows("train"), table.rows("valid")])
    codes = table.codes[np.sort(rows), slice(*table.insert)]
    return sketch(codes, data_sha256=table.digest)


def write_sketch(table: Table, folder: Path) -> Sketch:
    """Write the sketch beside a model's weights.

    Raises
    ------
    ModelError
        The folder's model was trained on another file than the table's.
    """
    said = read_card(folder / "card.json").training.get("data_sha256")
    if said != table.digest:
        raise ModelError(
            f"{folder.name} was trained on a file with sha256 {str(said)[:12]}..., not on this one "
            f"({table.digest[:12]}...); give the data that it was trained on"
        )
    made = sketch_of(table)
    (folder / FILE).write_bytes(to_bytes(made))
    return made
