"""The example files are what they say, and are made by the script that makes them."""

import re
from itertools import pairwise

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.inputs import examples, read_example
from gexp_core.inputs.examples import FOLDER
from gexp_core.training import design_examples, textbook

KEYS = tuple(example.key for example in examples())


def test_each_example_is_read_and_teaches_something():
    assert len(set(KEYS)) == len(KEYS) >= 5
    assert {path.name for path in FOLDER.glob("*.fa*")} == {e.filename for e in examples()}
    for example in examples():
        check = read_example(example.key)
        assert len(check.sequences) >= (1 if example.interval else 2)
        assert example.title and example.lesson.endswith(".")
        if example.key != "quirks":
            assert not check.changes and not check.rejected


def test_the_stretch_of_a_genome_knows_its_place():
    check = read_example("human")
    (text,), (origin,) = check.sequences.sequences, check.sequences.origins
    assert len(text) == origin.interval.end - origin.interval.start == 131_072
    assert f"chr7:{origin.interval.start + 1:,}-{origin.interval.end:,}" in origin.source


def test_an_unknown_example_names_those_there_are():
    with pytest.raises(InputError, match="there is no example 'x'; there are designed, "):
        read_example("x")


def test_textbook_files_are_those_the_script_makes():
    for name, text in textbook.textbook_files().items():
        assert (FOLDER / name).read_text(encoding="ascii") == text
    strong = read_example("designed").sequences["designed_strong"]
    assert (FOLDER / "long.fa").read_text("ascii") == textbook.fasta(textbook.long_element(strong))


@pytest.mark.parametrize("key", ["photoreceptor", "promoter", "yeast", "long"])
def test_headers_say_where_the_elements_are(key):
    sequences = read_example(key).sequences
    plain = sequences.sequences[0] if key != "long" else sequences["background_600"]
    also = textbook.AVOIDED_IN_YEAST if key == "yeast" else ()
    for word in textbook.AVOIDED + also:
        assert word not in plain and reverse_complement(word) not in plain
    seen = 0
    for name, origin in zip(sequences.names, sequences.origins, strict=True):
        for letters, start, end in re.findall(r"([ACGT]{5,})\S* at (\d+)-(\d+)", origin.source):
            if "changed" in origin.source:
                continue
            assert sequences[name][int(start) - 1 : int(end)] == letters
            seen += 1
    assert seen >= {"long": 0, "yeast": 4}.get(key, 5)


def test_the_long_example_is_longer_than_the_window_and_holds_the_element():
    long, designed = read_example("long").sequences, read_example("designed").sequences
    assert {len(text) for text in long.sequences} == {600}
    assert long["element_600"][218:382] == designed["designed_strong"]


def test_the_quirky_example_shows_every_kind_it_can():
    check = read_example("quirks")
    kinds = {change.kind for change in check.changes}
    assert kinds >= {
        "lower case", "U to T", "IUPAC to N", "N", "gap", "white space", "numbering", "comment",
        "name repeated", "name filled",
    }  # fmt: skip
    (rejection,) = check.rejected
    assert rejection.record == "peptide" and "protein" in rejection.text
    assert {len(text) for text in check.sequences.sequences} >= {40, 164, 400}


def test_the_designed_example_is_an_element_a_twin_and_a_shuffle():
    sequences = read_example("designed").sequences
    strong, broken, shuffled = sequences.sequences
    assert len(strong) == len(broken) == len(shuffled) == textbook.LENGTH
    changed = [i for i in range(textbook.LENGTH) if strong[i] != broken[i]]
    assert 2 <= len(changed) <= 3
    before, after, start, end = re.search(
        r"with ([ACGT]+) changed to ([ACGT]+) at (\d+)-(\d+)", sequences.origins[1].source
    ).groups()
    assert strong[int(start) - 1 : int(end)] == before
    assert broken[int(start) - 1 : int(end)] == after
    assert int(start) - 1 <= changed[0] and changed[-1] < int(end)
    assert sorted(pairwise(strong)) == sorted(pairwise(shuffled))
    assert shuffled != strong


def _count_crx(texts) -> np.ndarray:
    """Score 2 for each TAATCC on either strand, 1 for the rest of NRL, and a little for G."""
    return np.array([
        2 * (t.count("TAATCC") + t.count("GGATTA")) + ("TGCTGA" in t) + 0.01 * t.count("G")
        for t in texts
    ])  # fmt: skip


def test_the_designer_climbs_a_score_that_is_known_and_stays_below_its_ceiling():
    start = textbook.neutral(60, 3)
    strong = design_examples.design(_count_crx, 100, length=60, seed=3)
    assert _count_crx([strong])[0] >= 3 > _count_crx([start])[0]
    low = design_examples.design(_count_crx, 2.5, length=60, seed=3)
    assert 2 <= _count_crx([low])[0] <= 2.5
    broken, about = design_examples.break_site(_count_crx, low)
    assert _count_crx([broken])[0] < 1
    assert sum(a != b for a, b in zip(low, broken, strict=True)) == 2
    assert "changed to" in about


def test_neutral_dna_is_seeded_and_even():
    text = textbook.neutral(2_000, 1)
    assert text == textbook.neutral(2_000, 1) != textbook.neutral(2_000, 2)
    assert 0.4 < (text.count("G") + text.count("C")) / len(text) < 0.6
