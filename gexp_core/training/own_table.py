"""A person's own table of sequences and values, read into the rows that training uses.

A table is tab- or comma-separated with a header: ``sequence``, one or more value columns (the
tracks), and optionally ``group`` (rows of one locus, element or parent; a group never crosses
splits), ``split`` (train, valid, test) and ``weight`` (at least 0). Owns what is refused.
"""

import hashlib
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.inputs.limits import many
from gexp_core.training.data import Table
from gexp_core.types import Floats, Ints

_KNOWN = ("sequence", "group", "split", "weight")

#: Fewer rows than this cannot be split into train, valid and test with anything left to learn.
FEWEST = 100

#: Fewer groups than this leave no valid or no test rows when a tenth is drawn for either.
FEWEST_GROUPS = 10

#: Train rows of a small table's training step: there must be one step.
FEWEST_TRAINED = 64

_FEWEST_VALUES = 3  # of a column, in train and in test rows: an r wants so many


def read_table(path: Path, *, seed: int = 0) -> Table:
    """Read a person's own table.

    Rows are split 8 : 1 : 1 by group (each row its own group when there is none) unless the table
    says. Rows of the same letters, on either strand, are of one group whatever the table says; a
    row whose ``group`` is empty is a group of its own. Letters that all rows share at their ends
    are taken as the assay's constant flanks.

    Raises
    ------
    InputError
        A column is missing or holds what is no number, lengths differ, a letter is not ACGTN, one
        group has rows in two splits, or there is too little to train on, choose by and test:
        fewer than ``FEWEST`` rows, ``FEWEST_GROUPS`` groups or ``FEWEST_TRAINED`` train rows, or
        a column with too few values.
    """
    table, digest = _read(path)
    if "sequence" not in table.columns:
        raise InputError(f"{path.name} has no column 'sequence'; its columns are {_list(table)}")
    tracks = tuple(str(name) for name in table.columns if name not in _KNOWN)
    if not tracks:
        raise InputError(f"{path.name} has no value column beside {_list(table)}")
    if len(table) < FEWEST:
        raise InputError(f"{path.name} has {many(len(table), 'row')}; give at least {FEWEST}")
    y, weight = _values(table, tracks), _weights(table)
    if table["sequence"].isna().any():
        raise InputError(
            f"row {_row(table['sequence'].isna())} has no sequence; give one or remove the row"
        )
    texts = [str(text).strip().upper() for text in table["sequence"]]
    if len({len(text) for text in texts}) != 1:
        shortest, longest = min(map(len, texts)), max(map(len, texts))
        raise InputError(
            f"{path.name} has sequences of {shortest} to {longest} bases; give one length"
        )
    codes = np.stack([indices(text) for text in texts]).astype(np.uint8)
    insert = _insert(codes)
    groups = _groups(table, codes[:, slice(*insert)])
    made = Table(
        codes=codes,
        y=y,
        weight=weight,
        batch=np.zeros(len(table), np.int64),
        batches=("all",),
        group=groups,
        split=_split(table, groups, seed),
        subsets={"all": np.ones(len(table), bool)},
        pairs=np.empty((0, 2), np.int64),
        insert=insert,
        tracks=tracks,
        clip=-np.inf,
        digest=digest,
    )
    _check_splits(made)
    return made


