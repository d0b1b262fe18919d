"""Weak words that come often: found as a pattern though no site stands out; chance is not.

Scores are written down here, not made by a model: noise, and on each planted word a little more.
"""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.discovery import DiscoverySettings, discover
from gexp_core.motifs.naming import name
from gexp_core.motifs.seqlets import gathered
from gexp_core.types import Attribution, Provenance, Target

LENGTH, WORD = 100, "TAATCC"
FEW_RUNS = DiscoverySettings(runs=1)

#: Sequences, and how many of them have the word; mean score of a planted letter, and of noise.
N, PLANTS = 150, 60
HEIGHT, NOISE = 0.11, 0.05


def scored(n: int, plants: int, seed: int, sign: float = 1.0) -> tuple[Attribution, list[tuple]]:
    """Return noise on n random sequences with the word in the first ``plants``, and where it is."""
    rng = np.random.default_rng(seed)
    texts, attr, whole, where = [], [], [], []
    for i in range(n):
        text = "".join(rng.choice(list("ACGT"), LENGTH))
        scores = rng.laplace(0, NOISE, (4, LENGTH))
        if i < plants:
            at, turned = int(rng.integers(5, LENGTH - 15)), rng.random() < 0.5
            letters = reverse_complement(WORD) if turned else WORD
            text = text[:at] + letters + text[at + len(WORD) :]
            hot = one_hot(letters)
            scores[:, at : at + len(WORD)] += sign * HEIGHT * (hot - (1 - hot) / 3)
            where.append((i, at))
        texts.append(text)
        whole.append(scores.astype(np.float32))
        attr.append((one_hot(text) * scores).astype(np.float32))
    zeros = np.zeros(n, np.float32)
    made = Attribution(
        tuple(f"s{i}" for i in range(n)), tuple(texts), tuple(attr), zeros, zeros, zeros,
        Target(), "by hand", "zeros", "units", Provenance("d" * 64, "none", "0" * 64, {}),
        tuple(whole),
    )  # fmt: skip
    return made, where


@pytest.fixture(scope="module")
def weak():
    return scored(N, PLANTS, 1)


@pytest.fixture(scope="module")
def control():
    return scored(N, 0, 2)[0]


@pytest.fixture(scope="module")
def found(weak, control):
    made = discover(weak[0], control=control, settings=FEW_RUNS)
    return name(made, motifs_of("jaspar-vertebrates"), database="JASPAR")


def test_no_plant_stands_out_by_itself_and_the_word_is_found(found):
    assert found.calling[0].called == 0
    (motif,) = found.motifs
    assert WORD in motif.consensus.upper() or WORD in reverse_complement(motif.consensus.upper())
    assert motif.q <= 0.01 and motif.expected <= 0.5 * len(motif.sites)
    like = {match.name.upper() for match in motif.matches}
    assert like & {"CRX", "OTX1", "OTX2", "PITX1", "PITX3", "GSC"}


def test_the_sites_are_the_plants_and_about_as_many_chance_ones_as_said(found, weak):
    (motif,) = found.motifs
    at = {(s.sequence, s.start + (s.end - s.start) / 2) for s in motif.sites}
    middles = [(i, start + len(WORD) / 2) for i, start in weak[1]]
    true = sum(any(j == i and abs(x - m) <= 2 for j, x in at) for i, m in middles)
    chance = len(motif.sites) - true
    assert true >= 25
    # a count of chance against a scaled count of chance: four standard errors of their difference
    assert abs(chance - motif.expected) <= 4 * np.sqrt(chance + motif.expected + 1)


def test_the_same_words_in_the_controls_are_rejected_counted_and_said(weak):
    """Shuffled sequences with the word just as often: a pattern there is, a motif there is not."""
    made = discover(weak[0], control=scored(N, PLANTS, 3)[0], settings=FEW_RUNS)
    calling = made.calling[0]
    assert made.motifs == () and calling.patterns >= 1 and calling.rejected == calling.patterns
    assert any("nearly as many in shuffled sequences" in note for note in made.notes)


def test_noise_has_no_motif(control):
    made = discover(scored(N, 0, 4)[0], control=control, settings=FEW_RUNS)
    assert made.motifs == ()
    assert all(one.rejected == one.patterns for one in made.calling)


def test_sequences_and_controls_are_called_alike(weak, control):
    """Whichever of the two is called the control, the same stretches are gathered."""
    one = gathered(weak[0], control)
    other = gathered(control, weak[0])
    for sign in (0, 1):
        places = [
            {((s.sequence + shift) % (2 * N), s.start, s.end) for s in side[sign].seqlets}
            for side, shift in ((one, 0), (other, N))
        ]
        assert places[0] == places[1] and len(places[0]) > 50


def test_strands_apart_share_the_expected_sites(weak, control, found):
    made = discover(weak[0], control=control, settings=replace(FEW_RUNS, merge_strands=False))
    (whole,) = found.motifs
    assert sum(m.expected for m in made.motifs) == pytest.approx(whole.expected)
    assert sum(len(m.sites) for m in made.motifs) == len(whole.sites)
    assert {m.q for m in made.motifs} == {whole.q}
