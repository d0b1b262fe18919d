"""Reading gives the letters, names, counts and sentences it should."""

import gzip
import io
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import (
    APP_LIMITS,
    CLI_LIMITS,
    Limits,
    limits_sentence,
    read_bytes,
    read_path,
    read_text,
)
from gexp_core.types import Origin, SequenceSet

SMALL = Limits(1_000, 2_000, 5, 100, 200)

bases = st.text(alphabet="ACGT", min_size=1, max_size=150)
first_words = st.text(
    alphabet=st.characters(exclude_categories=("Z", "C"), exclude_characters=">;"),
    min_size=1,
    max_size=12,
)


@given(
    records=st.dictionaries(first_words, bases, min_size=1, max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    width=st.integers(1, 80),
    case=st.sampled_from([str.upper, str.lower, str.swapcase, str.title]),
    blank=st.integers(0, 2),
    text=st.sampled_from(["", " a description", "\twith a tab", "  "]),
    mark=st.booleans(),
    packed=st.booleans(),
    comment=st.booleans(),
)
@settings(deadline=None, database=None, derandomize=True, max_examples=80)
def test_any_way_of_writing_a_fasta_gives_the_same_digest(
    records, end, width, case, blank, text, mark, packed, comment
):
    lines = ["; by hand"] if comment else []
    for name, letters in records.items():
        lines += [f">{name}{text}"] + [""] * blank
        lines += [case(letters[i : i + width]) for i in range(0, len(letters), width)]
        lines += [";"] * comment + [""] * blank
    data = end.join(lines).encode("utf-8-sig" if mark else "utf-8")
    check = read_bytes(gzip.compress(data) if packed else data)
    want = SequenceSet(tuple(records), tuple(records.values()))
    assert check.sequences.digest == want.digest
    assert check.sequences.names == want.names and check.sequences.sequences == want.sequences
    assert not check.rejected


@given(st.text(alphabet="ACGTNacgtnUuRYSWKMBDHVryswkmbdhv-.* \t0123456789\n", max_size=120))
@settings(deadline=None, database=None, derandomize=True, max_examples=200)
def test_letters_and_counts_equal_a_letter_by_letter_reading(body):
    body = re.sub(r"([A-Za-z])(\d+)(?=[A-Za-z])", r"\1 \2 ", body)  # numbers set apart
    kinds = dict.fromkeys(("lower case", "U to T", "IUPAC to N", "N", "gap"), 0)
    kinds |= {"white space": 0, "numbering": 0}
    want = ""
    for letter in body:
        upper = letter.upper()
        kinds["lower case"] += letter.islower()
        kinds["U to T"] += upper == "U"
        kinds["IUPAC to N"] += upper in "RYSWKMBDHV"
        kinds["N"] += upper == "N"
        kinds["gap"] += letter in "-.*"
        kinds["white space"] += letter in " \t"
        kinds["numbering"] += letter.isdigit()
        if upper in "ACGTN":
            want += upper
        elif upper.isalpha():
            want += "T" if upper == "U" else "N"
    known = sum(letter.upper() in "ACGTUN" for letter in body)
    try:
        check = read_text(f">a\n{body}")
    except InputError:
        assert not want.strip("N") or kinds["IUPAC to N"] > known
        return
    assert check.sequences.sequences == (want,)
    got = {change.kind: change.count for change in check.changes}
    assert got == {kind: count for kind, count in kinds.items() if count}


def test_codes_are_named_with_their_numbers_and_kept_as_edits():
    check = read_text(">a kept text\nACRYYgtk\n", source="my.fa")
    text = "'a': 4 IUPAC ambiguity codes (1 R, 2 Y, 1 K) read as N (unknown base)"
    assert text in [change.text for change in check.changes]
    (origin,) = check.sequences.origins
    assert origin == Origin("my.fa: kept text", None, tuple(c.text for c in check.changes))


def test_positions_count_letters_and_gaps_but_not_space_numbers_or_comments():
    body = "  1 ac-gt ac\n;ZZZ\n 61 gt!ac"
    with pytest.raises(InputError, match=re.escape("'!' at position 10 (1-based, line 4")):
        read_text(f">a\n{body}")


def test_lines_are_counted_over_all_records():
    text = "\n\n>a\nACGT\n\n>b\nACGT\nAC?T\n"
    (rejection,) = read_text(text).rejected
    assert rejection.record == "b"
    assert "position 7 (1-based, line 8 of the input)" in rejection.text
    (rejection,) = read_text(text.replace("\n", "\r\n")).rejected
    assert "line 8 of the input" in rejection.text


def test_repeated_names_never_meet_a_name_of_the_file():
    names = ["a", "a", "a_2", "a", "a_2", "b"]
    check = read_text("".join(f">{name}\nACGT{'A' * i}\n" for i, name in enumerate(names)))
    assert check.sequences.names == ("a", "a_3", "a_2", "a_4", "a_2_2", "b")
    said = [(c.record, c.kind) for c in check.changes]
    assert said == [(name, "name repeated") for name in ("a_3", "a_4", "a_2_2")]


def test_long_names_that_become_equal_stay_apart():
    check = read_text("".join(f">{'n' * 100}{end}\nACGT{end}\n" for end in "ACG"))
    stem = "n" * 100
    assert check.sequences.names == (stem, f"{stem}_2", f"{stem}_3")
    assert sum(change.kind == "name shortened" for change in check.changes) == 3


def test_names_lose_what_cannot_be_printed_and_nothing_else():
    text = ">a\u202eb\x7fc<i>&amp;\u200b \x00rest\nACGT"
    check = read_text(text)
    assert check.sequences.names == ("abc<i>&amp;",)
    (change,) = check.changes
    assert (change.kind, change.count, change.record) == ("name cleaned", 3, "abc<i>&amp;")
    assert check.sequences.origins[0].source == "pasted text: rest"


def test_identical_sequences_are_reported_after_tidying_and_kept():
    check = read_text(">a\nACGT\n>b\nACGG\n>c\nac-gu\n")
    assert check.sequences.sequences == ("ACGT", "ACGG", "ACGT")
    (change,) = [change for change in check.changes if change.kind == "identical"]
    assert change.text == "'c' has the same bases as 'a'; both are kept"


def test_the_error_is_the_sentence_of_the_first_record():
    with pytest.raises(InputError, match="'p' has a header but no sequence"):
        read_text(">p\n>q\nACGT!\n")


def test_bare_sequence_is_one_sequence():
    check = read_text("acgt acgt\n\nACGT\n")
    assert check.sequences.names == ("sequence_1",)
    assert check.sequences.sequences == ("ACGTACGTACGT",)
    assert "all 2 lines were read as one sequence" in check.changes[0].text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A" * 1_001, "pasted text is larger than 1 kB"),
        (">a\nA\n" * 6, "more than 5 records"),
        ("".join(f">{i}\n{'A' * 90}\n" for i in range(3)), "more than 200 bases in all"),
    ],
)
def test_limits_hold(text, says):
    with pytest.raises(LimitError, match=re.escape(says)):
        read_text(text, limits=SMALL)


