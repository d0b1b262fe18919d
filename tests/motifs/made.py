"""A set of motifs without a search, for pages: as a worker finds it, by name."""

import time
from dataclasses import replace

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.models import registry
from gexp_core.motifs import Calling, Match, Motif, MotifSet, Seqlet, Site
from gexp_core.motifs.bench_named import run_named
from gexp_core.motifs.credited import AtWork, Credited, Relative
from gexp_core.motifs.database import for_card, motifs_of, title
from gexp_core.motifs.filter_nouns import Filter, FilterSet
from gexp_core.types import Provenance, Target


def find(model, sequences, known=None, *, settings, scores, target, seed, database, progress):
    """Return one named motif on the first sequence, one without a name, and two seqlets."""
    crx = next(one for one in motifs_of("jaspar-vertebrates") if one.name == "Crx")
    match = Match(crx.id, crx.name, 1e-9, 2.5e-7, 0, crx.ppm.shape[1], "+")
    width = crx.ppm.shape[1]
    site = Site(0, 4, 4 + width, "+", 0.75, 0.9)
    other = one_hot(sequences.sequences[0][20:28])
    progress(1, 1)
    return MotifSet(
        sequences.names,
        sequences.sequences,
        (
            Motif("raises 1", crx.ppm, crx.ppm - 0.25, (site,), (match,), 0.25, 1e-4),
            Motif("lowers 1", other, -other, (Site(0, 20, 28, "-", -0.5, 0.8),), (), 0.25, 2e-3),
        ),
        (Seqlet(0, 4, 12, 0.75, 1e-6), Seqlet(0, 40, 46, 0.2, 1e-4)),
        (Calling(1, 2, 1, 0.5, 1, 40, 3, 2), Calling(-1, 1, 0, 0.5, 1, 30, 1, 0)),
        Target(),
        "toy units",
        Provenance(sequences.digest, model, "0" * 64, {"least": settings.least_sites}),
        notes=("A <b>note</b> for the reader.",),
        database=title(database or for_card(registry.card(model))) if known is None else database,
        seqlet_matches=((match,), ()),
        at_work=at_work(crx),
    )


def find_none(model, sequences, known=None, **how):
    """Return the same without a motif: what is at work is known by name alone."""
    return replace(find(model, sequences, known, **how), motifs=())


def at_work(crx):
    """Return one family at work, with one place on the first sequence."""
    one = Credited(
        crx.id, crx.name, crx.ppm, 1, np.array([[0, 4]]), np.array([False]),
        np.array([0.75], np.float32), 3, 12, 0.5, 0.1, 0.2, 0.3, 0.6, 1e-9, 2e-7,
        (Relative("MA0712.3", "OTX2", 1e-5),),
    )  # fmt: skip
    return AtWork((one,), 5, 1019, "JASPAR 2026 CORE, vertebrates", 5e-4, ("A second note.",))


def warm_up(*, progress):
    """Compile nothing."""
    progress(1, 1)
    return float(np.pi)


def read(model, sequences, known=None, *, member, database, seed, progress):
    """Return two filters, one named and one that little excites, of each track of a model."""
    card = registry.card(model)
    crx = next(one for one in motifs_of("jaspar-vertebrates") if one.name == "Crx")
    match = Match(crx.id, crx.name, 1e-9, 2.5e-7, 0, crx.ppm.shape[1], "+")
    motif = Motif("filter 7", crx.ppm, crx.ppm, (Site(0, 4, 12, "+", 0.75, 1.0),), (match,))
    some = np.ones(len(card.tracks), np.float32)
    progress(1, 1)
    return FilterSet(
        model,
        tuple(track.name for track in card.tracks),
        card.units,
        member,
        (Filter(6, motif, 0.5, -0.25 * some, 0.5 * some), Filter(0, None, 0.0, 0 * some, 0 * some)),
        500,
        len(sequences),
        title(database or for_card(card)) if known is None else database,
        Provenance(sequences.digest, model, "0" * 64, {"work": "filters"}, seed),
    )


def curve(model, sequences, kind, first, second, *, n, progress, **how):
    """Run an experiment of the bench; one in 100 backgrounds takes a minute and ends in nothing."""
    progress(1, 2)
    if n == 100:
        time.sleep(60)
    return run_named(model, sequences, kind, first, second, n=n, progress=progress, **how)
