"""The background of effects: a closed form, its independence of order, and what is kept of it."""

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.explain import effect_background as room
from gexp_core.explain import effects as nouns
from gexp_core.explain.effect_background import background_named, draw, effect_background
from gexp_core.explain.effects import count, ranked
from gexp_core.explain.variants import score_variants
from gexp_core.inputs.genome import memory_genome
from gexp_core.inputs.variants import Variant
from gexp_core.types import SequenceSet
from tests.toy_models import conv_model, linear_model, linear_weights, random_sequence, toy_card


def test_effects_of_a_sum_over_bases_have_a_closed_form():
    made = effect_background(linear_model(both_strands=False), n=40)
    genome, variants = draw(linear_model().card, 40)
    weights = linear_weights().numpy()
    at = (weights.shape[1] - 1) // 2
    wanted = [weights["ACGT".index(v.alt), at] - weights["ACGT".index(v.ref), at] for v in variants]
    # a sum of 60 float32 numbers of about 1
    np.testing.assert_allclose(made.effects[:, 0], wanted, atol=1e-5)
    assert all(genome.fetch(v.chrom, v.start, v.end) == v.ref != v.alt for v in variants)
    assert len({v.ref for v in variants}) == 4 and made.n == 40 and made.seed == 0


def test_the_background_is_read_on_the_strand_of_the_effects():
    model = linear_model(both_strands=False)
    made = effect_background(model, strand="-", n=40)
    _, variants = draw(model.card, 40)
    weights = linear_weights().numpy()
    at = weights.shape[1] - 1 - (weights.shape[1] - 1) // 2  # counted from the other end
    turned = "TGCA"
    wanted = [weights[turned.index(v.alt), at] - weights[turned.index(v.ref), at] for v in variants]
    np.testing.assert_allclose(made.effects[:, 0], wanted, atol=1e-5)
    with pytest.raises(InputError, match="reads both strands"):
        effect_background(linear_model(), strand="-", n=1)


def test_letters_have_the_training_rows_share_of_gc():
    card = toy_card(1000)
    rich = tuple(np.linspace(0.7, 0.8, 101).tolist())
    object.__setattr__(card, "composition", {"gc": rich})
    genome, _ = draw(card, 30)
    shares = [
        sum(genome.fetch(name, 0, 1000).count(base) for base in "GC") / 1000
        for name in genome.contigs
    ]
    # 1,000 letters: a standard deviation of 0.014 on top of 0.70 to 0.80
    assert 0.65 < min(shares) and max(shares) < 0.85 and abs(np.mean(shares) - 0.75) < 0.02


def test_the_seed_says_which_changes_and_shifts_have_room():
    model = conv_model()
    one, two = (effect_background(model, n=5, seed=s) for s in (0, 1))
    again = effect_background(model, n=5, seed=0, batch_size=3)
    np.testing.assert_allclose(one.effects, again.effects, atol=2e-6)  # float32 rounding
    assert not np.allclose(one.effects, two.effects)
    shifted = effect_background(model, n=5, shifts=(-8, 0, 8))
    assert np.isfinite(shifted.effects).all()
    with pytest.raises(InputError, match="at least 1"):
        effect_background(model, n=0)


def test_long_windows_have_fewer_changes():
    assert count(toy_card(60)) == 1_000
    assert count(toy_card(5_000)) == 400
    assert count(toy_card(131_072)) == 100


def test_percentiles_are_shares_of_the_background_below():
    model, contig = conv_model(), random_sequence(200, 5)
    genome = memory_genome(SequenceSet(("c",), (contig,)), "toy")
    variants = [Variant("c", 90 + i, contig[89 + i], "ACGT"[("ACGT".index(contig[89 + i]) + 1) % 4])
                for i in range(6)] + [Variant("c", 5_000, "A", "C")]  # fmt: skip
    made = score_variants(model, genome, variants)
    background = effect_background(model, n=50)
    given = ranked(made, background)
    for v in range(6):
        below = np.mean(background.effects[:, 0] < made.effect[v, 0])
        assert given.percentile[v, 0] == pytest.approx(100 * below, abs=1e-4)
    assert np.isnan(given.percentile[6]).all()
    assert given.provenance.settings["background"] == {
        "kind": "random changes", "n": 50, "seed": 0
    }  # fmt: skip
    np.testing.assert_array_equal(given.y_ref, made.y_ref)


def test_it_is_kept_by_the_weights_and_made_again_where_the_file_is_damaged(
    toy, tmp_path, monkeypatch
):
    monkeypatch.setenv("GEXP_CACHE", str(tmp_path))
    monkeypatch.setattr(nouns, "DRAWN", 6)
    monkeypatch.setattr(nouns, "_FEWEST", 6)
    calls = []
    real = room.effect_background
    monkeypatch.setattr(
        room, "effect_background", lambda *a, **k: (calls.append(1), real(*a, **k))[1]
    )
    one, two = background_named(toy), background_named(toy)
    np.testing.assert_array_equal(one.effects, two.effects)
    assert len(calls) == 1 and two.tracks == ("track0", "track1")
    background_named(toy, both_strands=False)
    assert len(calls) == 2  # another way of reading has another background
    plus, minus = (background_named(toy, both_strands=False, strand=one) for one in "+-")
    assert len(calls) == 3 and not np.allclose(plus.effects, minus.effects)
    np.testing.assert_array_equal(
        background_named(toy, both_strands=False, strand="-").effects, minus.effects
    )
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:50])
    np.testing.assert_array_equal(background_named(toy).effects, one.effects)
    assert len(calls) == 4
