"""Changes of more than one letter: a base lost, a base gained, a stretch of bases shuffled.

Owns the edited texts and the making of their effects; every one is an explicit mutant, read in
the windows of the unchanged sequence. Substitutions of single bases are ``single_base``'s.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from gexp_core.encoding import BASES, Frame, one_hot
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.baselines import other_orders
from gexp_core.explain.edited import Edits, Reading
from gexp_core.explain.placement import Doubles, explained, read
from gexp_core.models import registry
from gexp_core.models.base import Model, Scalar
from gexp_core.models.card import ModelCard
from gexp_core.predict import at_once
from gexp_core.types import Progress, Provenance, SequenceSet, Target

#: Windows that one call may read; a long sequence is edited in part (``window``).
MOST = 500_000

#: How a stretch is replaced: by shuffles of its own letters, or by letters that are not known.
REPLACED = ("shuffle", "n")


@dataclass(frozen=True, slots=True)
class _Edit:
    """Hold one edit: start to end become each of ``new``, none where it changes nothing."""

    start: int
    end: int
    letters: str
    new: Sequence[str]


def deletions(
    model: Model,
    sequences: SequenceSet,
    *,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> Edits:
    """Predict what the loss of each base would do.

    The letters to the right move up by one and the last place becomes N, as what follows the
    sequence is not known. Losing any base of a run of equal letters is the same change.

    Raises
    ------
    InputError, LimitError
        The window leaves a sequence, or the edits would take more than 500,000 readings.
    """

    def edits(text: str, first: int, last: int) -> Iterator[_Edit]:
        yield from (_Edit(at, at + 1, "", ("",)) for at in range(first, last))

    most = readings(model.card, sequences, "deletion", reading=reading)
    return _made(model, sequences, "deletion", edits, most, reading or Reading(), progress)


def insertions(
    model: Model,
    sequences: SequenceSet,
    *,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> Edits:
    """Predict what each base, put in before each base, would do.

    The letters to the right move down by one and the last one leaves. Errors are those of
    :func:`deletions`.
    """

    def edits(text: str, first: int, last: int) -> Iterator[_Edit]:
        yield from (_Edit(at, at, base, (base,)) for at in range(first, last) for base in BASES)

    most = readings(model.card, sequences, "insertion", reading=reading)
    return _made(model, sequences, "insertion", edits, most, reading or Reading(), progress)


def stretches(
    model: Model,
    sequences: SequenceSet,
    *,
    size: int = 10,
    step: int = 1,
    by: str = "shuffle",
    n_shuffles: int = 5,
    seed: int = 0,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> Edits:
    """Predict what replacing each stretch of ``size`` bases would do.

    Parameters
    ----------
    model, sequences, reading, progress : as in :func:`deletions`
    size, step : int
        Bases of a stretch, and between the starts of two; the last ends with the window.
    by : str
        'shuffle': by ``n_shuffles`` other orders of the stretch's own letters
        (:func:`baselines.other_orders`), the mean effect is given and its standard deviation;
        'n': by N. Both are nan where nothing can be replaced: all letters alike, or all N.
    seed : int
        Seed of the shuffles.

    Raises
    ------
    InputError, LimitError
        The size or step is not positive, ``by`` is unknown, or as in :func:`deletions`.
    """
    if min(size, step, n_shuffles) < 1:
        raise InputError(
            f"stretches of {size} bases, {step} apart, by {n_shuffles} shuffles cannot be made; "
            "give whole numbers from 1"
        )
    if by not in REPLACED:
        raise InputError(f"a stretch cannot be replaced by {by!r}; choose {', '.join(REPLACED)}")

    def edits(text: str, first: int, last: int) -> Iterator[_Edit]:
        for at in _starts(first, last, size, step):
            end = min(at + size, last)
            old = text[at:end]
            new: Sequence[str] = ("N" * len(old),) if old.strip("N") else ()
            if by == "shuffle":
                new = other_orders(old, n_shuffles, seed=seed)
            yield _Edit(at, end, "", new)

    most = readings(
        model.card, sequences, "stretch", reading=reading, size=size, step=step, by=by,
        n_shuffles=n_shuffles,
    )  # fmt: skip
    options = {"size": size, "step": step, "by": by, "n_shuffles": n_shuffles, "seed": seed}
    used = reading or Reading()
    return _made(model, sequences, "stretch", edits, most, used, progress, **options)


def _starts(first: int, last: int, size: int, step: int) -> tuple[int, ...]:
    """Return where stretches begin; the last one ends with the window."""
    final = max(first, last - size)
    return (*range(first, final, step), final)


def readings(
    card: ModelCard,
    sequences: SequenceSet,
    kind: str,
    *,
    reading: Reading | None = None,
    size: int = 10,
    step: int = 1,
    by: str = "shuffle",
    n_shuffles: int = 5,
) -> int:
    """Return how many windows are read for all edits of one kind, at most, before any is made.

    Parameters
    ----------
    card : ModelCard
    sequences, reading, size, step, by, n_shuffles
        As of the function that makes the edits.
    kind : str
        'deletion', 'insertion' or 'stretch'; stretches in which nothing can be replaced are counted
        too.

    Raises
    ------
    InputError
        The window leaves a sequence.
    """
    reading = reading or Reading()
    plan = explained(sequences, card, reading.target or Target(), stride=reading.stride)
    each = {"deletion": 1, "insertion": 4, "stretch": n_shuffles if by == "shuffle" else 1}[kind]
    total = 0
    for name, text, how in zip(sequences.names, sequences.sequences, plan, strict=True):
        first, last = _inside(reading.window, name, len(text))
        places = len(_starts(first, last, size, step)) if kind == "stretch" else last - first
        total += places * each * len(how.starts)
    return total


def _made(
    model: Model,
    sequences: SequenceSet,
    kind: str,
    edits: Callable[[str, int, int], Iterator[_Edit]],
    most: int,
    reading: Reading,
    progress: Progress | None,
    **settings: object,
) -> Edits:
    """Read every edited text of every sequence, as many of each edit that has any."""
    if most > MOST:
        raise LimitError(
            f"these edits would take {most:,} readings, more than {MOST:,}; give fewer or "
            "shorter sequences, or edit only a part of them"
        )
    target = reading.target or Target()
    scalar = Scalar(model, target, both_strands=reading.both_strands)
    plan = explained(sequences, model.card, target, stride=reading.stride)
    texts, size = sequences.sequences, at_once(model.card, reading.batch_size)
    made = [
        list(edits(text, *_inside(reading.window, name, len(text))))
        for name, text in zip(sequences.names, texts, strict=True)
    ]
    total = sum(
        len(edit.new) * len(how.starts)
        for some, how in zip(made, plan, strict=True)
        for edit in some
    )
    y_ref: list[float] = []
    changes: list[Doubles] = []
    done = 0
    for text, how, some in zip(texts, plan, made, strict=True):
        y_ref.append(float(_numbers(scalar, how, [text], size)[0]))
        every = [(edit, new) for edit in some for new in edit.new]
        read = [np.empty(0)]
        for at in range(0, len(every), size):  # all texts at once may be many gigabytes
            part = (text[: e.start] + new + text[e.end :] + "N" for e, new in every[at : at + size])
            read.append(_numbers(scalar, how, [one[: len(text)] for one in part], size))
            done += len(read[-1]) * len(how.starts)
            if progress:
                progress(done, total)
        changes.append(_of_each(some, np.concatenate(read)) - y_ref[-1])
    asked = asdict(reading) | {"both_strands": model.card.reads_both(reading.both_strands)}
    return Edits(
        names=sequences.names,
        sequences=texts,
        kind=kind,
        start=tuple(np.array([edit.start for edit in some], np.int64) for some in made),
        end=tuple(np.array([edit.end for edit in some], np.int64) for some in made),
        letters=tuple(tuple(edit.letters for edit in some) for some in made),
        effect=tuple(change.mean(1).astype(np.float32) for change in changes),
        spread=tuple(change.std(1).astype(np.float32) for change in changes),
        y_ref=np.array(y_ref, np.float32),
        target=target,
        units=model.card.units,
        provenance=Provenance(
            sequences.digest,
            model.card.name,
            model.card.sha256,
            {"work": kind, **asked, "target": asdict(target), **settings},
        ),
    )


def _of_each(some: Sequence[_Edit], values: Doubles) -> Doubles:
    """Return (E, n): the values of the n texts of each edit, one after another; nan without any."""
    n = max([1, *(len(edit.new) for edit in some)])
    out = np.full((len(some), n), np.nan)
    out[[bool(edit.new) for edit in some]] = values.reshape(-1, n)
    return out


def _inside(window: tuple[int, int] | None, name: str, length: int) -> tuple[int, int]:
    """Return the part to edit, or raise InputError when it is not in the sequence."""
    first, last = window or (0, length)
    if not 0 <= first < last <= length:
        raise InputError(
            f"the window {first} to {last} (0-based half-open) is not in sequence {name!r} of "
            f"{length} bp; choose one between 0 and {length}"
        )
    return first, last


def _numbers(scalar: Scalar, how: Frame, texts: Sequence[str], batch_size: int) -> Doubles:
    """Return (n,): the explained number of each text, the mean over its windows."""
    windows = how.windows(np.stack([one_hot(text) for text in texts]))
    y = read(scalar, windows, batch_size=batch_size).reshape(len(texts), -1)
    return np.asarray(y.mean(1))


def edits_named(
    model: str,
    sequences: SequenceSet,
    *,
    size: int = 10,
    by: str = "shuffle",
    seed: int = 0,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> tuple[Edits, Edits, Edits]:
    """Return deletions, insertions and stretches by the model called ``model``."""
    loaded = registry.load(model)

    def part(k: int) -> Progress:
        return lambda done, total: progress and progress((k * total + done) * 1000 // total, 3000)

    return (
        deletions(loaded, sequences, reading=reading, progress=part(0)),
        insertions(loaded, sequences, reading=reading, progress=part(1)),
        stretches(
            loaded, sequences, size=size, by=by, seed=seed, reading=reading, progress=part(2)
        ),
    )
