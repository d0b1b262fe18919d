"""The bench against models whose answers can be written down, and against plain predictions."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.models import registry
from gexp_core.motifs import bench, bench_named
from gexp_core.motifs import bench_texts as texts
from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from tests.toy_models import conv_model, linear_model, linear_weights, random_set, toy_card, wrap

MOTIF, OTHER = "TGACTCA", "GGATTACG"
LENGTH = 60


class Both(nn.Module):
    """y = best match of one motif times best match of the other, each a share of its letters."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels = nn.ParameterList(
            [nn.Parameter(torch.from_numpy(one_hot(m))[None]) for m in (MOTIF, OTHER)]
        )

    def forward(self, X):
        a, b = (nn.functional.conv1d(X, k).amax(2) / k.shape[2] for k in self.kernels)
        return (a * b)[:, None]


def backgrounds(n=6, seed=0):
    return texts.random_backgrounds(n, LENGTH, seed=seed)


def plain_reading(model, given):
    made = predict(model, SequenceSet(tuple(str(k) for k in range(len(given))), tuple(given)))
    return made.means()[:, 0]


def test_a_linear_model_answers_with_its_weights():
    model = linear_model(both_strands=False)
    weights = linear_weights().numpy()
    made = bench.position_curve(model, MOTIF, backgrounds(), [0, 11, 53])
    for k, start in enumerate([0, 11, 53]):
        inside = weights[:, start : start + 7]
        for n, text in enumerate(backgrounds()):
            old = one_hot(text[start : start + 7])
            expected = float((inside * (one_hot(MOTIF) - old)).sum())
            # float32 sums of 60 weights of order 1
            assert made.curves[0].effect[k, n] == pytest.approx(expected, abs=2e-5)


def test_the_largest_of_many_means_stands_beside_the_largest_of_scrambled_letters():
    made = bench.pair_curve(conv_model(), MOTIF, OTHER, backgrounds(3), [0, 4, 9])
    assert made.tried == 12  # four orientations
    control = np.stack([curve.control.mean(1) for curve in made.curves])
    assert abs(made.by_chance()) == pytest.approx(float(np.abs(control).max()))
    assert made.by_chance() in [pytest.approx(float(one)) for one in control.ravel()]


def test_effects_are_differences_of_plain_predictions():
    model, given = conv_model(), backgrounds(4)
    made = bench.position_curve(model, MOTIF, given, [5, 30])
    with_motif = [t[:30] + MOTIF + t[37:] for t in given]
    expected = plain_reading(model, with_motif) - plain_reading(model, given)
    np.testing.assert_allclose(made.curves[0].effect[1], expected, atol=1e-6)
    pair = bench.pair_curve(model, MOTIF, OTHER, given, [3], start=10, orientations=["-+"]).curves[
        0
    ]
    one = [t[:10] + reverse_complement(MOTIF) + t[17:] for t in given]
    two = [t[:20] + OTHER + t[28:] for t in given]
    both = [t[:20] + OTHER + t[28:] for t in one]
    y = [plain_reading(model, some) for some in (both, one, two, given)]
    np.testing.assert_allclose(pair.effect[0], y[0] - y[1] - y[2] + y[3], atol=1e-6)


def test_what_adds_up_does_not_cooperate_and_what_multiplies_does():
    given, gaps = backgrounds(8), [0, 4, 9]
    linear = bench.pair_curve(linear_model(both_strands=False), MOTIF, OTHER, given, gaps)
    assert len(linear.curves) == 4
    for curve in linear.curves:
        np.testing.assert_allclose(curve.effect, 0, atol=3e-5)  # four float32 sums
    product = wrap([Both()], toy_card(LENGTH, both_strands=False))
    made = bench.pair_curve(product, MOTIF, OTHER, given, gaps)
    forward = next(c for c in made.curves if c.label == "++")
    # (1 - a)(1 - b) for backgrounds that match by shares a and b: above 0, here near a quarter
    assert (forward.mean() > 0.1).all()
    low, _ = forward.band()
    _, high = forward.band(control=True)
    assert (low > high).all()
    label, gap, _ = made.best()
    assert label == "++" and gap in gaps


