"""Planted truth: motifs that were written in are found, named and placed; elsewhere there are none.

A model in closed form reads three motifs of JASPAR. The runs are shared by the tests of this file.
"""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import CancelledError, InputError
from gexp_core.explain.attribution import attribute
from gexp_core.explain.cost import evaluations
from gexp_core.explain.settings import AttributionSettings
from gexp_core.motifs.database import identity, motifs_of
from gexp_core.motifs.discovery import DiscoverySettings, discover
from gexp_core.motifs.finding import controls, evaluations_of, find_motifs
from gexp_core.motifs.naming import name
from gexp_core.predict import frames
from gexp_core.types import SequenceSet
from tests.explain.helpers import stop_after
from tests.motifs import planted
from tests.toy_models import random_set, toy_card

# One plain baseline does for a reader that answers to whole motifs, and draws no shuffles.
QUICK = AttributionSettings(method="deeplift-shap", baseline="uniform", hypothetical=True)
FEW_RUNS = DiscoverySettings(runs=2)


@pytest.fixture(scope="module")
def truth():
    return planted.planted(90)


@pytest.fixture(scope="module")
def scored(truth):
    """Scores of the planted sequences, of shuffled ones and of their controls."""
    some = (truth[0], planted.shuffled(truth[0]), controls(truth[0], planted.model().card))
    return [attribute(planted.model(), one, settings=QUICK) for one in some]


@pytest.fixture(scope="module")
def found(scored):
    made = discover(scored[0], control=scored[2], settings=FEW_RUNS)
    return name(made, motifs_of(planted.DATABASE), database="JASPAR")


def test_all_three_and_no_other_are_found_and_named_first(found):
    assert sorted(m.matches[0].id for m in found.motifs) == sorted(planted.IDS)
    assert all(m.matches[0].q < 0.01 for m in found.motifs)
    assert found.database == "JASPAR"


def test_nine_in_ten_strong_plants_have_a_site_within_two_bases(found, truth):
    by_id = {m.matches[0].id: m for m in found.motifs}
    strong = [plant for plant in truth[1] if plant.strong]
    assert len(strong) > 100

    def near(plant):
        middle = (plant.start + plant.end) / 2
        return any(
            s.sequence == plant.sequence and abs((s.start + s.end) / 2 - middle) <= 2
            for s in by_id[plant.id].sites
        )

    assert np.mean([near(plant) for plant in strong]) >= 0.9


def test_strands_of_sites_are_those_of_the_plants_up_to_how_the_motif_is_drawn(found, truth):
    for motif in found.motifs:
        turned = motif.matches[0].strand == "-"
        plants = {p.sequence: p for p in truth[1] if p.id == motif.matches[0].id and p.strong}
        agree = [
            (s.strand == plants[s.sequence].strand) != turned
            for s in motif.sites
            if s.sequence in plants and abs(s.start - plants[s.sequence].start) < 8
        ]
        assert len(agree) > 20 and np.mean(agree) > 0.95  # CTAATCC reads both ways by chance


def test_a_ppm_is_the_share_of_letters_at_its_sites(found):
    for motif in found.motifs:
        texts = [found.sequences[s.sequence][s.start : s.end] for s in motif.sites]
        texts = [
            t if s.strand == "+" else reverse_complement(t)
            for t, s in zip(texts, motif.sites, strict=True)
        ]
        brute = [[np.mean([t[k] == b for t in texts]) for k in range(motif.width)] for b in "ACGT"]
        np.testing.assert_allclose(motif.ppm, brute, atol=1e-6)
        np.testing.assert_allclose(motif.ppm.sum(0), 1, atol=1e-6)


def test_chance_seqlets_are_counted_and_few(found):
    raising, lowering = found.calling
    assert raising.called > 140 and raising.expected_false <= 0.1 * raising.called
    assert raising.patterned > 0.8 * raising.called
    assert lowering.called == 0 and any("lowers" in note for note in found.notes)


def test_shuffled_sequences_have_no_motif(scored):
    made = discover(scored[1], control=scored[2], settings=FEW_RUNS)
    assert made.motifs == ()  # false patterns: none
    assert len(made.notes) == 2  # one reason for either sign


