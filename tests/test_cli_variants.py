"""The command ``variants``: what lands in the table, on standard error, and as exit code."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest

from gexp_core.__main__ import main
from gexp_core.cli.variants import read_background
from gexp_core.explain import effects
from gexp_core.explain import variants as scoring
from gexp_core.explain.effect_background import background_named
from gexp_core.explain.effects import percentiles
from gexp_core.explain.variants import score_variants
from gexp_core.inputs.genome import open_genome
from gexp_core.inputs.variants import Variant
from gexp_core.models import registry
from gexp_core.motifs import alleles, database
from tests.toy_models import random_sequence

CONTIG = random_sequence(300, 4)
COLUMNS = (
    "chrom pos id ref alt track strand_read y_ref y_alt effect percentile ref_match note".split()
)


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


R, S = CONTIG[149], CONTIG[9]
VCF = (
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\r\n"
    f"1\t150\trs1\t{R}\t{other(R)},{R}GATT\t.\tPASS\t.\r\n"
    f"chr1\t10\t.\t{S}\t{other(S)}\t.\tPASS\t.\r\n"
    f"chr1\t150\t.\t{other(R)}\t{R}\t.\tPASS\t.\r\n"
    "chr1\t150\t.\tN\t<DEL>\t.\tPASS\t.\r\n"
    "chr7\t150\t.\tA\tC\t.\tPASS\t.\r\n"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "g.fa").write_text(f">chr1 toy\n{CONTIG[:200].lower()}\n{CONTIG[200:]}\n")
    (tmp_path / "in.vcf").write_bytes(VCF.encode())
    (tmp_path / "in.vcf.gz").write_bytes(gzip.compress(VCF.encode()))
    return tmp_path


@pytest.fixture
def call(toy, folder, monkeypatch, capfdbinary):
    monkeypatch.chdir(folder)
    for name in ("DRAWN", "_FEWEST"):  # enough to see percentiles by, in a moment
        monkeypatch.setattr(effects, name, 40)

    def run(*words):
        code = main(["variants", "--model", toy, "--genome", "g.fa", *words])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


def table(data):
    return pd.read_csv(io.BytesIO(data), sep="\t", dtype={"percentile": float})


def test_the_table_is_what_scoring_gives_and_marks_what_was_not_scored(call, folder, toy):
    code, out, err = call("in.vcf", "--out", "out.tsv")
    assert (code, out) == (0, b"")
    made = table((folder / "out.tsv").read_bytes())
    assert list(made) == COLUMNS
    assert len(made) == 5 * 2  # variants by tracks
    assert made["ref_match"].tolist() == ["yes"] * 6 + ["no"] * 2 + ["absent"] * 2
    assert made["chrom"].tolist() == ["1"] * 4 + ["chr1"] * 4 + ["chr7"] * 2
    assert made["id"].tolist() == ["rs1"] * 4 + ["."] * 6
    variants = [
        Variant("chr1", 150, R, other(R)),
        Variant("chr1", 150, R, R + "GATT"),
        Variant("chr1", 10, S, other(S)),
    ]
    truth = score_variants(registry.load(toy), open_genome(folder / "g.fa"), variants)
    for name in ("y_ref", "y_alt", "effect"):
        np.testing.assert_allclose(made[name][:6], getattr(truth, name).ravel(), 1e-5, 1e-6)
        assert made[name][6:].isna().all()
    background = background_named(toy)
    wanted = percentiles(truth.effect, truth.tracks, background.by_track()).ravel()
    np.testing.assert_allclose(made["percentile"][:6], wanted, atol=1e-3)  # six digits
    assert made["percentile"][6:].isna().all()
    for said in (
        "symbolic allele '<DEL>'",
        "swap REF and ALT",
        "no contig 'chr7'",
        "chr1 begins there",
        "percentile: among 40 random single-base changes",
        "1 of 5 variants have no place in 'g'; the first is chr7:150 A>C",
        "3 of 5 variants scored",
        "no build is asserted",
    ):
        assert said in err


def test_variants_that_are_the_same_change_are_counted_however_they_are_written(call, folder):
    after = CONTIG[150]
    same = (
        f"#CHROM\tPOS\tID\tREF\tALT\n1\t150\trs1\t{R}\t{other(R)}\n"
        f"chr1\t150\trs2\t{R.lower()}\t{other(R)}\n1\t150\t.\t{R}{after}\t{other(R)}{after}\n"
        f"1\t150\t.\t{other(R)}\t{R}\n1\t150\t.\t{other(R)}\t{R}\n"
    )
    (folder / "same.vcf").write_text(same)
    code, out, err = call("same.vcf", "--background", "none")
    assert code == 0
    assert "gexp: 2 variants are the same change as one before" in err  # of those whose REF fits
    assert (table(out).groupby("track")["y_alt"].nunique() == 1).all()
    assert "same change" not in call("in.vcf", "--background", "none")[2]


def test_gzip_json_and_typed_lines_give_the_same_numbers(call, folder, toy):
    _, plain, _ = call("in.vcf")
    _, packed, _ = call("in.vcf.gz")
    assert plain == packed
    _, records, _ = call("in.vcf", "--json")
    rows = json.loads(records)
    assert list(rows[0]) == COLUMNS and rows[-1]["effect"] is None
    assert [r["effect"] for r in rows[:6]] == table(plain)["effect"][:6].tolist()
    told = folder / "told.json"
    assert call("in.vcf", "--provenance", str(told))[1] == plain
    assert json.loads(told.read_bytes())["weights_sha256"] == registry.card(toy).sha256
    (folder / "typed.txt").write_text(f"chr1-150-{R}-{other(R)}\n")
    _, typed, _ = call("typed.txt")
    # a batch of another size: float32 rounding only
    np.testing.assert_allclose(table(typed)["effect"], table(plain)["effect"][:2], atol=1e-6)


def test_shifts_and_one_strand_change_the_numbers(call):
    base = table(call("in.vcf")[1])["effect"][:6]
    shifted = table(call("in.vcf", "--shifts=-8,0,8")[1])["effect"][:6]
    one = table(call("in.vcf", "--single-strand", "--batch-size", "1")[1])["effect"][:6]
    assert not np.allclose(base, shifted) and not np.allclose(base, one)


def test_the_strand_to_read_is_chosen_said_and_kept_apart(call, folder, toy):
    one = [Variant("chr1", 150, R, other(R))]
    (folder / "one.txt").write_text(f"chr1-150-{R}-{other(R)}\n")
    for strand, said in (("-", "on the minus strand"), ("+", "on the plus strand")):
        words = ("one.txt", "--single-strand", "--strand", strand)
        code, out, err = call(*words, "--out", f"{said[7]}.tsv")
        made = table((folder / f"{said[7]}.tsv").read_bytes())
        truth = score_variants(
            registry.load(toy), open_genome("g.fa"), one, both_strands=False, strand=strand
        )
        assert (code, out, made["strand_read"].tolist()) == (0, b"", [strand] * 2)
        assert (made["ref"].tolist(), made["alt"].tolist()) == ([R] * 2, [other(R)] * 2)
        np.testing.assert_allclose(made["effect"], truth.effect[0], 1e-5, 1e-6)
        background = background_named(toy, both_strands=False, strand=strand)
        wanted = percentiles(truth.effect, truth.tracks, background.by_track())[0]
        np.testing.assert_allclose(made["percentile"], wanted, atol=1e-3)
        assert f"strand: windows are read {said} of the genome" in err
    # effects of one strand are no background of the other's
    assert call("one.txt", "--single-strand", "--background", "p.tsv")[0] == 0
    code, _, err = call("one.txt", "--single-strand", "--background", "m.tsv")
    assert code == 2 and "were read on the minus strand, and those of the variants" in err
    code, _, err = call("one.txt", "--strand", "-")
    assert code == 2 and "toy-conv reads both strands and averages them" in err
    code, out, err = call("one.txt", "--background", "none")
    assert table(out)["strand_read"].tolist() == ["both"] * 2
    assert "windows are read on both strands of the genome" in err


def test_percentiles_are_among_the_background(call, folder):
    call("in.vcf", "--out", "out.tsv")
    plain = table((folder / "out.tsv").read_bytes())[:6]
    known = []
    for track, rows in plain.groupby("track"):
        low, middle, high = sorted(rows["effect"])
        edges = (low - 1, (low + middle) / 2, (middle + high) / 2, high + 1)
        known += [f"{track}\t{edge}\n" for edge in edges]
    (folder / "known.tsv").write_text("track\teffect\n" + "".join(known))
    _, out, err = call("in.vcf", "--background", "known.tsv")
    for _, rows in table(out)[:6].groupby("track"):
        assert (rows["percentile"] == 25 * rows["effect"].rank()).all()
    assert "percentile is empty" not in err


def test_ids_of_a_background_may_hold_quotation_marks(tmp_path):
    path = tmp_path / "known.tsv"
    path.write_text('id\ttrack\teffect\n"a\tt\t1\nb\tt\t2\n"c\tt\t3\n')
    assert list(read_background(str(path))["t"]) == [1, 2, 3]


def test_no_background_leaves_percentiles_empty(call):
    _, out, err = call("in.vcf", "--background", "none")
    assert table(out)["percentile"].isna().all() and "percentile is empty" in err


def test_motifs_that_variants_make_and_break_stand_beside_their_effects(call, folder, monkeypatch):
    few = [one for one in database.motifs_of("jaspar-vertebrates") if one.name in ("CRX", "OTX2")]
    monkeypatch.setattr(database, "motifs_of", lambda name: few)
    word = "GCTAATCCCAGATTAGC"  # OTX2 and CRX sites, on both strands
    text = CONTIG[:100] + word + CONTIG[117:]
    (folder / "g.fa").write_text(f">chr1\n{text}\n")
    lines = f"chr1-101-{word[:8]}-AAAAAAAA\nchr1-20-{text[19]}-{other(text[19])}\n"
    (folder / "in.txt").write_text(lines)
    _, out, err = call("in.txt", "--motifs", "--background", "none")
    made = table(out)
    assert list(made) == [*COLUMNS, "motifs_gained", "motifs_lost"]
    lost = made["motifs_lost"][0].split(";")
    assert any(one.startswith(("OTX2|MA", "CRX|MA")) for one in lost)
    assert all(float(one.split("|")[3]) <= 1e-4 for one in lost)
    assert made["motifs_lost"][0] == made["motifs_lost"][1]  # the same for either track
    assert "JASPAR 2026 CORE, vertebrates" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.vcf"], "cannot be read"),
        (["in.vcf", "--genome", "none.fa"], "cannot be read"),
        (["g.fa"], "is not read as a variant"),
        (["in.vcf", "--background", "g.fa"], "give a table that"),
        (["in.vcf", "--background", "none.tsv"], "give a table that"),
        (["in.vcf", "--out", "no/such/out.tsv"], "there is no folder"),
        (["in.vcf", "--model", "nobody"], "there is no model"),
        (["in.vcf", "--shifts=500"], "0 of 5 variants scored"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call, words, said):
    code, _, err = call(*words)
    assert code == (0 if "scored" in said else 2)
    assert said in err and "Traceback" not in err


def test_an_indel_beside_an_unknown_base_leaves_the_table_whole(call, folder, monkeypatch):
    few = [one for one in database.motifs_of("jaspar-vertebrates") if one.name == "OTX2"]
    monkeypatch.setattr(database, "motifs_of", lambda name: few)
    text = CONTIG[:140] + "NNNNNAAAAT" + CONTIG[150:]
    (folder / "g.fa").write_text(f">chr1\n{text}\n")
    (folder / "in.txt").write_text(f"chr1-147-AA-A\nchr1-200-{text[199]}-{other(text[199])}\n")
    code, out, err = call("in.txt", "--motifs", "--background", "none")
    assert (code, "2 of 2 variants scored" in err) == (0, True), err
    assert table(out)["effect"].notna().all()


def test_a_wrong_shift_is_told_by_the_parser(call):
    with pytest.raises(SystemExit) as left:
        call("in.vcf", "--shifts=a")
    assert left.value.code == 2


def test_more_variants_than_motifs_are_compared_for_are_told_before_any_is_scored(
    call, folder, monkeypatch
):
    begun = []
    monkeypatch.setattr(alleles, "MOST", 4)
    monkeypatch.setattr(scoring, "score_variants", lambda *_, **__: begun.append(True))
    code, out, err = call("in.vcf", "--motifs", "--background", "none", "--out", "out.tsv")
    assert (code, out) == (2, b"")
    assert "5 variants were given, and --motifs compares 4 at most" in err.splitlines()[-1]
    assert not begun and not (folder / "out.tsv").exists()
