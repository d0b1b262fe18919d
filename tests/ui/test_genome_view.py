"""The page Genome view: what travels to the browser, what comes back, and its empty states."""

import base64
import dataclasses
import gzip
import hashlib
import re

import numpy as np
import pytest
from starlette.applications import Starlette

from gexp_core.errors import InputError, ModelError
from gexp_core.export.genome_tracks import Runs
from gexp_core.inputs.genome_example import GENOME, example_bytes
from gexp_core.types import Interval, Origin, SequenceSet
from gexp_core.ui import genome, igv_script
from gexp_core.ui.igv import Line, Place, View, identity, pack, read_place, read_range, safe_name
from tests.ui.conftest import FASTA, ROOT, give, go, plain, settle
from tests.ui.test_server import ask

RUNS = Runs(
    "chr1",
    np.array([2_999_999_990, 3_000_000_000]),
    np.array([2_999_999_995, 3_000_000_001]),
    np.array([0.25, -1.5], np.float32),
)
LINE = Line("attribution", "Attribution", "log2 activity", RUNS, letters=True)
VIEW = View("meadow", "chr1", 3_000_000_005, 2_999_999_990, "ACGTACGTAC", (LINE,),
            (Place("a", 5, 9, "+"), Place("b", 2_999_999_990, 3_000_000_000, "-")), 1)  # fmt: skip


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind).tolist()


def test_values_and_letters_survive_the_wire_at_any_coordinate():
    sent = pack(VIEW)
    (line,) = sent["lines"]
    assert (line["first"], line["kind"]) == (2_999_999_990, "i4")
    assert numbers(line["start"], "<i4") == [0, 10]
    assert numbers(line["end"], "<i4") == [5, 11]
    assert numbers(line["value"], "<f4") == [0.25, -1.5]
    far = dataclasses.replace(RUNS, start=RUNS.start - [2_999_999_990, 0])
    (line,) = pack(dataclasses.replace(VIEW, lines=(dataclasses.replace(LINE, runs=far),)))["lines"]
    assert (line["first"], line["kind"]) == (0, "f8")
    assert numbers(line["start"], "<f8") == [0, 3_000_000_000]
    assert numbers(line["end"], "<f8") == [2_999_999_995, 3_000_000_001]
    fasta = base64.b64decode(sent["fasta"]).decode()
    assert fasta == ">chr1:2999999991-3000000000 @len=3000000005\nACGTACGTAC\n"
    assert sent["region"] == [2_999_999_990, 3_000_000_000]
    assert sent["go"] is None
    assert pack(VIEW, go=("x", (3, 8)))["go"] == {"stamp": "x", "range": [3, 8]}


def test_a_row_of_another_contig_is_refused():
    with pytest.raises(ModelError, match="is of 'chr1', not chr2"):
        pack(dataclasses.replace(VIEW, chrom="chr2"))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("chr1", "chr1"),
        ("NC_000001.11", "NC_000001.11"),
        ("HLA-A*01:01", "HLA-A_01_01"),
        ("<img src=x>", "_img_src_x_"),
        ("a b\n>c @len=3", "a_b__c__len_3"),
        ("", "_"),
    ],
)
def test_a_contig_s_name_is_one_that_a_locus_can_hold(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"start": 3, "end": 9}, (3, 9)),
        ({"start": -4, "end": 2**52}, (0, 3_000_000_005)),
        ({"start": 9, "end": 3}, None),
        ({"start": 2**60, "end": 2**61}, None),
        ({"start": True, "end": 3}, None),
        ({"start": "3", "end": 9}, None),
        ({"start": 3.5, "end": 9}, None),
        ({}, None),
    ],
)
def test_what_is_in_sight_is_checked(told, read):
    assert read_range({"identity": identity(VIEW), **told}, VIEW) == read
    assert read_range({"identity": "of another view", **told}, VIEW) is None


@pytest.mark.parametrize(
    ("at", "name"), [(0, "a"), (1, "b"), (2, None), (-1, None), (True, None), ("0", None)]
)
def test_the_place_that_was_clicked_is_checked(at, name):
    assert read_place({"index": at}, VIEW) == name
    assert read_place({}, VIEW) is None


