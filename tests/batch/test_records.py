"""Cutting a file: the same records as the reader of whole files finds, whatever the pieces."""

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.batch import lines, records, shard
from gexp_core.batch.records import shards
from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import read_text
from tests.toy_models import random_sequence


def write(tmp_path, text, packed=False):
    path = tmp_path / "in.fa"
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def every(path, **options):
    return [entry for shard in shards(path, **options) for entry in shard.entries]


def fasta(count, length=50):
    return "".join(f">s{n} about\n{random_sequence(length, n)}\n" for n in range(count))


@pytest.mark.parametrize("packed", [False, True])
def test_shards_hold_every_record_once_and_in_order(tmp_path, packed):
    path = write(tmp_path, fasta(25), packed)
    made = list(shards(path, records=10))
    assert [(one.index, one.first, len(one.entries)) for one in made] == [
        (0, 1, 10),
        (1, 11, 10),
        (2, 21, 5),
    ]
    assert [entry.header for one in made for entry in one.entries] == [
        f"s{n} about" for n in range(25)
    ]
    assert made[-1].at == made[-1].whole == path.stat().st_size
    by_letters = list(shards(path, records=10, letters=120))
    assert [len(one.entries) for one in by_letters][:2] == [3, 3]


def test_the_digest_of_a_shard_is_of_its_text(tmp_path):
    first = [one.digest for one in shards(write(tmp_path, fasta(4)), records=2)]
    again = [one.digest for one in shards(write(tmp_path, fasta(4), packed=True), records=2)]
    changed = fasta(4).replace(">s3", ">t3")
    other = [one.digest for one in shards(write(tmp_path, changed), records=2)]
    assert first == again
    assert (first[0] == other[0], first[1] == other[1]) == (True, False)


