"""Known motifs at work as rows of markdown; called by ``benchmarks.retina_motifs``.

Beside the table of the scores as they are stands how many families come out when the scores of
every text are moved round it: as many bases, as much scatter, but other letters. These are false.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.motifs.at_work import known_at_work
from gexp_core.motifs.credited import AtWork, Credited
from gexp_core.motifs.meme import Known
from gexp_core.types import Attribution

#: Relatives named in a row.
_NAMED = 6


def tables(
    given: Attribution,
    control: Attribution,
    known: Sequence[Known],
    factors: Mapping[str, Sequence[str]],
    rounds: int,
) -> list[str]:
    """Return the lines: the families, the place of each factor's entries, and the false ones."""
    made = known_at_work(given, control, known)
    rng = np.random.default_rng(0)
    false = [
        len(known_at_work(moved(given, rng), moved(control, rng), known).motifs)
        for _ in range(rounds)
    ]
    beside = (
        f" Scores moved round each text, {rounds} times: {sum(false)} families." if false else ""
    )
    return [
        f"{made.asked:,} of {made.known:,} known motifs fit often enough to be judged; "
        f"{len(made.motifs)} families are at work.{beside}",
        *made.notes,
        "\n| | motif, its relatives | consensus | places | in controls | credit | elsewhere | "
        "scrambled | credit - elsewhere, 95 % | q |",
        "|---|---|---|---:|---:|---:|---:|---:|---|---:|",
        *(_row(one) for one in made.motifs),
        "\n| factor | family | its place in the list | q | its own entries there, q alone |",
        "|---|---|---:|---:|---|",
        *(_factor(made, factor, entries) for factor, entries in factors.items()),
    ]


def moved(made: Attribution, rng: np.random.Generator) -> Attribution:
    """Return an attribution with the scores of every text moved round it, by half of it or so."""
    attr = []
    for i, text in enumerate(made.sequences):
        by = int(rng.integers(len(text) // 8, len(text) - len(text) // 8))
        attr.append(one_hot(text) * np.roll(made.per_base(i), by)[None])
    return replace(made, attr=tuple(attr))


def _row(one: Credited) -> str:
    names = [f"{other.name}" for other in one.relatives]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    like = f" ({', '.join(names[:_NAMED])}{more})" if names else ""
    cells = (
        one.effect,
        f"{one.name}{like}",
        one.consensus,
        f"{len(one.places)}",
        f"{one.beside}",
        f"{one.credit:+.2f}",
        f"{one.elsewhere:+.2f}",
        f"{one.scrambled:+.2f}",
        f"{one.low:+.2f} to {one.high:+.2f}",
        f"{one.q:.0e}",
    )
    return f"| {' | '.join(cells)} |"


def _factor(made: AtWork, factor: str, entries: Sequence[str]) -> str:
    """Return where a factor's entries are: the first family that raises and has one of them."""
    for place, family in enumerate(made.motifs, 1):
        own = [(family.name, family.q), *((one.name, one.q) for one in family.relatives)]
        held = [f"{name}, {q:.0e}" for name, q in own if name in entries]
        if held and family.sign > 0:
            named = "; ".join(held)
            return f"| {factor} | {family.name} | {place} | {family.q:.0e} | {named} |"
    return f"| {factor} | not at work | | | |"
