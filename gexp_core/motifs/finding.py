"""The whole path to motifs: scores, controls, seqlets, patterns, names, known motifs at work.

Owns the order of the steps and their shares of the progress; called by the command line and, in a
worker, by the app.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gexp_core.encoding import BASES
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.baselines import insert_shuffles
from gexp_core.explain.cost import evaluations
from gexp_core.explain.settings import AttributionSettings
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.motifs.at_work import known_at_work
from gexp_core.motifs.database import identity, named_by
from gexp_core.motifs.discovery import DiscoverySettings, discover
from gexp_core.motifs.evenly import evenly
from gexp_core.motifs.inserts import inserts, laid_back
from gexp_core.motifs.meme import Known
from gexp_core.motifs.naming import name, name_seqlets
from gexp_core.motifs.nouns import MotifSet
from gexp_core.types import Progress, SequenceSet, Target

if TYPE_CHECKING:
    from gexp_core.models.base import Model

#: How scores are made for motifs: against shuffles, and for every letter, at a tenth of the work
#: of integrated gradients. Three shuffles: what they scatter evens out over many sequences.
SCORES = AttributionSettings(method="deeplift-shap", n_baselines=3, hypothetical=True)

#: Bases read at most, sequences and controls together: what fits into memory beside the app.
MOST_BASES = 5_000_000

#: Shuffled sequences at most; more would not make the threshold much surer.
CONTROLS = 200

#: Controls at least; a small set is shuffled several times.
_FEWEST = 20

#: Sets of up to so many seqlets get a name for each of them.
FEW = 100

#: Added to the seed of the controls, so that no control is a baseline of its own sequence.
_OTHER_SEED = 7_777_777

#: Of 1000 parts of the work, those done after scores, after patterns and after names.
_SCORED, _PATTERNED, _NAMED = 700, 880, 900


def n_controls(n: int, *, most: int = CONTROLS) -> int:
    """Return how many controls n sequences have: each once, few of them several times."""
    chosen = min(n, most)
    return chosen * max(1, -(-_FEWEST // chosen))


def controls(
    sequences: SequenceSet, card: ModelCard, *, most: int = CONTROLS, seed: int = 0
) -> SequenceSet:
    """Return a dinucleotide shuffle of each of ``most`` sequences, taken evenly from the set.

    A small set is shuffled several times, so that there are at least 20 controls. The assay's
    constant flanks stay where they are part of a sequence.
    """
    n = len(sequences)
    chosen = evenly(n, most)
    times = n_controls(n, most=most) // len(chosen)
    made = {
        f"shuffle {k + 1} of {i + 1}": text
        for i in chosen
        for k, text in enumerate(
            insert_shuffles(sequences.sequences[i], card, times, seed=seed + _OTHER_SEED)
        )
    }
    return SequenceSet(tuple(made), tuple(made.values()))


def find_motifs(
    model: "Model",
    sequences: SequenceSet,
    *,
    settings: DiscoverySettings | None = None,
    scores: AttributionSettings = SCORES,
    target: Target | None = None,
    seed: int = 0,
    known: Sequence[Known] | None = None,
    database: str = "",
    at_work: bool = True,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> MotifSet:
    """Find and name the motifs by which a model reads sequences.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
        Of whole constructs what lies between the assay's flanks is looked at, read between them.
    settings : DiscoverySettings, optional
    scores : AttributionSettings
        How the bases are credited.
    target : Target, optional
        The number that is explained.
    seed : int
        Of the baselines and the controls.
    known : sequence of Known, optional
        What motifs are named by; a bundled database otherwise.
    database : str
        Name of a bundled database, or what ``known`` is called; the one closest to the model's
        species by default.
    at_work : bool
        Also ask which known motifs are at work.
    progress : callable, optional
        Called with (permille done, 1000); it may raise to stop.

    Raises
    ------
    LimitError
        Too many bases.
    InputError
        A sequence has no known letter, or the known motifs are too few.
    """
    from gexp_core.explain.attribution import attribute

    tick = progress or (lambda done, total: None)
    given, (sequences, begins) = sequences, inserts(sequences, model.card)
    beside = controls(sequences, model.card, seed=seed)
    bases = sum(len(text) for text in (*sequences.sequences, *beside.sequences))
    if bases > MOST_BASES:
        raise LimitError(
            f"{bases:,} bases, shuffled controls included, are more than the {MOST_BASES:,} in "
            "which motifs are looked for at once; give fewer or shorter sequences"
        )
    for called, text in zip(sequences.names, sequences.sequences, strict=True):
        if not set(text) & set(BASES):
            raise InputError(f"sequence {called!r} has no known base; leave it out")
    known, database = named_by(model.card, known, database)
    edge = _SCORED * len(sequences) // (len(sequences) + len(beside))

    def between(first: int, last: int) -> Progress:
        return lambda done, total: tick(first + (last - first) * done // max(total, 1), 1000)

    scored, control = (
        attribute(
            model,
            some,
            settings=scores,
            target=target,
            seed=seed,
            batch_size=batch_size,
            progress=between(first, last),
        )
        for some, first, last in ((sequences, 0, edge), (beside, edge, _SCORED))
    )
    found = discover(
        scored, control=control, settings=settings, progress=between(_SCORED, _PATTERNED)
    )
    found = name(found, known, database=database)
    if len(found.seqlets) <= FEW:
        found = name_seqlets(found, known)
    if at_work:
        work = known_at_work(
            scored,
            control,
            known,
            database=database,
            seed=seed,
            apart=not (settings or DiscoverySettings()).merge_strands,
            progress=between(_NAMED, 1000),
        )
        found = replace(found, at_work=work)
    asked = {"database": identity(known, database), "at_work": at_work}
    made = replace(found.provenance, settings={**found.provenance.settings, **asked})
    tick(1000, 1000)
    return laid_back(replace(found, provenance=made), given, begins)


def evaluations_of(
    card: ModelCard, sequences: SequenceSet, scores: AttributionSettings = SCORES
) -> int:
    """Return the work of finding motifs, in evaluations of the model; patterns come on top."""
    each = evaluations(card, sequences, work="attribute", settings=scores) / len(sequences)
    return round(each * (len(sequences) + n_controls(len(sequences))))


def find_motifs_named(
    model: str,
    sequences: SequenceSet,
    known: Sequence[Known] | None = None,
    *,
    settings: DiscoverySettings | None = None,
    scores: AttributionSettings = SCORES,
    target: Target | None = None,
    seed: int = 0,
    database: str = "",
    progress: Progress | None = None,
) -> MotifSet:
    """Find motifs with the model called ``model``; otherwise as :func:`find_motifs`."""
    return find_motifs(
        registry.load(model),
        sequences,
        settings=settings,
        scores=replace(scores, hypothetical=scores.about.letters),
        target=target,
        seed=seed,
        known=known,
        database=database,
        progress=progress,
    )
