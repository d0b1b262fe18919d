"""Compiled kernels leave the networks of the same process as they found them."""

import numba
import numpy as np
import pytest
import torch

from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.seqlets import call


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor has one thread")
@pytest.mark.parametrize("used", [False, True])
def test_torch_has_as_many_threads_after_kernels_as_before(used):
    """Numba and torch set the same OpenMP's threads; with two, scores took twenty times longer."""
    scores = np.random.default_rng(0).normal(0, 0.01, (20, 40)).astype(np.float32)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        if used:
            call(list(scores), None, fdr=0.1)
        else:
            with kernels():
                pass
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_an_error_in_a_kernel_gives_the_threads_back_too():
    before = torch.get_num_threads(), numba.get_num_threads()
    with pytest.raises(ValueError, match="x"), kernels():
        raise ValueError("x")
    assert (torch.get_num_threads(), numba.get_num_threads()) == before
