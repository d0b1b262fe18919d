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
from gexp_core.types import Interval, Rejection

#: Characters of a typed list that are read: more than ``APP_LIMITS`` names have.
MAX_TEXT = 100_000
_NAME = re.compile(r"[^\s,;]+")
_MOST_TRANSCRIPTS = 1_000_000  # of all names together; one gene may be named in many ways
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
    seen: set[tuple[str, Interval]] = set()
    following: dict[str, int] = {}
    refused: list[Rejection] = []
    looked_at = 0
    for name in listed(text, limits=limits) or ("",):
        try:
            starts = genes.starts(name, near=len(refused) < _NEAR)
            looked_at += sum(len(one.transcripts) for one in starts)
            _check_many(len(starts), looked_at, limits)
            found = promoters(starts, upstream, downstream, genome)
        except LimitError:
            raise
        except InputError as error:
            refused.append(Rejection(name, str(error)))
            continue
        for one in found:
            stem, interval = one.name, one.interval
            if (stem, interval) in seen:
                continue
            seen.add((stem, interval))
            new, number = stem, following.get(stem, 2)
            while new in kept and kept[new].interval != interval:
                new, number = f"{stem}_{number}", number + 1
            following[stem] = number
            kept.setdefault(new, replace(one, name=new))
        _check_many(len(kept), looked_at, limits)
    if not kept:
        raise InputError(refused[0].text)
    return tuple(kept.values()), (), tuple(refused)


def _check_many(starts: int, transcripts: int, limits: Limits) -> None:
    if starts > limits.max_records:
        raise LimitError(
            f"these genes have more than {limits.max_records:,} transcription starts, the most "
            "that is read here; name fewer"
        )
    if transcripts > _MOST_TRANSCRIPTS:
        raise LimitError(
            f"these names stand for more than {_MOST_TRANSCRIPTS:,} transcripts, the most that are "
            "looked at here; name fewer, and each once"
        )
