"""All pairs of changes against explicit double mutants, and on a model with one interaction."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from gexp_core.__main__ import main
from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import CancelledError, InputError, LimitError
from gexp_core.explain.pairwise import pairs
from gexp_core.export.pairwise import pairs_table
from gexp_core.models.base import Scalar
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import stop_after, watch
from tests.toy_models import (
    LENGTH,
    attention_model,
    conv_model,
    linear_model,
    linear_weights,
    random_sequence,
    toy_card,
    wrap,
)

TEXT = random_sequence(LENGTH, 31)


def one(text):
    return SequenceSet(("a",), (text,))


def reader(model, **options):
    scalar = Scalar(model, Target(), **options)

    def y(texts):
        with torch.inference_mode():
            return scalar(torch.from_numpy(np.stack([one_hot(text) for text in texts]))).numpy()

    return y


def put(text, *changes):
    for at, base in changes:
        text = text[:at] + BASES[base] + text[at + 1 :]
    return text


@pytest.mark.parametrize("make", [conv_model, attention_model])
@pytest.mark.parametrize("text", [TEXT, TEXT[:22] + "N" + TEXT[23:]], ids=["letters", "N"])
def test_every_double_mutant_is_that_of_a_forward_pass(make, text):
    model, start, end = make(members=2), 20, 27
    told = []
    made = pairs(model, one(text), (start, end), progress=watch(told))
    assert told[-1][0] == told[-1][1] and all(a <= b for (a, _), (b, _) in pairwise(told))
    y = reader(model)
    (neither,) = y([text])
    assert made.y_ref == pytest.approx(neither, abs=1e-5)
    cells = [
        (a, i, b, k)
        for i in range(7)
        for k in range(7)
        if i != k
        for a in range(4)
        for b in range(4)
    ]
    both = y([put(text, (start + i, a), (start + k, b)) for a, i, b, k in cells])
    first = y([put(text, (start + i, a)) for a, i, _, _ in cells])
    second = y([put(text, (start + k, b)) for _, _, b, k in cells])
    found = np.array([made.interaction[cell] for cell in cells])
    # four float32 readings of size 1 are added
    np.testing.assert_allclose(found, both - first - second + neither, atol=2e-5)
    assert np.isnan(made.interaction[:, range(7), :, range(7)]).all()
    table = pairs_table(made, model.card)
    letters = [4 if letter == "N" else 3 for letter in text[start:end]]
    assert len(table) == sum(a * b for i, a in enumerate(letters) for b in letters[i + 1 :])
    row = table.iloc[0]
    assert abs(row["interaction"]) == pytest.approx(np.nanmax(np.abs(made.interaction)))
    changes = [(row[f"position_{n}"] - 1, BASES.index(row[f"alt_{n}"])) for n in (1, 2)]
    (double,) = y([put(text, *changes)])
    assert row["effect_both"] == pytest.approx(double - neither, abs=1e-5)
    assert row["ref_1"] == text[changes[0][0]]


class TwoBases(nn.Module):
    """A sum over bases, and 2 more where base 12 is G and base 17 is T: one interaction."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(linear_weights())

    def forward(self, X):
        y = (X * self.weights).sum((1, 2)) + 2 * X[:, 2, 12] * X[:, 3, 17]
        return y[:, None, None]


def test_a_known_interaction_is_shown_and_nothing_else():
    text = put(TEXT, (12, 0), (17, 3))  # T stands at 17, no G at 12
    model = wrap([TwoBases()], toy_card(both_strands=False))
    made = pairs(model, one(text), (8, 22))
    strength = made.strength()
    known = np.zeros((14, 14), bool)
    known[4, 9] = known[9, 4] = True
    # G at 12 gains 2, which is lost where 17 is no T: the interaction is -2
    for b in range(3):
        assert made.interaction[2, 4, b, 9] == pytest.approx(-2, abs=1e-5)
    assert strength[known] == pytest.approx(2, abs=1e-5)
    np.testing.assert_allclose(strength[~known & ~np.eye(14, dtype=bool)], 0, atol=1e-5)
    np.testing.assert_array_equal(made.interaction, made.interaction.transpose(2, 3, 0, 1))


def test_an_additive_model_has_none():
    made = pairs(linear_model(), one(TEXT), (0, 10))
    np.testing.assert_allclose(np.nan_to_num(made.interaction), 0, atol=1e-5)


def test_an_additive_model_has_none_in_the_flanks_of_a_construct():
    # the flanks of 4 and 18 letters already differ as much as those of a construct may: with
    # another letter changed the text alone would be read in two windows
    model = linear_model(insert=(4, 42), both_strands=False)
    left, right = model.card.background[:4], model.card.background[42:]
    changed = "".join(BASES[(BASES.index(base) + 1) % 4] for base in right[:4]) + right[4:]
    for text in (left + TEXT[4:42] + right, left + TEXT[4:42] + changed):
        for window in ((0, 9), (38, 48)):
            made = pairs(model, one(text), window)
            np.testing.assert_allclose(np.nan_to_num(made.interaction), 0, atol=1e-5)


def test_bad_windows_are_refused_and_work_can_be_stopped():
    model = linear_model()
    for window in ((5, 6), (-1, 4), (50, 61)):
        with pytest.raises(InputError, match="two bases or more of the 60 bp"):
            pairs(model, one(TEXT), window)
    with pytest.raises(InputError, match="asked of one"):
        pairs(model, SequenceSet(("a", "b"), (TEXT, TEXT)), (0, 5))
    with pytest.raises(LimitError, match="at most 60"):
        pairs(linear_model(90), one(random_sequence(90)), (0, 61))
    with pytest.raises(CancelledError):
        pairs(model, one(TEXT), (0, 9), progress=stop_after(2))


def test_the_command_writes_the_same_table(toy, tmp_path, capsys):
    text, out, doubles = random_sequence(30, 1), tmp_path / "o.tsv", tmp_path / "p.tsv"
    (tmp_path / "in.fa").write_text(f">a\n{text}\n")
    words = ["mutagenesis", "--model", toy, str(tmp_path / "in.fa"), "--out", str(out)]
    assert main([*words, "--pairs", str(doubles), "--pairs-in", "11-14"]) == 0
    table = pd.read_csv(doubles, sep="\t")
    assert len(table) == 9 * 6
    assert set(table["position_1"]) | set(table["position_2"]) == {11, 12, 13, 14}
    alone = pd.read_csv(out, sep="\t").set_index(["position", "alt"])["effect"]
    row = table.iloc[0]
    assert row["effect_1"] == pytest.approx(alone[row["position_1"], row["alt_1"]], abs=1e-5)
    assert main([*words, "--pairs", str(doubles)]) == 2
    assert "belong together" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--pairs", str(doubles), "--pairs-in", "14-11"])
