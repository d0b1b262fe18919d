"""What is read from test rows, once: figures by hand, classical predictors, backgrounds."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.evaluate.metrics import group_samples, thirds
from gexp_core.models.card import Metric, Track, read_card
from gexp_core.training import backgrounds, classical, known_motifs, pictures, report
from gexp_core.training.words import near_ridge_limits
from tests.toy_models import ensemble_model, motif_model, toy_card
from tests.training.test_training import planted

GATA = np.array([[0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]], np.float32)


@pytest.fixture(scope="module")
def table():
    return planted(600)


@pytest.fixture(scope="module")
def beside(table):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gexp_core.evaluate.boosting.TREES", 30)
        rows = table.rows("test")
        return rows, classical.classical(table, rows, [GATA])


def test_classical_predictors_find_a_planted_word_and_say_what_they_are(table, beside):
    rows, made = beside
    assert set(made.values) == {"6-mer ridge", "GC content", "motif ridge", "gradient boosting"}
    assert set(made.about) == set(made.values)
    y = table.y[rows, 0] - 5 * table.batch[rows]  # without the batches' levels
    for name in ("motif ridge", "gradient boosting"):
        values = made.values[name]
        assert values.shape == (len(rows), 1)
        # the best match cannot count a second GATA, and reads GATA's reverse complement too
        assert np.corrcoef(values[:, 0], y)[0, 1] > 0.7, name
        # the level is that of an average batch: between the batches' 0.5 and 5.5, near neither
        assert 2 < values.mean() < 4, name
    assert "1 known motifs" in made.about["gradient boosting"]


def test_what_was_chosen_is_said_with_its_track_where_tracks_differ():
    assert classical._chosen(("A", "B"), ("penalty 3", "penalty 3")) == "penalty 3, chosen on valid"
    told = classical._chosen(("A", "B", "C"), ("penalty 3", "penalty 1", "penalty 3"))
    assert told == "penalty 3 for A and C, penalty 1 for B, chosen on valid"


def test_nothing_is_fitted_or_chosen_on_the_rows_that_are_predicted(table, beside):
    rows, made = beside
    y = table.y.copy()
    y[rows] = np.random.default_rng(0).normal(size=(len(rows), 1))
    again = classical.classical(replace(table, y=y), rows, [GATA])
    np.testing.assert_array_equal(again.values["motif ridge"], made.values["motif ridge"])


def test_of_many_motifs_those_that_go_with_the_values_are_kept(table, monkeypatch):
    monkeypatch.setattr(classical, "MOST_MOTIFS", 1)
    others = [np.roll(GATA, shift, 0) for shift in (1, 2, 3)]
    texts = [table.text(row) for row in table.rows("train")]
    scores = [known_motifs_log(matrix) for matrix in [*others, GATA]]
    (kept,) = classical._screen(table, texts, scores)
    assert kept is scores[3]


def known_motifs_log(matrix):
    from gexp_core.evaluate.motif_hits import log_odds

    return log_odds(matrix)


def test_figures_equal_plain_ones_on_the_same_rows(table, beside):
    rows, made = beside
    predicted = made.values["6-mer ridge"]
    found = {
        (row.subset, row.metric): row
        for row in report.held_out("me", predicted, table, rows, beside={})
    }
    p, m, batch = predicted[:, 0], table.y[rows, 0], table.batch[rows]
    for number in (0, 1):
        here = batch == number
        row = found[f"batch {number}", "pearson"]
        # printed with four digits
        assert row.value == pytest.approx(np.corrcoef(p[here], m[here])[0, 1], abs=1e-4)
        assert row.n == here.sum()
        p = p - here * p[here].mean()
        m = m - here * m[here].mean()
    error = np.mean((p - m) ** 2)
    assert found["all", "mse"].value == pytest.approx(error, abs=1e-4)
    assert found["all", "r2"].value == pytest.approx(1 - error / np.mean(m**2), abs=1e-4)
    for row in found.values():
        assert row.low <= row.value <= row.high
        assert row.predictor == "me"


def test_telling_high_from_low_counts_the_rows_of_the_thirds(table, beside):
    rows, made = beside
    noisy = table.y + np.random.default_rng(0).normal(size=table.y.shape).astype(np.float32)
    noisy = replace(table, y=noisy)  # without ties: two thirds of each batch, to the nearest row
    predicted = made.values["6-mer ridge"]
    found = {r.metric: r for r in report.held_out("me", predicted, noisy, rows, beside={})[::-1]}
    used = [np.logical_or(*thirds(noisy.y[rows, 0][table.batch[rows] == b])).sum() for b in (0, 1)]
    assert {found[name].n for name in ("auroc", "accuracy", "recall")} == {sum(used)}
    assert abs(sum(used) - 2 / 3 * len(rows)) < 3
    assert found["mse"].n == len(rows)


def test_the_gain_over_the_ridge_is_taken_on_the_same_samples(table, beside):
    rows, made = beside
    ridge, better = made.values["6-mer ridge"], made.values["gradient boosting"]
    rows_of = report.held_out("me", better, table, rows, beside={"6-mer ridge": ridge})
    found = {(row.predictor, row.subset, row.metric): row for row in rows_of}
    assert not any(key[0] == "6-mer ridge" and key[2] == "gain" for key in found)
    for subset in ("batch 1", "change from parent"):
        gain = found["me", subset, "gain"]
        pair = [found[name, subset, "pearson"].value for name in ("me", "6-mer ridge")]
        assert gain.value == pytest.approx(pair[0] - pair[1], abs=2e-4)
        assert gain.n == found["me", subset, "pearson"].n
    here = table.batch[rows] == 1
    p, q, m = better[here, 0], ridge[here, 0], table.y[rows, 0][here]
    drawn = [
        np.corrcoef(p[at], m[at])[0, 1] - np.corrcoef(q[at], m[at])[0, 1]
        for at in group_samples(table.group[rows][here])
    ]
    both = [found["me", f"batch {number}", "gain"] for number in (0, 1)]
    together = sum(gain.value * gain.n for gain in both) / len(rows)
    assert found["me", "all", "gain"].value == pytest.approx(together, abs=1e-4)
    gain = found["me", "batch 1", "gain"]
    assert [gain.low, gain.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-4)
    same = report.held_out("me", ridge, table, rows, beside={"6-mer ridge": ridge})
    assert {(r.value, r.low, r.high) for r in same if r.metric == "gain"} == {(0.0, 0.0, 0.0)}


def test_a_card_says_first_where_its_interval_reaches_into_the_ridges():
    def figures(low, high, gain, most=0.2):
        return (
            Metric("me", "all", "signal", "pearson", 0.6, 9, low, 0.7, "loci"),
            Metric("6-mer ridge", "all", "signal", "pearson", 0.5, 9, 0.4, high, "loci"),
            Metric("me", "all", "signal", "gain", 0.1, 9, gain, most, "loci"),
        )

    card = toy_card(name="me", tracks=("signal",))
    said = [
        near_ridge_limits(replace(card, held_out=figures(*given)))
        for given in (
            (0.55, 0.54, 0.05),
            (0.5, 0.54, 0.05),
            (None, None, None),
            (0.5, 0.54, 0.01, 0.09),
            (0.5, 0.54, -0.01),
        )
    ]
    assert said[0] == said[2] == () == near_ridge_limits(card)
    (told,) = said[1]
    assert told == (
        "signal: perhaps only slightly better than counting 6-mers. r is 0.60 against 0.50 for the "
        "6-mer ridge, and their intervals overlap; on the same samples it is 0.100 higher (0.050 "
        "to 0.200)."
    )
    assert said[3][0].startswith("signal: only slightly better than counting 6-mers. ")
    assert said[4][0].startswith("signal: not surely better than counting 6-mers. ")
    assert said[4][0].endswith("on the same samples the difference is 0.100 (-0.010 to 0.200).")


def counting(model, seen):
    network = model.network
    each = network.each

    def counted(X):
        seen.append(len(X))
        return each(X)

    network.each = counted
    return model


def test_test_rows_are_read_once_and_fill_the_card(table, tmp_path, monkeypatch):
    monkeypatch.setattr(known_motifs, "FOLDER", tmp_path)
    monkeypatch.setattr(backgrounds, "DRAWN", 50)
    model = ensemble_model(40, both_strands=False)
    card = replace(model.card, tracks=(Track("count", "how often GATA stands there"),))
    seen = []
    counting(model, seen)
    found = report.examine(card, replace(model, card=card), table, unit="pairs")
    assert sum(seen) == len(table.rows("test")) + 2 * 50
    card = found.card
    assert card.find("r2").n == len(table.rows("test"))
    assert set(card.predictors) >= {"6-mer ridge", "gradient boosting"}
    assert sum(row.n for row in card.calibration) == len(table.rows("test"))
    assert {kind: len(q["count"]) for kind, q in card.backgrounds.items()} == {
        "shuffled": 101,
        "random": 101,
    }
    files = pictures.drawn(found)
    assert set(files) == set(pictures.PICTURES)
    assert files == pictures.drawn(found)
    assert all(raw.startswith(b"<?xml") for raw in files.values())
    path = tmp_path / "card.json"
    path.write_text(card.to_json(), encoding="utf-8")
    again = read_card(path)
    assert again.calibration == card.calibration
    assert again.backgrounds == card.backgrounds
    assert again.to_json() == card.to_json()


def test_shuffles_keep_flanks_and_words_of_train_rows(table):
    framed = replace(table, insert=(4, 36))
    codes = framed.codes.copy()
    codes[:, :4], codes[:, 36:] = 0, 3
    framed = replace(framed, codes=codes)
    train = {framed.text(row) for row in framed.rows("train")}
    pairs = {tuple(sorted(text[i : i + 2] for i in range(4, 35))) for text in train}
    for text in backgrounds.shuffled(framed, 30):
        assert text.startswith("AAAA") and text.endswith("TTTT")
        assert tuple(sorted(text[i : i + 2] for i in range(4, 35))) in pairs
    drawn = backgrounds.random(framed, 400)
    letters = "".join(text[4:36] for text in drawn)
    gc = np.isin(codes[framed.rows("train"), 4:36], (1, 2)).mean()
    share = (letters.count("G") + letters.count("C")) / len(letters)
    assert share == pytest.approx(gc, abs=4 * 0.5 / np.sqrt(len(letters)))  # four standard errors
    assert backgrounds.shuffled(framed, 5) == backgrounds.shuffled(framed, 5)


def test_backgrounds_are_quantiles_of_what_the_model_says(table):
    model = motif_model(40, "GATA")
    model = replace(model, card=replace(model.card, tracks=(Track("count", ""),)))
    made = backgrounds.backgrounds(model, table, drawn=60)
    for kind in ("shuffled", "random"):
        values = made[kind]["count"]
        assert len(values) == 101 and list(values) == sorted(values)
        assert 1 <= values[0] and values[-1] <= 4  # letters of GATA that agree, at the best place


def test_motif_files_are_read_by_species(tmp_path):
    head = "MEME version 4\n\nMOTIF M1 one\nletter-probability matrix: alength= 4 w= 2 nsites= 3\n"
    (tmp_path / "db_fungi.meme").write_text(head + "0.1 0.2 0.3 0.4\n1 0 0 0\n\n")
    (tmp_path / "db_vertebrates.meme").write_text(head + "0 0 1 0\n" + "\n" + head + "0 1 0 0\n")
    (one,) = known_motifs.known_motifs("yeast", folder=tmp_path)
    np.testing.assert_allclose(one, [[0.1, 1], [0.2, 0], [0.3, 0], [0.4, 0]])
    assert len(known_motifs.known_motifs("mouse", folder=tmp_path)) == 2
    assert len(known_motifs.known_motifs("as in your table", folder=tmp_path)) == 3
    assert known_motifs.known_motifs("yeast", folder=tmp_path / "nowhere") == ()
