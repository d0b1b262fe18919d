"""What a change without meaning does: random single-base changes, read by the same model.

Owns how they are drawn and where they are kept. They tell an effect that is large for this model
from one that any change has.
"""

import io
from collections.abc import Sequence

import numpy as np

from gexp_core.errors import InputError
from gexp_core.explain.effects import EffectBackground, count
from gexp_core.explain.variant_windows import strand_read
from gexp_core.explain.variants import score_variants
from gexp_core.inputs.disk_cache import DiskCache
from gexp_core.inputs.genome import Genome, MemoryGenome
from gexp_core.inputs.variants import Variant
from gexp_core.models import registry
from gexp_core.models.base import Model
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Progress

SEED = 0
_MOST_BYTES = 20_000_000
_FORMAT = 1  # changes when the draw does


def draw(
    card: ModelCard, n: int, *, margin: int = 0, seed: int = SEED
) -> tuple[Genome, tuple[Variant, ...]]:
    """Return ``n`` random contigs and a single-base change in the middle of each.

    The letters of a contig are independent; its share of G and C is that of a training row drawn
    at random where the card knows those, else a half. ``margin`` bases are added on both sides.
    """
    rng = np.random.default_rng([seed, 3])
    length = card.insert[1] - card.insert[0] + 2 * margin
    known = card.composition.get("gc", (0.5,))
    shares = np.quantile(np.asarray(known, np.float64), rng.random(n))
    contigs: dict[str, str] = {}
    made = []
    at = margin + (length - 2 * margin - 1) // 2
    for i, gc in enumerate(shares.tolist()):
        share = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
        letters = rng.choice(np.frombuffer(b"ACGT", np.uint8), length, p=share).tobytes().decode()
        alt = "ACGT"[("ACGT".index(letters[at]) + int(rng.integers(1, 4))) % 4]
        contigs[f"random{i}"] = letters
        made.append(Variant(f"random{i}", at + 1, letters[at], alt))
    return MemoryGenome("random letters", contigs), tuple(made)


def effect_background(
    model: Model,
    *,
    both_strands: bool = True,
    strand: str = "+",
    shifts: Sequence[int] = (0,),
    n: int | None = None,
    seed: int = SEED,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> EffectBackground:
    """Score random single-base changes as variants are scored.

    Parameters
    ----------
    model : Model
    both_strands, strand, shifts, batch_size, progress
        As of the variants that are to be compared with them; see ``score_variants``.
    n : int, optional
        How many changes; by default ``count(model.card)``.
    seed : int
        The same seed gives the same changes.

    Raises
    ------
    InputError
        ``n`` is below 1, or '-' was chosen for a model that reads both strands.
    """
    many = count(model.card) if n is None else n
    if many < 1:
        raise InputError(f"{many} random changes were asked for; ask for at least 1")
    margin = max((abs(shift) for shift in shifts), default=0)
    genome, variants = draw(model.card, many, margin=margin, seed=seed)
    made = score_variants(
        model,
        genome,
        variants,
        both_strands=both_strands,
        strand=strand,
        shifts=shifts,
        batch_size=batch_size,
        progress=progress,
    )
    return EffectBackground(made.effect, made.tracks, many, seed)


def background_named(
    model: str,
    *,
    both_strands: bool = True,
    strand: str = "+",
    shifts: Sequence[int] = (0,),
    seed: int = SEED,
    batch_size: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> EffectBackground:
    """Return the background of the model called ``model``, from the disk where it was made before.

    It is kept by the sha256 of the weights, so other weights never get it.
    """
    card = registry.card(model)
    n, tracks = count(card), tuple(track.name for track in card.tracks)
    settings = [
        card.sha256,
        strand_read(card, both_strands, strand),
        list(shifts),
        n,
        seed,
        card.insert,
        _FORMAT,
    ]
    cache, key = DiskCache("effects", most=_MOST_BYTES), repr(settings)
    kept = _unpacked(cache.get(key), (n, len(tracks)))
    if kept is not None:
        return EffectBackground(kept, tracks, n, seed)
    made = effect_background(
        registry.load(model, device=device),
        both_strands=both_strands,
        strand=strand,
        shifts=shifts,
        seed=seed,
        batch_size=batch_size,
        progress=progress,
    )
    cache.put(key, _packed(made.effects))
    return made


def _packed(effects: Floats) -> bytes:
    file = io.BytesIO()
    np.save(file, effects, allow_pickle=False)
    return file.getvalue()


def _unpacked(data: bytes | None, shape: tuple[int, int]) -> Floats | None:
    """Return kept effects, or None where there are none or they are not whole."""
    if data is None:
        return None
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return None
    if not isinstance(found, np.ndarray) or found.shape != shape or found.dtype != np.float32:
        return None
    return found
