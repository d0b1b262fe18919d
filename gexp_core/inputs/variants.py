"""Variants, from text to normal form: everything about them that needs no model.

Re-exports what ``alleles``, ``typed``, ``vcf`` and ``refcheck`` own, and owns reading from a path
and telling equal variants.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gexp_core.errors import InputError
from gexp_core.inputs.alleles import MAX_ALLELE, Core, RepeatError, Variant, core, normalise
from gexp_core.inputs.limits import CLI_LIMITS, Limits, check_bytes
from gexp_core.inputs.refcheck import REMEDIES, RefMatch, absent, check, diagnose
from gexp_core.inputs.typed import parse_variant
from gexp_core.inputs.vcf import VariantsRead, read_variants, read_vcf

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

__all__ = [
    "MAX_ALLELE",
    "REMEDIES",
    "Core",
    "RefMatch",
    "RepeatError",
    "Variant",
    "VariantsRead",
    "absent",
    "check",
    "core",
    "diagnose",
    "normalise",
    "parse_variant",
    "read_variants",
    "read_variants_path",
    "read_vcf",
    "repeated",
]


def repeated(variants: Sequence[Variant], genome: "Genome") -> tuple[int, ...]:
    """Return which variants are the same change as one before them, however they are written.

    Parameters
    ----------
    variants : sequence of V Variant
        Those whose REF is not what the genome has are the same as none. One whose normal form is
        too far away is compared as it is written.
    genome : Genome

    Returns
    -------
    tuple of int
        Ascending; the first of equal variants is not among them.
    """
    seen: set[tuple[str, int, str, str]] = set()
    again = []
    for i, one in enumerate(variants):
        try:
            normal = normalise(one, genome)
        except RepeatError:
            normal = one
        except InputError:
            continue
        change = (genome.resolve(normal.chrom), normal.pos, normal.ref, normal.alt)
        if change in seen:
            again.append(i)
        seen.add(change)
    return tuple(again)


def read_variants_path(
    path: str, *, genome: "Genome | None" = None, limits: Limits = CLI_LIMITS
) -> VariantsRead:
    """Read a file as ``read_variants`` does, or standard input when ``path`` is '-'.

    Raises
    ------
    InputError
        The file cannot be opened, or holds no good variant.
    LimitError
        It is larger than ``limits`` allow; it is then not read to its end.
    """
    if path == "-":
        data = sys.stdin.buffer.read(limits.max_bytes + 1)
        return read_variants(data, filename="standard input", genome=genome, limits=limits)
    try:
        with open(path, "rb") as file:
            data = file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"{path!r} cannot be read: {reason}; give the path of a VCF, or - for standard input"
        ) from None
    check_bytes(len(data), repr(path), limits)
    return read_variants(data, filename=Path(path).name, genome=genome, limits=limits)
