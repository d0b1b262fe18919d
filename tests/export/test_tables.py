"""Numbers in tables, against values worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import BASES
from gexp_core.errors import ModelError
from gexp_core.export import tables
from gexp_core.export.readme import readme
from gexp_core.types import Change, InputCheck, Mutagenesis, Rejection, SequenceSet
from tests.figures import made


def test_prediction_table_has_a_row_per_window_and_track():
    _, result = made.tiled()
    table = tables.prediction_table(result, made.card())
    assert list(table.columns) == ["sequence", "start", "end", "track", "prediction", "spread"]
    assert table["sequence"].tolist() == ["long", "long", "long", "short"]
    assert table["start"].tolist() == [0, 4, 8, 0] and table["end"].tolist() == [8, 12, 16, 8]
    assert table["prediction"].tolist() == [1, 3, 5, -1]
    np.testing.assert_allclose(table["spread"], [0.1, 0.3, 0.5, 0.2])


def test_tracks_stay_with_their_numbers():
    sequences = made.sequence_set(("x", "y"))
    result = made.prediction(sequences, [[1, 10], [2, 20]], tracks=("low", "high"))
    card = made.card(tracks=("low", "high"))
    table = tables.prediction_table(result, card)
    got = list(zip(table["sequence"], table["track"], table["prediction"], strict=True))
    assert got == [("x", "low", 1), ("x", "high", 10), ("y", "low", 2), ("y", "high", 20)]
    summary = tables.summary_table(result, card)
    got = list(zip(summary["sequence"], summary["track"], summary["prediction"], strict=True))
    assert got == [("x", "low", 1), ("x", "high", 10), ("y", "low", 2), ("y", "high", 20)]


def test_summary_averages_over_windows_and_finds_the_percentile():
    _, result = made.tiled()
    table = tables.summary_table(result, made.card())
    assert list(table.columns) == [
        *("sequence", "length", "windows", "track", "prediction", "unit"),
        *("percentile", "above_shuffled", "strand_gap", "member_sd", "spread"),
    ]
    assert table["length"].tolist() == [16, 8] and table["windows"].tolist() == [3, 1]
    assert table["prediction"].tolist() == [3, -1]
    np.testing.assert_allclose(table["strand_gap"], [0.2, 0.4], rtol=1e-6)
    np.testing.assert_allclose(table["spread"], [0.3, 0.2], rtol=1e-6)
    # measured values run evenly from -2 to 2: 3 is above all, -1 is a quarter of the way
    np.testing.assert_allclose(table["percentile"], [100, 25], rtol=1e-5)
    assert table["above_shuffled"].isna().all()
    even = tuple(np.linspace(-2, 2, 101).tolist())
    known = replace(made.card(), backgrounds={"shuffled": {made.card().tracks[0].name: even}})
    above = tables.summary_table(result, known)["above_shuffled"]
    np.testing.assert_allclose(above, [100, 25], rtol=1e-5)
    bare = tables.summary_table(result, made.card(percentiles=False))
    assert bare["percentile"].isna().all()


def test_bins_are_called_bins_and_windows_are_windows():
    _, result = made.tiled()  # of 'long' and 'short': here two windows and one, of two bins each
    card = replace(made.card(), bins=2, bin_size=2)
    rows = np.array([0, 1, 0, 1, 3, 3])
    binned = replace(
        result,
        row_sequence=np.array([0, 0, 0, 0, 1, 1]),
        start=np.array([2, 4, 6, 8, -2, 0]),
        end=np.array([4, 6, 8, 10, 0, 2]),
        **{
            name: getattr(result, name)[rows] for name in ("y", "spread", "strand_gap", "member_sd")
        },
    )
    table = tables.summary_table(binned, card)
    assert list(table.columns)[:6] == [
        *("sequence", "covered", "bins", "windows", "track", "prediction")
    ]
    assert table[["covered", "bins", "windows"]].values.tolist() == [[8, 4, 2], [4, 2, 1]]
    assert table["prediction"].tolist() == [2, -1]
    for of, text in ((card, "bases of the bin"), (made.card(), "bases that the window holds")):
        told = readme(of, ["summary.tsv", "predictions.tsv"], pictured=1)
        heads = told.split("summary.tsv")[1].split("predictions.tsv")
        table = tables.summary_table(binned if of is card else result, of)
        said = [line.split(":")[0].strip() for line in heads[0].splitlines() if "    " in line]
        assert set(table.columns) <= set(said)
        assert ("length" in said, "bins" in said) == (of.bins == 1, of.bins > 1)
        assert text in heads[1]


@pytest.mark.parametrize("make", [tables.prediction_table, tables.summary_table])
def test_a_card_of_another_model_is_refused(make):
    _, result = made.tiled()
    with pytest.raises(ModelError, match="give the card of the model that predicted"):
        make(result, made.card(tracks=("other",)))


def test_attribution_scores_are_the_sum_of_their_letters():
    sequences = SequenceSet(("a", "b"), ("ACGTN", "TTT"))
    result = made.attribution(sequences)
    table = tables.attribution_table(result, 0)
    assert list(table.columns) == ["sequence", "position", "base", "score", *"ACGT"]
    assert "".join(table["base"]) == "ACGTN" and table["position"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(table["score"], table[list(BASES)].sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(table["G"], result.attr[0][2])
    both = tables.attributions_table(result)
    assert both["sequence"].tolist() == ["a"] * 5 + ["b"] * 3
    assert both["position"].tolist() == [1, 2, 3, 4, 5, 1, 2, 3]


def numbered() -> Mutagenesis:
    """A window of 'AN' at 2-4 of 'GGANG' whose effects say where they are: base * 10 + column."""
    sequences = SequenceSet(("x",), ("GGANG",))
    like = made.mutagenesis(sequences, window=(2, 4))
    effect = np.array([[0, 1], [10, 11], [-20, -21], [30, 30]], np.float32)
    return Mutagenesis(
        names=("x",),
        sequences=("GGANG",),
        effect=(effect,),
        window=((2, 4),),
        y_ref=like.y_ref,
        target=like.target,
        units=like.units,
        provenance=like.provenance,
    )


def test_mutagenesis_rows_are_the_changes():
    table = tables.mutagenesis_table(numbered(), made.card())
    assert list(table.columns) == ["sequence", "position", "ref", "alt", "track", "effect"]
    rows = list(zip(table["position"], table["ref"], table["alt"], table["effect"], strict=True))
    assert rows == [
        *((3, "A", "C", 10), (3, "A", "G", -20), (3, "A", "T", 30)),
        *((4, "N", "A", 1), (4, "N", "C", 11), (4, "N", "G", -21), (4, "N", "T", 30)),
    ]
    assert set(table["track"]) == {"activity"} and set(table["sequence"]) == {"x"}


def test_mutagenesis_table_equals_a_loop():
    sequences = made.sequence_set(("p", "q", "r"), 17)
    result = made.mutagenesis(sequences, window=(3, 11))
    wanted = [
        (name, at + 1, letters[at], base, float(effect[k, at - 3]))
        for name, letters, effect in zip(result.names, result.sequences, result.effect, strict=True)
        for at in range(3, 11)
        for k, base in enumerate(BASES)
        if base != letters[at]
    ]
    table = tables.mutagenesis_table(result, made.card())
    columns = ["sequence", "position", "ref", "alt", "effect"]
    assert list(table[columns].itertuples(index=False, name=None)) == wanted


def test_strongest_changes_come_first_and_ties_by_position():
    losses, gains = tables.strongest(numbered(), 0, 2)
    assert losses["mutant"].tolist() == ["N4G", "A3G"]
    assert losses["effect"].tolist() == [-21, -20]
    assert gains["mutant"].tolist() == ["A3T", "N4T"]  # both 30
    assert list(gains.columns) == ["position", "ref", "alt", "effect", "mutant"]
    losses, gains = tables.strongest(numbered(), 0, 100)
    assert len(losses) == 2 and len(gains) == 5


def test_a_change_that_does_nothing_is_neither_loss_nor_gain():
    sequences = made.sequence_set(("x",), 5)
    like = made.mutagenesis(sequences)
    flat = Mutagenesis(
        names=like.names,
        sequences=like.sequences,
        effect=(np.zeros((4, 5), np.float32),),
        window=like.window,
        y_ref=like.y_ref,
        target=like.target,
        units=like.units,
        provenance=like.provenance,
    )
    losses, gains = tables.strongest(flat, 0, 5)
    assert losses.empty and gains.empty


def test_input_table_keeps_every_note():
    check = InputCheck(
        SequenceSet(("a", "b"), ("GGCN", "NN")),
        (
            Change("a", "lower case", 2, "2 letters folded."),
            Change("a", "gaps", 1, "1 gap removed."),
            Change("", "comment", 3, "3 lines skipped."),
        ),
        (Rejection("bad", "it is a protein."),),
    )
    table = tables.input_table(check)
    assert table["sequence"].tolist() == ["a", "b", "bad", tables.WHOLE_INPUT]
    assert table["status"].tolist() == ["kept, changed", "kept", "left out", "note"]
    assert table["notes"].tolist() == [
        *("2 letters folded. 1 gap removed.", "", "it is a protein.", "3 lines skipped."),
    ]
    assert table["length"].tolist()[:2] == [4, 2] and table["length"].isna().tolist()[2:] == [1, 1]
    assert table["unknown"].tolist()[:2] == [1, 2]
    assert table["gc_percent"][0] == 100 and np.isnan(table["gc_percent"][1])
