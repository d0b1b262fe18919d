"""A list of gene names to their promoters: each name once, what is not found told by name.

Owns how a typed list is taken apart. Where a gene begins is in ``genes``.
"""

import re
from dataclasses import replace

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.bed import Read
from gexp_core.inputs.genes import Genes, promoters
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.intervals import NamedInterval
from gexp_core.inputs.limits import APP_LIMITS, Limits
from gexp_core.types import Rejection

#: Characters of a typed list that are read: more than ``APP_LIMITS`` names have.
MAX_TEXT = 100_000
_NAME = re.compile(r"[^\s,;]+")
_NEAR = 5  # unknown names that near ones are looked for; each is compared with tens of thousands


def listed(text: str, *, limits: Limits = APP_LIMITS) -> tuple[str, ...]:
    """Return the names of a typed list, separated by blanks, commas, semicolons or lines.

    Raises
    ------
    LimitError
        The text is longer than MAX_TEXT, or has more names than ``limits.max_records``.
    """
    if len(text) > MAX_TEXT:
        raise LimitError(
            f"the list has {len(text):,} characters, more than the {MAX_TEXT:,} that are read "
            "here; name fewer genes"
        )
    names = tuple(dict.fromkeys(_NAME.findall(text)))
    if len(names) > limits.max_records:
        raise LimitError(
            f"the list has {len(names):,} names, more than the {limits.max_records:,} that are "
            "read here; name fewer genes"
        )
    return names


def named_promoters(
    genes: Genes,
    text: str,
    upstream: int,
    downstream: int,
    genome: Genome,
    *,
    limits: Limits = APP_LIMITS,
) -> Read:
    """Return a region for every transcription start of the genes that a list names.

    Parameters
    ----------
    genes : Genes
    text : str
        Symbols, gene ids or transcript ids; upper or lower case does not matter.
    upstream, downstream : int
        Bases before the first transcribed base, and from it on.
    genome : Genome
    limits : Limits
        ``max_records`` bounds the names and the regions.

    Returns
    -------
    (intervals, changes, rejections)
        Starts of the same place and name once, in the order of the list; no changes; each name
        that the annotation does not have, the first few with the nearest ones.

    Raises
    ------
    InputError
        No name was given or none is known; the sentence is that of the first.
    LimitError
        The list has more names or starts than ``limits`` allow.
    """
    kept: dict[str, NamedInterval] = {}
    refused: list[Rejection] = []
    for name in listed(text, limits=limits) or ("",):
        try:
            starts = genes.starts(name, near=len(refused) < _NEAR)
            found = promoters(starts, upstream, downstream, genome)
        except InputError as error:
            refused.append(Rejection(name, str(error)))
            continue
        for one in found:
            stem, number, new = one.name, 2, one
            while new.name in kept and kept[new.name].interval != one.interval:
                new, number = replace(one, name=f"{stem}_{number}"), number + 1
            kept.setdefault(new.name, new)
        if len(kept) > limits.max_records:
            raise LimitError(
                f"these genes have more than {limits.max_records:,} transcription starts, the most "
                "that is read here; name fewer"
            )
    if not kept:
        raise InputError(refused[0].text)
    return tuple(kept.values()), (), tuple(refused)
