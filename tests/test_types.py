"""The nouns hold what they promise and refuse what breaks it."""

import dataclasses
import hashlib
import json
import re

import numpy as np
import pytest

from gexp_core import __version__
from gexp_core.errors import CancelledError, GexpError, InputError, LimitError, ModelError
from gexp_core.types import (
    Attribution,
    Interval,
    Mutagenesis,
    Origin,
    Prediction,
    Provenance,
    SequenceSet,
    Target,
)

PROVENANCE = Provenance("d1", "toy", "w1", {"stride": None, "both_strands": True}, seed=3)


def test_errors_have_one_parent():
    for error in (InputError, LimitError, ModelError, CancelledError):
        assert issubclass(error, GexpError)
    assert issubclass(LimitError, InputError)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 4)])
def test_an_interval_is_neither_empty_nor_negative(start, end):
    with pytest.raises(InputError, match=re.escape(f"chr1:{start}-{end} (0-based half-open)")):
        Interval("chr1", start, end)


def test_an_interval_has_a_strand():
    assert Interval("chr1", 0, 1).strand == "+"
    with pytest.raises(InputError, match=r"strand '\.' is not"):
        Interval("chr1", 0, 1, ".")


def test_a_digest_is_the_sha256_of_names_and_letters():
    made = SequenceSet(("a", "bé"), ("ACGT", "NN"))
    text = "1:a:4:ACGT;2:bé:2:NN;"
    assert made.digest == hashlib.sha256(text.encode()).hexdigest()
    assert made.digest == SequenceSet(("a", "bé"), ("ACGT", "NN"), (Origin("x"),) * 2).digest


def test_sets_that_differ_have_digests_that_differ():
    # among them pairs that would be one text if names and letters were only joined
    sets = [
        (("a", "b"), ("AC", "GT")),
        (("b", "a"), ("AC", "GT")),
        (("a", "b"), ("A", "CGT")),
        (("ab", "c"), ("AC", "GT")),
        (("a", "bc"), ("AC", "GT")),
        (("a",), ("ACGT",)),
        (("aA",), ("CGT",)),
        (("a:2:AC;1:b",), ("GT",)),
    ]
    assert len({SequenceSet(*one).digest for one in sets}) == len(sets)


@pytest.mark.parametrize(
    ("names", "sequences", "says"),
    [
        ((), (), "no sequence was given"),
        (("a",), ("A", "C"), "1 names, 2 sequences and 1 origins do not belong together"),
        (("a", "b", "a"), ("A", "C", "G"), "the name 'a' is used twice"),
        (("a", ""), ("A", "C"), "sequence '' is empty"),
        (("a", "b"), ("A", ""), "sequence 'b' is empty"),
        (("a",), ("ACGTxZ",), "sequence 'a' has 'x' at position 5 (1-based)"),
        (("a",), ("ACu",), "sequence 'a' has 'u' at position 3 (1-based)"),
    ],
)
def test_a_set_refuses_what_is_not_one(names, sequences, says):
    with pytest.raises(InputError, match=re.escape(says)):
        SequenceSet(names, sequences)


def test_a_set_refuses_origins_of_another_number():
    with pytest.raises(InputError, match="2 names, 2 sequences and 1 origins"):
        SequenceSet(("a", "b"), ("A", "C"), (Origin(),))


def test_a_set_is_found_and_chosen_from_by_name():
    origins = (Origin("x"), Origin("y"), Origin("z"))
    made = SequenceSet(("a", "b", "c"), ("A", "CC", "GGG"), origins)
    assert len(made) == 3 and made["b"] == "CC" and made.index("c") == 2
    chosen = made.select(("c", "a"))
    assert chosen.names == ("c", "a") and chosen.sequences == ("GGG", "A")
    assert chosen.origins == (origins[2], origins[0])
    assert chosen.digest == SequenceSet(("c", "a"), ("GGG", "A")).digest
    with pytest.raises(InputError, match="there is no sequence 'd' among the 3 given"):
        made["d"]


