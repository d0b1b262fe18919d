"""Which hits are shown: closed forms, and a slow second way to group them."""

import numpy as np
import pytest

from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.hits import ALIKE, Place, places, places_named
from gexp_core.motifs.scanning import Hit, P, scan
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence


def hit(start, end, name="m", p=1e-5, score=10.0, strand="+"):
    return Hit(0, start, end, strand, name, name, score, p)


def test_alike_hits_become_one_place_led_by_the_best():
    found = places(
        [
            hit(10, 20, "RORA", 1e-5),
            hit(10, 20, "RORB", 1e-6, strand="-"),
            hit(12, 19, "NR", 5e-5),
            hit(30, 40, "CRX", 2e-5),
            hit(17, 25, "far", 3e-5),  # shares 3 of 8: a place of its own
        ]
    )
    assert [(one.best.name, one.others) for one in found] == [
        ("RORB", ("RORA", "NR")),
        ("far", ()),
        ("CRX", ()),
    ]
    assert places([]) == ()


def slow(hits):
    """Group by comparing every pair."""
    groups = []
    for one in sorted(hits, key=lambda h: (h.p, -h.score, h.start, h.strand, h.name)):
        for leader, names in groups:
            overlap = min(one.end, leader.end) - max(one.start, leader.start)
            if overlap >= ALIKE * min(one.end - one.start, leader.end - leader.start):
                if one.name != leader.name and one.name not in names:
                    names.append(one.name)
                break
        else:
            groups.append((one, []))
    return {Place(leader, tuple(names)) for leader, names in groups}


@pytest.mark.parametrize("seed", range(5))
def test_grouping_agrees_with_comparing_every_pair(seed):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 300, 200)
    hits = [
        hit(int(s), int(s + w), f"m{n % 17}", float(p))
        for n, (s, w, p) in enumerate(
            zip(starts, rng.integers(6, 25, 200), rng.uniform(1e-9, 1e-4, 200), strict=True)
        )
    ]
    assert set(places(hits)) == slow(hits)


def test_a_scan_finds_what_was_planted(monkeypatch):
    """EFL-1 of the worm reads TTTCCCGCC; three of them are planted."""
    text = list(random_sequence(200, 3))
    for at in (20, 90, 150):
        text[at : at + 10] = "TTTCCCGCCA"
    told = []
    monkeypatch.setattr("gexp_core.motifs.hits._TOGETHER", 9)
    made = places_named(
        SequenceSet(("a",), ("".join(text),)),
        database="jaspar-nematodes",
        progress=lambda done, total: told.append((done, total)),
    )
    named = [one for one in made if "efl-1" in (one.best.name.lower(), *map(str.lower, one.others))]
    for at in (20, 90, 150):
        assert any(one.best.start < at + 10 and at < one.best.end for one in named)
    assert all(one.best.p <= P for one in made)
    known = motifs_of("jaspar-nematodes")
    assert made == places(scan(SequenceSet(("a",), ("".join(text),)), known))  # all at once
    assert told == [(min(n, len(known)), len(known)) for n in range(9, len(known) + 9, 9)]
