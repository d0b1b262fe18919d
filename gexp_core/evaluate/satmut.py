"""Predicted effects of single-base changes against measured ones, element by element.

Owns the reading of the saturation mutagenesis tables (Kircher et al., Nat Commun 10:3583, 2019)
and the comparison. Sequences are read on the plus strand, as published; no element is chosen by
how well it fits.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import InputError
from gexp_core.evaluate.measured import BARCODES
from gexp_core.evaluate.metrics import pearson, spearman
from gexp_core.explain import ABOUT, AttributionSettings
from gexp_core.explain.attribution import attribute
from gexp_core.explain.single_base import mutagenesis
from gexp_core.models.base import Model
from gexp_core.types import Progress, SequenceSet, Target

EFFECTS = "effects_grch38.tsv.gz"
REFERENCE = "reference_grch38_plus.fa"

#: Gradient methods that say what a letter that is not there would get, cheapest first.
METHODS = ("gradient-x-input", "deeplift-shap", "integrated-gradients")


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """Hold one experiment.

    Attributes
    ----------
    name : as published; the same place in other cells or another library has another name
    sequence : plus strand
    position : (n,) 0-based on the sequence
    alt : (n,) place of the alternative letter in A C G T
    measured : (n,) log2 effect of the change
    left_out : single-base substitutions with too few barcodes or another reference letter
    """

    name: str
    sequence: str
    position: np.ndarray
    alt: np.ndarray
    measured: np.ndarray
    left_out: int


@dataclass(frozen=True, slots=True)
class Row:
    """Report the agreement of one method on one element; n changes were compared."""

    element: str
    method: str
    n: int
    pearson: float
    spearman: float
    left_out: int


def read_elements(folder: str, *, barcodes: int = BARCODES) -> list[Element]:
    """Read the measured single-base substitutions of every element.

    Parameters
    ----------
    folder : str
        Holds the table of effects (positions 1-based on GRCh38) and the reference FASTA, whose
        headers are ``name chrom:start-end`` (1-based, both ends included).
    barcodes : int
        Changes with fewer are left out; deletions are too.

    Raises
    ------
    InputError
        A file is missing or is not of that form.
    """
    try:
        places = _reference(Path(folder) / REFERENCE)
        with gzip.open(Path(folder) / EFFECTS, "rt", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        kept: dict[str, list[tuple[int, int, float]]] = {name: [] for name in places}
        left: dict[str, int] = dict.fromkeys(places, 0)
        for row in rows:
            name, ref, alt = row["Element"], row["Ref"], row["Alt"]
            if name not in places or ref not in BASES or alt not in BASES:
                continue
            start, text = places[name]
            at = int(float(row["Pos"])) - start
            fits = 0 <= at < len(text) and text[at] == ref
            if fits and int(row["Barcodes"]) >= barcodes:
                kept[name].append((at, BASES.index(alt), float(row["Coefficient"])))
            else:
                left[name] += 1
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise InputError(
            f"{folder!r} cannot be read as saturation mutagenesis ({error}); it must hold "
            f"{EFFECTS} and {REFERENCE}"
        ) from error
    found = []
    for name, changes in kept.items():
        if changes:
            position, letter, measured = (np.array(column) for column in zip(*changes, strict=True))
            text = places[name][1]
            found.append(Element(name, text, position, letter, measured, left[name]))
    if not found:
        raise InputError(f"{folder!r} has no change with {barcodes} barcodes or more")
    return found


def _reference(path: Path) -> dict[str, tuple[int, str]]:
    """Return name -> (1-based start, letters)."""
    places: dict[str, tuple[int, str]] = {}
    for record in path.read_text(encoding="utf-8").split(">")[1:]:
        head, _, letters = record.partition("\n")
        name, place = head.split()[:2]
        start = int(place.partition(":")[2].partition("-")[0])
        places[name] = start, "".join(letters.split()).upper()
    return places


def compare(
    model: Model,
    elements: Sequence[Element],
    *,
    methods: Sequence[str] = ("mutagenesis", *METHODS),
    target: Target | None = None,
    n_baselines: int = 10,
    stride: int | None = None,
    both_strands: bool = True,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> list[Row]:
    """Compare predicted with measured effects.

    Parameters
    ----------
    model : Model
    elements : sequence of Element
    methods : sequence of str
        'mutagenesis' is the predicted effect, y_alt - y_ref; an attribution method is the
        hypothetical score of the alternative letter minus that of the reference letter. The
        off-simplex correction would change no such difference, so none is made.
    target, n_baselines, stride, both_strands, seed, batch_size
        As in ``attribute``.
    progress : callable, optional
        Called with (pairs of element and method done, pairs in all).

    Returns
    -------
    list of Row
        Element by element, methods in the order given.
    """
    wrong = [name for name in methods if name != "mutagenesis" and not _differs(name)]
    if wrong:
        raise InputError(
            f"{wrong[0]} gives no signed score to a letter that does not stand there, so it "
            "foretells no effect; leave it out"
        )
    shared: dict[str, Any] = {"target": target or Target(), "batch_size": batch_size}
    rows: list[Row] = []
    for element in elements:
        one = SequenceSet((element.name,), (element.sequence,))
        for method in methods:
            if method == "mutagenesis":
                changed = mutagenesis(
                    model, one, both_strands=both_strands, stride=stride, **shared
                )
                effect = changed.effect[0]
            else:
                settings = AttributionSettings(
                    method,
                    n_baselines=n_baselines,
                    both_strands=both_strands,
                    stride=stride,
                    hypothetical=True,
                )
                credit = attribute(model, one, settings=settings, seed=seed, **shared)
                letters = credit.hypothetical[0]
                effect = letters - (one_hot(element.sequence) * letters).sum(0)
            guess = effect[element.alt, element.position]
            rows.append(
                Row(
                    element.name,
                    method,
                    len(guess),
                    pearson(guess, element.measured),
                    spearman(guess, element.measured),
                    element.left_out,
                )
            )
            if progress:
                progress(len(rows), len(elements) * len(methods))
    return rows


def _differs(method: str) -> bool:
    about = ABOUT.get(method)
    return about is not None and about.letters and about.signed


def as_records(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return plain records of the rows, for a table or JSON."""
    return [asdict(row) for row in rows]
