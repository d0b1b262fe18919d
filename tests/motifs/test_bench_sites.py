"""Sites taken out of sequences: found by brute force, effects in closed form, controls at 0."""

import itertools
import time

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError
from gexp_core.figures.bench import sites_plot
from gexp_core.motifs import bench_sites as bench
from gexp_core.motifs import words
from gexp_core.motifs.bench_texts import scrambled, written
from gexp_core.motifs.taken_out import Place, interval, mean, over
from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from tests.toy_models import LinearSum, conv_model, random_set, toy_card, wrap

LENGTH = 60
WORD = "TGACTCA"


@pytest.fixture(scope="module")
def placed():
    """Two sequences with the word at 20, one of them turned round, and one without."""
    sequences = random_set((LENGTH,) * 3, seed=2)
    first, second, third = sequences.sequences
    return SequenceSet(
        sequences.names,
        (written(first, WORD, 20), written(second, reverse_complement(WORD), 20), third),
    )


def test_sites_are_those_of_a_search_letter_by_letter():
    sequences = random_set((200, 150, 5), seed=4)
    codes = {"R": "AG", "N": "ACGT"}
    for word in ("TAAR", "GNNAAC", "ACGT"):
        wanted = {
            (i, at, at + len(word))
            for i, text in enumerate(sequences.sequences)
            for at in range(len(text) - len(word) + 1)
            for strand in (text[at : at + len(word)], reverse_complement(text[at : at + len(word)]))
            if all(a in codes.get(b, b) for a, b in zip(strand, word, strict=True))
        }
        found = bench.places(sequences, word.lower())
        assert {(p.sequence, p.start, p.end) for p in found} == wanted and wanted
        assert len(found) == len(wanted)


