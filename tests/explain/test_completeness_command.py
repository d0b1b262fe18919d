"""The command that says how often integrated gradients add up."""

import gzip

import numpy as np
import pytest

from benchmarks import completeness
from gexp_core.errors import InputError
from gexp_core.explain import METHODS
from tests.toy_models import linear_model, random_sequence

TEXTS = [random_sequence(60, seed) for seed in range(6)]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.tsv.gz"
    lines = [f"{split}\t{text}" for text, split in zip(TEXTS, ["test", "train"] * 3, strict=True)]
    with gzip.open(path, "wt") as handle:
        handle.write("\n".join(["split\tsequence", *lines, lines[0]]) + "\n")
    return path


def test_different_sequences_of_the_split_are_drawn(rows):
    drawn = completeness.read_rows(rows, "test", 3, (0, 60), 0)
    assert sorted(drawn.sequences) == sorted(TEXTS[::2])
    cut = completeness.read_rows(rows, "test", 2, (5, 50), 0)
    assert all(text in {whole[5:50] for whole in TEXTS[::2]} for text in cut.sequences)
    with pytest.raises(InputError, match="has 3 sequences of split 'test', wanted 4"):
        completeness.read_rows(rows, "test", 4, (0, 60), 0)
    bare = rows.parent / "bare.tsv"
    bare.write_text("name\nx\n")
    with pytest.raises(InputError, match="has no columns"):
        completeness.read_rows(bare, "test", 1, (0, 60), 0)


@pytest.mark.parametrize(("tolerant", "code"), [(True, 0), (False, 1)])
def test_the_command_says_how_many_hold_and_fails_where_too_few_do(
    rows, tolerant, code, monkeypatch, capsys
):
    model = linear_model()
    monkeypatch.setattr(completeness, "load", lambda name, device: model)
    if not tolerant:
        monkeypatch.setattr(completeness, "errors", lambda *given: np.array([0.004, 0.02, 0.3]))
    words = ["completeness", "--data", str(rows), "--n", "3", "--model", "toy"]
    monkeypatch.setattr("sys.argv", words)
    assert completeness.main() == code
    last = capsys.readouterr().out.splitlines()[-1]
    held = "100.0% |" if tolerant else "33.3% | 2% |"
    assert last.startswith(f"| toy | {METHODS[0]} | 3 | {held}")
