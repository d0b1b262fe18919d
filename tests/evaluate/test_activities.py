"""Tables of whole sequences and their values: every form that is read, and what is said else."""

import gzip
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.evaluate import tables
from gexp_core.evaluate.activities import MOST_ROWS, read_activities
from gexp_core.evaluate.measured import compare, read_measured
from gexp_core.inputs.limits import APP_LIMITS

ONE, TWO = "ACGTACGTAC", "TTTTGGGGCC"


@pytest.mark.parametrize(
    "text",
    [
        f"sequence\tvalue\n{ONE}\t1.5\n{TWO}\t-2\n",
        f"{ONE}\t1.5\n{TWO}\t-2\n",
        f"{ONE},1.5\r\n{TWO},-2\r\n",
        f"{ONE},1.5\r{TWO},-2\r",
        f"sequence,value\n{ONE},1.5\r{TWO},-2\n",
        f"{ONE} 1.5\n\n{TWO} -2\n",
        f"# made by hand\n1.5\t{ONE}\n-2\t{TWO.lower()}\n",
        f"DNA,result of mine\n{ONE},1.5\n{TWO},-2\n",
        f"\ufeffvalue,sequence\n1.5,{ONE}\n-2,{TWO.replace('T', 'U')}\n",
    ],
)
def test_two_columns_are_found_however_they_come(text):
    for data in (text.encode(), gzip.compress(text.encode())):
        made = read_activities(data)
        assert made.sequences.sequences == (ONE, TWO)
        np.testing.assert_array_equal(made.value, np.float32([1.5, -2]))
        assert made.rejected == ()


def test_names_are_taken_where_they_are_and_are_unique():
    made = read_activities(f"name,sequence,value\na,{ONE},1\na,{TWO},2\n,{ONE},3\n".encode())
    assert made.sequences.names == ("a", "row 3", "row 4")


def test_what_cannot_be_used_is_told_row_by_row():
    rows = [f"{ONE}\t1", f"{TWO}\tnan", "AC12GT\t3", f"{ONE}", "ACGT!\t2", f"{TWO}\t4"]
    made = read_activities("\n".join(["sequence\tvalue", *rows]).encode())
    assert made.sequences.sequences == (ONE, TWO)
    assert [one.record for one in made.rejected] == ["row 3", "row 4", "row 5", "row 6"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a\tb\nc\td\n", "no column of sequences"),
        (f"{ONE}\n{TWO}\n", "no column of sequences"),
        ("sequence\tvalue\nACGT\tnone\n", "no row of the table can be used"),
        ("A,1\n" * (MOST_ROWS + 2), "rows; up to"),
        ("sequence,value\n" + ("A" * 100_000 + ",1\n") * 11, "bases together"),
        ("sequence,value\n" + "A" * 200_000 + ",1\n", "a row of the table has 200,002"),
        ("sequence,value\n" + '"' + ("A" * 500 + ",1\n") * 401, "opened and not closed"),
    ],
)
def test_problems_are_one_sentence(text, said):
    with pytest.raises(GexpError, match=said) as caught:
        read_activities(text.encode())
    assert str(caught.value).count("\n") == 0


def test_no_more_lines_are_taken_apart_than_are_read(monkeypatch):
    given = []
    monkeypatch.setattr(tables, "cells", lambda lines: given.append(len(lines)) or [[]])
    limits = replace(APP_LIMITS, max_records=10)
    assert len(tables.lines(b"#\n\nA,1\r\n" * 900, "x", limits, 7)) == 8
    assert tables.lines(b"\xef\xbb\xbfA,1\r#\rB,2", "x", limits, 7) == ["A,1", "B,2"]
    with pytest.raises(LimitError, match="more than 2,000 rows"):
        read_activities(b"A,1\n" * 90_000)
    with pytest.raises(InputError, match="more than 200,000 rows"):
        read_measured(b"1 A C 1\n" * 200_001, "ACGT")
    assert given == []
    with pytest.raises(LimitError, match="x has more than 5,000 lines"):
        tables.lines(b"\n" * 5_001, "x", limits, 7)


def test_comparison_finds_a_planted_line_and_the_point_off_it():
    rng = np.random.default_rng(0)
    predicted = rng.normal(0, 1, 50).astype(np.float32)
    measured = (3 * predicted + 1).astype(np.float32)
    found = compare(predicted, measured)
    assert found.pearson == pytest.approx(1, abs=1e-6)  # float32 inputs
    assert found.spearman == pytest.approx(1)
    np.testing.assert_allclose(found.miss, 0, atol=1e-5)
    measured[7] += 5
    found = compare(predicted, measured)
    assert int(np.abs(found.miss).argmax()) == 7
    slope, offset = np.polyfit(predicted.astype(float), measured.astype(float), 1)
    np.testing.assert_allclose(found.miss, measured - slope * predicted - offset, atol=1e-4)
