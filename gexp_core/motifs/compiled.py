"""The compiled parts of the libraries that find and name motifs: threads, cache and warm-up.

Owns when numba compiles. Its kernels take a minute or more to compile once; kept on disk, they load
in seconds, so a server warms up once, before its first visitor asks.
"""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from gexp_core.types import Progress


@contextlib.contextmanager
def kernels() -> Iterator[None]:
    """Run numba's kernels on as many threads as torch may use, and quietly.

    One thread inside a worker, where OMP_NUM_THREADS says so: the libraries then neither fork nor
    start threads of their own. Afterwards torch has as many threads as before: numba sets them for
    OpenMP, which the two share, and networks that compute on more threads than there are free
    processors wait for each other. What the libraries warn of is said by the callers in their own
    words, so that a warning is nobody's error.
    """
    import numba

    _cached()
    torch = sys.modules.get("torch")  # what is not loaded has no threads to keep
    networks = torch.get_num_threads() if torch else 0
    before = numba.get_num_threads()
    most = numba.config.NUMBA_NUM_THREADS
    asked = os.environ.get("OMP_NUM_THREADS", "")
    numba.set_num_threads(min(most, int(asked)) if asked.isdigit() and int(asked) else most)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        numba.set_num_threads(before)
        if torch:
            torch.set_num_threads(networks)


_ready = False


def _cached() -> None:
    """Keep on disk what the libraries compile; memelite does so by itself."""
    global _ready
    if _ready:
        return
    from modiscolite import affinitymat, aggregator, gapped_kmer, util
    from numba.core.dispatcher import Dispatcher
    from tangermeme import seqlet

    rooms: tuple[ModuleType, ...] = (affinitymat, aggregator, gapped_kmer, util, seqlet)
    for kernel in [value for room in rooms for value in vars(room).values()]:
        if isinstance(kernel, Dispatcher):
            with contextlib.suppress(RuntimeError):  # no folder to write to: compile every time
                kernel.enable_caching()
    _ready = True


def warm_up(*, progress: Progress | None = None) -> float:
    """Compile, or load from disk, every kernel that discovery, naming and scanning use.

    Runs each once on a made-up set of sequences with one motif.

    Returns
    -------
    float
        Seconds it took.
    """
    from gexp_core.motifs.database import databases, motifs_of
    from gexp_core.motifs.naming import matches_of
    from gexp_core.motifs.patterns import patterns_of
    from gexp_core.motifs.scanning import scan_letters
    from gexp_core.motifs.seqlets import call

    began = time.perf_counter()
    rng = np.random.default_rng(0)
    letters = rng.integers(0, 4, (60, 60))
    scores = rng.normal(0, 0.01, (60, 60)).astype(np.float32)
    letters[:, 25:32], scores[:, 25:32] = [3, 2, 0, 1, 3, 1, 0], 1.0
    hot = (letters[:, None] == np.arange(4)[:, None]).astype(np.float32)
    texts = ["".join("ACGT"[k] for k in row) for row in letters.tolist()]
    steps = 4
    call(list(scores), list(scores[:, ::-1]), fdr=0.5)
    if progress:
        progress(1, steps)
    places = np.array([[i, 28] for i in range(60)])
    patterns_of(list(hot), list(hot * scores[:, None]), places, sign=1, least=20, runs=2)
    if progress:
        progress(2, steps)
    known = motifs_of(databases()[0])[:40]
    matches_of([known[0].ppm], known)
    if progress:
        progress(3, steps)
    scan_letters(texts[:2], known[:2], p=1e-3)
    if progress:
        progress(steps, steps)
    return time.perf_counter() - began
