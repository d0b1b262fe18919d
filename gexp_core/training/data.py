"""Measured tables, read into one shape that every training run uses.

Owns the columns and quirks of each data set. Splits are those of the files: by parent locus,
element pair or window, never by row.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.types import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Hold N measured sequences.

    Attributes
    ----------
    codes : (N, L) uint8, 0-3 for A C G T and 4 for N
    y : (N, T) float32, nan where a track was not measured; as published
    weight : (N,) float32, mean 1 over the training rows
    batch : (N,) int64, a number per batch; ``batches`` names them
    group : (N,) int64, rows of one locus, element or pair share it
    split : (N,) of 'train', 'valid', 'test', or 'change' for rows that only serve ``pairs``
    subsets : name -> (N,) bool, rows reported apart
    pairs : (P, 2) int64, rows of a changed sequence and of its parent, measured in one batch
    insert : (start, end), the part of each row that varied; the rest are the assay's flanks
    clip : measured values below are raised to it for training only
    digest : sha256 of the file the rows came from
    """

    codes: NDArray[np.uint8]
    y: Floats
    weight: Floats
    batch: Ints
    batches: tuple[str, ...]
    group: Ints
    split: NDArray[np.str_]
    subsets: dict[str, NDArray[np.bool_]]
    pairs: Ints
    insert: tuple[int, int]
    tracks: tuple[str, ...]
    clip: float
    digest: str

    def rows(self, split: str) -> Ints:
        """Return the row numbers of one split."""
        return np.flatnonzero(self.split == split)

    def text(self, row: int) -> str:
        """Return the letters of one row."""
        letters = np.frombuffer(b"ACGTN", np.uint8)[self.codes[row]]
        return bytes(letters).decode()


def _file(folder: Path, name: str) -> tuple[Path, str]:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{folder} holds no {name}; give the folder of the data set with --data")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def _codes(sequences: list[str]) -> NDArray[np.uint8]:
    lengths = {len(text) for text in sequences}
    if len(lengths) != 1:
        raise InputError(
            f"sequences of {min(lengths)} to {max(lengths)} bases were given; training wants all "
            "of one length"
        )
    return np.stack([indices(text) for text in sequences]).astype(np.uint8)


def _parents(table: pd.DataFrame, wild_type: np.ndarray, usable: np.ndarray) -> Ints:
    """Return (P, 2): each usable mutant with the wild type of its locus in the same library."""
    place = table[["locus", "library"]].assign(row=np.arange(len(table)))
    parents = place[wild_type].drop_duplicates(["locus", "library"])
    children = place[usable & ~wild_type]
    joined = children.merge(parents, on=["locus", "library"], suffixes=("", "_parent"))
    return np.asarray(joined[["row", "row_parent"]], np.int64)


def retina_mpra(folder: Path) -> Table:
    """Read activity of 164-bp elements in mouse photoreceptors (Friedman et al. 2025).

    A library is a batch. The weight of a row is 1 / (s_batch**2 + s_row**2): s_row is the standard
    error of log2 activity by the delta method, widened for rows seen with few barcodes; s_batch is
    what a model leaves unexplained, larger in the noisy libraries 9a and 9b. The floor (-9.97, no
    RNA seen) is raised to ``clip`` in training.
    """
    path, digest = _file(folder, "activity.tsv.gz")
    table = pd.read_csv(path, sep="\t", dtype={"library": str})
    activity = table["activity_vs_basal"].clip(lower=0.05)
    replicates = (table["activity_sd"] / activity / math.log(2)).clip(0, 3).fillna(3.0)
    barcodes = 1.0 / table["n_barcodes"].clip(lower=1)
    noisy = table["library"].isin(["9a", "9b"])
    weight = 1 / (np.where(noisy, 3.0, 0.6) + replicates**2 + 0.4 * barcodes)
    weight /= weight[table["split"] == "train"].mean()
    batches = tuple(sorted(table["library"].unique()))
    clean = ~noisy.to_numpy()
    wild_type = table["label"].str.endswith("_WT").to_numpy()
    genomic = table["in_test_set_genomic"].to_numpy().astype(bool)
    return Table(
        codes=_codes(table["sequence"].tolist()),
        y=table[["expression_log2"]].to_numpy(np.float32),
        weight=weight.to_numpy(np.float32),
        batch=table["library"].map(batches.index).to_numpy(np.int64),
        batches=batches,
        group=pd.factorize(table["locus"])[0].astype(np.int64),
        split=table["split"].to_numpy(str),
        subsets={
            "all": clean,
            "genomic": clean & genomic,
            "wild type": clean & wild_type,
            "libraries 9a and 9b": ~clean,
        },
        pairs=_parents(table, wild_type & clean, clean),
        insert=(0, 164),
        tracks=("photoreceptor activity",),
        clip=-4.0,
        digest=digest,
    )


