"""Known motifs at work: planted ones are found, and nothing else; chance and composition are not.

A model in closed form reads three motifs of JASPAR; other scores are written down here. The
database is an eighth of JASPAR's vertebrates and the planted ones, which are judged alike.
"""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import CancelledError
from gexp_core.explain.attribution import attribute
from gexp_core.motifs import at_work, chance, finding
from gexp_core.motifs.at_work import known_at_work
from gexp_core.motifs.credited import AtWork
from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.discovery import DiscoverySettings
from gexp_core.motifs.finding import controls, find_motifs
from gexp_core.motifs.meme import Known
from gexp_core.types import Attribution, Provenance, Target
from tests.explain.helpers import stop_after
from tests.motifs import planted
from tests.motifs.test_planted import QUICK
from tests.toy_models import random_sequence

KNOWN = tuple(
    one for k, one in enumerate(motifs_of(planted.DATABASE)) if k % 8 == 0 or one.id in planted.IDS
)


def written(texts, scores):
    """Return scores of bases as an attribution."""
    zeros = np.zeros(len(texts), np.float32)
    attr = tuple(
        (one_hot(t) * s[None]).astype(np.float32) for t, s in zip(texts, scores, strict=True)
    )
    return Attribution(
        tuple(f"s{i}" for i in range(len(texts))), tuple(texts), attr, zeros, zeros, zeros,
        Target(), "by hand", "zeros", "units", Provenance("d" * 64, "none", "0" * 64, {}),
    )  # fmt: skip


def shifted(made, rng):
    """Return an attribution whose scores are moved round each text: alike, but of other letters."""
    scores = [np.roll(made.per_base(i), int(rng.integers(20, 80))) for i in range(len(made.names))]
    return written(made.sequences, scores)


def named(family):
    return {family.id, *(one.id for one in family.relatives)}


@pytest.fixture(scope="module")
def scored():
    sequences = planted.planted(90)[0]
    some = (sequences, controls(sequences, planted.model().card))
    return [attribute(planted.model(), one, settings=QUICK) for one in some]


@pytest.fixture(scope="module")
def found(scored):
    return known_at_work(*scored, KNOWN, database="some of JASPAR")


def test_the_three_planted_families_and_nothing_else_are_at_work(found):
    assert len(found.motifs) == 3 and all(one.sign == 1 for one in found.motifs)
    for id in planted.IDS:
        assert sum(id in named(one) for one in found.motifs) == 1
    assert all(one.q <= 0.01 and one.p <= one.q for one in found.motifs)
    assert [one.p for one in found.motifs] == sorted(one.p for one in found.motifs)
    assert found.notes == () and 80 < found.asked < found.known == len(KNOWN)


def test_places_are_where_the_motif_fits_and_scores_are_those_of_their_bases(found, scored):
    first = found.motifs[0]  # the surest: no base of it is another one's
    assert first.beside > 0 and len(first.places) > 40
    for (i, start), turned, credit in zip(
        first.places.tolist(), first.turned.tolist(), first.credits.tolist(), strict=True
    ):
        end = start + first.width
        assert credit == pytest.approx(float(scored[0].per_base(i)[start:end].sum()), abs=1e-5)
        letters = scored[0].sequences[i][start:end]
        odds = planted.weights(first.ppm)
        here, there = (
            float((one_hot(x) * odds).sum()) for x in (letters, reverse_complement(letters))
        )
        assert (there > here) == turned
    assert (np.diff(first.credits) <= 0).all()
    assert first.low <= first.credit - first.elsewhere <= first.high
    assert first.credit > 2 * max(first.elsewhere, first.scrambled)


def test_what_lowers_is_found_as_what_raises(scored, found):
    turned = [replace(one, attr=tuple(-a for a in one.attr)) for one in scored]
    made = known_at_work(*turned, KNOWN)
    assert [(one.id, one.sign) for one in made.motifs] == [(one.id, -1) for one in found.motifs]
    for one, other in zip(made.motifs, found.motifs, strict=True):
        assert one.credit == pytest.approx(-other.credit) and one.p == pytest.approx(other.p)


def test_scores_moved_to_other_letters_have_none(scored):
    rng = np.random.default_rng(0)
    for _ in range(2):
        made = known_at_work(*(shifted(one, rng) for one in scored), KNOWN)
        assert made.motifs == () and "none more than chance" in made.notes[0]