def test_a_motif_over_a_flank_is_read_in_the_windows_of_its_background():
    model = linear_model(insert=(10, 48), both_strands=False)
    weights, flanks = linear_weights().numpy(), model.card.background
    given = [flanks[:10] + text[10:48] + flanks[48:] for text in backgrounds(3)]
    given.append(backgrounds(4)[3])  # no construct: it is read in two windows with or without
    made = bench.position_curve(model, MOTIF, given, [2, 20, 52]).curves[0]
    for k, start in enumerate([2, 20, 52]):
        for n, text in enumerate(given[:3]):
            change = one_hot(MOTIF) - one_hot(text[start : start + 7])
            expected = float((weights[:, start : start + 7] * change).sum())
            assert made.effect[k, n] == pytest.approx(expected, abs=2e-5)
    changed = [given[3][:at] + MOTIF + given[3][at + 7 :] for at in (2, 20, 52)]
    expected = plain_reading(model, changed) - plain_reading(model, given[3:])
    np.testing.assert_allclose(made.effect[:, 3], expected, atol=2e-5)
    for curve in bench.pair_curve(model, MOTIF, OTHER, given, [0, 9], start=1).curves:
        np.testing.assert_allclose(curve.effect, 0, atol=3e-5)  # four float32 sums


def test_strands_and_step_are_those_asked_for():
    """Each effect is a difference of predictions made so, and the provenance says how."""
    model, given = conv_model(insert=(8, 50)), backgrounds(2)
    for how in ({"both_strands": False, "stride": None}, {"both_strands": True, "stride": 5}):
        made = bench.position_curve(model, MOTIF, given, [30], **how)
        pair = bench.pair_curve(model, MOTIF, OTHER, given, [3], orientations=["++"], **how)
        texts = [*given, *(t[:30] + MOTIF + t[37:] for t in given)]
        named = SequenceSet(tuple("abcd"), tuple(texts))
        y = predict(model, named, **how).means()[:, 0].reshape(2, 2)
        np.testing.assert_allclose(made.curves[0].effect[0], y[1] - y[0], atol=1e-6)
        for one in (made, pair):
            assert how.items() <= one.provenance.settings.items()
        other = bench.position_curve(model, MOTIF, given, [30]).curves[0].effect
        assert np.abs(other - made.curves[0].effect).max() > 1e-3


def test_scrambled_controls_centre_on_zero():
    """Random letters in random letters change nothing on average, in a model with no preference."""
    model = wrap([Both()], toy_card(LENGTH, both_strands=False))
    made = bench.position_curve(model, MOTIF, backgrounds(60, 3), [8, 40])
    curve = made.curves[0]
    low, high = curve.band(control=True)
    assert (low < 0.02).all() and (high > -0.02).all()
    assert (curve.band()[0] > high).all()


def test_a_band_holds_the_mean_and_narrows():
    rng = np.random.default_rng(0)
    wide = bench.Curve("m", np.arange(1), *rng.normal(1, 1, (2, 1, 25)).astype(np.float32))
    many = bench.Curve("m", np.arange(1), *rng.normal(1, 1, (2, 1, 2500)).astype(np.float32))
    for curve, n in ((wide, 25), (many, 2500)):
        low, high = curve.band()
        assert low[0] < curve.mean()[0] < high[0]
        # 2 x 1.96 standard errors, within a fifth for the resampling and the sample's own spread
        assert high[0] - low[0] == pytest.approx(3.92 / np.sqrt(n), rel=0.25)


def test_lines_lie_on_top_of_all_bands_and_controls_below_them():
    from gexp_core.figures.bench import bench_plot

    made = bench.position_curve(conv_model(), MOTIF, backgrounds(3), [5, 30], turned=True)
    figure = bench_plot(made)
    names = [one.name for one in figure.data if one.name]
    bands = [f"{label}, 95 % band" for label in ("motif", "motif turned")]
    grey = ["motif, scrambled", "motif turned, scrambled"]
    means = [f"{label}, mean of scrambled" for label in ("motif", "motif turned")]
    assert names == [*grey, *means, *bands, "motif", "motif turned"]
    shown = np.concatenate([one.y for one in figure.data if one.name in means])
    assert made.by_chance() == pytest.approx(max(shown, key=abs))  # the number in words is drawn
    assert figure.data[-1].x.tolist() == [6, 31]  # 1-based for people


