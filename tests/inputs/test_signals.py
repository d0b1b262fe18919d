"""Measured signal from tables of values, bigWig and bedGraph, against what was written."""

import gzip
from dataclasses import replace

import numpy as np
import pyBigWig
import pytest

from gexp_core.errors import InputError
from gexp_core.inputs.coverage import read_coverage
from gexp_core.inputs.signals import Signals, place_of, read_signals, squash
from gexp_core.models.card import SignalTrack
from gexp_core.types import Interval, Origin, SequenceSet
from tests.toy_models import random_sequence, toy_card

BINS, SIZE, LENGTH = 6, 4, 32
MARGIN = (LENGTH - BINS * SIZE) // 2
TRACK = SignalTrack("p", "one", 2.0, 8.0, 12.0)
CARD = replace(
    toy_card(LENGTH, bins=BINS, bin_size=SIZE, name="toy"),
    signals=(TRACK, replace(TRACK, name="q")),
)
TEXTS = (random_sequence(LENGTH, 1), random_sequence(LENGTH, 2))
SET = SequenceSet(
    ("a", "b"),
    TEXTS,
    (
        Origin("in.fa: hg0 chr1:101-132"),
        Origin("regions", Interval("chr1", 200, 232, "-")),
    ),
)
COVERAGE = np.random.default_rng(0).integers(0, 6, 400).astype(np.float32)


def values_table(path, values, *, names=("a", "b"), head="sequence\tbin\tq\tp"):
    lines = [head]
    for name, one in zip(names, values, strict=True):
        for b in range(one.shape[1]):
            fields = [name, str(b + 1), str(one[1, b]), str(one[0, b])]
            lines.append("\t".join(fields[-len(head.split()) :]))
    text = "\n".join(lines) + "\n"
    data = gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode()
    path.write_bytes(data)
    return str(path)


def bigwig(path, coverage, contig="chr1"):
    file = pyBigWig.open(str(path), "w")
    file.addHeader([(contig, len(coverage))])
    at = np.flatnonzero(coverage)  # zeros are left out, as real files do
    starts = at.tolist()
    ends = (at + 1).tolist()
    file.addEntries([contig] * len(at), starts, ends=ends, values=coverage[at].tolist())
    file.close()


def bedgraph(path, coverage, contig="chr1"):
    rows = [f"{contig}\t{i}\t{i + 1}\t{y}" for i, y in enumerate(coverage) if y]
    text = "track type=bedGraph\n" + "\n".join(rows) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def wanted(coverage):
    """Return (S, B) by the definition, bin by bin, base by base."""
    out = []
    for start in range(MARGIN, LENGTH - MARGIN, SIZE):
        mean = sum(2.0 * float(y) for y in coverage[start : start + SIZE]) / SIZE
        soft = mean if mean <= 8 else 8 - 1 + (mean - 8 + 1) ** 0.5
        out.append(min(soft, 12.0))
    return np.array(out, np.float32)


@pytest.mark.parametrize("name", ["signal.tsv", "signal.tsv.gz"])
def test_a_table_of_values_is_read_in_the_order_of_the_card(tmp_path, name):
    values = np.random.default_rng(1).gamma(1, 1, (2, 2, BINS)).astype(np.float32)
    made = read_signals(values_table(tmp_path / name, values), CARD, SET)
    assert made.names == ("a", "b") and made.tracks == ("p", "q")
    np.testing.assert_allclose(made.values, values, rtol=1e-6)
    other = Signals(made.names, made.tracks, made.values + 1)
    assert made.digest != other.digest


def test_of_one_sequence_the_names_may_be_left_out(tmp_path):
    values = np.random.default_rng(1).gamma(1, 1, (1, 2, BINS)).astype(np.float32)
    path = values_table(tmp_path / "s.tsv", values, names=("a",), head="bin\tq\tp")
    np.testing.assert_allclose(read_signals(path, CARD, SET.select(("a",))).values, values)
    with pytest.raises(InputError, match="no column 'sequence', and there are 2 sequences"):
        read_signals(path, CARD, SET)


@pytest.mark.parametrize("ending", [".bw", ".bedgraph", ".bedgraph.gz"])
def test_coverage_is_read_where_the_sequences_lie(tmp_path, ending):
    write = bigwig if ending == ".bw" else bedgraph
    write(tmp_path / f"p{ending}", COVERAGE)
    write(tmp_path / f"q{ending}", COVERAGE[::-1].copy())
    table = tmp_path / "files.tsv"
    table.write_text(f"track\tfile\nq\tq{ending}\np\tp{ending}\n")
    made = read_signals(str(table), CARD, SET)
    forward = wanted(COVERAGE[100:132])
    np.testing.assert_allclose(made.values[0, 0], forward, rtol=1e-6)
    np.testing.assert_allclose(made.values[0, 1], wanted(COVERAGE[::-1][100:132]), rtol=1e-6)
    turned = wanted(COVERAGE[200:232][::-1])  # b is on the minus strand
    np.testing.assert_allclose(made.values[1, 0], turned, rtol=1e-6)


