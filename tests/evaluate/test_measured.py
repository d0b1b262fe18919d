"""Tables of measured effects: planted values found again, shifts, and what is left out."""

import gzip

import numpy as np
import pytest

from gexp_core.errors import InputError, LimitError
from gexp_core.evaluate.measured import agreement, read_measured
from gexp_core.inputs.limits import APP_LIMITS
from tests.toy_models import random_sequence

TEXT = random_sequence(80, 4)
BASES = "ACGT"


def planted(seed=0, every=1):
    """Rows (position 1-based, ref, alt, effect) of every change of every ``every``-th base."""
    rng = np.random.default_rng(seed)
    return [
        (at + 1, TEXT[at], alt, round(float(rng.normal()), 4))
        for at in range(0, 80, every)
        for alt in BASES
        if alt != TEXT[at]
    ]


def text_of(rows, *, header="position ref alt effect", split="\t", shift=0):
    lines = [split.join(header.split())]
    lines += [split.join((str(p + shift), r, a, str(e))) for p, r, a, e in rows]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("shift", [0, 1, -3, 11_089_000])
@pytest.mark.parametrize("split", ["\t", ",", "  "])
def test_planted_effects_are_found_again_wherever_positions_begin(shift, split):
    rows = planted()
    found = read_measured(text_of(rows, shift=shift, split=split), TEXT)
    assert found.shift == shift
    grid = found.grid(80)
    for position, _, alt, effect in rows:
        assert grid[BASES.index(alt), position - 1] == np.float32(effect)
    assert np.isnan(grid).sum() == 80  # the base that is there
    assert found.rejected == ()


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_rows_end_as_any_system_ends_lines(end):
    rows = text_of(planted()).decode()
    found = read_measured(rows.replace("\n", end).encode(), TEXT)
    assert len(found.effect) == 240 and found.rejected == ()
    mixed = read_measured(rows.replace("\n", end, 9).encode(), TEXT)
    assert len(mixed.effect) == 240 and mixed.rejected == ()


def test_part_of_a_sequence_is_placed_by_its_letters():
    rows = [row for row in planted() if 31 <= row[0] <= 60]
    found = read_measured(text_of(rows, shift=500), TEXT)
    assert found.shift == 500
    assert found.position.min() == 30


def test_the_published_form_is_read_with_its_elements_and_barcodes():
    lines = ["Element\tPos\tRef\tAlt\tBarcodes\tCoefficient"]
    for at, (position, ref, alt, effect) in enumerate(planted()):
        lines.append(f"mine\t{position + 99}\t{ref}\t{alt}\t{9 if at == 3 else 12}\t{effect}")
        lines.append(f"other\t{position}\t{alt}\t{ref}\t50\t9")
    lines += ["mine\t101\t" + TEXT[1] + "\t-\t30\t1.5"]
    data = gzip.compress("\r\n".join(lines).encode())
    found = read_measured(data, TEXT, element="mine", filename="effects.tsv.gz")
    assert (found.shift, len(found.effect)) == (99, 239)
    said = " ".join(one.text for one in found.rejected)
    assert "fewer than 10 barcodes" in said and "insertions and deletions" in said


def test_equal_changes_are_averaged_and_foreign_ones_told():
    rows = planted()
    first = rows[0]
    wrong = (2, BASES[(BASES.index(TEXT[1]) + 1) % 4], TEXT[1], 7.0)
    found = read_measured(text_of([*rows, (*first[:3], first[3] + 1), wrong]), TEXT)
    at = np.flatnonzero((found.position == 0) & (found.alt == BASES.index(first[2])))[0]
    assert found.effect[at] == pytest.approx(first[3] + 0.5, abs=1e-6)
    assert "another letter" in found.rejected[0].text