def test_one_background_has_no_band_in_numbers_figure_or_table():
    from gexp_core.export.text import tsv
    from gexp_core.figures.bench import bench_plot
    from gexp_core.ui.bench_curves import table

    for given in (backgrounds(1), backgrounds(2)):
        made = bench.position_curve(conv_model(), MOTIF, given, [5, 30])
        edges = [*made.curves[0].band(), *made.curves[0].band(control=True)]
        assert np.isnan(edges).all() == (len(given) == 1) == (len(bench_plot(made).data) == 2)
        head, *rows = [line.split("\t") for line in tsv(table(made)).decode().splitlines()]
        cells = [row[head.index(name)] for row in rows for name in ("low", "scrambled_high")]
        assert all(cell == "" for cell in cells) == (len(given) == 1)
        assert all(row[head.index("effect")] for row in rows)


def test_a_word_of_one_letter_has_no_scrambled_control_in_numbers_words_figure_or_table():
    from gexp_core.export.text import tsv
    from gexp_core.figures.bench import bench_plot
    from gexp_core.ui.bench_curves import table

    model, given = conv_model(), backgrounds(3)
    why = "The scrambled control is not defined: every shuffle of AAAAAA is AAAAAA."
    place = bench.position_curve(model, "AAAAAA", given, [5, 30])
    pair = bench.pair_curve(model, MOTIF, "AAAAAA", given, [0, 3])
    for made in (place, pair):
        assert made.notes == (why,) and np.isnan(made.by_chance())
        for curve in made.curves:
            assert np.isnan(curve.control).all() and np.isfinite(curve.effect).all()
        figure = bench_plot(made)
        assert [one.text for one in figure.layout.annotations] == ["scrambled: not defined"]
        assert not any("scrambled" in (one.name or "") for one in figure.data)
        head, *rows = [line.split("\t") for line in tsv(table(made)).decode().splitlines()]
        for row in rows:
            cells = dict(zip(head, row, strict=True))
            assert cells["scrambled"] == cells["scrambled_low"] == "" and cells["note"] == why
            assert cells["effect"] and cells["low"]
    first = bench.pair_curve(model, "AAAAAA", MOTIF, given, [0])  # its control is of the second
    assert not first.notes and np.isfinite(first.by_chance())
    assert not bench_plot(first).layout.annotations


def test_a_word_turned_round_is_a_question_of_its_own():
    model, given = linear_model(both_strands=False), backgrounds(4)
    made = bench.position_curve(model, MOTIF, given, [5, 30], turned=True)
    other = bench.position_curve(model, reverse_complement(MOTIF), given, [5, 30])
    assert [curve.label for curve in made.curves] == ["motif", "motif turned"] and made.tried == 4
    np.testing.assert_array_equal(made.curves[1].effect, other.curves[0].effect)
    assert np.abs(made.curves[1].effect - made.curves[0].effect).max() > 0.1
    assert made.provenance.settings["orientations"] == ["+", "-"]
    same = bench.position_curve(model, "GAATTC", given, [5], turned=True)
    assert len(same.curves) == 1 and "GAATTC is its own reverse complement" in same.notes[0]
    pair = bench.pair_curve(model, MOTIF, "GAATTC", given, [3])
    assert pair.notes == ("GAATTC is its own reverse complement: its + and - are the same.",)
    np.testing.assert_array_equal(pair.curves[0].effect, pair.curves[1].effect)


def test_a_scramble_is_another_order_wherever_there_is_one():
    for seed in range(3000):  # all ten orders drawn of two letters are the word once in 1,024
        assert texts.scrambled("AC", seed) == "CA"
    assert texts.scrambled("AAAA", 0) == "AAAA"


def test_scrambles_keep_the_letters_and_little_else():
    for seed in range(20):
        made = texts.scrambled("TAATCCGT", seed)
        assert sorted(made) == sorted("TAATCCGT")
        assert sum(a == b for a, b in zip(made, "TAATCCGT", strict=True)) <= 3
    assert texts.scrambled("TAATCCGT", 1) == texts.scrambled("TAATCCGT", 1)


