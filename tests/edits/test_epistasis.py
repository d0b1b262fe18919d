"""Interactions against explicit double mutants, and their closed form on an additive model."""

import numpy as np
import pytest
import torch

from gexp_core.edits.epistasis import epistasis
from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import InputError
from gexp_core.models.base import Scalar
from gexp_core.types import SequenceSet, Target
from tests.toy_models import LENGTH, conv_model, linear_model, linear_weights, random_sequence

TEXT = random_sequence(LENGTH, 21)


def put(text, position, base):
    return text[:position] + base + text[position + 1 :]


def other(base):
    return BASES[(BASES.index(base) + 1) % 4]


def test_every_double_mutant_is_that_of_a_forward_pass():
    model = conv_model(members=2)
    changed = put(put(TEXT, 20, other(TEXT[20])), 24, other(TEXT[24]))
    made = epistasis(model, SequenceSet(("a",), (TEXT,)), changed)
    scalar = Scalar(model, Target()).eval()

    def y(*texts):
        with torch.inference_mode():
            return scalar(torch.from_numpy(np.stack([one_hot(text) for text in texts]))).numpy()

    neither, chosen = y(TEXT, changed)
    assert made.y_ref == pytest.approx(neither, abs=1e-5)
    assert made.y_changed == pytest.approx(chosen, abs=1e-5)
    cells = [(base, at) for at in range(LENGTH) if at not in (20, 24) for base in BASES]
    both = y(*(put(changed, at, base) for base, at in cells))
    single = y(*(put(TEXT, at, base) for base, at in cells))
    found = [made.interaction[BASES.index(base), at] for base, at in cells]
    # four float32 readings of size 1 are added
    np.testing.assert_allclose(found, both - chosen - single + neither, atol=2e-5)
    assert np.isnan(made.interaction[:, [20, 24]]).all()


def test_an_additive_model_has_no_interaction():
    model = linear_model()
    changed = put(TEXT, 7, other(TEXT[7]))
    found = epistasis(model, SequenceSet(("a",), (TEXT,)), changed).interaction
    np.testing.assert_allclose(np.delete(found, 7, 1), 0, atol=2e-5)


def test_an_additive_model_has_none_where_the_chosen_change_is_of_a_flank():
    model = linear_model(insert=(10, 48), both_strands=False)
    background = model.card.background
    text = background[:10] + TEXT[10:48] + background[48:]
    changed = text
    for at in range(8):  # knocked out, the flank is no construct's any more
        changed = put(changed, at, other(text[at]))
    made = epistasis(model, SequenceSet(("a",), (text,)), changed)
    np.testing.assert_allclose(made.interaction[:, 8:], 0, atol=2e-5)
    moved = (linear_weights().numpy() * (one_hot(changed) - one_hot(text))).sum()
    assert made.y_changed - made.y_ref == pytest.approx(float(moved), abs=1e-5)


def test_a_change_that_cannot_be_asked_about_is_refused():
    model, one = linear_model(), SequenceSet(("a",), (TEXT,))
    with pytest.raises(InputError, match="keeps the length"):
        epistasis(model, one, TEXT[:-1])
    with pytest.raises(InputError, match="changes no base"):
        epistasis(model, one, TEXT)
    with pytest.raises(InputError, match="asked of one"):
        epistasis(model, SequenceSet(("a", "b"), (TEXT, TEXT)), TEXT)
