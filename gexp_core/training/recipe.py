"""A recipe: of what a model is made, from file to card, and which of its networks are taught."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.training.data import Table
from gexp_core.training.settings import FitSettings
from gexp_core.training.words import TOWER, Words


@dataclass(frozen=True, slots=True)
class Form:
    """Say in what a member differs from the first: sizes of its network, and its settings."""

    config: dict[str, Any]
    fit: FitSettings


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say how one bundled model is trained, from file to card.

    ``members`` networks are of the form of ``config`` and ``fit``; ``others`` come after them.
    Where there is a ``second`` run, each network that reads both strands in its first begins it
    with what was best in that. A run whose settings have ``taught`` learns from made-up sequences.
    Of runs that read both strands the teachers are ``teachers`` (bundled models, the 6-mer ridge,
    or published towers, ``tuned`` with these settings) and ``members``, if there are any, which are
    no part of the model where they ``only_teach``. Of runs that read elements as they are given the
    teachers are ``given_teachers``.
    """

    name: str
    read: Callable[[Path], Table]
    architecture: str
    config: dict[str, Any]
    members: int
    fit: FitSettings
    words: Words
    group_unit: str = "loci"
    others: tuple[Form, ...] = ()
    teachers: tuple[str, ...] = ()
    only_teach: bool = False
    second: FitSettings | None = None
    given_teachers: tuple[str, ...] = ()
    tuned: FitSettings | None = None

    def __post_init__(self) -> None:
        both, given = (
            {run.taught for run in self._taught() if run.both_strands is strands}
            for strands in (True, False)
        )
        first = self.members and self.fit.taught
        wrong = first or max(len(both), len(given)) > 1 or (self.only_teach and not self.others)
        untuned = (self.tuned is None) is (TOWER in (*self.teachers, *self.given_teachers))
        if wrong or untuned or bool(given) != bool(self.given_teachers):
            raise ModelError(f"the recipe of {self.name} says wrongly which networks are taught")

    def _taught(self) -> list[FitSettings]:
        runs = [*(one.fit for one in self.others), *([self.second] if self.second else [])]
        return [run for run in runs if run.taught]

    def taught(self, *, both_strands: bool) -> FitSettings:
        """Return the settings of the first run so oriented that is taught, or ModelError."""
        for run in self._taught():
            if run.both_strands is both_strands:
                return run
        raise ModelError(f"no network of {self.name} is taught")

    @property
    def last(self) -> FitSettings:
        """Return the settings of the run that the networks are taken from."""
        return self.second or self.fit

    @property
    def count(self) -> int:
        """Return how many networks are trained in all."""
        return self.members + len(self.others)

    def kept(self, trained: int) -> range:
        """Return which of the first ``trained`` networks the model is made of, counted from 0.

        Raises
        ------
        ModelError
            None of them: all only teach.
        """
        found = range(self.members if self.only_teach else 0, trained)
        if not found:
            raise ModelError(
                f"the first {self.members} networks of {self.name} only teach; train at least "
                f"{self.members + 1}, {trained} are asked for"
            )
        return found

    def runs(self, member: int) -> list[FitSettings]:
        """Return the settings of the runs of one network, counted from 0: of one, or of two."""
        first = self.form(member).fit
        again = self.second is not None and first.both_strands is not self.second.both_strands
        return [first, self.second] if again and self.second else [first]

    def form(self, member: int) -> Form:
        """Return the sizes and settings of one member, counted from 0."""
        if member < self.members or not self.others:
            return Form(self.config, self.fit)
        other = self.others[member - self.members]
        return Form({**self.config, **other.config}, other.fit)
