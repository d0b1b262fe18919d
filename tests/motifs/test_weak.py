"""Weak words that come often: found as a pattern though no site stands out; chance is not.

Scores are written down here, not made by a model: noise, and on each planted word a little more.
"""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.motifs import chance
from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.discovery import DiscoverySettings, _motifs, _Pool, _Tried, discover
from gexp_core.motifs.naming import name
from gexp_core.motifs.nouns import Motif, Seqlet, Site
from gexp_core.motifs.seqlets import by_strength, gathered
from gexp_core.types import Attribution, Provenance, Target

LENGTH, WORD = 100, "TAATCC"
FEW_RUNS = DiscoverySettings(runs=1)

#: Sequences, and how many of them have the word; mean score of a planted letter, and of noise.
N, PLANTS = 150, 60
HEIGHT, NOISE = 0.11, 0.05


def scored(
    n: int, plants: int, seed: int, sign: float = 1.0, *, reverse: int | None = None
) -> tuple[Attribution, list[tuple]]:
    """Return noise on n random sequences with the word in the first ``plants``, and where it is.

    The first ``reverse`` plants are turned round, otherwise about half of them.
    """
    rng = np.random.default_rng(seed)
    texts, attr, whole, where = [], [], [], []
    for i in range(n):
        text = "".join(rng.choice(list("ACGT"), LENGTH))
        scores = rng.laplace(0, NOISE, (4, LENGTH))
        if i < plants:
            at = int(rng.integers(5, LENGTH - 15))
            turned = rng.random() < 0.5 if reverse is None else i < reverse
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
    false = len(motif.sites) - true
    assert true >= 25
    # a count of chance against a scaled count of chance: four standard errors of their difference
    assert abs(false - motif.expected) <= 4 * np.sqrt(false + motif.expected + 1)


def test_the_same_words_in_the_controls_are_rejected_counted_and_said(weak):
    """Shuffled sequences with the word just as often: a pattern there is, a motif there is not."""
    made = discover(weak[0], control=scored(N, PLANTS, 3)[0], settings=FEW_RUNS)
    calling = made.calling[0]
    assert made.motifs == () and calling.patterns >= 1 and calling.rejected == calling.patterns
    (said,) = [note for note in made.notes if "raises" in note]
    assert "nearly as many in shuffled sequences" in said and "q above 0.01" in said


def test_noise_has_no_motif(control):
    """Of so few sites that noise makes patterns of either sign: all are rejected."""
    settings = replace(FEW_RUNS, least_sites=8)
    made = discover(scored(N, 0, 4)[0], control=control, settings=settings)
    assert made.motifs == () and all(one.patterns > 0 for one in made.calling)
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
    assert (made.calling[0].patterns, made.calling[0].rejected) == (2, 0)


def test_a_strand_that_is_chance_is_no_motif_though_the_whole_would_be():
    """60 sites one way and 30 the other here, 35 the other way in the controls."""
    here, there = scored(N, 90, 5, reverse=30)[0], scored(N, 35, 6, reverse=35)[0]
    assert len(discover(here, control=there, settings=FEW_RUNS).motifs) == 1
    made = discover(here, control=there, settings=replace(FEW_RUNS, merge_strands=False))
    (motif,) = made.motifs
    assert motif.expected <= 0.5 * len(motif.sites) and motif.q <= 0.01
    assert (made.calling[0].patterns, made.calling[0].rejected) == (2, 1)


def copied(made: Attribution, times: int) -> Attribution:
    """Return the attribution with its first sequence ``times`` times."""
    kept = [0] * times + list(range(1, len(made.names)))
    some = {
        part: tuple(getattr(made, part)[i] for i in kept)
        for part in ("sequences", "attr", "hypothetical")
    }
    zeros = np.zeros(len(kept), np.float32)
    names = tuple(f"s{k}" for k in range(len(kept)))
    return replace(made, names=names, y=zeros, y_baseline=zeros, delta=zeros, **some)


def test_what_only_copies_of_one_sequence_share_is_no_motif(control, monkeypatch):
    given = copied(scored(80, 1, 7)[0], 40)
    made = discover(given, control=control, settings=FEW_RUNS)
    assert made.motifs == () and made.calling[0].rejected >= 1
    assert any("of 119 pieces" in note and "80 are different" in note for note in made.notes)
    # counted as 40 sequences they would be: that is what the grouping is for
    monkeypatch.setattr(chance, "groups_of", lambda texts: np.arange(len(list(texts))))
    assert discover(given, control=control, settings=FEW_RUNS).motifs


def test_what_cannot_be_ranked_is_said_and_other_errors_are_not_hidden(weak, control, monkeypatch):
    from modiscolite import tfmodisco

    def fail(message, kind=ValueError):
        def made(**options):
            raise kind(message)

        monkeypatch.setattr(tfmodisco, "seqlets_to_patterns", made)

    for message in ("Input contains NaN.", "Input X contains NaN.\nMore about it."):
        fail(message)
        made = discover(weak[0], control=control, settings=FEW_RUNS)
        assert sum("could not rank its patterns" in note for note in made.notes) == 2
        assert made.motifs  # begun with words
    fail("Could not construct partition: Cannot accept NaN weights.", BaseException)  # leidenalg
    assert discover(weak[0], control=control, settings=FEW_RUNS).motifs
    fail("operands could not be broadcast together")
    with pytest.raises(ValueError, match="broadcast"):
        discover(weak[0], control=control, settings=FEW_RUNS)


def test_patterns_with_as_many_sites_keep_the_order_in_which_they_were_tried():
    """Wherever they lie in memory, which would order a set of them. Told apart by ``expected``."""
    hot = [one_hot("ACGTACGT")] * 5
    pool = _Pool(5, ("ACGTACGT",) * 5, hot, hot, hot)
    sites = tuple(Site(i, 2, 6, "+", 1.0, 1.0) for i in range(5))
    wholes = [Motif("raises", hot[0][:, :4], hot[0][:, :4], sites) for _ in range(12)]
    for some in (wholes, wholes[::-1]):
        tried = [
            _Tried(one, "", sites, chance.Verdict(5, k / 10, 0.001)) for k, one in enumerate(some)
        ]
        made = _motifs(tried, pool, 1, replace(FEW_RUNS, least_sites=5))
        assert [(one.name, one.expected) for one in made] == [
            (f"raises {k + 1}", k / 10) for k in range(12)
        ]


def test_stretches_as_strong_as_others_are_kept_whatever_their_place():
    """Of 200 alike ones 100 are kept, from either half, and the same ones in another order."""
    texts = [f"{k:08b}".translate(str.maketrans("01", "AC")) for k in range(200)]
    same = [Seqlet(i, 2, 8, 1.0, 0.001) for i in range(200)]
    strong = Seqlet(199, 0, 4, 1.0, 0.0001)
    first, *kept = by_strength([*same, strong], texts)[:101]
    assert first == strong
    # 50 expected of either half, standard deviation 3.5: five of them
    assert 32 <= sum(s.sequence < 100 for s in kept) <= 68
    turned = by_strength([replace(s, sequence=199 - s.sequence) for s in same], texts[::-1])
    assert [199 - s.sequence for s in turned[:100]] == [
        s.sequence for s in by_strength(same, texts)[:100]
    ]
