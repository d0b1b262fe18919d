"""Tracks in genome coordinates against values laid out base by base, read back by pyBigWig."""

from dataclasses import replace

import numpy as np
import pyBigWig
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.explain import AttributionSettings, attribute
from gexp_core.export import genome_tracks
from gexp_core.export.genome_tracks import (
    Piece,
    attribution_pieces,
    genome_bedgraph,
    genome_bigwig,
    of_strand,
    part,
    prediction_pieces,
    runs,
)
from gexp_core.predict import predict
from gexp_core.types import Interval, Origin, SequenceSet
from tests.toy_models import linear_model, profile_model, random_sequence

SIZES = {"chr1": 1_000, "chr2": 500}


def piece(start, values, strand="+", chrom="chr1"):
    values = np.asarray(values, np.float32)
    return Piece(Interval(chrom, start, start + len(values), strand), values)


def laid_out(pieces, chrom):
    """Every base's values, by a loop over all bases."""
    held = {}
    for one in pieces:
        if one.interval.chrom == chrom:
            values = one.values[::-1] if one.interval.strand == "-" else one.values
            for at, value in enumerate(values.tolist(), one.interval.start):
                if value == value:
                    held.setdefault(at, []).append(value)
    return {at: float(np.mean(values)) for at, values in held.items()}


def random_pieces():
    rng = np.random.default_rng(0)
    made = []
    for i in range(40):
        values = rng.normal(size=int(rng.integers(1, 60))).round(1)
        values[rng.random(len(values)) < 0.1] = np.nan
        values[0] = 0.5
        start, chrom = int(rng.integers(0, 440)), ("chr1", "chr2")[i % 2]
        made.append(piece(start, values, "+-"[i % 3 == 0], chrom))
    return made


def test_bedgraph_and_bigwig_hold_the_mean_of_every_base(tmp_path):
    pieces = random_pieces()
    text = genome_bedgraph(pieces, title='a "t"\nx', about="units").decode()
    head, *lines = text.splitlines()
    assert head == 'track type=bedGraph name="a \'t\' x" description="units"'
    rows = [row.split("\t") for row in lines]
    assert rows == sorted(rows, key=lambda row: (row[0], int(row[1])))
    (tmp_path / "x.bw").write_bytes(genome_bigwig(pieces, SIZES))
    file = pyBigWig.open(str(tmp_path / "x.bw"))
    assert file.chroms() == SIZES
    for chrom, size in SIZES.items():
        wanted = laid_out(pieces, chrom)
        seen = {}
        for _, start, end, value in (row for row in rows if row[0] == chrom):
            for at in range(int(start), int(end)):
                assert at not in seen
                seen[at] = float(value)
        assert seen == pytest.approx(wanted, rel=1e-5, abs=1e-6)  # six digits
        back = np.array(file.values(chrom, 0, size))
        assert {at: back[at] for at in np.flatnonzero(~np.isnan(back)).tolist()} == pytest.approx(
            wanted, rel=1e-6, abs=1e-6
        )
    file.close()


def test_the_same_pieces_give_the_same_bytes():
    pieces = random_pieces()
    assert genome_bigwig(pieces, SIZES) == genome_bigwig(pieces, SIZES)
    assert genome_bedgraph(pieces, title="t") == genome_bedgraph(pieces[::-1], title="t")


def test_equal_neighbours_are_one_run_and_gaps_are_none():
    (one,) = runs([piece(5, [2, 2, 2, 3]), piece(9, [3, np.nan, 3])])
    assert list(zip(one.start, one.end, one.value, strict=True)) == [
        (5, 8, 2.0),
        (8, 10, 3.0),
        (11, 12, 3.0),
    ]


def test_a_part_of_a_minus_strand_lies_from_its_other_end():
    text = random_sequence(100, 3)
    place = Interval("c", 20, 80, "-")
    letters = reverse_complement(text[20:80])
    inner = part(place, 5, 15)
    assert reverse_complement(text[inner.start : inner.end]) == letters[5:15]
    assert part(Interval("c", 20, 80), 5, 15) == Interval("c", 25, 35)


