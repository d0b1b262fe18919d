"""The steps of a design are listed by their own edits, and oligos by names that differ."""

import io
from unittest.mock import MagicMock

import pytest
from Bio import SeqIO

from gexp_core.edits.goals import DesignSettings
from gexp_core.edits.notation import edited
from gexp_core.edits.oligos import OligoSettings
from gexp_core.edits.results import Design, Designed
from gexp_core.edits.state import History
from gexp_core.export.candidates import Candidate
from gexp_core.types import Interval, Provenance, Target
from gexp_core.ui.workbench import designing
from gexp_core.ui.workbench.bench import Bench
from tests.toy_models import random_sequence, toy_card

TEXT = "ACGTACGTACGTACGTACGT"


def designed(*edits):
    """Return ``TEXT`` with edits (0-based position, new base), in the order they were made."""
    text = list(TEXT)
    for position, base in edits:
        text[position] = base
    return Designed("".join(text), edits, (float(len(edits)),), float(len(edits)))


@pytest.fixture
def drawn(monkeypatch):
    """Draw nothing; keep the tables and the files that are offered."""
    page, files = MagicMock(), {}
    monkeypatch.setattr(designing, "st", page)
    monkeypatch.setattr(designing.show, "note", lambda text: None)
    monkeypatch.setattr(designing.download, "row", files.update)
    return page, files


@pytest.mark.parametrize("interval", [None, Interval("chr7", 100, 120)])
def test_each_step_lists_the_edits_of_its_own_sequence(drawn, interval):
    # the best with two changes does not hold the best with one, as in a search wider than 1
    best = designed((2, "A"), (10, "A"))
    path = (designed(), designed((5, "T")), best, designed((10, "A"), (2, "A"), (3, "G")))
    made = Design(
        "a", path, (path[-1],), ("activity",), Target(), "toy units", DesignSettings(beam=2),
        Provenance("d" * 64, "toy", "0" * 64, {}),
    )  # fmt: skip
    bench = Bench("a", History(TEXT), interval=interval)
    designing._found(bench, made, toy_card(20), bench.state)
    table = drawn[0].dataframe.call_args.args[0]
    assert table["Edits"].tolist() == ["6C>T", "[3G>A;11G>A]", "[3_4delinsAG;11G>A]"]
    for step, text in zip(made.path[1:], table["Edits"], strict=True):
        assert edited(TEXT, text).sequence == step.sequence
    assert table["Gain"].tolist() == [1, 1, 1]
    where = ["chr7:106(+)", "chr7:103(+); chr7:111(+)", "chr7:103-104(+); chr7:111(+)"]
    assert ("Genome position" in table) == (interval is not None)
    assert interval is None or table["Genome position"].tolist() == where


def test_oligos_have_names_that_differ_in_their_first_word(drawn, monkeypatch):
    texts = [random_sequence(30, k) for k in range(3)]
    names = ("original", "design 1", "design 2")
    rows = [Candidate(n, t, texts[0], "=", {}, "u") for n, t in zip(names, texts, strict=True)]
    monkeypatch.setattr(designing, "predictions", lambda *_: None)
    monkeypatch.setattr(designing, "candidates", lambda *_: rows)
    monkeypatch.setattr(designing, "_oligo_settings", lambda: OligoSettings("AC", "GT"))
    designing.order(Bench("a", History(texts[0])), toy_card(30), "activity")
    name, make = drawn[1]["Oligos as FASTA"]
    assert name.endswith(".fa")
    found = SeqIO.to_dict(SeqIO.parse(io.StringIO(make().decode()), "fasta"))  # unique ids
    assert list(found) == ["original", "design_1", "design_2"]
    assert [str(one.seq) for one in found.values()] == [f"AC{text}GT" for text in texts]
