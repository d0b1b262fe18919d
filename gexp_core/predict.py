"""Batched prediction: windows in, rows out, both strands and all ensemble members averaged.

Owns how sequences are cut into windows for a model and how readings become a Prediction. Knows
nothing of files or pages.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from gexp_core.encoding import Frame, frame, one_hot
from gexp_core.errors import InputError
from gexp_core.inputs.signals import Signals, whole_windows
from gexp_core.models.base import Model, check_signal
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction, Progress, Provenance, SequenceSet

#: Bases that one forward pass reads: activations take about 1 kB a base, so this bounds memory.
MOST_BASES = 2**17


def at_once(card: ModelCard, batch_size: int) -> int:
    """Return how many windows are read in one pass: ``batch_size``, or fewer where they are long.

    At least one; a window of 131,072 bp is read alone.
    """
    return max(1, min(batch_size, MOST_BASES // card.input_length))


def frames(
    sequences: SequenceSet,
    card: ModelCard,
    *,
    stride: int | None = None,
    framed_as: SequenceSet | None = None,
) -> list[Frame]:
    """Return how each sequence meets the window of the model that ``card`` describes.

    Parameters
    ----------
    framed_as : SequenceSet, optional
        Texts of the same lengths, in whose windows the sequences are read: those before a change,
        so that a change in a flank is no change of windows. The sequences themselves by default.

    Raises
    ------
    InputError
        The texts have other lengths.
    """
    by = sequences if framed_as is None else framed_as
    if [len(text) for text in by.sequences] != [len(text) for text in sequences.sequences]:
        raise InputError(
            f"{len(sequences)} sequences cannot be read in the windows of {len(by)} texts of other "
            "lengths; give for each sequence a text as long"
        )
    return [
        frame(text, background=card.background, insert=card.insert, stride=stride)
        for text in by.sequences
    ]


def _batches(sequences: SequenceSet, plan: list[Frame], batch_size: int) -> Iterator[Floats]:
    """Yield windows (n <= batch_size, 4, L) in order, never making more than it yields next."""
    held: list[Floats] = []
    count = 0
    for text, how in zip(sequences.sequences, plan, strict=True):
        x, at = one_hot(text)[None], 0
        while at < len(how.starts):
            taken = how.starts[at : at + batch_size - count]
            held.append(replace(how, starts=taken).windows(x))
            count += len(taken)
            at += len(taken)
            if count == batch_size:
                yield np.concatenate(held)
                held, count = [], 0
    if held:
        yield np.concatenate(held)


def predict(
    model: Model,
    sequences: SequenceSet,
    *,
    stride: int | None = None,
    both_strands: bool = True,
    framed_as: SequenceSet | None = None,
    batch_size: int = 64,
    signals: Signals | None = None,
    progress: Progress | None = None,
) -> Prediction:
    """Predict every window of every sequence.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    stride : int, optional
        Bases between windows of a sequence longer than the model's; half a window by default.
    both_strands : bool
        Average the reading of the sequence and of its reverse complement.
    framed_as : SequenceSet, optional
        Texts in whose windows the sequences are read, as in :func:`frames`.
    batch_size : int
        Windows per forward pass, fewer where they are long (:func:`at_once`); results do not
        depend on it beyond float32 rounding.
    signals : Signals, optional
        What was measured beside the sequences, of the same names, for a model that reads it; every
        sequence is then one whole window.
    progress : callable, optional
        Called with (windows done, windows in all).

    Returns
    -------
    Prediction
        One row per window (scalar models) or per bin (profile models).

    Raises
    ------
    ModelError, InputError
        The model reads signal and none is given, or the other way round, or they do not fit.
    """
    card = model.card
    beside = _beside(card, sequences, signals)
    plan = frames(sequences, card, stride=stride, framed_as=framed_as)
    total = sum(len(how.starts) for how in plan)
    parts: list[tuple[Floats, ...]] = []
    done = 0
    with torch.inference_mode():
        for X in _batches(sequences, plan, at_once(card, batch_size)):
            signal = None
            if beside is not None:
                signal = torch.from_numpy(beside[done : done + len(X)]).to(model.device)
            x = torch.from_numpy(X).to(model.device)
            r = model.readings(x, both_strands=both_strands, signal=signal)
            gap = r[:, 0].mean(0) - r[:, -1].mean(0)  # zeros when one strand was read
            reads = r.flatten(0, 1)  # (M * S, N, B, T)
            made = (reads.mean(0), reads.std(0, correction=0), gap, r.mean(1).std(0, correction=0))
            parts.append(tuple(part.flatten(0, 1).float().cpu().numpy() for part in made))
            done += len(X)
            if progress:
                progress(done, total)
    y, spread, strand_gap, member_sd = (np.concatenate(part) for part in zip(*parts, strict=True))
    row_sequence, start, end = _rows(plan, card)
    read_both = card.reads_both(both_strands)
    settings = {"both_strands": read_both, "stride": stride, "work": "predict"}
    if signals is not None:
        settings["signal"] = signals.digest
    if framed_as is not None:
        settings["framed_as"] = framed_as.digest
    return Prediction(
        names=sequences.names,
        row_sequence=row_sequence,
        start=start,
        end=end,
        y=y,
        spread=spread,
        strand_gap=strand_gap,
        member_sd=member_sd,
        tracks=tuple(track.name for track in card.tracks),
        units=card.units,
        provenance=Provenance(sequences.digest, card.name, card.sha256, settings),
    )


def _beside(card: ModelCard, sequences: SequenceSet, signals: Signals | None) -> Floats | None:
    """Return (N, S, B) in the order of the sequences, None for a model of sequence alone."""
    check_signal(card, None if signals is None else signals.values.shape, len(sequences))
    if signals is None:
        return None
    wanted = tuple(track.name for track in card.signals)
    if signals.names != sequences.names or signals.tracks != wanted:
        raise InputError(
            f"the signal is of the sequences {', '.join(signals.names[:3])} and of the tracks "
            f"{', '.join(signals.tracks[:3])}; wanted are {', '.join(sequences.names[:3])} and "
            f"{', '.join(wanted[:3])}, in this order"
        )
    whole_windows(card, sequences)
    return np.ascontiguousarray(signals.values, np.float32)


def _rows(plan: list[Frame], card: ModelCard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row_sequence, start and end (R,) of each row on its input sequence."""
    which, start, end = [], [], []
    for i, how in enumerate(plan):
        for at in how.starts:
            if card.bins == 1:
                edges = [(at, at + how.width)]
            else:
                first = at - how.offset + card.margin
                edges = [
                    (first + b * card.bin_size, first + (b + 1) * card.bin_size)
                    for b in range(card.bins)
                ]
            which += [i] * len(edges)
            start += [edge[0] for edge in edges]
            end += [edge[1] for edge in edges]
    return tuple(np.array(column, np.int64) for column in (which, start, end))  # type: ignore[return-value]
