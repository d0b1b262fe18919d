"""Changes to a training sequence that leave its measured value (nearly) as it was."""

import torch
from torch import Tensor


def reverse_complement(codes: Tensor, which: Tensor) -> Tensor:
    """Return codes (N, L) uint8 with the rows in ``which`` (N,) bool read on the other strand."""
    other = codes.flip(1)
    other = torch.where(other < 4, 3 - other, other)
    return torch.where(which[:, None], other, codes)


def shift(codes: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each row by up to ``most`` bases either way; random letters fill the end."""
    if most == 0:
        return codes
    n, length = codes.shape
    filler = torch.randint(0, 4, (n, 2 * most), dtype=torch.uint8, generator=generator)
    wide = torch.cat([filler[:, :most], codes, filler[:, most:]], 1)
    offset = torch.randint(0, 2 * most + 1, (n, 1), generator=generator)
    return wide.gather(1, torch.arange(length)[None] + offset)


def indel(codes: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move what lies on one side of a random place by up to ``most`` bases.

    An insertion or deletion in the middle (Lee et al., EvoAug, 2023); random letters fill the gap
    or the end.
    """
    if most == 0:
        return codes
    n, length = codes.shape
    by = torch.randint(-most, most + 1, (n, 1), generator=generator)
    cut = torch.randint(0, length, (n, 1), generator=generator)
    right = torch.rand(n, 1, generator=generator) < 0.5
    place = torch.arange(length)[None].expand(n, -1)
    source = torch.where(torch.where(right, place >= cut, place < cut), place + by, place)
    outside = (source < 0) | (source >= length)
    filler = torch.randint(0, 4, codes.shape, dtype=torch.uint8, generator=generator)
    return torch.where(outside, filler, codes.gather(1, source.clamp(0, length - 1)))


def mutate(codes: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Replace letters at a rate drawn per row from 0 to ``most`` (Lee et al., EvoAug, 2023)."""
    if most == 0:
        return codes
    rate = most * torch.rand(len(codes), 1, generator=generator)
    hit = torch.rand(codes.shape, generator=generator) < rate
    letters = torch.randint(0, 4, codes.shape, dtype=torch.uint8, generator=generator)
    return torch.where(hit, letters, codes)


def one_hot(codes: Tensor) -> Tensor:
    """Return (N, 4, L) float32 for codes (N, L); zeros at N."""
    order = torch.arange(4, dtype=codes.dtype, device=codes.device)
    return (codes[:, None] == order[None, :, None]).float()