def on_both_strands(length=60):
    """A place of a genome read on the plus strand and on the minus strand."""
    text = random_sequence(length, 4)
    places = (Interval("chr1", 100, 100 + length), Interval("chr1", 100, 100 + length, "-"))
    letters = (text, reverse_complement(text))
    return SequenceSet(("plus", "minus"), letters, tuple(Origin("g", one) for one in places))


def test_of_a_model_of_one_strand_the_strands_of_a_place_are_kept_apart():
    sequences, model = on_both_strands(), linear_model(both_strands=False)
    made = attribute(model, sequences, settings=AttributionSettings(baseline="zeros"))
    level = predict(model, sequences)
    pieces = attribution_pieces(made, sequences)
    levels = prediction_pieces(level, sequences, model.card.tracks[0].name)
    for i, (strand, wanted) in enumerate(
        {"+": made.per_base(0), "-": made.per_base(1)[::-1]}.items()
    ):
        (track,) = runs(of_strand(pieces, strand))
        values = np.repeat(track.value, track.end - track.start)
        np.testing.assert_array_equal(values, wanted)
        (track,) = runs(of_strand(levels, strand))
        assert track.value.tolist() == level.y[i].tolist()
    assert abs(level.y[0, 0] - level.y[1, 0]) > 0.01


def test_a_track_of_one_strand_is_its_mate_on_sequences_of_the_other():
    """What both strands say of the genome's own strand is one and the same, base by base."""
    sequences, model = on_both_strands(), profile_model()
    made = predict(model, sequences)
    for name, mate in (("plus", "minus"), ("minus", "plus")):
        pieces = prediction_pieces(made, sequences, name, mate)
        one, other = (laid_out(of_strand(pieces, strand), "chr1") for strand in "+-")
        assert one == pytest.approx(other, abs=1e-6)  # float32 rounding
        alike = laid_out(of_strand(prediction_pieces(made, sequences, name), "-"), "chr1")
        assert max(abs(one[at] - alike[at]) for at in one) > 0.05


def test_scores_of_both_strands_of_one_place_meet_base_by_base():
    text = random_sequence(60, 4)
    places = (Interval("chr1", 100, 160), Interval("chr1", 100, 160, "-"))
    sequences = SequenceSet(
        ("plus", "minus", "loose"),
        (text, reverse_complement(text), text),
        (Origin("g", places[0]), Origin("g", places[1]), Origin()),
    )
    model = linear_model()
    made = attribute(model, sequences, settings=AttributionSettings(baseline="zeros"))
    pieces = attribution_pieces(made, sequences)
    assert [one.interval for one in pieces] == list(places)
    (track,) = runs(pieces)
    wanted = (made.per_base(0) + made.per_base(1)[::-1]) / 2
    values = np.repeat(track.value, track.end - track.start)
    np.testing.assert_allclose(values, wanted, atol=1e-5)
    np.testing.assert_allclose(values, made.per_base(0), atol=1e-5)  # they agree
    predicted = predict(model, sequences)
    (level,) = runs(prediction_pieces(predicted, sequences, model.card.tracks[0].name))
    assert (level.start[0], level.end[0]) == (100, 160)
    assert level.value[0] == pytest.approx(float(predicted.y[:2, 0].mean()), rel=1e-6)


def test_bins_beyond_a_sequence_have_no_place():
    place = Interval("chr1", 100, 110, "-")  # bins of 4 bases, the first and last half beyond
    sequences = SequenceSet(("x",), ("ACGTACGTAC",), (Origin("g", place),))
    start = np.array([-6, -2, 2, 6, 10], np.int64)
    y = np.arange(5, dtype=np.float32)[:, None]
    predicted = replace(
        predict(linear_model(), sequences),
        row_sequence=np.zeros(5, np.int64), start=start, end=start + 4,
        y=y, spread=y, strand_gap=y, member_sd=y, tracks=("t",),
    )  # fmt: skip
    pieces = prediction_pieces(predicted, sequences, "t")
    assert laid_out(pieces, "chr1") == {
        109 - at: value for at, value in enumerate([1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    }


def test_without_places_or_beyond_the_bound_it_is_told(monkeypatch):
    with pytest.raises(InputError, match="known place"):
        runs([])
    monkeypatch.setattr(genome_tracks, "MOST", 3)
    with pytest.raises(LimitError, match="4 bases"):
        runs([piece(0, [1, 2, 3, 4])])
