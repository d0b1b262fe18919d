"""Classical predictors against plain counting and planted signals."""

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.evaluate.baselines import canonical_counts, fit_ridge, gc_feature, kmer_counts
from gexp_core.evaluate.metrics import pearson

RNG = np.random.default_rng(1)


def _texts(n, length=60):
    return ["".join(RNG.choice(list("ACGT"), length)) for _ in range(n)]


def test_counts_equal_plain_counting_on_both_strands():
    text = "ACGTTNACGTAATCC"
    k = 3
    counts = kmer_counts([text], k)[0]
    seen = {}
    for i in range(len(text) - k + 1):
        word = text[i : i + k]
        if "N" not in word:
            word = min(word, reverse_complement(word))
            seen[word] = seen.get(word, 0) + 1
    code = {c: i for i, c in enumerate("ACGT")}
    for word, count in seen.items():
        column = sum(code[c] * 4 ** (k - 1 - i) for i, c in enumerate(word))
        assert counts[column] == count
    assert counts.sum() == sum(seen.values())


def test_counts_do_not_depend_on_the_strand():
    texts = _texts(5)
    other = [reverse_complement(text) for text in texts]
    assert np.array_equal(kmer_counts(texts, 4), kmer_counts(other, 4))


def test_gc_feature():
    assert gc_feature(["GGCC", "AATT", "ACGT"]).ravel().tolist() == [1.0, 0.0, 0.5]


def test_ridge_finds_a_planted_word_and_chooses_its_penalty_on_valid_rows():
    texts = _texts(400)
    y = np.array([text.count("GATA") + text.count("TATC") for text in texts], float)
    X = kmer_counts(texts, 4)
    fitted, alpha = fit_ridge(
        X[:200], y[:200], np.ones(200), X[200:300], lambda p: pearson(p, y[200:300]), (0.1, 1e6)
    )
    assert alpha == 0.1
    assert pearson(fitted.predict(X[300:]), y[300:]) > 0.95


def test_ridge_is_scikit_learns_with_weights_and_empty_columns():
    from sklearn.linear_model import Ridge

    X = RNG.normal(size=(80, 12)).astype(np.float32)
    X[:, 3] = 0
    y, weight = X[:, 0] + RNG.normal(size=80), RNG.uniform(0.5, 2, 80)
    fitted, alpha = fit_ridge(X, y, weight, X, lambda p: 0.0, (7.0,))
    other = Ridge(alpha=7.0).fit(X.astype(float), y, sample_weight=weight)
    assert alpha == 7.0
    # features are float32 here: seven digits
    np.testing.assert_allclose(fitted.predict(X), other.predict(X), atol=1e-5)


def test_canonical_counts_are_the_columns_that_can_be_other_than_zero():
    texts = _texts(3, 200)
    for k, columns in ((3, 32), (4, 136)):  # odd k: half; even k: palindromes are their own partner
        counts = canonical_counts(texts, k)
        assert counts.shape == (3, columns)
        whole = kmer_counts(texts, k)
        np.testing.assert_array_equal(counts.sum(1), whole.sum(1))
        present = whole[:, whole.any(0)]
        np.testing.assert_array_equal(counts[:, counts.any(0)], present)


def test_a_feature_that_varies_only_in_rows_without_weight_is_left_out():
    X = np.array([[0.5], [0.5], [0.5], [0.9]], np.float32)
    y, weight = np.array([1.0, 2.0, 3.0, 9.0]), np.array([1.0, 1.0, 1.0, 0.0])
    fitted, _ = fit_ridge(X, y, weight, X, lambda said: 0.0, alphas=(0.0,))
    assert fitted.coefficients.tolist() == [0] and fitted.intercept == pytest.approx(2)