def _read(path: Path) -> tuple[pd.DataFrame, str]:
    """Return a table, separated by tabs where its header holds one, and the sha256 of its file."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        tabs = len(pd.read_csv(path, sep="\t", nrows=0).columns) > 1  # of what gzip holds, too
        return pd.read_csv(path, sep="\t" if tabs else ","), digest
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read as a table: {error}") from error


def _list(table: pd.DataFrame) -> str:
    return ", ".join(repr(str(name)) for name in table.columns)


def _row(wrong: np.ndarray | pd.Series) -> int:
    """Return the number of the first row (N,) that is wrong, counted from 1 after the header."""
    return int(np.argmax(wrong)) + 1


def _values(table: pd.DataFrame, tracks: tuple[str, ...]) -> Floats:
    """Return (N, T) float32 measured values, nan where a cell is empty."""
    try:
        with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, refused below
            y = np.asarray(table[list(tracks)].to_numpy(np.float32))
    except ValueError as error:
        raise InputError(f"a value in {', '.join(tracks)} is not a number: {error}") from error
    for at, track in enumerate(tracks):
        if np.isinf(y[:, at]).any():
            row = _row(np.isinf(y[:, at]))
            raise InputError(
                f"column {track!r} holds {table[track].iloc[row - 1]} in row {row}; give a finite "
                "number, or an empty cell where nothing was measured"
            )
        if np.isnan(y[:, at]).all():
            raise InputError(f"column {track!r} holds no value; remove it")
    return y


def _weights(table: pd.DataFrame) -> Floats:
    """Return (N,) float32 weights of rows, their mean 1."""
    if "weight" not in table.columns:
        return np.ones(len(table), np.float32)
    weight = pd.to_numeric(table["weight"], errors="coerce").to_numpy(np.float64)
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        row = _row(wrong)
        raise InputError(
            f"column 'weight' holds {table['weight'].iloc[row - 1]} in row {row}; give every row a "
            "number of at least 0"
        )
    if not weight.any():
        raise InputError("column 'weight' is 0 in every row; give rows that count more than 0")
    return np.asarray(weight / weight.mean(), np.float32)


def _groups(table: pd.DataFrame, inner: np.ndarray) -> Ints:
    """Return (N,) int64 groups, those of ``inner`` (N, W) letters that are the same joined.

    Both strands are trained on, so letters and their reverse complement are the same.
    """
    turned = np.where(inner < 4, 3 - inner, 4).astype(np.uint8)[:, ::-1]
    seen: dict[bytes, int] = {}
    either = (min(a.tobytes(), b.tobytes()) for a, b in zip(inner, turned, strict=True))
    letters = np.array([seen.setdefault(one, len(seen)) for one in either], np.int64)
    if "group" not in table.columns:
        return letters
    given = pd.factorize(table["group"])[0].astype(np.int64)
    empty = given < 0
    given[empty] = given.max() + 1 + np.arange(empty.sum())
    while True:  # the least number goes round until rows that share either have the same
        least = pd.Series(given).groupby(letters).transform("min").groupby(given).transform("min")
        if (least == given).all():
            return pd.factorize(given)[0].astype(np.int64)
        given = least.to_numpy()


def _split(table: pd.DataFrame, groups: Ints, seed: int) -> np.ndarray:
    """Return the split of each row; whole groups are drawn."""
    if "split" in table.columns:
        split = table["split"].to_numpy(str)
        if set(split) != {"train", "valid", "test"}:
            raise InputError(
                f"column 'split' holds {sorted(set(split))}; wanted are train, valid and test"
            )
        first = np.unique(groups, return_index=True)[1][groups]  # of each row's group
        crossed = split != split[first]
        if crossed.any():
            row = _row(crossed)
            raise InputError(
                f"rows {first[row - 1] + 1} and {row} are of one group, or of the same letters on "
                f"one strand or the other, and in more than one split ({split[first[row - 1]]} and "
                f"{split[row - 1]}); give them the same"
            )
        return split
    order = np.random.default_rng(seed).permutation(groups.max() + 1)
    if len(order) < FEWEST_GROUPS:
        raise InputError(
            f"the rows are of {len(order)} groups (those of the same letters are one); give at "
            f"least {FEWEST_GROUPS}, or a column 'split'"
        )
    part = np.minimum(order * 10 // len(order), 9)
    names = np.array(["train"] * 8 + ["valid", "test"])
    return np.asarray(names[part][groups])


def _check_splits(table: Table) -> None:
    """Raise InputError where there is too little to train on, to choose by or to test with."""
    train, valid = table.rows("train"), table.rows("valid")
    if len(train) < FEWEST_TRAINED:
        raise InputError(f"{len(train)} rows are for training; give at least {FEWEST_TRAINED}")
    varied = False
    for at, track in enumerate(table.tracks):
        known = np.isfinite(table.y[:, at]) & ((table.weight > 0) | (table.split != "train"))
        for split in ("train", "test"):
            if (n := int((known & (table.split == split)).sum())) < _FEWEST_VALUES:
                raise InputError(
                    f"column {track!r} has {many(n, 'value')} in {split} rows that count; give at "
                    f"least {_FEWEST_VALUES}, or leave it out"
                )
        if np.ptp(table.y[train, at][known[train]]) == 0:
            raise InputError(f"column {track!r} is the same in every train row; leave it out")
        chosen = table.y[valid, at][known[valid]]
        varied |= len(chosen) >= _FEWEST_VALUES and np.ptp(chosen) > 0
    if not varied:
        raise InputError(
            "no column has three values in valid rows that are not all the same, by which training "
            "is stopped; give more rows or groups, or a column 'split'"
        )


def _insert(codes: np.ndarray) -> tuple[int, int]:
    """Return the part between the letters that all rows (N, L) share at their ends."""
    varied = np.flatnonzero((codes != codes[0]).any(0))
    return (int(varied[0]), int(varied[-1]) + 1) if len(varied) else (0, codes.shape[1])