names = st.text("abcXYZ_.09", min_size=1, max_size=8)
bodies = st.lists(st.text("ACGTacgtNRU-", min_size=1, max_size=30), min_size=1, max_size=4)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@settings(max_examples=30, deadline=None)
@given(
    given_records=st.lists(st.tuples(names, bodies), min_size=1, max_size=8),
    end=ends,
    blank=st.booleans(),
    piece=st.integers(3, 40),
)
def test_any_piece_size_reads_what_the_reader_of_whole_files_reads(
    tmp_path_factory, given_records, end, blank, piece
):
    text = ""
    for name, wrapped in given_records:
        text += f">{name} x{end}" + end.join(wrapped) + end + (end if blank else "")
    path = write(tmp_path_factory.mktemp("x"), text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_check_kind", lambda piece, name: None)
        patch.setattr(lines, "_PIECE", piece)
        found = every(path)
    assert [entry.header for entry in found] == [f"{name} x" for name, _ in given_records]
    joined = ["".join(entry.body.split()) for entry in found]
    assert joined == ["".join(lines) for _, lines in given_records]
    try:
        whole = read_text(text)
    except InputError:
        return
    if len(whole.sequences) == len(found) and not whole.changes:
        assert joined == list(whole.sequences.sequences)


def test_a_bare_sequence_and_comments(tmp_path):
    (one,) = every(write(tmp_path, "; about\nACGT\nACGT\n"))
    assert (one.header, one.body) == (None, "ACGT\nACGT")


def test_a_very_long_line_is_what_it_began_as(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "_LINE", 16)
    monkeypatch.setattr(lines, "_PIECE", 16)
    text = ">a " + "ACGT" * 50 + "\n" + "ACGT" * 25 + "\n;" + "TTTT" * 20 + "\n>b\nCC\n"
    first, second = every(write(tmp_path, text))
    assert first.header.startswith("a ACGT")
    assert "".join(first.body.split()) == "ACGT" * 25
    assert second.body == "CC"


def test_of_a_record_that_is_too_long_only_the_beginning_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_BASES", 1_000)
    text = ">long\n" + ("A" * 70 + "\n") * 1_000 + ">next\nACGT\n"
    first, second = every(write(tmp_path, text))
    assert first.size == 70_000 and len(first.body) < 1_200
    assert second.body == "ACGT"


def test_blanks_and_line_numbers_are_no_letters(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_BASES", 600)
    text = random_sequence(600, 1).lower()
    lines = [
        f"{at + 1:>9} " + " ".join(text[at + k : at + k + 10] for k in range(0, 60, 10))
        for at in range(0, 600, 60)
    ]  # as GenBank lays them out
    path = write(tmp_path, ">a\n" + "\n".join(lines) + "\n>b\n" + text + "a\n")
    first, second = every(path)
    assert (first.letters, first.size, first.beyond) == (600, 750, "")
    assert second.beyond == "600 letters"
    (made,) = shards(path)
    kept, _, refused, _ = shard._read(made)
    assert kept == {1: text.upper()}
    assert "'b' has more than 600 letters, the most that is read" in refused[2]


def test_what_is_no_letter_is_not_held_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_BASES", 1_000)
    text = ">digits\nAC\n" + ("1" * 70 + "\n") * 1_000 + ">next\nACGT\n"
    first, second = every(write(tmp_path, text))
    assert (first.letters, first.size) == (2, 70_002) and len(first.body) < 4_200
    assert first.beyond == "4,000 characters with its blanks and digits"
    assert (second.body, second.beyond) == ("ACGT", "")


TABLE = "name\tsequence\nWT\tACGTACGTAC\n; a comment\n\nseq 2\tGGTTGGTTGG\nc\tx\tACGT\nd\tACGZ\n"


@pytest.mark.parametrize("split", ["\t", ",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("piece", [5, 2**20])
@pytest.mark.parametrize("before", ["", "\ufeff", "\ufeff; written by a spreadsheet\n"])
def test_a_table_is_read_as_the_reader_of_whole_files_reads_it(
    tmp_path, monkeypatch, before, split, end, piece
):
    monkeypatch.setattr(lines, "_PIECE", piece)
    text = (before + TABLE.replace("\t", split)).replace("\n", end)
    path = write(tmp_path, text, packed=piece > 5)
    made = list(shards(path, records=3))
    assert [one.first for one in made] == [1, 4]
    kept, called, refused, _ = shard._read(shards_together(made))
    whole = read_text(text)
    assert tuple(called[n] for n in kept) == whole.sequences.names == ("WT", "seq_2")
    assert tuple(kept.values()) == whole.sequences.sequences
    assert f"line {6 + before.count(chr(10))} has not two columns" in refused[3]
    assert refused[4] == whole.rejected[1].text
    assert made[-1].table == next(c.text for c in whole.changes if c.kind == "table")


def shards_together(made):
    return records.Shard(0, 1, [entry for one in made for entry in one.entries])


def test_short_names_of_a_table_are_no_letters(tmp_path):
    rows = "".join(f"WT{n}\t{random_sequence(50, n)}\n" for n in range(9))
    assert [one.header for one in every(write(tmp_path, rows))] == [f"WT{n}" for n in range(9)]


def test_a_table_that_fasta_follows_is_fasta(tmp_path):
    found = every(write(tmp_path, f"WT\t{'ACGT' * 5}\n>a\nACGTAC\n"))
    assert [one.header for one in found] == [None, "a"]


def test_of_a_row_that_is_too_long_only_the_beginning_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_BASES", 1_000)
    monkeypatch.setattr(lines, "_LINE", 64)
    monkeypatch.setattr(lines, "_PIECE", 64)
    monkeypatch.setattr(lines, "_BEGINNING", 256)
    long, short = every(write(tmp_path, "long,name\t" + "A" * 70_000 + "\nnext\tACGTACGT\n"))
    assert long.size == 70_000 and len(long.body) < 4_200 and long.beyond == "1,000 letters"
    assert (short.header, short.body, short.beyond) == ("next", "ACGTACGT", "")


def test_of_a_name_that_is_too_long_only_the_beginning_is_held(tmp_path):
    text = f"wild\t{'ACGT' * 5}\n{'x' * 100_000}\tACGTACGTAC\n"
    made = list(shards(write(tmp_path, text)))
    assert [len(entry.header) for entry in made[0].entries] == [4, 2_000]
    kept, called, refused, _ = shard._read(made[0])
    assert tuple(called.values()) == read_text(text).sequences.names == ("wild", "x" * 100)
    assert (kept[2], refused) == ("ACGTACGTAC", {})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "holds no sequence"),
        (b"\n \n", "holds no sequence"),
        (b"chr1\t5\t9\n", "looks like a BED"),
        (b"ACGTACGT,WT\nGGTTGGTT,MUT\n", "put the name first and the sequence second"),
        (b"a\tACGTACGT\t1\n", "rows of three columns or more"),
        (b"name,sequence\n", "has a header .* and no row"),
        (b"\x89PNG123", "a PNG image"),
        (gzip.compress(b">a\nACGT\n" * 50)[:-9], "damaged or cut short"),
        (gzip.compress(b">a\nACGT\n") + b"junk", "damaged or cut short"),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, data, said):
    with pytest.raises(InputError, match=said):
        every(write(tmp_path, data))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        every(tmp_path / "none.fa")


EMPTY = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS).flush()


@pytest.mark.parametrize("piece", range(1, 70))
def test_members_may_end_anywhere_in_a_piece(tmp_path, monkeypatch, piece):
    parts = [gzip.compress(one.encode()) for one in (">a\nAC", "GT\n", ">b\nCC\n")]
    data = parts[0] + EMPTY + parts[1] + EMPTY * 2 + parts[2] + EMPTY + bytes(5)
    path = write(tmp_path, data)
    monkeypatch.setattr(lines, "_PIECE", max(2, piece))
    monkeypatch.setattr(lines, "_PART", 1 + piece // 2)
    monkeypatch.setattr(lines, "_check_kind", lambda piece, name: None)
    assert [one.body for one in every(path)] == ["ACGT", "CC"]


def test_empty_members_are_counted_and_nothing_is_copied_for_them(tmp_path, monkeypatch):
    made = []
    real = zlib.decompressobj

    def counted(**options):
        made.append(1)
        return real(**options)

    monkeypatch.setattr(lines.zlib, "decompressobj", counted)
    path = write(tmp_path, gzip.compress(b">a\nACGT\n") + EMPTY * 2_000_000)
    with pytest.raises(InputError, match="more pieces than any tool writes"):
        every(path, most=40_960_000)
    assert len(made) == 16 + 10_000  # one for every 4,096 bytes that may come
    few = write(tmp_path, gzip.compress(b">a\nACGT\n") + EMPTY * 9_000)
    assert len(every(few, most=40_960_000)) == 1


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path):
    bomb = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    data = bomb.compress(b">a\n" + b"A" * 20_000_000) + bomb.flush()
    with pytest.raises(LimitError, match="holds more than 3 MB"):
        every(write(tmp_path, data), most=3_000_000)
