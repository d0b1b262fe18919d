"""What is written of a result says the strands that were read, not those that were asked for."""

import pytest

from gexp_core.explain.attribution import attribute
from gexp_core.explain.pairwise import pairs
from gexp_core.explain.settings import AttributionSettings
from gexp_core.explain.single_base import mutagenesis
from gexp_core.explain.stretches import deletions
from gexp_core.motifs.bench import position_curve
from gexp_core.motifs.bench_sites import take_out
from gexp_core.predict import predict
from tests.toy_models import linear_model, random_set

ONE = random_set((60,))
WORKS = {
    "predict": lambda model: predict(model, ONE),
    "attribute": lambda model: attribute(
        model, ONE, settings=AttributionSettings(method="saliency")
    ),
    "mutagenesis": lambda model: mutagenesis(model, ONE),
    "deletions": lambda model: deletions(model, ONE),
    "pairs": lambda model: pairs(model, ONE, window=(0, 6)),
    "bench": lambda model: position_curve(model, "TGACTCA", ONE.sequences, [3]),
    "sites": lambda model: take_out(model, ONE, ONE.sequences[0][10:17]),
}


@pytest.mark.parametrize("work", WORKS)
def test_a_model_of_one_strand_never_says_that_both_were_read(work):
    for both in (True, False):
        made = WORKS[work](linear_model(both_strands=both))
        assert made.provenance.settings["both_strands"] is both