def test_backgrounds_are_what_they_say():
    made = texts.random_backgrounds(50, 200, gc=0.3)
    share = np.mean([c in "GC" for t in made for c in t])
    assert share == pytest.approx(0.3, abs=0.02)  # 10,000 letters: four standard errors
    own = random_set((50, 40))
    shuffled = texts.shuffled_backgrounds(own, toy_card(LENGTH), 5)
    assert [sorted(t) for t in shuffled[:2]] == [sorted(t) for t in own.sequences]
    assert len(set(shuffled)) == 5
    card = toy_card(LENGTH, insert=(8, 50))
    whole = SequenceSet(("w",), (card.background[:8] + "GATC" * 10 + "GA" + card.background[50:],))
    for text in texts.shuffled_backgrounds(whole, card, 3):  # a construct keeps its flanks
        assert text[:8] + text[50:] == card.background[:8] + card.background[50:]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, b: bench.position_curve(m, "ACNT", b, [0]), "has 'N'"),
        (lambda m, b: bench.position_curve(m, "A", b, [0]), "a motif of 1 letters"),
        (lambda m, b: bench.position_curve(m, "ACGT", b, [57]), "position 58 do not fit into 60"),
        (lambda m, b: bench.position_curve(m, "ACGT", [], [0]), "no background"),
        (lambda m, b: bench.pair_curve(m, "ACGT", "ACGT", b, []), "at least one"),
        (lambda m, b: bench.pair_curve(m, "ACGT", "ACGT", b, [90]), "do not fit"),
        (lambda m, b: bench.pair_curve(m, "ACGT", "ACGT", b, [1], orientations=["x"]), "'x'"),
    ],
)
def test_what_cannot_be_done_is_said(call, said):
    with pytest.raises(InputError, match=said):
        call(linear_model(), backgrounds(2))


def test_too_much_is_refused_before_it_begins():
    with pytest.raises(LimitError, match="more than the 100,000"):
        bench.position_curve(linear_model(), "ACGT", backgrounds(2) * 600, range(50))


def mixed():
    """Return 30 sequences of 60 bases among 2 of 40 and 1 of 80, the first of them of 40."""
    return random_set((40, *(LENGTH,) * 20, 80, *(LENGTH,) * 10, 40), seed=3)


def test_backgrounds_are_a_sample_of_the_commonest_length_not_the_top_of_the_file():
    own = mixed()
    drawn = bench_named.sample(own, 8, seed=1)
    places = [own.names.index(name) for name in drawn.names]
    assert places == sorted(set(places)) and {len(text) for text in drawn.sequences} == {LENGTH}
    assert places != list(range(1, 9)) and max(places) > 20
    assert drawn.names == bench_named.sample(own, 8, seed=1).names
    assert drawn.names != bench_named.sample(own, 8, seed=2).names
    counts = np.zeros(len(own))
    for seed in range(300):
        names = bench_named.sample(own, 8, seed=seed).names
        counts[[own.names.index(name) for name in names]] += 1
    # 300 draws of 8 of 30: 80 each, with a standard deviation of 7.7
    assert counts[[0, 21, 32]].sum() == 0 and abs(counts[counts > 0] - 80).max() < 35
    assert len(bench_named.sample(own, 100, seed=0)) == 30
    others = (
        "3 of 33 sequences are left out: backgrounds are of one length, the commonest (60 bp), "
        "and these have 40 to 80 bp."
    )
    for ground in ("given", "shuffled"):
        assert bench_named.about(own, ground, 8, seed=1) == [
            others,
            "8 of 30 sequences of 60 bp were drawn at random (seed 1).",
        ]
        assert bench_named.about(random_set((LENGTH,) * 8), ground, 8, seed=0) == []
    assert bench_named.about(own, "random", 8, seed=1) == []
    fewer = "30 sequences of 60 bp, fewer than the 40 asked for."
    assert bench_named.about(own, "given", 40, seed=1) == [others, fewer]
    many = "40 shuffles of 30 sequences of 60 bp, each in turn."
    assert bench_named.about(own, "shuffled", 40, seed=1) == [others, many]
    (only,) = bench_named.about(random_set((40, LENGTH)), "given", 1, seed=0)  # a tie: the first
    assert "1 of 2" in only and "(40 bp), and these have 60 bp." in only