def test_chances_without_truth_are_as_often_small_as_they_say(scored, monkeypatch):
    """Of some hundred motifs in four rounds: binomial, doubled for motifs that are alike."""
    from gexp_core.motifs import inquiry

    monkeypatch.setattr(inquiry, "SIZE", -np.inf)
    seen = []
    real = inquiry._chance

    def kept(marked, sign, above=0.0):
        seen.append(
            np.exp(marked.log_chance(sign)) if len(marked.first) >= inquiry.LEAST else np.nan
        )
        return real(marked, sign, above)

    monkeypatch.setattr(inquiry, "_chance", kept)
    rng = np.random.default_rng(1)
    for _ in range(4):
        known_at_work(*(shifted(one, rng) for one in scored), KNOWN)
    p = np.array(seen)
    assert len(p) > 700
    for level in (0.05, 0.01):
        spread = np.sqrt(level * (1 - level) / len(p))
        assert level - 8 * spread < np.mean(p <= level) < level + 8 * spread


def test_composition_alone_puts_no_motif_to_work():
    """Scores that follow the letters, the triplets, or how rich in G and C a stretch is."""
    rng = np.random.default_rng(2)
    texts = [random_sequence(164, k) for k in range(120)]
    worth = dict(zip("ACGT", (-0.2, 0.5, 1.0, -0.4), strict=True))

    def scores(text):
        base = np.array([worth[letter] for letter in text])
        pairs = np.array([text[k : k + 2] == "GG" for k in range(len(text))], float)
        rich = np.convolve(np.isin(list(text), ["G", "C"]), np.ones(5) / 5, "same")
        return base + pairs + rich + rng.normal(0, 0.2, len(text))

    halves = [written(some, [scores(t) for t in some]) for some in (texts[:80], texts[80:])]
    assert known_at_work(*halves, KNOWN).motifs == ()


def weak(n, plants, seed, copies=1, turned=0):
    """Return noise on random texts with NRL's word in ``plants`` of them, of little credit each.

    The last ``turned`` of the texts have it turned round, and are debited for it.
    """
    rng = np.random.default_rng(seed)
    nrl = next(one for one in KNOWN if one.id == "MA0842.3")
    word = "".join("ACGT"[k] for k in nrl.ppm.argmax(0))
    texts, scores = [], []
    for k in range(n):
        text, score = random_sequence(164, 1000 * seed + k), rng.normal(0, 0.15, 164)
        if k < plants:
            at = int(rng.integers(5, 140))
            text = text[:at] + word + text[at + len(word) :]
            score[at : at + len(word)] += 0.08
        if k >= n - turned:
            text = text[:70] + reverse_complement(word) + text[70 + len(word) :]
            score[70 : 70 + len(word)] -= 0.08
        times = copies if k == 0 else 1
        texts += [text] * times
        scores += [score] * times
    return written(texts, scores)


def test_twenty_weak_words_are_found_where_no_pattern_is():
    """Each is worth 1.0 among stretches that scatter by 0.5, and fits by chance 30 times more."""
    made = known_at_work(weak(150, 20, 1), weak(60, 0, 2), KNOWN)
    (family,) = made.motifs
    assert "MA0842.3" in named(family) and 18 <= len(family.places) <= 60
    assert known_at_work(weak(150, 0, 3), weak(60, 0, 2), KNOWN).motifs == ()


def test_copies_of_one_sequence_are_one_observation(monkeypatch):
    given, beside = weak(40, 1, 1, copies=60), weak(40, 0, 2)
    assert known_at_work(given, beside, KNOWN).motifs == ()
    # counted as sixty sequences they would be: that is what the grouping is for
    monkeypatch.setattr(chance, "groups_of", lambda texts: np.arange(len(list(texts))))
    assert known_at_work(given, beside, KNOWN).motifs


def test_few_and_many_sequences_are_told(monkeypatch):
    few = known_at_work(weak(3, 1, 1), weak(4, 0, 2), KNOWN)
    assert few.motifs == () and few.asked == 0 and "Give more sequences" in few.notes[0]
    monkeypatch.setattr(at_work, "MOST_BASES", 60 * 164)
    many = known_at_work(weak(80, 20, 1), weak(40, 0, 2), KNOWN)
    assert any("bases of 40 of the 80 sequences" in note for note in many.notes)
    assert many.motifs
    assert all(i % 2 == 0 for one in many.motifs for i in one.places[:, 0].tolist())


