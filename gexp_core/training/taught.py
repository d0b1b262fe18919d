"""Made-up sequences and what trained networks say of them: more to learn from than was measured.

Owns how the sequences are made (train rows, whole or joined from pieces, moved and mutated) and
what they are worth: the mean over the teachers. A network that learns them beside the measured
rows is a student of the whole ensemble (Hinton et al., arXiv:1503.02531; Xie et al., noisy
student, CVPR 2020; for regulatory sequences Zhou et al., DEGU, bioRxiv 2024.11.13.623485).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.training.augment import mutate, reverse_complement, shift
from gexp_core.training.data import Table
from gexp_core.training.scoring import read_codes

_SHIFT, _MUTATION = 12, 0.2  # bases, and the highest rate of changed letters
_JOINED = 0.5  # share of two rows joined at one place
_SPLICED = 0.25  # share of rows with a piece of another set in


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Hold M made-up sequences.

    Attributes
    ----------
    codes : (M, L) uint8
    y : (M, T) float32, mean over the teachers, both strands averaged where the student reads both
    source : what they were made from, see :func:`made_from`
    digest : sha256 over codes and y
    """

    codes: Tensor
    y: Tensor
    source: dict[str, Any]
    digest: str


def made_from(
    table: Table, teachers: Mapping[str, str], count: int, *, both_strands: bool, seed: int
) -> dict[str, Any]:
    """Return all that lessons depend on; ``teachers`` are names and sha256 of weights."""
    return {
        "data_sha256": table.digest,
        "teachers": dict(teachers),
        "count": count,
        "both_strands": both_strands,
        "seed": seed,
    }


class Turns:
    """Own the order in which lessons are read in one epoch; they begin anew where they are few."""

    def __init__(self, given: Lessons, size: int, generator: torch.Generator) -> None:
        self._given, self._size, self._generator = given, size, generator
        self._order = torch.randperm(len(given.codes), generator=generator)

    def batch(self, step: int, insert: tuple[int, int] | None) -> tuple[Tensor, Tensor]:
        """Return codes (size, L), their ``insert`` on either strand if given, and y (size, T)."""
        rows = self._order[(step * self._size + torch.arange(self._size)) % len(self._order)]
        codes = self._given.codes[rows]
        if insert is not None:
            which = torch.rand(self._size, generator=self._generator) < 0.5
            codes[:, slice(*insert)] = reverse_complement(codes[:, slice(*insert)], which)
        return codes, self._given.y[rows]


def compose(table: Table, count: int, generator: torch.Generator, *, turned: bool) -> Tensor:
    """Return (count, L) uint8: sequences made of train rows, their constant flanks as they are.

    Rows are drawn so that a group of n rows comes n ** 0.5 times as often as a single row; where
    ``turned``, each on either strand. A quarter stays whole, a half is joined of two rows at one
    place, in a quarter a piece of another row is set in; all are moved and mutated.
    """
    rows = torch.from_numpy(table.rows("train"))
    group = torch.from_numpy(table.group)[rows]
    weight = torch.bincount(group)[group].double().rsqrt()
    codes = torch.from_numpy(table.codes)
    first, second = (
        codes[rows[torch.multinomial(weight, count, True, generator=generator)]] for _ in range(2)
    )
    begin, end = table.insert
    one, other = first[:, begin:end], second[:, begin:end]
    if turned:
        one, other = (
            reverse_complement(part, torch.rand(count, generator=generator) < 0.5)
            for part in (one, other)
        )
    length = end - begin
    place = torch.arange(length)[None]
    kind = torch.rand(count, 1, generator=generator)
    cut = torch.randint(1, max(2, length), (count, 1), generator=generator)
    size = torch.randint(length // 16, max(2, length // 4), (count, 1), generator=generator)
    joined = (kind < _JOINED) & (place >= cut)
    within = (place >= cut - size // 2) & (place < cut - size // 2 + size)
    spliced = (kind >= _JOINED) & (kind < _JOINED + _SPLICED) & within
    inner = torch.where(joined | spliced, other, one)
    inner = shift(inner, min(_SHIFT, length // 4), generator)
    made = first.clone()
    made[:, begin:end] = mutate(inner, _MUTATION, generator)
    return made


def lessons(
    table: Table,
    teachers: Mapping[str, nn.Module],
    source: Mapping[str, Any],
    *,
    device: str = "cpu",
) -> Lessons:
    """Return made-up sequences and what the teachers say of them.

    Parameters
    ----------
    table : Table
    teachers : mapping of str to network
        Each counts alike, however many networks it averages; (N, 4, L) to (N, 1, T).
    source : mapping
        As :func:`made_from` returns it for these teachers.

    Raises
    ------
    ModelError
        There is no teacher.
    """
    if not teachers:
        raise ModelError("nobody teaches: a recipe that is taught names at least one teacher")
    both = source["both_strands"]
    generator = torch.Generator().manual_seed(source["seed"])
    codes = compose(table, source["count"], generator, turned=both)
    said = [
        read_codes(one.to(device), codes, insert=table.insert, both_strands=both, device=device)
        for one in teachers.values()
    ]
    y = torch.stack([torch.from_numpy(one) for one in said]).mean(0)
    return Lessons(codes, y, dict(source), _digest(codes, y))


def _digest(codes: Tensor, y: Tensor) -> str:
    return hashlib.sha256(codes.numpy().tobytes() + y.numpy().tobytes()).hexdigest()


def lessons_file(runs: Path, seed: int, *, both_strands: bool = True) -> Path:
    """Return where lessons lie beside the runs: of both strands, or of sequences as given."""
    return runs / f"lessons-{'' if both_strands else 'as-given-'}{seed}.safetensors"


def write(given: Lessons, path: Path) -> None:
    """Write lessons to a safetensors file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    tensors = {"codes": given.codes.contiguous(), "y": given.y.contiguous()}
    save_file(tensors, part, metadata={"source": json.dumps(given.source)})
    part.replace(path)


def read(path: Path) -> Lessons:
    """Read lessons that :func:`write` wrote."""
    with safe_open(path, framework="pt") as file:
        codes, y = file.get_tensor("codes"), file.get_tensor("y")
        source = json.loads(file.metadata()["source"])
    return Lessons(codes, y, source, _digest(codes, y))
