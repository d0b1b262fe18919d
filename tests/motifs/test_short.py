"""Sequences much shorter than 100 bp with one motif only, from letters to names, as users do."""

import numpy as np
import pytest
from torch import nn

from gexp_core.motifs.discovery import DiscoverySettings
from gexp_core.motifs.finding import find_motifs
from gexp_core.types import SequenceSet
from tests.motifs import reader
from tests.toy_models import random_set, toy_card, wrap


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


def test_whole_constructs_have_the_motifs_of_their_inserts_at_their_own_places():
    inserts, _ = reader.sequences(40)
    card = toy_card(reader.LENGTH + 20, name=reader.NAME, insert=(12, 12 + reader.LENGTH))
    model = wrap([Inside()], card)
    left, right = card.background[:12], card.background[12 + reader.LENGTH :]
    texts = tuple(left + text + right for text in inserts.sequences)
    given = SequenceSet(inserts.names, texts)
    few = DiscoverySettings(runs=2)
    alone, whole = (find_motifs(model, one, settings=few) for one in (inserts, given))
    assert whole.sequences == texts and whole.provenance.input_digest == given.digest
    assert len(whole.motifs) == len(alone.motifs) > 0
    for motif, other in zip(whole.motifs, alone.motifs, strict=True):
        moved = [(s.sequence, s.start + 12, s.end + 12, s.strand) for s in other.sites]
        assert [(s.sequence, s.start, s.end, s.strand) for s in motif.sites] == moved
    assert [s.start for s in whole.seqlets] == [s.start + 12 for s in alone.seqlets]
    (known, *_), (same, *_) = whole.at_work.motifs, alone.at_work.motifs
    np.testing.assert_array_equal(known.places, same.places + np.array([0, 12]))
    assert known.q == same.q


class Inside(nn.Module):
    """The reader of the word, between flanks that it does not read."""

    def __init__(self):
        super().__init__()
        self.reader = reader.network()

    def forward(self, X):
        return self.reader(X[:, :, 12 : 12 + reader.LENGTH])