@pytest.mark.parametrize("ground", ["random", "shuffled", "given"])
@pytest.mark.parametrize("kind", ["position", "pair"])
def test_an_experiment_can_be_run_again_from_its_file(monkeypatch, ground, kind):
    model = conv_model()
    monkeypatch.setattr(registry, "load", lambda name: model)
    monkeypatch.setattr(registry, "card", lambda name: model.card)
    own = mixed()
    how = {"ground": ground, "n": 4, "length": LENGTH, "gc": 0.3, "step": 17, "most": 25}
    how |= {"turned": True, "ways": ("+-",), "both_strands": False, "seed": 5}
    made = bench_named.run_named("toy", own, kind, MOTIF, OTHER, **how)
    told = json.loads(made.provenance.to_json())
    settings, words = told["settings"], [MOTIF, OTHER]
    assert settings.get("sequences_digest") == (None if ground == "random" else own.digest)
    if kind == "position":
        assert settings["letters"] == MOTIF
        ways = {"turned": settings["orientations"] == ["+", "-"], "step": settings["step"]}
    else:
        assert [settings["first"], settings["second"]] == words
        ways = {"ways": tuple(settings["orientations"]), "most": settings["most"]}
    kept = {key: settings[key] for key in ("ground", "n", "length", "both_strands", "stride")}
    kept |= {"gc": settings.get("gc", float("nan")), "seed": told["seed"], **ways}
    again = bench_named.run_named("toy", own, settings["work"].split()[1], *words, **kept)
    assert again.provenance.input_digest == told["input_digest"]
    for one, other in zip(made.curves, again.curves, strict=True):
        np.testing.assert_array_equal(one.effect, other.effect)
        np.testing.assert_array_equal(one.control, other.control)
    if ground != "random":
        assert settings["made_from"] == list(bench_named.sample(own, 4, seed=5).names)
        assert (
            made.notes == tuple(bench_named.about(own, ground, 4, seed=5)) and len(made.notes) == 2
        )


@pytest.mark.parametrize("ground", ["random", "shuffled", "given"])
@pytest.mark.parametrize("kind", ["position", "pair"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_work_foretold_is_what_is_read(monkeypatch, ground, kind, turned):
    model = conv_model(members=2)
    read, asked_how = [], []

    def count(_, texts, made_from, progress, **how):
        read.append(len(texts))
        asked_how.append(how)
        return np.zeros(len(texts), np.float32)

    monkeypatch.setattr(registry, "load", lambda name: model)
    monkeypatch.setattr(registry, "card", lambda name: model.card)
    monkeypatch.setattr(bench, "read_texts", count)
    given = random_set((20, LENGTH, LENGTH, LENGTH))
    how = {"ground": ground, "n": 5, "length": LENGTH, "gc": 0.5, "step": 7, "most": 33}
    how |= {"ways": ("++", "+-"), "turned": turned}
    asked = (given, kind, MOTIF, OTHER)
    bench_named.run_named("toy", *asked, **how)
    foretold = bench_named.evaluations_of(model.card, *asked, **how)
    assert foretold == 2 * 2 * read[0]  # each text once, by two members on two strands
    one = {"both_strands": False, "stride": 7}
    bench_named.run_named("toy", *asked, **how, **one)
    assert one.items() <= asked_how[1].items()
    assert bench_named.evaluations_of(model.card, *asked, **how, **one) == 2 * read[1]


@pytest.mark.parametrize("ground", ["given", "shuffled"])
def test_a_whole_construct_is_foretold_as_one_window(ground):
    card = toy_card(LENGTH, insert=(8, 50))
    insert = "GATC" * 10 + "GA"
    found = []
    for text in (insert, card.background[:8] + insert + card.background[50:]):
        how = {"ground": ground, "n": 1, "length": LENGTH, "gc": 0.5}
        one = SequenceSet(("s",), (text,))
        work = bench_named.evaluations_of(card, one, "position", MOTIF, "", step=100, **how)
        found.append(work)
    assert found[0] == found[1]
