"""Names, by what must hold: a motif finds itself, q values are Benjamini and Hochberg's."""

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.motifs import Motif
from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.naming import false_discovery, loud, matches_of, name_motifs

KNOWN = motifs_of("jaspar-fungi")


def motif(ppm):
    ppm = np.ascontiguousarray(ppm, np.float32)
    return Motif("m", ppm, ppm)


@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize(("cut", "pad"), [(0, 0), (2, 0), (0, 3)])
def test_a_known_motif_finds_itself_where_it_is(turn: bool, cut: int, pad: int):
    target = next(one for one in KNOWN if one.name == "REB1")
    ppm = target.ppm[::-1, ::-1] if turn else target.ppm
    quarter = np.full((4, pad), 0.25, np.float32)
    (made,) = name_motifs([motif(np.concatenate([quarter, ppm[:, cut:]], 1))], KNOWN)
    best = made.matches[0]
    assert best.id == target.id and best.q < 1e-6
    assert best.strand == "-+"[not turn]
    # the known motif's first column, as drawn, lies before what was cut and behind what was added
    assert best.offset == pad - cut


def test_matches_are_sorted_and_none_is_at_q_one():
    rng = np.random.default_rng(0)
    noise = motif(rng.dirichlet([5] * 4, 10).T)
    made, other = name_motifs([motif(KNOWN[3].ppm), noise], KNOWN, q=0.1)
    assert [m.q for m in made.matches] == sorted(m.q for m in made.matches)
    assert all(m.q < 0.1 for m in (*made.matches, *other.matches))
    assert len(made.matches) <= 10


def test_p_values_of_random_motifs_are_not_small():
    """Of 40 random motifs, hardly any resembles one of 193 at q < 0.05."""
    rng = np.random.default_rng(1)
    random = [rng.dirichlet([0.4] * 4, 9).T.astype(np.float32) for _ in range(40)]
    named = sum(table[0].q < 0.05 for table in matches_of(random, KNOWN))
    assert named <= 6  # 0.05 of 40 are expected; more than 6 has a chance below 1 %


def test_q_is_the_smallest_rate_at_which_each_is_kept():
    p = np.random.default_rng(2).uniform(size=30) ** 2
    q = false_discovery(p)
    for at, value in enumerate(p):
        brute = min(other * len(p) / np.sum(p <= other) for other in p if other >= value)
        assert q[at] == pytest.approx(min(1, brute))


def test_quiet_ends_are_left_out_of_the_comparison():
    ppm = np.full((4, 9), 0.25, np.float32)
    ppm[:, 3:5] = [[1], [0], [0], [0]]
    assert loud(motif(ppm)) == (2, 6)  # at least four columns
    assert loud(motif(np.full((4, 3), 0.25, np.float32))) == (0, 3)


def test_too_few_known_motifs_are_refused():
    with pytest.raises(InputError, match="10 known motifs are too few"):
        matches_of([KNOWN[0].ppm], KNOWN[:10])
