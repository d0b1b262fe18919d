"""The genome that a visitor chose, and what stands for it in the key of a result."""

from gexp_core.ui import genomes


def test_the_same_letters_under_another_name_have_another_key(monkeypatch):
    kept = []
    monkeypatch.setattr(genomes.workspace, "keep", lambda name, thing: None)
    monkeypatch.setattr(genomes.tray, "keep", lambda name, thing: None)
    monkeypatch.setattr(genomes.tray, "give", lambda name, thing, words: kept.append(thing))
    for name in ("mine.fa", "patient.fa", "mine.fa"):
        genomes.take(b">chr1\n" + b"ACGT" * 20 + b"\n", name)
    first, other, again = (one.key for one in kept)
    assert first == again != other  # a result says the name, so it is of that name alone
