"""Tables of names and sequences: read row by row, and never made out of bare sequence."""

import pytest

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import Limits, read_text
from gexp_core.inputs.columns import read_table

LETTERS = ("ACGTACGTAC", "GGTTGGTTGG")


@pytest.mark.parametrize("split", ["\t", ",", ";"])
@pytest.mark.parametrize("header", ["", "name{}sequence\n", "#ID{}Seq (5'-3')\n", "x{}oligo_seq\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_records(split, header, end):
    rows = (f"e 1{split}{LETTERS[0]}", f'"x"{split} "{LETTERS[1].lower()}" {split}', "")
    check = read_text(header.format(split).replace("\n", end) + end.join(rows))
    assert check.sequences.names == ("e_1", "x")
    assert check.sequences.sequences == LETTERS
    (said,) = [change.text for change in check.changes if change.kind == "table"]
    assert "2 rows" in said and "blanks in 1 name written as _" in said
    assert ("the header" in said) == bool(header)
    assert not check.rejected


def test_a_table_as_bedtools_writes_it_keeps_its_places_as_names():
    check = read_text(f"chr1:100-110(+)\t{LETTERS[0]}\nchr2:5-15(-)\t{LETTERS[1]}\n")
    assert check.sequences.names == ("chr1:100-110(+)", "chr2:5-15(-)")


def test_a_quoted_name_may_hold_what_stands_between_the_columns():
    check = read_text(f'"a,b",{LETTERS[0]}\n"c","{LETTERS[1]}"\n')
    assert check.sequences.names == ("a,b", "c")


@pytest.mark.parametrize(
    "text",
    [
        "ACGTACGTAC\tGGTTGGTTGG",  # blocks
        "1\tACGTACGTAC\n11\tGGTTGGTTGG",  # line numbers
        "1 acgtac gtac\tggttggttgg",
        "ACGTACGTAC\t10\nGGTTGGTTGG\t20",
        "ACGTACGT\nAC\tGGTTGGTTGG",
        "61\tACGTACG\n68\tTACGGTTGGT\n78\tTGG",
        "1 ACGT\tACGTAC\n11 GGTT\tGGTTGG",
        "1\tACGTAC\tGTAC\n11\tGGTTGG\tTTGG",
        "ACGTAC\tGTACGG\tTTGGTT\nGG",
        "ACGTACG\tTACG\nGTTGGTT\tGG",
    ],
)
def test_bare_sequence_with_tabs_stays_one_sequence(text):
    assert read_text(text).sequences.sequences == ("".join(LETTERS),)


@pytest.mark.parametrize(
    "names",
    [("WT", "MUT"), ("1", "2"), ("A", "B"), ("BRCA", "TSHR"), ("CAT", "ACAN"), ("61", "72"),
     ("WT 1", "MUT 1"), ("GATTACA", "WT")],
)  # fmt: skip
@pytest.mark.parametrize("times", [1, 1_000])
def test_names_that_read_like_bases_or_numbers_are_names(names, times):
    rows = [f"{name}\t{row * times}" for name, row in zip(names, LETTERS, strict=True)]
    sequences = read_text("\n".join(rows)).sequences
    assert sequences.names == tuple(name.replace(" ", "_") for name in names)
    assert sequences.sequences == tuple(row * times for row in LETTERS)


@pytest.mark.parametrize("names", [("WT", "W2"), ("WT", "MUT"), ("K", "1A")])
def test_short_names_before_few_bases_are_names(names):
    check = read_text(f"{names[0]}\tACGTA\n{names[1]}\tGGTTG\n")
    assert check.sequences.names == names and check.sequences.sequences == ("ACGTA", "GGTTG")


@pytest.mark.parametrize(
    "text", ["WT\tACGTA", "NNRY\tACGT\nNNRY\tAC", "1\tACG\n4\tGGT", "1 ACG\tACGT\n8 NRG\tGG"]
)
def test_what_could_be_few_letters_in_blocks_stays_one_sequence(text):
    assert len(read_text(text).sequences) == 1


BOTH, TURNED, WIDE = "sequence in both columns", "put the name first", "rows of three columns"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{LETTERS[0]},{LETTERS[1]}", BOTH),
        (f"{LETTERS[0]};{LETTERS[1]}\n{LETTERS[1]};{LETTERS[0]}", BOTH),
        (f"{LETTERS[0]}\t{LETTERS[1]}\n{LETTERS[1]}\t{LETTERS[0]}", BOTH),
        (f"sequence,name\n{LETTERS[0]},x", TURNED),
        (f"{LETTERS[0]},x\n{LETTERS[1]},y", TURNED),
        (f"{LETTERS[0]}\tWT\n{LETTERS[1]}\tMUT", TURNED),
        (f"{LETTERS[0]}\t1\n{LETTERS[1]}\t2", TURNED),
        (f"a\t{LETTERS[0]}\t1", WIDE),
        ("chr1\t100\tACGTACGT", WIDE),
        (f"WT\t{LETTERS[0]}\nMUT\t{LETTERS[1]}\t1", WIDE),
        (f"1\t{LETTERS[0]}\t{LETTERS[1]}\n2\t{LETTERS[0]}\t{LETTERS[1]}", WIDE),
        (f"BRCA\t{LETTERS[0]}\t{LETTERS[1]}", WIDE),
        ("gene,RNA-seq\nMYC,5.2\n", "a comma-separated table"),
    ],
)
def test_columns_that_are_not_name_and_sequence_are_refused_in_a_sentence(text, says):
    with pytest.raises(InputError, match=says):
        read_text(text)


def test_codes_and_gaps_are_sequence_and_an_assay_may_stand_above_it():
    check = read_text(f"x,ACGTRYNACG--T\ny,{LETTERS[1]}")
    assert check.sequences.sequences == ("ACGTNNNACGT", LETTERS[1])
    assert read_text("x;ACGTRYACGT").sequences.names == ("x",)
    assert read_text(f"id,RNA-seq\nx,{LETTERS[0]}").sequences.names == ("x",)


@pytest.mark.parametrize(
    "text",
    [
        f">a\n{LETTERS[0]}\n",
        f"x_1\t{LETTERS[0]}\n>a\n{LETTERS[0]}\n",
        "x,ACAN",
        f"a\tb\t{LETTERS[0]}",
    ],
)
def test_what_is_no_table_of_two_columns_is_left_to_others(text):
    assert read_table(text, "it", Limits(100, 100, 2, 100, 200)) is None


def test_rows_that_cannot_be_read_are_told_by_their_line_and_the_others_kept():
    check = read_text(f"; mine\nname\tsequence\na\t{LETTERS[0]}\nb\nc\tx\tACGT\nd\tACGZ\na\tACGT")
    assert check.sequences.names == ("a", "a_2")
    first, second, third = (one.text for one in check.rejected)
    assert first.startswith("line 4 has not two columns, name and sequence with tabs between")
    assert second.startswith("line 5 has not")
    assert third.startswith("record 'd' has 'Z' at position 4 (1-based, line 6 of the input)")
    assert {change.kind for change in check.changes} == {"table", "comment", "name repeated"}


def test_tables_are_bounded_as_records_are():
    small = Limits(1_000, 1_000, 2, 100, 200)
    rows = "".join(f"r_{i}\t{LETTERS[0]}\n" for i in range(3))
    assert len(read_text(rows[: rows.index("r_2")], limits=small).sequences) == 2
    with pytest.raises(LimitError, match="more than 2 rows"):
        read_text(rows, limits=small)
    with pytest.raises(InputError, match="has 101 letters, more than the 100"):
        read_text("name,sequence\nlong," + "A" * 101, limits=small)