def test_taking_a_site_out_undoes_it(placed):
    weights = torch.zeros(4, LENGTH)
    weights[:, 20:27] = torch.from_numpy(one_hot(WORD))
    model = wrap([LinearSum(weights)], toy_card(LENGTH, both_strands=False))
    one = placed.select(placed.names[:1])
    made = bench.take_out(model, one, WORD, draws=4)
    assert made.sites == (Place(0, 20, 27, "+"),) and made.found == 1
    assert made.letters == (WORD,)
    # the sum over the word's places: 7 letters right as given
    same = sum(a == b for a, b in zip(WORD, reverse_complement(WORD), strict=True))
    assert made.turned[0] == pytest.approx(same - 7, abs=1e-5)
    assert made.scrambled[0] < -2.5
    assert made.scrambled_elsewhere[0] == pytest.approx(0, abs=1e-6)
    assert made.turned_elsewhere[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(interval(made.scrambled, made.of)).all()  # one site has no interval


def test_a_site_knows_the_strand_that_reads_as_the_word(placed):
    found = bench.places(placed, WORD)
    assert [site.strand for site in found] == ["+", "-"]
    assert (words.strand("AAGG", "RRGG"), words.strand("CCTT", "RRGG")) == ("+", "-")
    assert words.strand("ACGT", "NCGN") == words.strand("ACGT", "ACGT") == "."


def test_a_palindrome_has_no_turn_and_letters_of_one_kind_no_scramble():
    """Not a number of 0, which would say that the change was made and did nothing."""
    from gexp_core.ui.bench_sites import table

    model = conv_model()
    first, second = random_set((LENGTH,) * 2, seed=2).sequences
    own = SequenceSet(("a", "b"), (written(first, "GAATTC", 20), written(second, "GAAAAC", 20)))
    made = bench.take_out(model, own, "found", (Place(0, 20, 26), Place(1, 20, 26)))
    assert made.letters == ("GAATTC", "GAAAAC")
    assert np.isnan(made.turned).tolist() == [True, False] and np.isfinite(made.scrambled).all()
    assert mean(made.turned) == pytest.approx(float(made.turned[1]))
    assert np.isnan(interval(made.turned, made.of)).all()  # one site is left
    assert np.isfinite(interval(made.scrambled, made.of)).all()
    rows = table(made).set_index("sequence")
    why = "turned round is not defined: GAATTC is its own reverse complement"
    assert rows["note"].to_dict() == {"a": why, "b": ""} and np.isnan(rows["turned"]["a"])
    assert not sites_plot(made).layout.annotations  # there is a site with a number
    alike = SequenceSet(("a", "b"), tuple(written(t, "AAAAAA", 20) for t in (first, second)))
    made = bench.take_out(model, alike, "AAAAAA")
    assert np.isnan(made.scrambled).all() and np.isfinite(made.turned).all()
    assert np.isnan(mean(made.scrambled)) and np.isfinite(mean(made.scrambled_elsewhere))
    sizes = table(made)["turned"].abs().tolist()
    assert sizes == sorted(sizes, reverse=True)
    figure = sites_plot(made)
    assert [(one.text, one.x) for one in figure.layout.annotations] == [("not defined", 0)]
    assert "nan" not in figure.to_json()


def test_what_does_not_change_elsewhere_is_no_zero_in_the_mean():
    """Elsewhere there are only A's and one stretch with another letter: its draws alone count."""
    text = "TGACTCA" + "A" * 40 + "C" + "A" * 12
    made = bench.take_out(conv_model(), SequenceSet(("s",), (text,)), WORD, draws=60)
    starts = bench._elsewhere(text, made.sites[0], 60, np.random.default_rng((0, 0)))
    stretches = [text[at : at + 7] for at in starts]
    assert 0 < sum(len(set(one)) > 1 for one in stretches) < 60
    effects = []
    for k, (at, letters) in enumerate(zip(starts, stretches, strict=True)):
        if len(set(letters)) > 1:
            other = written(text, scrambled(letters, k), at)
            y = predict(conv_model(), SequenceSet(("a", "b"), (text, other))).means()[:, 0]
            effects.append(y[1] - y[0])
    assert made.scrambled_elsewhere[0] == pytest.approx(np.mean(effects), abs=1e-5)
    nothing = bench.take_out(conv_model(), SequenceSet(("s",), ("TGACTCA" + "A" * 50,)), WORD)
    assert np.isnan(nothing.scrambled_elsewhere[0]) and np.isfinite(nothing.scrambled[0])


def test_sites_of_one_sequence_are_drawn_together():
    effect = np.float32([-1] * 8 + [0, 0, 0])
    many = interval(effect, [0] * 8 + [1, 2, 3])
    apart = interval(effect, range(11))
    assert many[1] == 0 > apart[1]  # the first is left out of some draws: nothing is left
    assert np.isnan(interval(effect, [0] * 11)).all()
    undefined = np.where(np.arange(11) < 9, np.nan, effect).astype(np.float32)
    assert (over(effect, range(11)), over(undefined, range(11))) == (11, 2)


def test_sites_of_one_sequence_are_drawn_without_a_band(placed):
    model = conv_model()
    several = bench.take_out(model, placed, WORD)
    low, high = interval(several.scrambled, several.of)
    assert len(several.sites) == 2 and low < several.scrambled.mean() < high
    for made in (several, bench.take_out(model, placed.select(placed.names[:1]), WORD)):
        alone = len(made.sites) == 1
        for one in sites_plot(made).data[1::2]:
            assert ("no interval from one sequence" in one.hovertemplate) == alone
            assert (one.error_y.array is None) == alone and "nan" not in one.hovertemplate


def test_given_sites_are_taken_out_as_those_of_a_word_are(placed):
    model = conv_model()
    word = bench.take_out(model, placed, WORD, seed=3)
    given = bench.take_out(model, placed, "raises 1", word.sites, seed=3)
    assert given.sites == word.sites and given.found == word.found and given.word == "raises 1"
    for effect, other in zip(given.effects().values(), word.effects().values(), strict=True):
        np.testing.assert_array_equal(effect, other)
    told = [made.provenance.settings.get("sites_digest") for made in (word, given)]
    assert told[0] is None and len(told[1]) == 64
    fewer = bench.take_out(model, placed, "raises 1", word.sites[:1], seed=3)
    assert fewer.provenance.settings["sites_digest"] != told[1]  # of the places, not of their name
    with pytest.raises(InputError, match="'raises 1' has no site to take out"):
        bench.take_out(model, placed, "raises 1", ())
    card = model.card
    assert bench.evaluations_of(card, placed, "x", word.sites) == bench.evaluations_of(
        card, placed, WORD
    )
    for wrong in (Place(3, 0, 7), Place(0, LENGTH - 3, LENGTH + 4)):
        with pytest.raises(InputError, match="is on none of the 3 sequences"):
            bench.take_out(model, placed, "raises 1", (wrong,))


def test_effects_are_differences_of_plain_predictions(placed):
    model = conv_model(members=2)
    made = bench.take_out(model, placed, WORD, seed=3)
    assert [p.sequence for p in made.sites] == [0, 1]
    for k, site in enumerate(made.sites):
        text = placed.sequences[site.sequence]
        turned = written(text, reverse_complement(text[20:27]), 20)
        y = predict(model, SequenceSet(("a", "b"), (text, turned))).means()[:, 0]
        assert made.turned[k] == pytest.approx(y[1] - y[0], abs=1e-5)


def test_a_site_over_a_flank_is_taken_out_in_the_windows_of_the_sequence():
    weights = torch.randn(4, LENGTH, generator=torch.Generator().manual_seed(1))
    card = toy_card(LENGTH, insert=(10, 48), both_strands=False)
    model = wrap([LinearSum(weights)], card)
    (middle,) = random_set((38,), seed=2).sequences
    text = card.background[:10] + middle + card.background[48:]
    one, site = SequenceSet(("a",), (text,)), Place(0, 1, 9)
    made = bench.take_out(model, one, "site", (site,))
    change = one_hot(reverse_complement(text[1:9])) - one_hot(text[1:9])
    expected = float((weights.numpy()[:, 1:9] * change).sum())
    assert made.turned[0] == pytest.approx(expected, abs=2e-5)


def test_strands_and_step_are_those_asked_for(placed):
    model = conv_model(insert=(8, 50))
    for how in ({"both_strands": False, "stride": None}, {"both_strands": True, "stride": 5}):
        made = bench.take_out(model, placed, WORD, **how)
        text = placed.sequences[0]
        turned = written(text, reverse_complement(WORD), 20)
        y = predict(model, SequenceSet(("a", "b"), (text, turned)), **how).means()[:, 0]
        assert made.turned[0] == pytest.approx(y[1] - y[0], abs=1e-5)
        assert how.items() <= made.provenance.settings.items()
        other = bench.take_out(model, placed, WORD).turned
        assert np.abs(other - made.turned).max() > 1e-3
    both = bench.evaluations_of(model.card, placed, WORD)
    assert 2 * bench.evaluations_of(model.card, placed, WORD, both_strands=False) == both
    assert bench.evaluations_of(model.card, placed, WORD, stride=5) > both


def test_every_text_keeps_its_letters_outside_the_stretch(placed, monkeypatch):
    texts = []

    def read(model, given, made_from, progress, **how):
        texts.extend(given)
        return np.arange(len(given), dtype=np.float32)

    monkeypatch.setattr(bench, "read_texts", read)
    bench.take_out(conv_model(), placed, WORD, draws=3)
    plain, changed = texts[:2], texts[2:]
    assert plain == list(placed.sequences[:2]) and len(changed) == 2 * 4 * 3
    for number, text in enumerate(changed):
        before = plain[number // 12]
        kind = number % 12 // 3
        differs = [k for k in range(LENGTH) if text[k] != before[k]]
        assert len(text) == LENGTH and (not differs or differs[-1] - differs[0] < len(WORD))
        inside = [20 <= k < 27 for k in differs]
        assert all(inside) if kind in (0, 2) else not any(inside)


def test_controls_centre_on_zero_where_no_letter_counts_more_than_another():
    sequences = random_set((LENGTH,) * 60, seed=6)
    made = bench.take_out(conv_model(), sequences, "RYRY")
    for _, elsewhere in made.effects().values():
        # three standard errors of the mean over sites
        assert abs(elsewhere.mean()) < 3 * elsewhere.std() / np.sqrt(len(elsewhere))


def test_more_sites_than_are_read_are_taken_evenly(monkeypatch):
    monkeypatch.setattr(bench, "MOST_SITES", 5)
    sequences = random_set((LENGTH,) * 30, seed=6)
    every = bench.places(sequences, "WWWW")
    made = bench.take_out(conv_model(), sequences, "WWWW", draws=1)
    assert made.found == len(every) > 50
    assert made.sites == tuple(every[k * len(every) // 5] for k in range(5))
    assert bench.evaluations_of(toy_card(LENGTH), sequences, "WWWW") >= 5 * 21
    assert bench.evaluations_of(toy_card(LENGTH), sequences, "ACGTACGTACGTACGT") == 0


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("TGA", "fewer than 4 letters"),
        ("TGANNNN", "fewer than 4 letters"),
        ("TGAX", "IUPAC"),
        ("", "IUPAC"),
        ("A" * 61, "IUPAC"),
        ("ACGTACGTACGTACGT", "none of the 2 sequences has 'ACGTACGTACGTACGT'"),
    ],
)
def test_what_cannot_be_taken_out_is_said(word, said):
    with pytest.raises(InputError, match=said):
        bench.take_out(conv_model(), random_set((LENGTH, LENGTH)), word)


def test_all_letters_of_a_short_sequence_can_be_a_site():
    made = bench.take_out(conv_model(), SequenceSet(("s",), ("TGACTCA",)), WORD, draws=2)
    assert made.sites == (Place(0, 0, 7, "+"),)
    for effects in itertools.chain.from_iterable(made.effects().values()):
        assert np.isfinite(effects).all()


@pytest.mark.parametrize(
    "word", ["(A+)+$A", "AC.*GT", "A{9}CGT", "[ACGT]ACG", "\\w\\wACG", "ACGTÄ"]
)
def test_a_word_is_letters_and_never_an_expression(word):
    with pytest.raises(InputError, match="IUPAC"):
        bench.count(random_set((LENGTH,)), word)


def test_every_code_is_a_set_of_bases_and_no_site_goes_over_an_end():
    """Against a slow comparison with the table of NC-IUB 1985, letter by letter."""
    table = {
        "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT",
        "H": "ACT", "V": "ACG", "N": "ACGT", "A": "A", "C": "C", "G": "G", "T": "T",
    }  # fmt: skip
    texts = ("ACGNT", *random_set((40,) * 8, seed=9).sequences, "AC")
    rng = np.random.default_rng(0)
    for word in ["".join(rng.choice(list(table), 5)) for _ in range(60)]:

        def fits(letters, word=word):
            return all(a in table[b] for a, b in zip(letters, word, strict=True))

        slow = [
            (i, at)
            for i, text in enumerate(texts)
            for at in range(len(text) - 4)
            for stretch in [text[at : at + 5]]
            if fits(stretch) or ("N" not in stretch and fits(reverse_complement(stretch)))
        ]
        assert words.sites(texts, word).tolist() == [list(one) for one in slow]
        assert words.count(texts, word) == len(slow)


def test_the_worst_word_costs_its_length_times_the_letters():
    """Every place of a page's five million bases could begin a site until its last letter."""
    texts = ["A" * 200_000] * 25
    began = time.process_time()
    assert words.count(texts, "N" * 56 + "AAAC") == 0
    # 60 letters, two strands, three passes over 5 MB each: 1.8 GB of bytes, at 0.2 GB/s or more
    assert time.process_time() - began < 9
