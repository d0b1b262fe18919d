"""Sites against a brute-force scan, and oligos that pass their own checks when read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.edits.oligos import OligoSettings, oligos, site_of
from gexp_core.edits.sites import ENZYMES, find_sites, longest_run
from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from tests.toy_models import random_sequence

FITS = {"R": "AG", "Y": "CT", "N": "ACGT"} | {base: base for base in "ACGT"}


@settings(max_examples=60, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=40), st.text("ACGTRYN", min_size=1, max_size=5))
def test_sites_are_those_of_a_scan_letter_by_letter(text, site):
    other = reverse_complement(text)
    found = set()
    for i in range(len(text) - len(site) + 1):
        for strand, place in ((text, i), (other, len(text) - len(site) - i)):
            if all(strand[i + k] in FITS[letter] for k, letter in enumerate(site)):
                found.add(place)
    assert find_sites(text, site) == tuple(sorted(found))


def test_enzymes_are_those_of_biopython():
    restriction = pytest.importorskip("Bio.Restriction", reason="Biopython is not installed")
    for name, site in ENZYMES.items():
        assert getattr(restriction, name).site == site


@pytest.mark.parametrize(("text", "run"), [("", 0), ("ACGT", 1), ("AACCCG", 3), ("ANNNNA", 1)])
def test_runs(text, run):
    assert longest_run(text) == run


def test_an_oligo_is_adapter_insert_adapter_and_its_checks_hold_when_read_back():
    chosen = OligoSettings(left="ACTGGCCGCTTGACG", right="CACTGCGGCTCCTGC", enzymes=("EcoRI",))
    inserts = [random_sequence(100, seed) for seed in range(20)]
    for made in oligos([str(i) for i in range(20)], inserts, chosen):
        assert made.sequence == chosen.left + made.insert + chosen.right
        at = made.sequence.index(made.insert)
        assert made.sequence[at : at + 100] == made.insert
        again = find_sites(made.sequence, "GAATTC")
        assert [start for _, start in made.sites] == list(again)
        assert (made.problems == ()) == (not again and longest_run(made.sequence) <= 8)


def test_a_site_across_the_junction_counts_and_one_inside_an_adapter_does_not():
    chosen = OligoSettings(left="AAGAATTCTTGAA", right="CC", enzymes=("EcoRI",))
    junction, clean = oligos(["junction", "clean"], ["TTCGCA" * 3, "GCACGA" * 3], chosen)
    assert [start for _, start in junction.sites] == [10]
    assert "EcoRI cuts at 11" in junction.problems
    assert clean.sites == () and clean.problems == ()


def test_every_objection_is_said():
    chosen = OligoSettings(run=4, gc=(0.4, 0.6), longest=20)
    (made,) = oligos(["bad"], ["AAAAAAAATTTTNACGTATATATAT"], chosen)
    text = " ".join(made.problems)
    for part in ("run of 8", "GC", "25 bases, more than 20", "1 unknown"):
        assert part in text


@pytest.mark.parametrize(
    "wrong",
    [{"left": "ACX"}, {"enzymes": ("NoSuchI",)}, {"gc": (0.8, 0.2)}, {"run": 0}],
)
def test_settings_that_cannot_be_met_are_refused(wrong):
    with pytest.raises(InputError):
        OligoSettings(**wrong)


def test_a_site_can_be_given_by_its_letters():
    assert site_of("GGNCC") == "GGNCC"
    assert site_of("NotI") == "GCGGCCGC"