def test_nouns_are_frozen():
    made = SequenceSet(("a",), ("A",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.names = ("b",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Target().track = 1


def test_provenance_is_the_same_json_whatever_the_order_of_its_settings():
    other = Provenance("d1", "toy", "w1", {"both_strands": True, "stride": None}, seed=3)
    assert PROVENANCE.to_json() == other.to_json()
    read = json.loads(PROVENANCE.to_json())
    assert read["version"] == __version__ and read["seed"] == 3
    assert read["settings"] == {"both_strands": True, "stride": None}


def _prediction(y: np.ndarray, **other: np.ndarray) -> Prediction:
    zeros = np.zeros_like(y)
    parts = {"spread": zeros, "strand_gap": zeros, "member_sd": zeros} | other
    which = np.array([0, 0, 0, 1, 3], np.int64)
    start = np.arange(5, dtype=np.int64)
    names = ("a", "b", "none", "d")
    return Prediction(
        names, which, start, start + 10, y, **parts, tracks=("t", "u"), units="",
        provenance=PROVENANCE,
    )  # fmt: skip


def test_rows_and_means_of_a_prediction_belong_to_its_sequences():
    y = np.arange(10, dtype=np.float32).reshape(5, 2)
    made = _prediction(y)
    assert [made.rows(i) for i in range(4)] == [
        slice(0, 3), slice(3, 4), slice(4, 4), slice(4, 5)
    ]  # fmt: skip
    whole = Prediction(
        ("a", "b"), np.array([0, 0, 0, 1, 1]), made.start, made.end, y, y, y, y, ("t", "u"), "",
        PROVENANCE,
    )  # fmt: skip
    assert whole.means().tolist() == [[2, 3], [7, 8]]


@pytest.mark.parametrize("name", ["spread", "strand_gap", "member_sd"])
def test_a_prediction_refuses_arrays_of_another_shape(name):
    with pytest.raises(ModelError, match=re.escape(f"{name} has shape (5, 1), wanted (5, 2)")):
        _prediction(np.zeros((5, 2), np.float32), **{name: np.zeros((5, 1), np.float32)})
    with pytest.raises(ModelError, match=re.escape("y has shape (4, 2), wanted (5, 2)")):
        _prediction(np.zeros((4, 2), np.float32))


def _attribution(attr: np.ndarray, y: list[float], base: list[float]) -> Attribution:
    y_array, baseline = np.array(y, np.float32), np.array(base, np.float32)
    delta = np.array([attr.sum()] * len(y), np.float32) - (y_array - baseline)
    return Attribution(
        ("a",) * len(y), ("ACG",) * len(y), (attr,) * len(y), y_array, baseline, delta, Target(),
        "integrated-gradients", "zeros", "", PROVENANCE,
    )  # fmt: skip


def test_the_completeness_error_is_a_share_of_what_is_explained():
    attr = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 0.5], [0, 0, 0]], np.float32)
    made = _attribution(attr, [4.5, 3.5, 1, 4.5], [0.5, 0, 1, 1])
    # sum 3.5: off by 0.5 of 4, by 0 of 3.5, by 3.5 of nothing, by 0 of 3.5
    assert made.completeness_error().tolist() == [0.125, 0, np.inf, 0]
    assert _attribution(attr * 0, [1], [1]).completeness_error().tolist() == [0]
    assert made.per_base(0).tolist() == [1, 2, 0.5]


def test_scores_that_miss_no_more_than_rounding_are_complete():
    nothing, half = np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32)
    half[0, 0] = 0.5
    # float32 neighbours: what one shuffle like the sequence gives, read in another batch
    y = np.float32(-0.077)
    near = np.nextafter(y, np.float32(0))
    assert y != near
    assert _attribution(nothing, [y], [near]).completeness_error().tolist() == [0]
    # no difference is too small to be missed where it is more than rounding
    assert _attribution(nothing, [1.0001], [1]).completeness_error().tolist() == [1]
    assert _attribution(half, [y], [near]).completeness_error()[0] > 1e6


def test_maps_stand_on_the_letters_they_explain():
    with pytest.raises(ModelError, match=re.escape("shape (4, 2), wanted (4, 3)")):
        _attribution(np.zeros((4, 2), np.float32), [0], [0])
    zeros = np.zeros((4, 2), np.float32)

    def mutagenesis(window: tuple[int, int]) -> Mutagenesis:
        y_ref = np.zeros(1, np.float32)
        return Mutagenesis(("a",), ("ACGT",), (zeros,), (window,), y_ref, Target(), "", PROVENANCE)

    assert mutagenesis((1, 3)).effect[0].shape == (4, 2)
    with pytest.raises(ModelError, match=re.escape("'a' has shape (4, 2), wanted (4, 3)")):
        mutagenesis((1, 4))
