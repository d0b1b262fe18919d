"""Files read back with other tools, and names that must not harm who opens them."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from gexp_core.errors import InputError
from gexp_core.export import archive, arrays, tables, text
from gexp_core.types import SequenceSet
from tests.figures import made

LINE_BREAK = "a\r\nb\tc\u2028d"


def read(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), sep="\t", keep_default_na=False, quoting=3)


def test_tsv_reads_back_to_six_digits():
    sequences = made.sequence_set(("one", "two"), 40)
    table = tables.mutagenesis_table(made.mutagenesis(sequences), made.card())
    back = read(text.tsv(table))
    assert list(back.columns) == list(table.columns)
    assert back["position"].tolist() == table["position"].tolist()
    assert back["alt"].tolist() == table["alt"].tolist()
    np.testing.assert_allclose(back["effect"], table["effect"], rtol=5e-6)


def test_tsv_bytes_are_the_documented_ones():
    table = pd.DataFrame(
        {
            "name": ["a", None],
            "x": np.array([1 / 3, np.nan], np.float32),
            "n": pd.array([7, None], dtype="Int64"),
            "y": [-0.0, 1234567.0],
            "z": [np.inf, 1e-10],
            "ok": [True, False],
        }
    )
    assert text.tsv(table) == (
        b"name\tx\tn\ty\tz\tok\na\t0.333333\t7\t0\tinf\tTrue\n\t\t\t1.23457e+06\t1e-10\tFalse\n"
    )


def test_tsv_in_pieces_equals_one_piece(monkeypatch):
    table = pd.DataFrame({"name": [f"s{i % 7}" for i in range(50)], "x": np.arange(50) / 7})
    whole = text.tsv(table)
    monkeypatch.setattr(text, "_CHUNK", 8)
    assert text.tsv(table) == whole and whole.count(b"\n") == 51


def test_an_empty_table_has_its_header():
    assert text.tsv(pd.DataFrame({"a": [], "b": []})) == b"a\tb\n"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("=cmd()|' /C calc'!A0", "'=cmd()|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        (" =1", "' =1"),
        ("-", "-"),
        ("+", "+"),
        ("chr1:5-9", "chr1:5-9"),
        ('"quoted"', '\'"quoted"'),
        ('"', "'\""),
        ('a "word"', 'a "word"'),
        ("", ""),
        (LINE_BREAK, "a  b c d"),
        ("nul\x00", "nul "),
    ],
)
def test_cells_are_one_cell_and_no_formula(given, shown):
    data = text.tsv(pd.DataFrame({"name": [given], "n": [1]})).decode()
    assert data == f"name\tn\n{shown}\t1\n"


def test_bedgraph_reads_back():
    values = np.array([0.5, np.nan, -1.25, 0], np.float32)
    lines = text.bedgraph("my seq", values, 100).decode().splitlines()
    assert lines[0].startswith("track type=bedGraph ")
    assert lines[1:] == [
        *("my_seq\t100\t101\t0.5", "my_seq\t102\t103\t-1.25", "my_seq\t103\t104\t0"),
    ]


def test_bedgraph_of_many_sums_to_the_scores():
    sequences = made.sequence_set(("a b", "a_b", "track", "browser x", "#1", "=1"), 30)
    result = made.attribution(sequences)
    items = [(name, result.per_base(i), 0) for i, name in enumerate(result.names)]
    lines = text.bedgraphs(items, title='say "x"\n', about="all").decode().splitlines()
    assert lines[0] == 'track type=bedGraph name="say \'x\' " description="all"'
    sums: dict[str, float] = {}
    for row in lines[1:]:
        chrom, start, end, value = row.split("\t")
        assert int(end) == int(start) + 1 and " " not in chrom
        sums[chrom] = sums.get(chrom, 0) + float(value)
    assert list(sums) == ["a_b", "a_b_2", "_track", "_browser_x", "_#1", "=1"]
    wanted = [float(attr.sum()) for attr in result.attr]
    np.testing.assert_allclose(list(sums.values()), wanted, atol=30 * 5e-6)


def test_fasta_reads_back():
    sequences = made.sequence_set(("one two", "b"), 205)
    data = text.fasta(sequences).decode()
    assert max(len(row) for row in data.splitlines()) == 80
    records = [record.split("\n", 1) for record in data.split(">")[1:]]
    back = SequenceSet(
        tuple(head for head, _ in records),
        tuple(body.replace("\n", "") for _, body in records),
    )
    assert back.digest == sequences.digest
    broken = SequenceSet(("a\n>b\nACGT",), ("ACGT",))
    assert text.fasta(broken).count(b"\n") == 2


def test_arrays_of_one_length_are_stacked():
    sequences = made.sequence_set(("one", "zwölf"), 20)
    result = made.attribution(sequences)
    with np.load(io.BytesIO(arrays.attribution_npz(result)), allow_pickle=False) as file:
        wanted = ["attr", "delta", "names", "provenance", "y", "y_baseline"]
        assert sorted(file.files) == wanted
        assert file["provenance"].tolist() == [result.provenance.to_json()]
        assert file["attr"].shape == (2, 4, 20) and file["attr"].dtype == np.float32
        np.testing.assert_array_equal(file["attr"], np.stack(result.attr))
        np.testing.assert_array_equal(file["delta"], result.delta)
        np.testing.assert_array_equal(file["y"], result.y)
        np.testing.assert_array_equal(file["y_baseline"], result.y_baseline)
        assert file["names"].tolist() == ["one", "zwölf"]


def test_arrays_of_several_lengths_stay_apart():
    result = made.attribution(SequenceSet(("a", "b"), ("ACGT", "ACGTACG")))
    with np.load(io.BytesIO(arrays.attribution_npz(result)), allow_pickle=False) as file:
        assert "attr" not in file.files
        np.testing.assert_array_equal(file["attr_0"], result.attr[0])
        np.testing.assert_array_equal(file["attr_1"], result.attr[1])


def test_arrays_of_objects_are_refused():
    with pytest.raises(InputError, match="Python objects"):
        arrays.npz({"x": np.array([{}], dtype=object)})


def test_archive_has_fixed_dates_order_and_permissions(monkeypatch):
    import time

    files = {"b.txt": b"b" * 1000, "a/c.txt": b"", "a/b.txt": b"x"}
    data = archive.bundle(files)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    assert archive.bundle(dict(reversed(files.items()))) == data
    with zipfile.ZipFile(io.BytesIO(data)) as back:
        assert back.testzip() is None
        assert back.namelist() == ["a/b.txt", "a/c.txt", "b.txt"]
        for entry in back.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644 and entry.create_system == 3
            assert entry.compress_type == zipfile.ZIP_DEFLATED
            assert back.read(entry) == files[entry.filename]


@pytest.mark.parametrize(
    "name", ["/etc/x", "../x", "a/../../x", "a//b", "", "C:x", "a\\b", "a\nb", ".", "x\x7f"]
)
def test_archive_refuses_paths_that_leave_it(name):
    with pytest.raises(InputError, match="no name for a file"):
        archive.bundle({name: b""})


def test_file_names_are_safe_and_unique():
    names = [
        *made.HOSTILE,
        "A",
        "a",
        "..",
        "CON",
        "nul.txt",
        "x" * 300,
        "x" * 299,
        "東京",
        "-rf",
        "",
    ]
    made_safe = archive.safe_names(names)
    assert len({name.lower() for name in made_safe}) == len(names)
    for name in made_safe:
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        assert 1 <= len(name) <= 40 and name[0] not in ".-" and ".." not in name
    assert made_safe[names.index("CON")] == "_CON"
    assert archive.safe_names(["chr1:100-200 (mm10)"]) == ["chr1_100-200_mm10"]
    archive.bundle({f"figures/{name}.svg": b"" for name in made_safe})


def test_the_two_strands_of_a_place_have_names_that_say_so():
    places = ["chr1:9,881-10,000:-", "chr1:9,881-10,000:+", "chr1:5-9(-)", "chr1:5-9"]
    wanted = ["chr1_9_881-10_000_minus", "chr1_9_881-10_000_plus", "chr1_5-9_minus", "chr1_5-9"]
    assert archive.safe_names(places) == wanted
    long = archive.safe_names([f"{'a' * 60}:{sign}" for sign in "+-"])
    assert [name[-6:] for name in long] == ["a_plus", "_minus"]
    assert {len(name) for name in long} == {40}
    assert archive.safe_names(["CN1+", "a (1)-", "b +"]) == ["CN1_plus", "a_1_minus", "b_plus"]
