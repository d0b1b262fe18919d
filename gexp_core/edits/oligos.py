"""Sequences as oligos for the bench: adapters put on, and what a synthesis would object to.

Owns the checks. How they are written to a file is ``export.candidates``'s.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gexp_core.edits.sites import ENZYMES, find_sites, longest_run, pattern
from gexp_core.encoding import gc_content, indices
from gexp_core.errors import InputError

_SITE = re.compile(r"[A-Z]{4,60}")


@dataclass(frozen=True, slots=True)
class OligoSettings:
    """Choose how oligos are made and what they are checked for.

    Attributes
    ----------
    left, right : adapters, 5' to 3' on the strand that is ordered
    enzymes : names of ``sites.ENZYMES``, or sites in IUPAC letters, that must not cut
    run : longest run of one letter
    gc : lowest and highest share of G and C in the insert
    longest : most bases of a whole oligo
    """

    left: str = ""
    right: str = ""
    enzymes: tuple[str, ...] = ()
    run: int = 8
    gc: tuple[float, float] = (0.25, 0.75)
    longest: int = 300

    def __post_init__(self) -> None:
        for adapter in (self.left, self.right):
            indices(adapter)
        for name in self.enzymes:
            pattern(site_of(name))
        if not (self.run >= 1 and self.longest >= 1 and 0 <= self.gc[0] <= self.gc[1] <= 1):
            raise InputError(
                "the longest run and the longest oligo must be at least 1, and the GC limits "
                "shares from 0 to 1, the smaller first"
            )


def site_of(name: str) -> str:
    """Return the site of an enzyme, or the site itself where letters are given.

    Raises
    ------
    InputError
        It is neither a known enzyme nor a site.
    """
    if name in ENZYMES:
        return ENZYMES[name]
    if _SITE.fullmatch(name):
        return name
    raise InputError(
        f"{name[:40]!r} is not an enzyme that is known here; give its site in capital letters, or "
        f"one of {', '.join(ENZYMES)}"
    )


@dataclass(frozen=True, slots=True)
class Oligo:
    """Hold one oligo and what was found wrong with it; '' in ``problems`` where nothing was.

    Attributes
    ----------
    insert : the candidate's letters
    sequence : adapter, insert, adapter
    gc : share of G and C in the insert
    run : longest run of one letter in the whole oligo
    sites : (enzyme, 0-based start on the oligo) that touch the insert; sites that lie in an
        adapter alone are there on purpose
    problems : sentences
    """

    name: str
    insert: str
    sequence: str
    gc: float
    run: int
    sites: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


def oligos(
    names: Sequence[str], inserts: Sequence[str], settings: OligoSettings | None = None
) -> tuple[Oligo, ...]:
    """Put adapters on every sequence and check what comes of it."""
    chosen = settings or OligoSettings()
    return tuple(_one(name, text, chosen) for name, text in zip(names, inserts, strict=True))


def _one(name: str, insert: str, chosen: OligoSettings) -> Oligo:
    whole = chosen.left + insert + chosen.right
    first, last = len(chosen.left), len(chosen.left) + len(insert)
    found = []
    for enzyme in chosen.enzymes:
        site = site_of(enzyme)
        found += [
            (enzyme, at) for at in find_sites(whole, site) if at < last and at + len(site) > first
        ]
    gc, run = gc_content(insert), longest_run(whole)
    problems = [f"{enzyme} cuts at {at + 1}" for enzyme, at in found]
    if run > chosen.run:
        problems.append(f"a run of {run} equal letters, more than {chosen.run}")
    if not chosen.gc[0] <= gc <= chosen.gc[1]:
        problems.append(f"GC {gc:.0%}, outside {chosen.gc[0]:.0%} to {chosen.gc[1]:.0%}")
    if len(whole) > chosen.longest:
        problems.append(f"{len(whole)} bases, more than {chosen.longest}")
    if "N" in whole:
        problems.append(f"{whole.count('N')} unknown bases (N)")
    return Oligo(name, insert, whole, gc, run, tuple(found), tuple(problems))
