"""What a network with attention read, taken from the forward pass itself.

Owns how maps are taken: one call of the network's own ``attended`` per strand and member, which
returns the maps that its forward pass used, and the gradient of the reading by each of them. What
is made of maps is ``attention_map``'s. Attention is not importance: what a changed base does is
``single_base``'s.
"""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gexp_core.encoding import Frame, one_hot
from gexp_core.errors import LimitError, ModelError
from gexp_core.explain.attention_map import AttentionMap, gradient_rollout
from gexp_core.explain.placement import explained
from gexp_core.models import registry
from gexp_core.models.base import Model, Scalar, chosen
from gexp_core.predict import at_once
from gexp_core.types import Floats, Progress, Provenance, SequenceSet, Target

#: Numbers that the maps of one call may hold (256 MiB).
MOST = 2**26


def has_attention(model: Model) -> bool:
    """Return whether every network of ``model`` tells what it attended to."""
    return all(hasattr(member, "attended") for member in model.network.members)


def attended(
    model: Model,
    sequences: SequenceSet,
    *,
    target: Target | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> AttentionMap:
    """Return the attention that every network used for every window, on every strand read.

    Parameters
    ----------
    model : Model
        One whose architecture has attention.
    sequences : SequenceSet
    target : Target, optional
        The number whose gradient weighs the relevance, and which windows are taken; the maps
        themselves do not depend on the track.
    both_strands : bool
        Take the maps of the reverse complement too, where the model averages both.
    stride : int, optional
        Bases between windows of a sequence longer than the model's; half a window by default.
    batch_size : int
        Windows per forward and backward pass, fewer where they are long (``predict.at_once``);
        the maps do not depend on it beyond rounding.
    progress : callable, optional
        Called with (windows done, windows in all); it may raise to stop.

    Returns
    -------
    AttentionMap
        Both strands in the coordinates of the window as given. A turned map is the network's own
        with rows and columns in the other order, unless ``aligned`` is False.

    Raises
    ------
    ModelError
        The model has no attention, or the target is not one of its own.
    LimitError
        The maps of all windows would hold more than 2 ** 26 numbers.
    """
    if not has_attention(model):
        raise ModelError(registry.no_attention(model.card.name))
    target = target or Target()
    card = model.card
    Scalar(model, target)  # raises where the model has no such track
    strands = 2 if card.reads_both(both_strands) else 1
    plan = explained(sequences, card, target, stride=stride)
    total = sum(len(how.starts) for how in plan)
    network: nn.Module = model.network.members[0]
    size, reach = int(network.bases_per_token), tuple(network.reach)  # type: ignore[arg-type]
    _bounded(model, network, total * strands)
    sharing = _shared(card.input_length, card.insert, size)
    weights: list[Floats] = []
    relevance: list[Floats] = []
    for X in _batches(sequences, plan, at_once(card, batch_size)):
        x = torch.from_numpy(X).to(model.device)
        made = [_readings(model, member, x, target, strands) for member in model.network.members]
        maps, flows = (np.stack(part, 1) for part in zip(*made, strict=True))
        weights.append(_forward(maps, sharing))
        relevance.append(_forward(flows, sharing))
        if progress:
            progress(sum(map(len, weights)), total)
    row_sequence = np.repeat(np.arange(len(plan)), [len(how.starts) for how in plan])
    start = np.array([at for how in plan for at in how.starts], np.int64)
    before = target.rows[0] if target.rows is not None and card.bins == 1 else 0
    return AttentionMap(
        names=sequences.names,
        sequences=sequences.sequences,
        row_sequence=row_sequence.astype(np.int64),
        window=np.concatenate([before + np.arange(len(how.starts)) for how in plan]),
        start=start,
        end=start + np.array([how.width for how in plan], np.int64)[row_sequence],
        offset=np.array([how.offset for how in plan], np.int64)[row_sequence],
        weights=np.concatenate(weights),
        relevance=np.concatenate(relevance),
        size=size,
        reach=(reach[0], reach[1]),
        aligned=strands == 1 or _aligned(sharing),
        target=target,
        units=card.units,
        provenance=Provenance(
            sequences.digest,
            card.name,
            card.sha256,
            {
                "work": "attention",
                "target": asdict(target),
                "both_strands": card.reads_both(both_strands),
                "stride": stride,
            },
        ),
    )


def _bounded(model: Model, network: nn.Module, readings: int) -> None:
    """Raise LimitError where the maps of so many windows and strands are too many to hold."""
    with torch.inference_mode():
        blank = torch.zeros(1, 4, model.card.input_length, device=model.device)
        maps: list[Tensor] = network.attended(blank)[1]  # type: ignore[operator]
    each = sum(one.numel() for one in maps) * len(model.network.members)
    if readings * each > MOST:
        raise LimitError(
            f"the attention maps of all windows would hold {readings * each:,} numbers, more than "
            f"{MOST:,}; give fewer or shorter sequences, a larger stride, or some of the windows"
        )


def _batches(sequences: SequenceSet, plan: list[Frame], size: int) -> Iterator[Floats]:
    """Yield windows (n <= size, 4, L), those of one sequence after those of another."""
    for text, how in zip(sequences.sequences, plan, strict=True):
        windows = how.windows(one_hot(text)[None])
        for at in range(0, len(windows), size):
            yield windows[at : at + size]


def _readings(
    model: Model, member: nn.Module, X: Tensor, target: Target, strands: int
) -> tuple[Floats, Floats]:
    """Return maps (n, S, layers, H, Q, Q) and relevance (n, S, Q, Q) in the order they were read.

    The relevance is of what a member reads on a strand: the target's track (its mate on the
    other strand) and rows.
    """
    weights, flows = [], []
    for strand in range(strands):
        x = (model.turned(X) if strand else X).detach().requires_grad_()
        with torch.enable_grad():
            y, maps = member.attended(x)  # type: ignore[operator]  # (n, B, T), (n, H, Q, Q) each
            y = y.flip(1)[..., model.strand_swap()] if strand else y
            slopes = torch.autograd.grad(chosen(y, target).sum(), maps)
        taken = torch.stack([one.detach() for one in maps], 1).float().cpu().numpy()
        slope = torch.stack(slopes, 1).float().cpu().numpy()
        weights.append(taken)
        pairs = zip(taken, slope, strict=True)
        flows.append(np.stack([gradient_rollout(a, s) for a, s in pairs]).astype(np.float32))
    return np.stack(weights, 1), np.stack(flows, 1)


def _shared(length: int, insert: tuple[int, int], size: int) -> NDArray[np.float64]:
    """Return (Q, Q): bases that token q of a window and token t of its other strand share.

    On the other strand the insert is turned round between the same flanks. Bases behind the last
    whole token belong to none.
    """
    tokens = length // size
    given = np.arange(length)
    turned = given.copy()
    turned[insert[0] : insert[1]] = given[insert[0] : insert[1]][::-1]
    shared = np.zeros((tokens + 1, tokens + 1))
    np.add.at(shared, (np.minimum(given // size, tokens), np.minimum(turned // size, tokens)), 1.0)
    return shared[:tokens, :tokens]


def _aligned(shared: NDArray[np.float64]) -> bool:
    """Return whether every token of one strand lies on one whole token of the other."""
    return bool(np.isin(shared, (0, shared.max())).all() and (shared > 0).sum(1).max() == 1)


def _forward(values: Floats, shared: NDArray[np.float64]) -> Floats:
    """Return values (n, M, S, ..., Q, Q) with the second strand laid on the tokens of the first.

    A token's row is the mean over its bases of the rows of the tokens that hold them there; what
    a token receives is shared among its bases alike. Where tokens lie on each other this is the
    other order and nothing else.
    """
    if values.shape[2] < 2:
        return values
    out = values.copy()
    if _aligned(shared):
        order = shared.argmax(1)
        out[:, :, 1] = values[:, :, 1][..., order, :][..., order]
    else:
        onto = shared / shared.sum(1, keepdims=True)  # (Q, Q): token as given <- tokens as turned
        back = (shared / shared.sum(0)).T  # (Q, Q): token as turned -> tokens as given
        out[:, :, 1] = onto @ values[:, :, 1] @ back
    return out


def attended_named(
    model: str,
    sequences: SequenceSet,
    *,
    target: Target | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> AttentionMap:
    """Return the attention of the model called ``model``; otherwise as :func:`attended`."""
    registry.need_attention(model)
    return attended(
        registry.load(model, device=device),
        sequences,
        target=target,
        both_strands=both_strands,
        stride=stride,
        batch_size=batch_size,
        progress=progress,
    )