def test_the_script_is_the_published_one_and_is_sent_with_its_licence():
    whole = igv_script.SCRIPT.read_bytes()
    about = (ROOT / "assets" / "igv" / "README.md").read_text("utf-8")
    assert re.search(r"[0-9a-f]{64}", about)[0] == hashlib.sha256(whole).hexdigest()
    assert f"| version | {igv_script.VERSION} |" in about
    app = Starlette(routes=igv_script.routes())
    status, headers, body = ask(app, igv_script.address())
    assert (status, body) == (200, whole)
    packed = ask(app, igv_script.address(), headers=((b"accept-encoding", b"br, gzip"),))
    assert packed[1][b"content-encoding"] == b"gzip"
    assert gzip.decompress(packed[2]) == whole
    assert len(packed[2]) < len(whole) / 3
    for told in (headers, packed[1]):
        assert told[b"content-type"].startswith(b"text/javascript")
        assert b"immutable" in told[b"cache-control"]
    assert b"Permission is hereby granted" in ask(app, igv_script.licence_address())[2]
    assert ask(app, igv_script.address().replace(igv_script.VERSION, "9.9.9"))[0] == 404


SET = SequenceSet(
    ("near", "far", "nowhere"),
    ("A" * 10,) * 3,
    (Origin("", Interval("chr1", 100, 110)), Origin("", Interval("chr2", 50, 60)), Origin()),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chr1:103-105", (None, (102, 105))),
        ("1:103-105", (None, (102, 105))),
        ("103-105", (None, (102, 105))),
        ("1,050", None),
        ("105", (None, (64, 145))),
        ("chr2:55", ("far", (14, 95))),
        ("chr2:61-70", None),
        ("chr9:5", None),
        ("BRCA1", None),
        ("<b>", None),
    ],
)
def test_a_typed_place_is_that_of_a_sequence(text, found, monkeypatch):
    monkeypatch.setattr(genome.workspace, "sequences", lambda: SET)
    place = SET.origins[0].interval
    if found is None:
        with pytest.raises(InputError):
            genome._find(text, place)
    else:
        assert genome._find(text, place) == found


def test_without_sequences_and_without_coordinates_the_page_says_what_to_do(app):
    at = go(app, "genome")
    assert "There is no sequence to show" in at.info[0].value
    at = go(give(go(at, "sequences"), FASTA), "genome")
    assert "None of your sequences has genome coordinates" in at.info[0].value
    assert not at.text_input or not [t for t in at.text_input if t.key == "genome_go"]


def test_a_sequence_without_coordinates_leads_to_one_that_has_them(app):
    at = go(app, "variants")
    at.file_uploader(key="genome_upload").upload(GENOME, example_bytes(GENOME))
    letters = example_bytes(GENOME).decode().split("\n", 1)[1].replace("\n", "").upper()
    ref = letters[399]
    at.run().text_area(key="pasted_variants").set_value(
        f"chr1-400-{ref}-{'ACGT'[('ACGT'.index(ref) + 1) % 4]}"
    )
    next(b for b in at.button if b.label == "Score variants").click()
    at = at.run()
    at.session_state["sequence"] = at.session_state["_workspace"].sequences.names[1]
    at = go(at, "genome")
    assert "has no genome coordinates" in at.info[0].value
    assert "1 of your 2 sequences has." in at.info[0].value
    at = at.button(key="genome_other").click().run()
    assert not at.exception and not at.info
    words = [plain(c.value) for c in at.caption]
    assert any(w.startswith("chr1:371-430 (1-based") for w in words), words


def test_rows_are_made_and_taken_away_and_a_typed_place_is_gone_to(app):
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()

    wanted = {f"{name}, {kind}" for name in ("Prediction", "Attribution", "Mutagenesis")
              for kind in ("bedGraph", "bigWig")}  # fmt: skip

    def until(at):
        return wanted <= {b.label for b in at.get("download_button")}

    at = go(at, "genome", until)
    words = [plain(c.value) for c in at.caption]
    assert any(w.startswith("chr1:2,931-2,990 (1-based, both ends included); BED") for w in words)
    assert any(w.startswith("Genome meadow; no build is asserted") for w in words)
    assert any(w.startswith("In sight: chr1:2,931-2,990 (1-based") for w in words)
    at.text_input(key="genome_go").set_value("chr2:5,950-5,960")
    at = settle(at.run(), lambda at: at.session_state["sequence"] == "contig_end")
    assert any("minus strand (drawn on the plus strand)" in plain(c.value) for c in at.caption)
    at.text_input(key="genome_go").set_value("chr1:1-5")
    at = at.run()
    assert "none of your sequences lies at chr1:1-5" in plain(at.error[0].value).lower()
