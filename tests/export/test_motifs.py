"""Files of motifs: read back by other readers, in genome coordinates, safe, and the same twice."""

import io
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError, ModelError
from gexp_core.export import motif_report, motifs, motifs_at_work
from gexp_core.figures import motifs as drawn
from gexp_core.figures.saving import render
from gexp_core.motifs import Calling, Known, Match, Motif, MotifSet, Seqlet, Site, read_meme
from gexp_core.motifs.credited import AtWork, Credited, Relative
from gexp_core.motifs.scanning import Hit
from gexp_core.types import Interval, Origin, Provenance, SequenceSet, Target
from tests.toy_models import random_sequence, toy_card

EVIL = '=cmd|x<script>alert("1")</script>\u202e'


@pytest.fixture
def found():
    """Two motifs, one of each sign, on three sequences of 60 bp."""
    names = ("one", EVIL, "three")
    texts = tuple(random_sequence(60, k) for k in range(3))
    rng = np.random.default_rng(0)
    match = Match("MA0001.1", "A<b>", 1e-5, 1e-3, -1, 5, "-")

    def motif(name, sign, sites, matches=()):
        letters = [
            one_hot(t if s.strand == "+" else reverse_complement(t))
            for s in sites
            for t in [texts[s.sequence][s.start : s.end]]
        ]
        ppm = np.mean(letters, 0, dtype=np.float32)
        return Motif(name, ppm, sign * rng.random(ppm.shape, np.float32), sites, matches)

    one = (Site(0, 3, 9, "+", 0.5, 0.9), Site(1, 20, 26, "-", 0.4, 0.8))
    two = (Site(2, 50, 60, "-", -0.3, 1.0),)
    return MotifSet(
        names,
        texts,
        (
            replace(motif("raises 1", 1, one, (match,)), expected=0.5, q=1e-4),
            motif("lowers 1", -1, two),
        ),
        (Seqlet(0, 3, 9, 0.5, 1e-6),),
        (Calling(1, 30, 2, 0.5, 2, 90, 2, 1), Calling(-1, 3, 0, 0.5, 1)),
        Target(),
        "toy units",
        Provenance("d" * 64, "toy", "0" * 64, {"work": "motifs"}),
        notes=("A note & more.",),
        database="toys",
        seqlet_matches=((match,),),
    )


def test_meme_is_read_back(found):
    made = read_meme(motifs.meme(found))
    assert [(m.id, m.name) for m in made] == [("raises_1", "A<b>"), ("lowers_1", "lowers_1")]
    for back, motif in zip(made, found.motifs, strict=True):
        np.testing.assert_allclose(back.ppm, motif.ppm, atol=2e-6)  # six digits


def test_meme_and_transfac_are_read_by_biopython(found):
    from Bio import motifs as bio

    for data, form in ((motifs.meme(found), "minimal"), (motifs.transfac(found), "TRANSFAC")):
        records = bio.parse(io.StringIO(data.decode()), form)
        assert len(records) == 2
        for record, motif in zip(records, found.motifs, strict=True):
            counts = np.array([record.counts[base] for base in "ACGT"])
            np.testing.assert_allclose(counts / counts.sum(0), motif.ppm, atol=1e-4)


def test_sites_point_back_to_their_letters(found):
    table = motifs.site_table(found)
    assert len(table) == 3
    for row in table.itertuples():
        text = found.sequences[found.names.index(row.sequence)][row.start : row.end]
        assert row.letters == (text if row.strand == "+" else reverse_complement(text))
    rows = motifs.motif_table(found)
    assert list(rows["sequences"]) == [2, 1]
    np.testing.assert_array_equal(rows["by_chance"], [0.5, np.nan])
    np.testing.assert_array_equal(rows["q_chance"], [1e-4, np.nan])
    assert motifs.match_table(found)["link"][0] == "https://jaspar.elixir.no/matrix/MA0001.1/"
    assert motifs.seqlet_table(found)["name"][0] == "A<b>"
    hits = motifs.hit_table([Hit(1, 2, 8, "+", "k", "K", 9.5, 1e-5)], found.names)
    assert hits["sequence"][0] == EVIL


def test_no_cell_of_a_table_is_a_formula(found):
    text = motifs.comma(motifs.site_table(found)).decode()
    assert "'=cmd" in text and "\u202e" not in text
    assert text.count("\n") == 4


def test_bed_is_in_genome_coordinates_on_both_strands(found):
    origins = (
        Origin("g", Interval("chr1", 100, 160)),
        Origin("g", Interval("chr2", 200, 260, "-")),
        Origin("g", Interval("chr3", 0, 59)),  # another length: the letters were edited
    )
    sequences = SequenceSet(found.names, found.sequences, origins)
    assert motifs.bed(found, sequences).decode().splitlines() == [
        "chr1\t103\t109\traises_1|A<b>\t900\t+",
        "chr2\t234\t240\traises_1|A<b>\t800\t+",
    ]


