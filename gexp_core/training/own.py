"""Training on one's own table of sequences and values.

A table is tab- or comma-separated with a header: ``sequence``, one or more value columns (the
tracks), and optionally ``group`` (rows of one locus, element or parent; a group never crosses
splits), ``split`` (train, valid, test) and ``weight``.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.evaluate.classical import RIDGE
from gexp_core.models.card import Track
from gexp_core.training.data import Table
from gexp_core.training.loop import FitSettings
from gexp_core.training.recipes import Form, Recipe
from gexp_core.training.words import Words

_KNOWN = ("sequence", "group", "split", "weight")

#: Fewer rows than this cannot be split into train, valid and test with anything left to learn.
FEWEST = 100


def read_table(path: Path, *, seed: int = 0) -> Table:
    """Read a person's own table.

    Rows are split 8 : 1 : 1 by group (each row its own group when there is none) unless the table
    says. Letters that all rows share at their ends are taken as the assay's constant flanks.

    Raises
    ------
    InputError
        A column is missing or not a number, lengths differ, a letter is not ACGTN, or there are
        fewer than ``FEWEST`` rows.
    """
    try:
        raw = path.read_bytes()
        tabs = b"\t" in raw.partition(b"\n")[0]
        table = pd.read_csv(path, sep="\t" if tabs else ",")
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as a table: {error}") from error
    if "sequence" not in table.columns:
        raise InputError(f"{path.name} has no column 'sequence'; its columns are {_list(table)}")
    tracks = tuple(str(name) for name in table.columns if name not in _KNOWN)
    if not tracks:
        raise InputError(f"{path.name} has no value column beside {_list(table)}")
    if len(table) < FEWEST:
        raise InputError(f"{path.name} has {len(table)} rows; give at least {FEWEST}")
    try:
        y = table[list(tracks)].to_numpy(np.float32)
    except ValueError as error:
        raise InputError(f"a value in {', '.join(tracks)} is not a number: {error}") from error
    texts = [str(text).strip().upper() for text in table["sequence"]]
    if len({len(text) for text in texts}) != 1:
        shortest, longest = min(map(len, texts)), max(map(len, texts))
        raise InputError(
            f"{path.name} has sequences of {shortest} to {longest} bases; give one length"
        )
    group = table["group"] if "group" in table.columns else pd.Series(np.arange(len(table)))
    groups = pd.factorize(group)[0].astype(np.int64)
    weight = table["weight"].to_numpy(np.float32) if "weight" in table.columns else None
    codes = np.stack([indices(text) for text in texts]).astype(np.uint8)
    return Table(
        codes=codes,
        y=y,
        weight=np.ones(len(table), np.float32) if weight is None else weight / weight.mean(),
        batch=np.zeros(len(table), np.int64),
        batches=("all",),
        group=groups,
        split=_split(table, groups, seed),
        subsets={"all": np.ones(len(table), bool)},
        pairs=np.empty((0, 2), np.int64),
        insert=_insert(codes),
        tracks=tracks,
        clip=-np.inf,
        digest=hashlib.sha256(raw).hexdigest(),
    )


def _list(table: pd.DataFrame) -> str:
    return ", ".join(repr(str(name)) for name in table.columns)


def _split(table: pd.DataFrame, groups: np.ndarray, seed: int) -> np.ndarray:
    """Return the split of each row; whole groups are drawn."""
    if "split" in table.columns:
        split = table["split"].to_numpy(str)
        if set(split) != {"train", "valid", "test"}:
            raise InputError(
                f"column 'split' holds {sorted(set(split))}; wanted are train, valid and test"
            )
        for name in np.unique(groups):
            if len(set(split[groups == name])) > 1:
                raise InputError("a group has rows in more than one split; keep each group whole")
        return split
    order = np.random.default_rng(seed).permutation(groups.max() + 1)
    part = np.minimum(order * 10 // len(order), 9)
    names = np.array(["train"] * 8 + ["valid", "test"])
    return np.asarray(names[part][groups])


def _insert(codes: np.ndarray) -> tuple[int, int]:
    """Return the part between the letters that all rows (N, L) share at their ends."""
    varied = np.flatnonzero((codes != codes[0]).any(0))
    return (int(varied[0]), int(varied[-1]) + 1) if len(varied) else (0, codes.shape[1])


#: Made-up sequences that students of an own table's networks learn from.
MADE_UP = 24_000


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
    fit = FitSettings(epochs=30 if small else 12, batch_size=64 if small else 128)
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