def human_lentimpra(folder: Path) -> Table:
    """Read activity of 200-bp human elements in WTC11 and K562 (Agarwal et al. 2025).

    One row per sequence, one track per cell; both orientations of an element share a group.
    """
    path, digest = _file(folder, "activity.tsv.gz")
    table = pd.read_csv(path, sep="\t")
    cells = ("WTC11", "K562")
    wide = table.pivot_table(
        index=["pair", "sequence", "split"], columns="cell", values="log2_rna_dna", sort=False
    ).reset_index()
    return Table(
        codes=_codes(wide["sequence"].tolist()),
        y=wide[list(cells)].to_numpy(np.float32),
        weight=np.ones(len(wide), np.float32),
        batch=np.zeros(len(wide), np.int64),
        batches=("all",),
        group=pd.factorize(wide["pair"])[0].astype(np.int64),
        split=wide["split"].to_numpy(str),
        subsets={"all": np.ones(len(wide), bool)},
        pairs=np.empty((0, 2), np.int64),
        insert=(15, 215),
        tracks=cells,
        clip=-4.0,
        digest=digest,
    )


YEAST_LEFT, YEAST_RIGHT = "TGCATTTTTTTCACATC", "GGTTACGGCTGTT"


def _yeast_window(text: str) -> str:
    """Return 110 letters: flank, 80 bases, flank.

    The bases nearest to the right flank (to the gene) are kept; N fills a shorter insert's left.
    """
    insert = text[len(YEAST_LEFT) : len(text) - len(YEAST_RIGHT)]
    return YEAST_LEFT + insert[-80:].rjust(80, "N") + YEAST_RIGHT


def yeast_promoters(folder: Path) -> Table:
    """Read expression of random yeast promoters and of measured pairs (Rafi et al. 2024).

    Pairs that differ in one to three bases are rows of the split 'change': they are never trained
    on, and pairs that share a sequence with a train or valid row are left out.
    """
    path, digest = _file(folder, "random_promoters.tsv.gz")
    table = pd.read_csv(path, sep="\t")
    texts = [_yeast_window(text) for text in table["sequence"]]
    drift = pd.read_csv(_file(folder, "drift_pairs_complex_medium.tsv.gz")[0], sep="\t")
    seen = {text for text, split in zip(texts, table["split"], strict=True) if split != "test"}
    changed = [_yeast_window(text) for text in drift["seq"]]
    parent = [_yeast_window(text) for text in drift["original_seq"]]
    kept = np.array(
        [a not in seen and b not in seen for a, b in zip(changed, parent, strict=True)], bool
    )
    changed, parent = (
        [text for text, keep in zip(side, kept, strict=True) if keep] for side in (changed, parent)
    )
    n, p = len(texts), len(changed)
    # The file's two headings stand the wrong way round: all pairs of one original_seq share one
    # evol_measured, while original_measured goes with seq.
    values = [
        table["expression"],
        drift["original_measured"][kept],
        drift["evol_measured"][kept],
    ]
    parents = pd.factorize(pd.Series(parent))[0]
    rows = n + np.arange(p)
    return Table(
        codes=_codes(texts + changed + parent),
        y=np.concatenate(values).astype(np.float32)[:, None],
        weight=np.ones(n + 2 * p, np.float32),
        batch=np.zeros(n + 2 * p, np.int64),
        batches=("all",),
        group=np.concatenate([np.arange(n), n + parents, n + parents]),
        split=np.array([*table["split"], *["change"] * (2 * p)]),
        subsets={"all": np.arange(n + 2 * p) < n},
        pairs=np.stack([rows, rows + p], 1),
        insert=(len(YEAST_LEFT), len(YEAST_LEFT) + 80),
        tracks=("expression",),
        clip=-np.inf,
        digest=digest,
    )
