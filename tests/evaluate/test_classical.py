"""The linear predictors beside a model: scikit-learn's numbers, the model's windows, the file."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import gc_content, indices, reverse_complement
from gexp_core.errors import LimitError, ModelError
from gexp_core.evaluate import classical
from gexp_core.evaluate.baselines import canonical_counts, gc_feature
from gexp_core.evaluate.classical import FILE, GC, RIDGE, WORDS, LinearPredictors
from tests.toy_models import random_sequence, toy_card

RNG = np.random.default_rng(3)
DATA = "d" * 64


def codes(texts):
    return np.stack([indices(text) for text in texts])


@pytest.fixture
def known():
    """Random weights of two tracks."""
    ridge = RNG.normal(size=(2, WORDS + 1)).astype(np.float32)
    return LinearPredictors(ridge, RNG.normal(size=(2, 2)).astype(np.float32), DATA)


@pytest.fixture
def card():
    flanked = "ACGTACGT" + random_sequence(44, 5) + "TTGGCCAA"
    made = toy_card(60, tracks=("a", "b"), insert=(8, 52), background=flanked)
    return replace(made, training={"data_sha256": DATA})


def by_counting(text, known):
    """Return the same from counts, as the fit sees them."""
    counts = canonical_counts([text], 6)[0].astype(float)
    return known.ridge[:, :-1].astype(float) @ counts + known.ridge[:, -1]


def test_numbers_are_scikit_learns():
    from sklearn.linear_model import Ridge

    texts = [random_sequence(80, seed) for seed in range(120)]
    y = np.array([text.count("GATA") + gc_content(text) for text in texts])
    counts, share = canonical_counts(texts, 6), gc_feature(texts)
    fits = [Ridge(alpha=a).fit(X, y) for X, a in ((counts, 30.0), (share, 1e-6))]
    rows = [np.append(one.coef_, one.intercept_).astype(np.float32)[None] for one in fits]
    said = LinearPredictors(*rows, DATA).read(codes(texts))
    for name, fit, X in zip((RIDGE, GC), fits, (counts, share), strict=True):
        # weights are kept as float32: seven digits
        np.testing.assert_allclose(said[name][:, 0], fit.predict(X), atol=1e-5, err_msg=name)


def test_either_strand_gives_the_same_and_words_with_n_count_nothing(known):
    text = random_sequence(70, 1)
    one, other = (known.read(codes([t])) for t in (text, reverse_complement(text)))
    for name in (RIDGE, GC):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-5)
    holed = text[:30] + "N" + text[31:]
    said = known.read(codes([holed]))
    np.testing.assert_allclose(said[RIDGE][0], by_counting(holed, known), rtol=1e-5)
    empty = known.read(codes(["N" * 20]))
    np.testing.assert_allclose(empty[RIDGE][0], known.ridge[:, -1])
    assert np.isnan(empty[GC]).all()


def test_a_sequence_is_read_in_the_windows_of_the_model(known, card):
    left, right = card.background[:8], card.background[52:]
    for length, stride, starts in ((44, None, [0]), (60, 20, [0, 16]), (100, 44, [0, 44, 56])):
        text = random_sequence(length, length)
        windows = [left + text[start : start + 44] + right for start in starts]
        said = classical.of_sequence(text, known, card, stride=stride)
        truth = np.mean([by_counting(one, known) for one in windows], 0)
        np.testing.assert_allclose(said[RIDGE], truth, rtol=1e-4)
        share = np.mean([gc_content(one) for one in windows])
        np.testing.assert_allclose(said[GC], known.gc[:, 0] * share + known.gc[:, 1], rtol=1e-4)
    short = random_sequence(10, 2)
    placed = card.background[:25] + short + card.background[35:]
    said = classical.of_sequence(short, known, card)
    np.testing.assert_allclose(said[RIDGE], by_counting(placed, known), rtol=1e-4)


def test_too_many_windows_are_refused(known, card, monkeypatch):
    monkeypatch.setattr(classical, "MOST_WINDOWS", 3)
    with pytest.raises(LimitError, match="this sequence has 17"):
        classical.of_sequence(random_sequence(60, 1), known, card, stride=1)


def test_the_file_comes_back_and_is_the_same_bytes(known, card, tmp_path):
    assert classical.read_linear(tmp_path, card) is None
    raw = classical.to_bytes(known)
    assert classical.to_bytes(known) == raw
    (tmp_path / FILE).write_bytes(raw)
    again = classical.read_linear(tmp_path, card)
    np.testing.assert_array_equal(again.ridge, known.ridge)
    np.testing.assert_array_equal(again.gc, known.gc)


def test_a_file_that_is_not_the_models_is_refused(known, card, tmp_path):
    raw = classical.to_bytes(known)
    wrong = {
        "damaged": raw[:-1] + bytes([raw[-1] ^ 1]),
        "cannot be read": raw[:50],
        "larger than it may be": raw + bytes(classical._MOST_FILE),
    }
    for said, content in wrong.items():
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ModelError, match=said):
            classical.read_linear(tmp_path, card)
    (tmp_path / FILE).write_bytes(raw)
    for other in (replace(card, training={}), replace(card, tracks=card.tracks[:1])):
        with pytest.raises(ModelError, match="of other data"):
            classical.read_linear(tmp_path, other)
    with pytest.raises(ModelError, match="wanted"):
        LinearPredictors(known.ridge[:, 1:], known.gc, DATA)
    with pytest.raises(ModelError, match="no number"):
        LinearPredictors(known.ridge * np.nan, known.gc, DATA)
