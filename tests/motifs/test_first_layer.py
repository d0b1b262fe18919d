"""The first layer as named motifs: what is looked through, what is read, what is written."""

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.export.motifs import filter_table, meme
from gexp_core.motifs import first_layer, naming
from gexp_core.motifs.database import identity, motifs_of, named_by
from gexp_core.motifs.filter_nouns import Filter, FilterSet
from gexp_core.motifs.first_layer import looked_through, read_filters
from gexp_core.motifs.meme import read_meme
from gexp_core.motifs.nouns import Match
from gexp_core.types import Provenance
from tests.motifs.test_filters import WORDS, Counter
from tests.toy_models import random_set, toy_card, wrap

KNOWN = motifs_of("jaspar-vertebrates")[:25]


@pytest.fixture
def named(monkeypatch):
    """Name a motif by its letters, without compiling a comparison."""

    def compare(ppms, known):
        return [[Match("MA1", "first", 1e-6, 1e-5, 0, ppm.shape[1], "+")] for ppm in ppms]

    monkeypatch.setattr(naming, "matches_of", compare)


def test_a_small_set_is_filled_with_shuffles_of_itself():
    sequences = random_set((40, 60, 50), seed=1)
    texts = looked_through(sequences)
    assert texts[:3] == sequences.sequences
    assert len(texts) == first_layer.LEAST_TEXTS
    for at, text in enumerate(texts[3:]):
        assert sorted(text) == sorted(sequences.sequences[at % 3])
    assert len(set(texts)) > 450
    assert looked_through(sequences) == texts
    assert looked_through(sequences, seed=1) != texts


def test_what_is_looked_through_is_bounded(monkeypatch):
    monkeypatch.setattr(first_layer, "MOST_BASES", 600)
    sequences = random_set((60,) * 30, seed=1)
    texts = looked_through(sequences)
    assert texts == sequences.sequences[::3]
    assert looked_through(random_set((700, 700))) == (random_set((700, 700)).sequences[0][50:650],)


def test_a_long_sequence_takes_no_room_of_others(monkeypatch):
    """Alone it would fill the room; the others are whole, and so are shuffles of them."""
    monkeypatch.setattr(first_layer, "MOST_BASES", 10_000)
    sequences = random_set((50, 30_000, *[60] * 28), seed=1)
    texts = looked_through(sequences)
    assert texts[0] == sequences.sequences[0] and texts[2:30] == sequences.sequences[2:]
    begin = (30_000 - 8_270) // 2  # its middle, in the room that is left
    assert texts[1] == sequences.sequences[1][begin : begin + 8_270]
    assert sum(map(len, texts)) <= 10_000


def test_a_few_sequences_suffice_for_logos_and_effects_are_of_them_alone(named):
    model = wrap([Counter(), Counter()], toy_card(60, both_strands=False))
    sequences = random_set((60,) * 3, seed=3)
    seen = []
    made = read_filters(
        model, sequences, KNOWN, member=1, database="mine", progress=lambda *at: seen.append(at)
    )
    assert (made.member, made.texts, made.read, made.database) == (1, 500, 3, "mine")
    assert seen == [(1, 2), (2, 2)]
    assert made.provenance.settings == {
        "work": "filters",
        "member": 1,
        "database": identity(KNOWN, "mine"),
    }
    assert (made.provenance.input_digest, made.provenance.seed) == (sequences.digest, 0)
    assert {m.consensus.upper() for m in made.motifs} == set(WORDS)
    for one, sign in zip(made.filters, (-2, 1), strict=True):
        word = WORDS[one.channel]
        best = [
            max(sum(a == b for a, b in zip(word, t[k : k + 7], strict=True)) for k in range(54))
            for t in sequences.sequences
        ]
        assert one.silenced[0] == pytest.approx(sign * np.mean(best), abs=1e-5)

    table = filter_table(made)
    assert list(table["filter"]) == [one.channel + 1 for one in made.filters]
    assert list(table["name"]) == ["first", "first"]
    assert table["size"].tolist() == sorted(table["size"], reverse=True)
    assert [k.name for k in read_meme(meme(made), "x")] == ["first", "first"]


def test_too_few_known_motifs_are_refused_before_anything_is_read():
    assert named_by(toy_card(60), KNOWN, "mine") == (KNOWN, "mine")
    with pytest.raises(InputError, match=r"24 known motifs are too few .* give at least 25"):
        read_filters(wrap([Counter()], toy_card(60)), random_set((60,)), KNOWN[:24])


def test_effects_are_measured_on_a_bounded_number_of_sequences(named, monkeypatch):
    monkeypatch.setattr(first_layer, "MOST_READ", 2)
    model = wrap([Counter()], toy_card(60, both_strands=False))
    made = read_filters(model, random_set((60,) * 8, seed=3), KNOWN)
    assert (made.texts, made.read) == (500, 2)
    assert first_layer.evaluations_of(random_set((60,) * 8)) == 2 * 65


def test_a_filter_that_little_excites_has_a_row_without_a_name():
    by = Provenance("d" * 64, "toy", "0" * 64, {})
    dead = Filter(4, None, 0.0, np.zeros(1), np.zeros(1))
    made = FilterSet("toy", ("y",), "units", 0, (dead,), 500, 3, "mine", by)
    row = filter_table(made).iloc[0]
    assert (row["filter"], row["consensus"], row["name"]) == (5, "", "")
    assert made.motifs == ()