def test_what_lowers_is_found_as_what_raises_and_strands_are_kept_apart_when_asked(scored, found):
    turned = [
        replace(
            made,
            attr=tuple(-a for a in made.attr),
            hypothetical=tuple(-a for a in made.hypothetical),
        )
        for made in (scored[0], scored[2])
    ]
    made = discover(turned[0], control=turned[1], settings=replace(FEW_RUNS, merge_strands=False))
    assert [m.name for m in made.motifs] == [
        f"lowers {n} {way}" for n in (1, 2, 3) for way in ("forward", "reverse")
    ]
    for whole, forward, reverse in zip(
        found.motifs, made.motifs[::2], made.motifs[1::2], strict=True
    ):
        halves = (*forward.sites, *reverse.sites)
        assert {s.strand for s in halves} == {"+"} and all(s.contribution < 0 for s in halves)
        # the same seqlets, whichever sign their scores have; and the same again when run again
        assert sorted((s.sequence, s.start) for s in halves) == sorted(
            (s.sequence, s.start) for s in whole.sites
        )
        cosine = np.sum(forward.ppm * reverse.ppm[::-1, ::-1]) / (
            np.linalg.norm(forward.ppm) * np.linalg.norm(reverse.ppm)
        )
        assert cosine > 0.9


def test_too_few_is_said_and_each_seqlet_named(truth):
    seen = []
    few = truth[0].select(truth[0].names[:9])
    made = find_motifs(
        planted.model(),
        few,
        settings=FEW_RUNS,
        scores=QUICK,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert made.motifs == () and made.database == "JASPAR 2026 CORE, vertebrates"
    known = motifs_of("jaspar-vertebrates")
    asked = made.provenance.settings
    assert asked["database"] == identity(known, made.database) and asked["at_work"] is True
    done = [d for d, _ in seen]
    assert done == sorted(done) and seen[-1] == (1000, 1000) and len(set(done)) > 10
    (said,) = [note for note in made.notes if "raises" in note]
    # by the stretches that patterns are made of, not by those that stand out one by one
    assert f"the scores have {made.calling[0].gathered} stretches" in said and "at least 20" in said
    # each seqlet has a name instead; nearly all that have one have a planted one
    named = [matches[0].name for matches in made.seqlet_matches if matches]
    assert len(made.seqlet_matches) == len(made.seqlets) and len(named) >= 6


def test_one_short_sequence_and_unequal_lengths_are_no_trouble():
    text = planted.planted(1)[0].sequences[0]
    sequences = SequenceSet(("a", "b", "c"), (text[:60], text[:90] + "N" * 5, text))
    made = find_motifs(planted.model(), sequences, settings=FEW_RUNS, scores=QUICK)
    assert made.motifs == () and made.notes
    for s in made.seqlets:
        assert s.end <= len(sequences.sequences[s.sequence])
        assert s.end - s.start >= 4


def test_controls_keep_letters_and_are_enough():
    sequences, _ = planted.planted(7)
    card = planted.model().card
    made = controls(sequences, card)
    assert len(made) >= 20
    for label, text in zip(made.names, made.sequences, strict=True):
        of = sequences.sequences[int(label.split()[-1]) - 1]
        assert sorted(text) == sorted(of) and text != of
    assert len(controls(planted.planted(50)[0], card, most=30)) == 30


def test_controls_of_whole_constructs_are_read_in_their_windows():
    card = toy_card(60, insert=(8, 50))
    inserts = random_set((42,) * 3)
    left, right = card.background[:8], card.background[50:]
    texts = tuple(left + text + right for text in inserts.sequences)
    whole = SequenceSet(inserts.names, texts)
    made = controls(whole, card)
    assert made.sequences == tuple(left + t + right for t in controls(inserts, card).sequences)
    assert set(frames(made, card)) == set(frames(whole, card))


def test_the_work_is_that_of_sequences_and_controls():
    sequences, _ = planted.planted(30)
    card = planted.model().card
    one = evaluations(card, sequences, work="attribute", settings=QUICK)
    assert evaluations_of(card, sequences, QUICK) == 2 * one


def test_a_stop_stops(truth):
    with pytest.raises(CancelledError):
        find_motifs(planted.model(), truth[0], scores=QUICK, progress=stop_after(3))


def test_sequences_without_letters_are_refused():
    with pytest.raises(InputError, match="'b' has no known base"):
        find_motifs(planted.model(), SequenceSet(("a", "b"), ("ACGT" * 20, "N" * 80)))