def test_hdf5_has_modiscos_layout(found):
    import h5py

    with h5py.File(io.BytesIO(motifs.hdf5(found)), "r") as top:
        one = top["pos_patterns/pattern_0"]
        np.testing.assert_array_equal(one["sequence"][:], found.motifs[0].ppm.T)
        np.testing.assert_array_equal(one["seqlets/start"][:], [3, 20])
        np.testing.assert_array_equal(one["seqlets/is_revcomp"][:], [False, True])
        np.testing.assert_array_equal(
            top["neg_patterns/pattern_0/contrib_scores"][:], found.motifs[1].cwm.T
        )


def test_hdf5_is_read_by_modiscos_own_readers(found, tmp_path):
    """Its motifs come back as MEME, and its sites at their places in the genome as BED."""
    from modiscolite import io as modisco
    from modiscolite.util import MemeDataType

    path, peaks = tmp_path / "motifs.h5", tmp_path / "peaks.bed"
    path.write_bytes(motifs.hdf5(found))
    modisco.write_meme_from_h5(str(path), MemeDataType.PFM, str(tmp_path / "out.meme"), True)
    back = read_meme((tmp_path / "out.meme").read_bytes())
    assert [one.id for one in back] == ["pos_patterns.pattern_0", "neg_patterns.pattern_0"]
    for one, motif in zip(back, found.motifs, strict=True):
        np.testing.assert_allclose(one.ppm, motif.ppm, atol=1e-5)  # six digits
    # windows of 60 bp, their summits in the middle
    peaks.write_text(
        "".join(f"chr{k}\t{100 * k}\t{100 * k + 60}\tp{k}\t0\t.\t0\t0\t0\t30\n" for k in (1, 2, 3))
    )
    modisco.write_bed_from_h5(
        str(path), str(peaks), str(tmp_path / "out.bed"), valid_chroms="*", window_size=None,
        is_quiet=True,
    )  # fmt: skip
    rows = [
        x.split("\t") for x in (tmp_path / "out.bed").read_text().splitlines() if "chr" in x[:3]
    ]
    assert [(r[0], int(r[1]), int(r[2]), r[5]) for r in rows] == [
        ("chr1", 104, 109, "+"),  # its starts are 1-based
        ("chr2", 221, 226, "-"),
        ("chr3", 351, 360, "-"),
    ]


def test_bed_is_read_back_as_regions_with_the_letters_of_the_sites(found, tmp_path):
    """Our own BED reader and pyfaidx's genome give each site's letters again."""
    import pyfaidx

    from gexp_core.inputs.bed import read_bed

    genome = {"chr1": random_sequence(200, 11), "chr2": random_sequence(300, 12)}
    genome["chr1"] = genome["chr1"][:100] + found.sequences[0] + genome["chr1"][160:]
    turned = reverse_complement(found.sequences[1])
    genome["chr2"] = genome["chr2"][:200] + turned + genome["chr2"][260:]
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    origins = (
        Origin("g", Interval("chr1", 100, 160)),
        Origin("g", Interval("chr2", 200, 260, "-")),
        Origin("g"),
    )
    sequences = SequenceSet(found.names, found.sequences, origins)
    regions, _, rejected = read_bed(motifs.bed(found, sequences))
    table = motifs.site_table(found)
    assert len(regions) == 2 and not rejected
    with pyfaidx.Fasta(str(path)) as fasta:
        for region, letters in zip(regions, table["letters"], strict=False):
            where = region.interval
            there = str(fasta[where.chrom][where.start : where.end])
            assert letters == (there if where.strand == "+" else reverse_complement(there))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append(tag)
        self.addresses += [value for key, value in attrs if key in ("href", "src", "style")]


def test_the_report_stands_alone_and_runs_nothing(found):
    known = [Known("MA0001.1", "A<b>", np.full((4, 6), 0.25, np.float32))]
    text = motif_report.report(found, toy_card(), known).decode()
    read = Reader()
    read.feed(text)
    assert "script" not in read.tags and "link" not in read.tags and "img" not in read.tags
    outside = [a for a in read.addresses if "://" in a]
    assert set(outside) == {"https://jaspar.elixir.no/matrix/MA0001.1/"}  # to click, not loaded
    assert read.tags.count("svg") == 4 + 2  # two logos of each motif, one aligned pair
    assert "30 stretches of the scores raise the prediction" in text
    assert "would have 1;" in text  # two control seqlets, half as many bases here
    assert "90 stretches make 2 patterns of alike ones, of which 1 has too few sites" in text
    assert text.count("expected by chance, as in shuffled sequences") == 1  # where it is known
    assert "2 sites here; 0.5 are expected by chance" in text and "(q = 0.0001)" in text
    assert "A note &amp; more." in text and "<script>alert" not in text


def test_files_repeat(found):
    for write in (motifs.meme, motifs.transfac, motifs.hdf5):
        assert write(found) == write(found)
    for form in ("svg", "pdf", "png"):
        one, two = (render(drawn.motif_figure(found.motifs[0], "units"), form) for _ in range(2))
        assert one == two and len(one) > 500