def test_limits_are_inclusive():
    text = ">a\n" + "A" * 100 + "\n>b\n" + "C" * 100 + "\n"
    assert len(read_text(text, limits=Limits(len(text), len(text), 2, 100, 200)).sequences) == 2
    packed = gzip.compress(text.encode())
    exact = Limits(len(packed), len(text), 2, 100, 200)
    assert len(read_bytes(packed, limits=exact).sequences) == 2
    for less in (
        Limits(len(packed) - 1, len(text), 2, 100, 200),
        Limits(len(packed), len(text) - 1, 2, 100, 200),
        Limits(len(packed), len(text), 1, 100, 200),
        Limits(len(packed), len(text), 2, 100, 199),
    ):
        with pytest.raises(LimitError):
            read_bytes(packed, limits=less)
    with pytest.raises(InputError, match="more than the 99 that are read"):
        read_bytes(packed, limits=Limits(len(packed), len(text), 2, 99, 200))


def test_the_limits_are_stated():
    assert limits_sentence(APP_LIMITS) == (
        "Up to 2,000 sequences, 200,000 bases in one and 5,000,000 bases in all; files up to "
        "10 MB, 50 MB once unpacked."
    )
    assert "4 GB" in limits_sentence(CLI_LIMITS)
    assert "800 bytes" in limits_sentence(Limits(800, 900, 1, 1, 1))


def test_a_percent_sign_in_a_filename_is_only_text():
    with pytest.raises(InputError, match=r"'100%s\.gz' is gzip that is cut short"):
        read_bytes(b"\x1f\x8b", filename="100%s.gz")


def test_paths(tmp_path, monkeypatch):
    path = tmp_path / "some.fa"
    path.write_bytes(b">a\nACGT\n")
    check = read_path(str(path))
    assert check.sequences["a"] == "ACGT"
    assert check.sequences.origins[0].source == "some.fa"
    with pytest.raises(LimitError, match="larger than 4 bytes"):
        read_path(str(path), limits=Limits(4, 4, 1, 1, 1))
    for wrong in ("missing.fa", ".", "a\0b"):
        with pytest.raises(InputError, match="cannot be read"):
            read_path(str(tmp_path / wrong))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b">s\nACGT\n")))
    assert read_path("-").sequences.names == ("s",)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"A" * 10)))
    with pytest.raises(LimitError, match="standard input"):
        read_path("-", limits=Limits(9, 9, 1, 9, 9))


def test_a_device_without_end_is_not_read_to_its_end():
    with pytest.raises(LimitError, match="larger than 1 kB"):
        read_path("/dev/zero", limits=SMALL)


def test_importing_inputs_loads_no_heavy_library():
    code = "import sys, gexp_core.inputs; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"torch", "streamlit", "pandas", "matplotlib"} & set(loaded.stdout.split())
