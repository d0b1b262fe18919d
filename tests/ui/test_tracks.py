"""Tracks in genome coordinates: whose sizes contigs have, and what unit a track says."""

from types import SimpleNamespace

import pytest

from gexp_core.inputs import NamedInterval, extract
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.variants import Variant
from gexp_core.types import Interval, Origin, SequenceSet, Target
from gexp_core.ui import genome, genomes, tracks
from gexp_core.ui.variant_sequences import window_set
from tests.toy_models import random_sequence, toy_card

TEXT = random_sequence(300, 3)
HG38, MASKED = MemoryGenome("hg38", {"chr1": TEXT}), MemoryGenome("hg38_masked", {"chr1": TEXT})
OTHER = MemoryGenome("mm10", {"chr1": TEXT * 2})


@pytest.fixture
def given(monkeypatch):
    """Choose a genome, and say which sequences are the visitor's."""

    def choose(chosen, sequences):
        now = None if chosen is None else genomes.Chosen(chosen, chosen.name)
        monkeypatch.setattr(genomes, "current", lambda: now)
        monkeypatch.setattr(tracks.workspace, "sequences", lambda: sequences)

    return choose


def taken(whole):
    return extract(whole, [NamedInterval("a", Interval("1", 20, 90))]).sequences


def test_sizes_are_those_of_the_genome_that_the_sequences_are_from(given):
    variant = Variant("chr1", 150, TEXT[149], "ACGT"[TEXT[149] == "A"])
    windows = window_set([variant], HG38, toy_card(), "both", most=1)
    for sequences in (taken(HG38), windows):
        given(HG38, sequences)
        assert tracks._sizes() == {"chr1": 300}
        for chosen in (OTHER, MASKED, None):
            given(chosen, sequences)
            assert tracks._sizes() == {}
    # one that is from elsewhere, and one whose place is not known
    given(MASKED, taken(MASKED))
    assert tracks._sizes() == {"chr1": 300}
    a, b = taken(HG38), taken(OTHER)
    origins = (*a.origins, *b.origins, Origin("typed"))
    both = SequenceSet(("a", "b", "c"), (a.sequences[0], b.sequences[0], "ACGT"), origins)
    given(HG38, both)
    assert tracks._sizes() == {}


def test_a_genome_is_told_by_its_whole_name(given):
    (origin,) = taken(MASKED).origins
    given(HG38, None)
    assert genome._genome(origin.source, origin.interval) is None
    assert "cannot be checked" in genome._build(origin.source, origin.interval)
    given(MASKED, None)
    assert genome._genome(origin.source, origin.interval).genome is MASKED


def test_scores_have_the_unit_of_their_method(given, monkeypatch):
    card = toy_card()
    score = SimpleNamespace(method="saliency", target=Target(0))
    given(HG38, taken(HG38))
    monkeypatch.setattr(tracks.made, "known_prediction", lambda card: None)
    monkeypatch.setattr(tracks.made, "known_mutagenesis", lambda card, name: None)
    monkeypatch.setattr(tracks.made, "known_attribution", lambda card, name: score)
    monkeypatch.setattr(tracks.controls, "track", lambda card: card.tracks[0].name)
    _, about, _ = tracks._known(card)["attribution"]
    assert about == f"saliency, {tracks.ABOUT['saliency'].in_units(card.units)}"
    assert about != f"saliency, {card.units}"