def test_what_is_read_is_bounded_whatever_is_given(monkeypatch, scored):
    monkeypatch.setattr(at_work, "MOST_BASES", 4_000)
    monkeypatch.setattr(at_work, "MOST_KNOWN", 25)
    read, asked = [], []
    whole, all_ = at_work.Ground.of, at_work.Inquiry

    def ground(texts, beside, scores):
        read.append([len(text) for text in (*texts, *beside)])
        assert [len(one) for one in scores] == read[-1]
        return whole(texts, beside, scores)

    def inquiry(ground, known, **how):
        asked.append(len(known))
        return all_(ground, known, **how)

    monkeypatch.setattr(at_work.Ground, "of", ground)
    monkeypatch.setattr(at_work, "Inquiry", inquiry)
    long, short = random_sequence(30_000, 1), [random_sequence(100, k) for k in range(9)]
    given = written([long, *short], [np.zeros(len(text)) for text in (long, *short)])
    beside = written(short, [np.zeros(100)] * 9)
    squares = sum(one.ppm.shape[1] ** 2 for one in KNOWN[:50])
    for most in (squares, squares // 2):
        monkeypatch.setattr(at_work, "MOST_SQUARES", most)
        made = known_at_work(given, beside, KNOWN[:50])
        assert sum(read[-1]) <= 4_000
        assert any("bases of" in note for note in made.notes)
    assert asked == [50, 25] and any("25, taken evenly, were asked" in note for note in made.notes)


def test_a_motif_that_fits_everywhere_is_no_site():
    texts = ["A" * 200] * 3 + [random_sequence(200, k) for k in range(20)]
    rich = Known("rich", "rich", np.array([[0.97] * 8, *[[0.01] * 8] * 3]))
    scores = written(texts, [np.ones(200) * (k < 3) for k in range(23)])
    made = known_at_work(scores, written(texts[3:], [np.zeros(200)] * 20), [rich, *KNOWN[:9]])
    assert any("1 known motifs fit at more than 2%" in note for note in made.notes)
    assert made.motifs == ()


def test_progress_rises_and_a_stop_stops(scored):
    seen = []
    known_at_work(*scored, KNOWN[:130], progress=lambda done, total: seen.append(done))
    assert seen == sorted(seen) and seen[-1] == 1000 and len(set(seen)) > 4
    with pytest.raises(CancelledError):
        known_at_work(*scored, KNOWN, progress=stop_after(2))


def test_a_long_sequence_takes_no_room_of_others(monkeypatch):
    """Were it read whole, hardly another one would be, and the word would not be found."""
    monkeypatch.setattr(at_work, "MOST_BASES", 40_000)
    given, beside = weak(80, 40, 1), weak(40, 0, 2)
    nrl = next(one for one in KNOWN if one.id == "MA0842.3")
    word = "".join("ACGT"[k] for k in nrl.ppm.argmax(0))
    long = random_sequence(60_000, 5)
    long = long[:30_000] + word + long[30_000 + len(word) :]
    whole = written((long, *given.sequences), [np.zeros(60_000), *map(given.per_base, range(80))])
    made = known_at_work(whole, beside, KNOWN)
    (family,) = made.motifs
    assert "MA0842.3" in named(family) and len(set(family.places[:, 0].tolist())) > 30
    (note,) = made.notes
    assert "of the 81 sequences" in note and "of longer ones the middle" in note
    on = family.places[family.places[:, 0] == 0, 1]  # its middle is kept, and places are on it all
    assert 30_000 in on and on.min() > 10_000 and on.max() < 50_000


def test_strands_are_judged_each_for_itself_where_they_are_kept_apart():
    """As many words forward raise as reverse ones lower: together they are worth nothing."""
    given, beside = weak(150, 40, 1, turned=40), weak(60, 0, 2)
    together = known_at_work(given, beside, KNOWN)
    assert not any("MA0842.3" in named(one) for one in together.motifs)
    apart = known_at_work(given, beside, KNOWN, apart=True)
    made = [one for one in apart.motifs if "MA0842.3" in named(one)]
    ways = {(one.sign, one.name.rpartition(" ")[2]) for one in made}
    assert ways == {(1, "forward"), (-1, "reverse")}
    for one in made:
        assert set(one.turned.tolist()) == {one.sign < 0}
    assert 100 < apart.asked <= together.asked  # motifs, not strands
    assert "Strands are kept apart" in apart.notes[0]
    assert not any("Strands" in note for note in together.notes)


def test_strands_are_kept_apart_where_the_search_keeps_them_apart(monkeypatch):
    seen = []

    def asked(*scores, apart, **how):
        seen.append(apart)
        return AtWork((), 0, len(KNOWN), "", 5e-4)

    monkeypatch.setattr(finding, "known_at_work", asked)
    for settings in (None, DiscoverySettings(), DiscoverySettings(merge_strands=False)):
        sequences = planted.planted(3)[0]
        find_motifs(planted.model(), sequences, scores=QUICK, settings=settings, known=KNOWN)
    assert seen == [False, False, True]
