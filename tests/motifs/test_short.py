"""Sequences much shorter than 100 bp with one motif only, from letters to names, as users do."""

import pytest

from gexp_core.motifs.discovery import DiscoverySettings
from gexp_core.motifs.finding import find_motifs
from tests.motifs import reader
from tests.toy_models import random_set


@pytest.fixture(scope="module")
def found():
    return find_motifs(reader.model(), reader.sequences(50)[0], settings=DiscoverySettings(runs=2))


def test_the_reader_reads_its_word_and_little_else():
    from gexp_core.predict import predict

    given, _ = reader.sequences(5)
    with_word = predict(reader.model(), given).means()[:, 0]
    without = predict(reader.model(), random_set((reader.LENGTH,) * 20)).means()[:, 0]
    assert with_word == pytest.approx(3, abs=0.2)  # one strand of two has it: half of 19 - 13
    assert (without < 0.2).all()


def test_one_motif_in_short_sequences_is_found_alone_and_named_first(found):
    (motif,) = found.motifs
    assert motif.matches[0].name == "REST" and motif.matches[0].q < 0.01
    assert motif.matches[0].strand in "+-" and motif.contribution > 0


def test_every_short_sequence_has_its_site_within_two_bases(found):
    _, plants = reader.sequences(50)
    (motif,) = found.motifs
    near = set()
    for site in motif.sites:
        middle = plants[site.sequence][0] + len(reader.WORD) / 2
        if abs((site.start + site.end) / 2 - middle) <= 2:
            near.add(site.sequence)
    assert len(near) >= 45  # nine in ten; all plants are the best letters
