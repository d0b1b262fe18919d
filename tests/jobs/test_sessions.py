"""Ten visitors at once: everybody gets their own result, equal to the one computed alone."""

import threading

import numpy as np
import pytest

from gexp_core import pipeline
from gexp_core.jobs import Bounds, Engine
from tests.toy_models import random_set

WORK = "gexp_core.pipeline:mutagenesis_named"


@pytest.fixture(scope="module")
def engine(model_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(model_folder))
        made = Engine(Bounds(workers=2))
        yield made
        made.stop()


def test_ten_visitors_at_once_each_get_their_own(engine, toy):
    given = [random_set((60,), seed=n) for n in range(10)]
    found, order = {}, []

    def visit(n):
        # four quick clicks, as a visitor in a hurry makes them
        jobs = [
            engine.submit(WORK, toy, given[n], key=given[n].digest, owner=f"visitor {n}")
            for _ in range(4)
        ]
        found[n] = [job.result(120) for job in jobs]
        order.append(n)

    visitors = [threading.Thread(target=visit, args=(n,)) for n in range(10)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join(150)
    assert sorted(order) == list(range(10))
    for n, made in found.items():
        alone = pipeline.mutagenesis_named(toy, given[n])
        # the same numbers up to how many threads share a sum (float32)
        np.testing.assert_allclose(made[0].effect[0], alone.effect[0], atol=1e-5)
        assert made[0].names == given[n].names
        assert made[0].provenance.input_digest == given[n].digest
    assert engine.counts["done"] == 10  # forty clicks, ten computations
    assert engine.load() == 0 and len(engine._places) == 0