def test_letters_are_as_tall_as_their_information(found):
    motif = found.motifs[0]
    share = motif.ppm.astype(float)
    entropy = -np.where(share > 0, share * np.log2(np.where(share > 0, share, 1)), 0).sum(0)
    np.testing.assert_allclose(drawn.heights(motif).sum(0), 2 - entropy, atol=1e-5)
    np.testing.assert_allclose(motif.bits(), 2 - entropy, atol=1e-5)
    with pytest.raises(InputError, match="cannot be drawn"):
        drawn.heights(motif, "x")


def test_a_match_is_drawn_over_the_columns_it_shares(found):
    motif = found.motifs[0]
    ppm = one_hot("TTACGT")
    for strand in "+-":
        other = ppm if strand == "+" else ppm[::-1, ::-1]
        match = replace(motif.matches[0], offset=-2, strand=strand)
        one, two = drawn.aligned(motif, match, Known("k", "k", ppm))
        assert one.shape == two.shape == (4, 8)
        np.testing.assert_allclose(one[:, 2:], drawn.heights(motif), atol=1e-6)
        np.testing.assert_allclose(two[:, :6], 2 * other, atol=1e-5)
    assert "<svg" in drawn.small_svg(one) and drawn.data_uri("x").startswith("data:image/svg")


def test_small_logos_on_one_scale_are_as_tall_as_their_bits():
    scores = np.zeros((4, 2), np.float32)
    scores[0] = 0.5
    letter = drawn.small_svg(scores, 2.0).split("scale(")[1].split(")")[0].split(",")[1]
    whole = drawn.small_svg(scores).split("scale(")[1].split(")")[0].split(",")[1]
    assert float(letter) == pytest.approx(float(whole) / 4, abs=2e-6)


def test_nouns_hold_their_promises(found):
    motif = found.motifs[0]
    with pytest.raises(ModelError, match="does not add up to 1"):
        replace(motif, ppm=motif.ppm * 0.9)
    with pytest.raises(ModelError, match="has shape"):
        replace(motif, cwm=motif.cwm[:, 1:])
    with pytest.raises(ModelError, match="is outside"):
        replace(found, motifs=(replace(motif, sites=(Site(0, 58, 64, "+", 1, 1),)),))
    with pytest.raises(ModelError, match="the same name"):
        replace(found, motifs=(motif, motif))
    with pytest.raises(InputError, match="there is no motif 'x'"):
        found["x"]
    assert found["lowers 1"].consensus.upper() == reverse_complement(found.sequences[2][50:])
    assert [s.start for _, s in found.on(1)] == [20]
    back = motif.turned().turned()
    np.testing.assert_array_equal(back.ppm, motif.ppm)
    assert back.sites == motif.sites


@pytest.fixture
def at_work(found):
    """The same with one known motif at work, whose name is as evil as a file can make it."""
    one = Credited(
        "MA0001.1", EVIL, found.motifs[0].ppm, -1, np.array([[0, 3], [1, 20]]),
        np.array([False, True]), np.array([-0.5, -0.25], np.float32), 4, 12,
        -0.375, 0.125, 0.0, -0.75, -0.25, 1e-9, 2e-7,
        (Relative("MA2", "B", 1e-3), Relative("MA3", "B", 2e-3), Relative("MA4", EVIL, 0.01)),
    )  # fmt: skip
    return replace(found, at_work=AtWork((one,), 5, 9, "toys", 5e-4, ("A <i>note</i>.",)))


def test_known_motifs_at_work_are_a_row_a_family_and_a_row_a_place(at_work):
    (row,) = motifs_at_work.family_table(at_work.at_work, at_work.units).to_dict("records")
    assert row["relatives"] == "B" and row["sign"] == -1 and row["places"] == 2
    assert (row["credit"], row["elsewhere"], row["low"], row["high"]) == (
        -0.375,
        0.125,
        -0.75,
        -0.25,
    )
    assert row["link"] == "https://jaspar.elixir.no/matrix/MA0001.1/" and row["unit"] == "toy units"
    places = motifs_at_work.place_table(at_work)
    assert list(places["strand"]) == ["+", "-"] and list(places["end"]) == [9, 26]
    texts = at_work.sequences
    assert list(places["letters"]) == [texts[0][3:9], reverse_complement(texts[1][20:26])]
    assert list(places["sequence"]) == [at_work.names[0], at_work.names[1]]
    assert len(motifs_at_work.place_table(replace(at_work, at_work=None))) == 0


def test_the_report_tells_of_known_motifs_at_work_and_escapes_them(at_work):
    text = motif_report.report(at_work, toy_card(60)).decode()
    assert "Known motifs at work" in text and "lowers" in text and "5 fit the letters" in text
    assert "<script>" not in text and "A &lt;i&gt;note&lt;/i&gt;." in text
    assert (
        "Known motifs at work"
        not in motif_report.report(replace(at_work, at_work=None), toy_card(60)).decode()
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"both_strands": True}, ", the mean over both strands."),
        ({"both_strands": False}, ", of the strand that is given alone."),
        ({}, "toy units."),
    ],
)
def test_the_report_says_which_strands_the_scores_are_of(at_work, made, said):
    by = replace(at_work.provenance, settings={"attribution": made})
    text = motif_report.report(replace(at_work, provenance=by), toy_card(60)).decode()
    assert f"{said}</p>" in text