def test_agreement_is_that_of_numpy_and_scipy():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    found = read_measured(text_of(planted(1, every=2)), TEXT)
    effect = np.random.default_rng(2).normal(size=(4, 80)).astype(np.float32)
    made = agreement(found, effect)
    predicted = effect[found.alt, found.position]
    assert made.pearson == pytest.approx(np.corrcoef(predicted, found.effect)[0, 1], abs=1e-6)
    assert made.spearman == pytest.approx(stats.spearmanr(predicted, found.effect)[0], abs=1e-6)
    slope, offset = np.polyfit(predicted.astype(float), found.effect.astype(float), 1)
    np.testing.assert_allclose(made.miss, found.effect - slope * predicted - offset, atol=1e-5)


def test_a_constant_prediction_has_no_correlation_and_still_a_miss():
    found = read_measured(text_of(planted()), TEXT)
    made = agreement(found, np.zeros((4, 80), np.float32))
    assert np.isnan(made.pearson)
    np.testing.assert_allclose(made.miss, found.effect - found.effect.mean(), atol=1e-6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no rows"),
        (b"position ref alt effect\n", "no rows"),
        (b"a b c d\n1 A C 2\n", "no column position"),
        (b"position ref alt effect\n1 A A 2\n", "no row of the table can be used"),
        (b"position ref alt effect\nx A C 2\n", "line 2: a number or a column is missing"),
        (b"position ref alt effect\n1.7 A C 2\n", "line 2: the position is not a whole number"),
        (b"position ref alt effect\n1 A C nan\n", "not a finite number"),
        (b"position ref alt effect\n1e999 A C 2\n", "a number or a column is missing"),
        (b"\xff\xfe\x00", "no rows"),
        (b"position,ref,alt,effect\n1,A,C," + b"2" * 131_073, "a row of the table has 131,079"),
        (
            b"position\tref\talt\teffect\n" + b'1\tA\tC\t"2' + b"\n1\tA\tC\t2" * 20_000,
            "opened and not closed",
        ),
        (b"position ref alt effect\n1e300 A C 2\n", "the position has more than 12 digits"),
        (b"position ref alt effect\n-1e12 A C 2\n", "the position has more than 12 digits"),
    ],
)
def test_what_cannot_be_read_is_said(data, said):
    with pytest.raises(InputError, match=said):
        read_measured(data, TEXT)


@pytest.mark.parametrize("few", [3, 5, 8])
def test_few_letters_never_place_a_table_on_another_sequence(few):
    rows = [row for row in planted(every=7) if row[2] == next(b for b in BASES if b != row[1])]
    data = text_of(rows[:few], shift=11_089_000)
    for seed in range(60):
        with pytest.raises(InputError, match="reference letters"):
            read_measured(data, random_sequence(400, 1_000 + seed))
    # nor on the right one, which they fit in one place by luck
    with pytest.raises(InputError, match="reference letters of") as told:
        read_measured(data, TEXT)
    assert f"of {few} positions do not say where on the 80 bases" in str(told.value)
    assert "count positions from 1 on the sequence, or give the effects of more" in str(told.value)
    assert read_measured(text_of(rows[:few]), TEXT).shift == 0  # as the positions say themselves


def test_three_changes_of_a_base_say_its_letter_once():
    data = text_of(planted()[:12], shift=500)  # every change of four bases
    with pytest.raises(InputError, match="reference letters of 4 positions"):
        read_measured(data, TEXT)
    found = read_measured(text_of([r for r in planted() if r[0] <= 20], shift=500), TEXT)
    assert found.shift == 500


def test_every_place_of_a_long_sequence_is_tried():
    text = random_sequence(131_072, 7)
    for start in (0, 19_999, 60_000, 131_052):
        rows = [(at + 1, text[at], "ACGT"[text[at] == "A"], 0.5) for at in range(start, start + 20)]
        found = read_measured(text_of(rows, shift=11_089_000), text)
        assert found.shift == 11_089_000 and found.position.tolist() == [*range(start, start + 20)]


def test_letters_of_another_sequence_do_not_fit():
    with pytest.raises(InputError, match="do not fit the sequence"):
        read_measured(text_of(planted()), random_sequence(80, 99))
    with pytest.raises(LimitError):
        read_measured(b" " * (APP_LIMITS.max_bytes + 1), TEXT)
