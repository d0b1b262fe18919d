"""Known motifs at work: those of a database whose places the model credits more than chance.

Owns what is looked at and what is told of it; the judging is ``inquiry``'s. Discovery needs a
pattern to come out of the scores by itself; here the words are given, and a few places of each are
enough to ask whether they get more than chance. Every place where a motif fits (FIMO) counts, on
the sequences and on their shuffled controls, since a model reads a word wherever it stands. What it
gets is held against as many bases with the same letters elsewhere on the same texts, and against
places of the same motif with its columns in other orders.

References
----------
Grant, Bailey & Noble, FIMO: scanning for occurrences of a given motif, Bioinformatics 27:1017
(2011). Benjamini & Hochberg, J R Stat Soc B 57:289 (1995). The test is ``placement``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gexp_core.motifs.bench_curves import intervals
from gexp_core.motifs.credited import AtWork, Credited
from gexp_core.motifs.evenly import evenly, within
from gexp_core.motifs.ground import Ground
from gexp_core.motifs.inquiry import COMMON, LEAST, Family, Inquiry, P, Q
from gexp_core.motifs.meme import Known
from gexp_core.motifs.moving import Share
from gexp_core.motifs.naming import false_discovery
from gexp_core.types import Attribution, Ints, Progress

#: Families that are listed at most.
MOST = 25

#: Bases looked at, sequences and controls together; of more some, evenly: bounds time and memory.
#: With more known motifs than that, as many fewer bases.
MOST_BASES, MOST_KNOWN = 250_000, 1_200

#: Squares of the columns of all known motifs, which the time of their tables of chances grows with:
#: three times those of JASPAR's vertebrates. Of more motifs some, evenly.
MOST_SQUARES = 400_000


def known_at_work(
    attribution: Attribution,
    control: Attribution,
    known: Sequence[Known],
    *,
    database: str = "",
    seed: int = 0,
    apart: bool = False,
    progress: Progress | None = None,
) -> AtWork:
    """Return the known motifs whose places the scores credit or debit more than chance allows.

    Parameters
    ----------
    attribution : Attribution
    control : Attribution
        Of shuffled sequences, made the same way.
    known : sequence of Known
    database : str
        What they are called together.
    seed : of the orders in which columns are scrambled
    apart : bool
        Judge where a motif reads as the sequences are given, and where it reads turned round, each
        for itself; their names say which.
    progress : callable, optional
        Called with (thousandths done, 1000); it may raise to stop.
    """
    first, second = Share(progress).parts(0, 1, (2, 1))
    sides = (attribution, control)
    bases = sum(len(text) for side in sides for text in side.sequences)
    given, squares = len(known), sum(one.ppm.shape[1] ** 2 for one in known)
    if squares > MOST_SQUARES:
        known = [known[k] for k in evenly(given, max(1, given * MOST_SQUARES // squares))]
    room = MOST_BASES * MOST_KNOWN // max(len(known), MOST_KNOWN)
    share = min(1.0, room / max(1, bases))
    lengths = [[len(text) for text in side.sequences] for side in sides]
    chosen, beside = (within(some, int(share * sum(some))) for some in lengths)
    ground = Ground.of(
        [attribution.sequences[i][part] for i, part in chosen.items()],
        [control.sequences[i][part] for i, part in beside.items()],
        [
            side.per_base(i)[part]
            for side, some in zip(sides, (chosen, beside), strict=True)
            for i, part in some.items()
        ],
    )
    inquiry = Inquiry(ground, known, seed=seed, apart=apart)
    inquiry.judge(first)
    made: list[Credited] = []
    for family in inquiry.families(lambda: second.at(len(made) / MOST)):
        made.append(_credited(family, ground.first, chosen))
        if len(made) == MOST:
            break
    made.sort(key=lambda one: one.p)  # of equals the first that was found is surest
    p = np.array([*(one.p for one in made), *[1.0] * (inquiry.questions - len(made))])
    rates = false_discovery(p).tolist()
    second.at(1)
    return AtWork(
        tuple(replace(one, q=q) for one, q in zip(made, rates, strict=False)),
        inquiry.asked,
        given,
        database,
        P,
        tuple(_notes(inquiry, len(made), (len(known), given), (chosen, attribution.sequences))),
    )


def _credited(family: Family, first: Ints, chosen: Mapping[int, slice]) -> Credited:
    """Return a family with its places on the sequences, the strongest first."""
    start, marked = family.marked.start, family.marked
    text = np.searchsorted(first, start, side="right") - 1
    order = np.argsort(-family.sign * family.score, kind="stable")
    own = order[text[order] < len(chosen)]
    of, begin = np.array([(i, part.start) for i, part in chosen.items()]).T
    excess = marked.excess()
    elsewhere = float((marked.score - excess).mean())
    low, high = (float(edge[0]) for edge in intervals(excess.astype(np.float32)[None]))
    return Credited(
        id=family.known.id,
        name=family.known.name,
        ppm=family.known.ppm,
        sign=family.sign,
        places=np.stack([of[text[own]], start[own] - first[text[own]] + begin[text[own]]], axis=1),
        turned=family.turned[own],
        credits=family.score[own].astype(np.float32),
        beside=len(start) - len(own),
        units=len(excess),
        credit=float(marked.score.mean()),
        elsewhere=elsewhere,
        scrambled=elsewhere + family.scrambled,
        low=low,
        high=high,
        p=family.p,
        q=family.p,
        relatives=family.relatives,
    )


def _notes(
    inquiry: Inquiry,
    made: int,
    motifs: tuple[int, int],
    read: tuple[Mapping[int, slice], Sequence[str]],
) -> list[str]:
    """Say why there are none, or that there are more; and what was not looked at."""
    asked, notes = inquiry.asked, list[str]()
    chosen, texts = read
    if inquiry.apart:
        notes.append(
            "Strands are kept apart: each known motif is judged where it reads as the sequences "
            "are given (forward), and again where it reads turned round (reverse)."
        )
    if not asked:
        notes.append(
            f"No known motif fits in {LEAST} different sequences (or pieces of them), the fewest "
            "that can tell. Give more sequences."
        )
    elif not made:
        notes.append(
            f"Of {asked:,} known motifs that fit often enough to be judged, the scores credit none "
            f"and debit none more than chance allows (q at most {Q:g})."
        )
    if made == MOST or inquiry.ended:
        notes.append(f"The list ends with {made} families; there may be more.")
    sizes = {i: part.stop - part.start for i, part in chosen.items()}
    if sum(sizes.values()) < sum(map(len, texts)):
        cut = any(size < len(texts[i]) for i, size in sizes.items())
        notes.append(
            f"Known motifs at work were looked for in {sum(sizes.values()):,} bases of "
            f"{len(sizes):,} of the {len(texts):,} sequences, taken evenly, to bound the time"
            + (f": of longer ones the middle {max(sizes.values()):,} bases." if cut else ".")
        )
    if motifs[0] < motifs[1]:
        notes.append(
            f"Of {motifs[1]:,} known motifs {motifs[0]:,}, taken evenly, were asked, to bound the "
            "time: give fewer, or narrower ones."
        )
    if inquiry.everywhere:
        notes.append(
            f"{inquiry.everywhere:,} known motifs fit at more than {COMMON:.0%} of all places and "
            "were left out: that is no site."
        )
    return notes
