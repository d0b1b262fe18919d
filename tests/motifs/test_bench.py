"""The bench against models whose answers can be written down, and against plain predictions."""

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.motifs import bench
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


def test_one_background_has_no_band_in_numbers_figure_or_table():
    from gexp_core.export.text import tsv
    from gexp_core.figures.bench import bench_plot
    from gexp_core.ui.bench_curves import table

    for given in (backgrounds(1), backgrounds(2)):
        made = bench.position_curve(conv_model(), MOTIF, given, [5, 30])
        edges = [*made.curves[0].band(), *made.curves[0].band(control=True)]
        assert np.isnan(edges).all() == (len(given) == 1) == (len(bench_plot(made).data) == 1)
        head, *rows = [line.split("\t") for line in tsv(table(made)).decode().splitlines()]
        cells = [row[head.index(name)] for row in rows for name in ("low", "scrambled_high")]
        assert all(cell == "" for cell in cells) == (len(given) == 1)
        assert all(row[head.index("effect")] for row in rows)


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


@pytest.mark.parametrize("ground", ["random", "shuffled", "given"])
@pytest.mark.parametrize("kind", ["position", "pair"])
def test_the_work_foretold_is_what_is_read(monkeypatch, ground, kind):
    from gexp_core.models import registry
    from gexp_core.motifs import bench_named

    model = conv_model(members=2)
    read, asked_how = [], []

    def count(_, texts, made_from, progress, **how):
        read.append(len(texts))
        asked_how.append(how)
        return np.zeros(len(texts), np.float32)

    monkeypatch.setattr(registry, "load", lambda name: model)
    monkeypatch.setattr(registry, "card", lambda name: model.card)
    monkeypatch.setattr(bench, "read_texts", count)
    given = random_set((LENGTH, LENGTH, 20, LENGTH))
    how = {"ground": ground, "n": 5, "length": LENGTH, "gc": 0.5, "step": 7, "most": 33}
    how |= {"ways": ("++", "+-")}
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
    from gexp_core.motifs import bench_named

    card = toy_card(LENGTH, insert=(8, 50))
    insert = "GATC" * 10 + "GA"
    found = []
    for text in (insert, card.background[:8] + insert + card.background[50:]):
        how = {"ground": ground, "n": 1, "length": LENGTH, "gc": 0.5}
        one = SequenceSet(("s",), (text,))
        work = bench_named.evaluations_of(card, one, "position", MOTIF, "", step=100, **how)
        found.append(work)
    assert found[0] == found[1]
