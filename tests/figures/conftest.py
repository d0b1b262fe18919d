"""Attention maps that several figures draw."""

import pytest

from gexp_core.explain.attention import attended
from gexp_core.types import SequenceSet
from tests.toy_models import attention_model, random_sequence


@pytest.fixture(scope="module")
def model():
    return attention_model(insert=(8, 52))


@pytest.fixture(scope="module")
def made(model):
    """Maps of a sequence that fills the insert, and of one that is shorter."""
    texts = (random_sequence(44, 1), random_sequence(20, 2))
    return attended(model, SequenceSet(("<b>one</b>", "$two$"), texts))
