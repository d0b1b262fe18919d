"""Every malformed input gets its sentence; every good record survives."""

import contextlib
import gzip
import re
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import APP_LIMITS, KINDS, Limits, fasta, read_bytes, read_path, read_text
from gexp_core.inputs.vcf import read_vcf
from gexp_core.types import InputCheck
from tests.malformed import CHANGED, FINE, GOOD, MALFORMED, PARTLY

QUICK = settings(deadline=None, database=None, derandomize=True, max_examples=150)


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_each_malformed_input_gets_its_sentence(case):
    with pytest.raises(InputError) as caught:
        read_bytes(case.data, filename=case.filename)
    sentence = str(caught.value)
    assert case.says in sentence
    assert "\n" not in sentence and len(sentence) < 400
    assert sentence.isprintable()


def test_there_are_enough_and_each_sentence_is_looked_for():
    assert len(MALFORMED) >= 20
    assert all(len(case.says) > 4 for case in (*MALFORMED, *PARTLY))
    assert len({case.name for case in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize("case", PARTLY, ids=lambda case: case.name)
def test_good_records_of_a_bad_file_are_kept(case):
    check = read_bytes(case.data)
    assert len(check.sequences) == case.kept
    assert check.sequences["good"] == "ACGTACGTACGTTAATCC"
    (rejection,) = check.rejected
    assert case.says in rejection.text


@pytest.mark.parametrize("case", CHANGED, ids=lambda case: case.name)
def test_each_change_is_counted_and_said(case):
    check = read_bytes(case.data)
    assert not check.rejected
    (change,) = [change for change in check.changes if change.kind == case.kind]
    assert change.count == case.count
    assert case.says in change.text
    assert change.record in (*check.sequences.names, "")


def test_every_documented_kind_of_change_has_a_case_and_no_other_is_made():
    made = {change.kind for case in CHANGED for change in read_bytes(case.data).changes}
    assert made == set(KINDS) == {case.kind for case in CHANGED}


@pytest.mark.parametrize("name", FINE)
def test_harmless_oddities_change_nothing(name):
    data, names = FINE[name]
    check = read_bytes(data)
    assert check.sequences.names == names
    assert check.changes == () and check.rejected == ()


def test_the_same_sentence_comes_from_text_bytes_and_path(tmp_path):
    for case in MALFORMED:
        path = tmp_path / case.filename
        path.write_bytes(case.data)
        with pytest.raises(InputError, match=re.escape(case.says)):
            read_path(str(path), limits=APP_LIMITS)
    with pytest.raises(InputError, match="'lonely' has a header but no sequence"):
        read_text(">lonely")


@given(st.binary(max_size=300))
@QUICK
def test_any_bytes_are_read_or_refused_with_a_sentence(data):
    _read_or_refuse(data)
    _read_or_refuse(gzip.compress(data))
    _read_or_refuse(b"\x1f\x8b\x08" + data)


@given(
    st.lists(
        st.sampled_from([
            b">", b"a", b" ", b"\n", b"\r\n", b"\r", b"ACGT", b"NNN", b"-", b"Z", b"E", b"1", b";",
            b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\x8b", b"\t", b"@", b"<", b"#", b",", b"u",
            b"\x1b", b"ry", b"\xe2\x80\xae", b"|", b"'", b"_2",
        ]),
        max_size=40,
    ).map(b"".join)
)  # fmt: skip
@QUICK
def test_anything_like_fasta_is_read_or_refused_with_a_sentence(data):
    _read_or_refuse(data)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
@QUICK
def test_any_text_is_read_or_refused_with_a_sentence(text):
    # includes lone surrogates, which a browser may send and no file holds
    for given_text in (text, f">{text}\nACGT", f">a\nACGT{text}"):
        try:
            check = read_text(given_text)
        except InputError as error:
            str(error).encode()
        else:
            assert all(name.isprintable() for name in check.sequences.names)


def _read_or_refuse(data: bytes) -> None:
    try:
        check = read_bytes(data, filename="x\n.fa")
    except InputError as error:
        assert str(error).isprintable()
        return
    assert isinstance(check, InputCheck)
    assert all(name.isprintable() for name in check.sequences.names)
    assert all(change.count > 0 and change.kind in KINDS for change in check.changes)


def test_a_flipped_byte_anywhere_in_a_gzip_is_noticed_or_harmless():
    packed = gzip.compress(GOOD * 3, mtime=0)
    want = read_bytes(packed).sequences.digest
    for at in range(10, len(packed)):
        broken = bytearray(packed)
        broken[at] ^= 0x10
        with pytest.raises(InputError, match="gzip that"):
            read_bytes(bytes(broken))
    for cut in range(10, len(packed)):
        with pytest.raises(InputError, match="cut short"):
            read_bytes(packed[:cut])
    assert read_bytes(packed).sequences.digest == want


def test_a_bomb_costs_no_more_memory_than_the_limit_and_a_chunk():
    limits = Limits(10_000_000, 2_000_000, 10, 1_000, 10_000)
    # one member of 60 MB: its unpacked size is thirty times the limit
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(1_000_000)
    bomb = b"".join([packer.compress(b">a\n"), *(packer.compress(zeros) for _ in range(60))])
    bomb += packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(LimitError, match="unpacks to more than 2 MB"):
            read_bytes(bomb, limits=limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # the buffer grows by an eighth at a time, and is copied once when it does
    assert peak < 2 * (limits.max_unpacked + 65_536) + 500_000


@pytest.mark.parametrize(
    ("read", "first", "rest"),
    [
        (read_bytes, b"", b"AC\n"),
        (read_bytes, b">a\n;\n", b"AC\n"),
        (read_bytes, b">a\n", b";\n"),
        (read_vcf, b"c\t1\t.\tA\tC\n", b"##\n"),
    ],
)
def test_short_lines_take_no_more_memory_than_long_ones(read, first, rest):
    data = first + rest * (600_000 // len(rest))
    _or_refused(read, data[:99])  # whatever is loaded at a first call
    tracemalloc.start()
    try:
        _or_refused(read, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 9 * len(data)  # a list of the lines takes 11 to 26 times their letters


def _or_refused(read, data):
    with contextlib.suppress(InputError):
        read(data)


@settings(database=None, derandomize=True, max_examples=300)
@given(st.text("A;\n \r\x0b\x85\u2028>", max_size=30))
def test_lines_and_comments_are_those_of_a_list_of_all_lines(text):
    every = text.split("\n")
    assert list(fasta.lines(text)) == every
    kept = ["" if line.startswith(";") else line for line in every]
    told = "\n".join(kept), sum(line.startswith(";") for line in every)
    assert fasta.without_comments(text) == told
    bare = text.replace(">", "").replace(";", "") + "\nACGT"
    said = [line for line in fasta.tidy(bare).split("\n") if line.strip()]
    note = next(one.text for one in read_text(bare).changes if one.kind == "name filled")
    assert (f"all {len(said)} lines were" if len(said) > 1 else "it was") in note


def test_millions_of_empty_gzip_members_are_refused_quickly():
    member = gzip.compress(b"", mtime=0)
    started = time.perf_counter()
    with pytest.raises(InputError, match="more pieces than any tool writes"):
        read_bytes(member * (9_000_000 // len(member)))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "data",
    [
        b">a\n" + b"1" * 2_000_000 + b"!",
        b">a\n" + b"A1" * 1_000_000,
        b">a\n" + b" " * 2_000_000 + b"!",
        b" " * 2_000_000 + b"!",
        b"\n" * 2_000_000 + b"!",
        b"\n;" * 1_000_000 + b"A",
        b"1\t" + b"A" * 1_000_000 + b"\n2\t" + b"C" * 1_000_000,
        b"-" * 2_000_000 + b"\tACGTAC",
        b">" * 2_000_000,
        b">a" * 1_000_000,
        b">\n" * 1_000_000,
        b">a\nA\n" * 2_000 + b";\n" * 500_000,
        b"<" * 2_000_000,
        b"a:" * 1_000_000,
        b"A\t" * 1_000_000,
        b"9," * 1_000_000,
        b"n_1\tACGTACGT\n" + b"x,\t" * 700_000,
        b"n_1\tACGTACGT\n" + b"\t\n" * 700_000,
        b"a,ACGTACGT\n" + b"a b " * 500_000 + b",ACGT",
        b"a,seq (" + b"seq (" * 400_000,
        b"RHO " * 500_000,
        b">a\n" + "".join(map(chr, range(0x3400, 0x9000))).encode() * 30,
        b">" + b"n" * 2_000_000 + b"\nACGT",
        b"> " + b"\x01" * 500_000 + b"n" * 2_000_000 + b"\nACGT",
    ],
    ids=lambda data: repr(data[:8]),
)
def test_time_is_linear_on_inputs_made_to_be_slow(data):
    # quadratic work on 2,000,000 characters takes minutes; linear a fraction of a second
    started = time.perf_counter()
    _read_or_refuse(data)
    assert time.perf_counter() - started < 5


def test_ten_thousand_records_are_read_in_about_a_second():
    limits = Limits(10**8, 10**8, 10**5, 10**6, 10**8)
    letters = "acgtTGCANRYSW-" * 12
    data = "".join(f">r{i % 9_000} text\n{letters}\n" for i in range(10_000)).encode()
    started = time.perf_counter()
    check = read_bytes(data, limits=limits)
    assert time.perf_counter() - started < 5  # about 0.4 s on an idle core
    assert len(check.sequences) == 10_000
    assert sum(change.kind == "name repeated" for change in check.changes) == 1_000