def test_squashing_is_soft_then_hard():
    y = squash(np.repeat(np.array([1, 4, 4.5, 8, 40], np.float32), 2), TRACK, 5)
    soft = 7 + np.sqrt(2)
    assert y == pytest.approx([2, 8, soft, 10, 12])


def test_a_place_is_in_the_interval_the_header_or_the_name():
    assert place_of(SET, 0) == Interval("chr1", 100, 132)
    assert place_of(SET, 1).strand == "-"
    named = SequenceSet(("chr2:11-42",), TEXTS[:1])
    assert place_of(named, 0) == Interval("chr2", 10, 42)
    with pytest.raises(InputError, match="'x' lies in no known place"):
        place_of(SequenceSet(("x",), TEXTS[:1]), 0)
    with pytest.raises(InputError, match="has 32 bp, its place chr2:11-43 has 33"):
        place_of(SequenceSet(("chr2:11-43",), TEXTS[:1]), 0)


def lines_of(tmp_path, change):
    values = np.ones((2, 2, BINS), np.float32)
    path = tmp_path / "s.tsv"
    values_table(path, values)
    path.write_text(change(path.read_text()))
    return str(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("\tp\n", "\tx\n"), "lacks 1 of the 2 tracks that toy reads: p"),
        (lambda t: t.replace("bin", "place"), "begins with the columns sequence, place"),
        (lambda t: t.replace("a\t3\t1.0\t1.0\n", ""), "lacks 1 of the 6 bins of sequence 'a'"),
        (lambda t: t.replace("a\t3\t", "a\t2\t"), "line 4 .* has bin 2"),
        (lambda t: t.replace("a\t3\t", "a\t7\t"), "line 4 .* has bin 7"),
        (lambda t: t.replace("a\t3\t1.0", "a\t3\tmuch"), "line 4 .* is not a line of 4 columns"),
        (lambda t: t.replace("a\t3\t1.0", "a\t3\t-1"), "'a' has -1.0 in bin 3 of track q"),
        (lambda t: t.replace("a\t3\t1.0", "a\t3\tinf"), "'a' has inf in bin 3 of track q"),
        (lambda t: t.replace("b\t", "c\t"), "lacks 6 of the 6 bins of sequence 'b'"),
        (lambda t: "", "begins with the columns none"),
    ],
)
def test_wrong_tables_are_told(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        read_signals(lines_of(tmp_path, change), CARD, SET)


def test_wrong_files_are_told(tmp_path):
    table = tmp_path / "files.tsv"
    table.write_text("track\tfile\np\tp.bw\nq\tp.bw\n")
    with pytest.raises(InputError, match="there is no file"):
        read_signals(str(table), CARD, SET)
    bigwig(tmp_path / "p.bw", COVERAGE, contig="1")
    with pytest.raises(InputError, match="has no contig 'chr1'; it has 1"):
        read_signals(str(table), CARD, SET)
    (tmp_path / "p.bw").write_bytes(b"\x26\xfc\x8f\x88 and nothing more")
    with pytest.raises(InputError, match="cannot be read as bigWig"):
        read_signals(str(table), CARD, SET)
    bedgraph(tmp_path / "p.bw", -COVERAGE)
    with pytest.raises(InputError, match="has values below 0 on chr1"):
        read_signals(str(table), CARD, SET)
    (tmp_path / "p.bw").write_text("chr1\t1\n")
    with pytest.raises(InputError, match=r"line 1 .* is not bedGraph"):
        read_signals(str(table), CARD, SET)
    with pytest.raises(InputError, match="there is no file"):
        read_signals(str(tmp_path / "none.tsv"), CARD, SET)
    with pytest.raises(InputError, match="cannot be read as tab-separated text"):
        (tmp_path / "x.gz").write_bytes(b"\x1f\x8b cut")
        read_signals(str(tmp_path / "x.gz"), CARD, SET)


def test_beyond_the_end_of_a_contig_there_is_no_coverage(tmp_path):
    bigwig(tmp_path / "p.bw", COVERAGE)
    (made,) = read_coverage(str(tmp_path / "p.bw"), (Interval("chr1", 390, 420),))
    np.testing.assert_array_equal(made, np.concatenate([COVERAGE[390:], np.zeros(20)]))
