"""What the first layer of a model reads: its filters as named motifs, and how much each matters.

Owns which texts are looked through, which sequences are read without each filter, and the names.
How a filter is read is in ``filters``, which loads torch and is loaded with the first reading.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gexp_core.explain.baselines import dinucleotide_shuffles
from gexp_core.models import registry
from gexp_core.motifs.database import identity, named_by
from gexp_core.motifs.evenly import evenly, within
from gexp_core.motifs.filter_nouns import FilterSet
from gexp_core.motifs.meme import Known
from gexp_core.motifs.naming import name_motifs
from gexp_core.types import Progress, Provenance, SequenceSet

if TYPE_CHECKING:
    from gexp_core.models.base import Model

#: Texts looked through for stretches that excite a filter, at least: shuffles fill a smaller set.
LEAST_TEXTS = 500

#: Bases looked through, and sequences read without each filter, at most; taken evenly from the set.
MOST_BASES, MOST_READ = 1_000_000, 100

#: Filters that are silenced, those with the strongest responses.
MOST_FILTERS = 64


def read_filters(
    model: "Model",
    sequences: SequenceSet,
    known: Sequence[Known] | None = None,
    *,
    member: int = 0,
    database: str = "",
    seed: int = 0,
    progress: Progress | None = None,
) -> FilterSet:
    """Look into the first layer of one network of a model.

    A filter's logo is made of the stretches that excite it most, in the sequences and, where they
    are fewer than 500, in dinucleotide shuffles of them. How much it matters is measured on the
    sequences alone, at most 100 of them.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    known : sequence of Known, optional
        What the filters are named by; a bundled database otherwise.
    member : int
        Which network of the ensemble.
    database : str
        Name of a bundled database, or what ``known`` is called.
    seed : int
        Of the shuffles.
    progress : callable, optional
        Called with (filters done, filters in all); it may raise to stop.

    Raises
    ------
    ModelError
        The model has no such member, or no first layer of filters over the letters.
    """
    from gexp_core.motifs.filters import filters

    known, database = named_by(model.card, known, database)
    texts = looked_through(sequences, seed=seed)
    some = evenly(len(sequences), MOST_READ)
    made = filters(
        model,
        sequences.select(tuple(sequences.names[i] for i in some)),
        texts=texts,
        member=member,
        most=MOST_FILTERS,
        progress=progress,
    )
    named = iter(name_motifs([one.motif for one in made if one.motif is not None], known))
    return FilterSet(
        model.card.name,
        tuple(track.name for track in model.card.tracks),
        model.card.units,
        member,
        tuple(one if one.motif is None else replace(one, motif=next(named)) for one in made),
        len(texts),
        len(some),
        database,
        Provenance(
            sequences.digest,
            model.card.name,
            model.card.sha256,
            {"work": "filters", "member": member, "database": identity(known, database)},
            seed=seed,
        ),
    )


def looked_through(sequences: SequenceSet, *, seed: int = 0) -> tuple[str, ...]:
    """Return at most a million bases of the sequences, then shuffles of them up to 500 texts.

    Long sequences may be cut to their middle, see ``evenly.within``.
    """
    own = sequences.sequences
    kept = [own[i][part] for i, part in within([len(text) for text in own], MOST_BASES).items()]
    bases = max(1, sum(map(len, kept)))
    missing = min(LEAST_TEXTS, MOST_BASES * len(kept) // bases) - len(kept)
    times = max(0, -(-missing // len(kept)))
    shuffled = [dinucleotide_shuffles(text, times, seed=seed + i) for i, text in enumerate(kept)]
    for text in [texts[k] for k in range(times) for texts in shuffled][: max(0, missing)]:
        if bases + len(text) <= MOST_BASES:
            kept.append(text)
            bases += len(text)
    return tuple(kept)


def evaluations_of(sequences: SequenceSet) -> int:
    """Return the work, in evaluations of one network."""
    return min(len(sequences), MOST_READ) * (MOST_FILTERS + 1)


def read_filters_named(
    model: str,
    sequences: SequenceSet,
    known: Sequence[Known] | None = None,
    *,
    member: int = 0,
    database: str = "",
    seed: int = 0,
    progress: Progress | None = None,
) -> FilterSet:
    """Look into the first layer of the model called ``model``; otherwise as read_filters."""
    return read_filters(
        registry.load(model),
        sequences,
        known,
        member=member,
        database=database,
        seed=seed,
        progress=progress,
    )
