"""Sites taken out of sequences: what a prediction loses when they are scrambled or turned round.

Sites are those of a word, or of a motif that was found. Owns which stretches are sites of a word,
the texts without them and their controls. Every number is a difference between predictions of texts
that could be given to ``predict`` one by one, a changed one in the windows of the sequence.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.explain.cost import evaluations
from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.motifs import words
from gexp_core.motifs.bench import read_texts, room_for
from gexp_core.motifs.bench_texts import scrambled, written
from gexp_core.motifs.evenly import evenly
from gexp_core.motifs.taken_out import Place, TakenOut, digest_of
from gexp_core.types import Floats, Progress, Provenance, SequenceSet

if TYPE_CHECKING:
    from gexp_core.models.base import Model

#: Sites that one experiment takes out at most, evenly from all.
MOST_SITES = 500

#: Ways to scramble a site, and stretches elsewhere that are changed for comparison.
DRAWS = 5


def count(sequences: SequenceSet, word: str) -> int:
    """Return how many sites a word has, IUPAC codes allowed, on either strand.

    Raises
    ------
    InputError
        The word is too short or long, or has a letter that IUPAC does not know.
    """
    return words.count(sequences.sequences, words.checked(word))


def places(sequences: SequenceSet, word: str, *, most: int | None = None) -> tuple[Place, ...]:
    """Return the sites that :func:`count` counts; of more than ``most`` some, evenly.

    Raises
    ------
    InputError
        As of :func:`count`.
    """
    word = words.checked(word)
    found = words.sites(sequences.sequences, word)
    kept = found if most is None else found[evenly(len(found), most)]
    return tuple(_place(sequences, word, *at) for at in kept.tolist())


def _place(sequences: SequenceSet, word: str, sequence: int, start: int) -> Place:
    end = start + len(word)
    letters = sequences.sequences[sequence][start:end]
    return Place(sequence, start, end, words.strand(letters, word))


def take_out(
    model: "Model",
    sequences: SequenceSet,
    word: str,
    given: Sequence[Place] | None = None,
    *,
    track: int = 0,
    both_strands: bool = True,
    stride: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> TakenOut:
    """Scramble, and turn round, each site of ``word`` in its sequence.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    word : str
        4 to 60 letters, IUPAC codes allowed; sites on both strands count.
    given : sequence of Place, optional
        The sites, where they are known otherwise: those of a motif that was found, say. ``word``
        is then what they are called.
    track : int
    both_strands, stride
        As of ``predict``.
    draws : int
        Ways to scramble a site, and stretches elsewhere that are changed for comparison: where
        they lie clear of the site, else anywhere on the sequence.
    seed : int
    progress : callable, optional

    Raises
    ------
    InputError
        The word is none, no sequence has a site, none is given, or a given one is on none.
    """
    if given is None:
        found, sites = count(sequences, word), places(sequences, word, most=MOST_SITES)
        word = word.strip().upper()
    else:
        found, sites = len(given), tuple(given[i] for i in evenly(len(given), MOST_SITES))
        _on(sequences, sites)
    if not found and given is not None:
        raise InputError(f"{word!r} has no site to take out; give at least one place")
    if not found:
        raise InputError(
            f"none of the {many(len(sequences), 'sequence')} has {word!r} on either "
            "strand; give fewer letters, or codes for several (R is A or G, Y is C or T, N is any)"
        )
    kept = len(sites)
    room_for(kept, 1 + 4 * draws)
    plain, changed = [], []
    for number, site in enumerate(sites):
        text = sequences.sequences[site.sequence]
        plain.append(text)
        elsewhere = _elsewhere(text, site, draws, np.random.default_rng((seed, number)))
        first = seed + draws * number  # of the site's own scrambles
        changed.append(_changed(text, [site.start] * draws, site, scrambled, first))
        changed.append(_changed(text, elsewhere, site, scrambled, first))
        changed.append(_changed(text, [site.start] * draws, site, _turned, first))
        changed.append(_changed(text, elsewhere, site, _turned, first))
    texts = [*plain, *(text for some in changed for text in some)]
    made_from = [*plain, *(text for text in plain for _ in range(4 * draws))]
    read_both = model.card.reads_both(both_strands)
    how: dict[str, Any] = {"track": track, "both_strands": read_both, "stride": stride}
    y = read_texts(model, texts, made_from, progress, **how)
    differs = np.array([a != b for a, b in zip(texts, made_from, strict=True)])
    effect = _mean_of(
        y[kept:].reshape(kept, 4, draws) - y[:kept, None, None],
        differs[kept:].reshape(kept, 4, draws),
    )
    settings = {"work": "bench sites", "word": word, "draws": draws, **how}
    if given is not None:
        settings["sites_digest"] = digest_of(given)
    return TakenOut(
        word,
        sequences.names,
        sites,
        tuple(sequences.sequences[at.sequence][at.start : at.end] for at in sites),
        found,
        effect[:, 0],
        effect[:, 1],
        effect[:, 2],
        effect[:, 3],
        model.card.units,
        Provenance(sequences.digest, model.card.name, model.card.sha256, settings, seed=seed),
    )


def _mean_of(effect: Floats, differs: NDArray[np.bool_]) -> Floats:
    """Return the mean over draws (the last axis) that changed a letter; nan where none did."""
    changed = differs.sum(-1)
    sums = np.where(differs, effect, 0).sum(-1)
    return np.where(changed > 0, sums / np.maximum(1, changed), np.nan).astype(np.float32)


def _on(sequences: SequenceSet, sites: Sequence[Place]) -> None:
    """Refuse sites that are not on the sequences."""
    for at in sites:
        room = len(sequences.sequences[at.sequence]) if 0 <= at.sequence < len(sequences) else 0
        if not 0 <= at.start < at.end <= room:
            raise InputError(
                f"a site at {at.start}-{at.end} of sequence {at.sequence} is on none of the "
                f"{len(sequences)} sequences; give 0-based, half-open places on them"
            )


def _turned(letters: str, seed: int) -> str:
    """Return the reverse complement; nothing is drawn."""
    return reverse_complement(letters)


def _elsewhere(text: str, site: Place, draws: int, rng: np.random.Generator) -> list[int]:
    """Return starts of stretches as long as a site, clear of it where there is room."""
    width = site.end - site.start
    every = range(len(text) - width + 1)
    clear = [at for at in every if at >= site.end or at + width <= site.start]
    return [int(at) for at in rng.choice(clear or list(every), draws)]


def _changed(
    text: str, starts: Sequence[int], site: Place, change: Callable[[str, int], str], seed: int
) -> list[str]:
    width = site.end - site.start
    return [
        written(text, change(text[at : at + width], seed + k), at) for k, at in enumerate(starts)
    ]


def evaluations_of(
    card: ModelCard,
    sequences: SequenceSet,
    word: str,
    given: Sequence[Place] | None = None,
    *,
    both_strands: bool = True,
    stride: int | None = None,
) -> int:
    """Return the work in evaluations of the model, at most: equal texts are read once."""
    found = count(sequences, word) if given is None else len(given)
    if not found:
        return 0
    total = evaluations(card, sequences, both_strands=both_strands, stride=stride)
    mean = total / len(sequences)
    return round(mean * min(found, MOST_SITES) * (1 + 4 * DRAWS))


def take_out_named(
    model: str,
    sequences: SequenceSet,
    word: str,
    given: Sequence[Place] | None = None,
    *,
    progress: Progress | None = None,
    **settings: Any,
) -> TakenOut:
    """Take sites out with the model called ``model``; otherwise as :func:`take_out`."""
    return take_out(registry.load(model), sequences, word, given, progress=progress, **settings)
