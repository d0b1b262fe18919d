"""``--signal`` on the command line, against the same question in Python."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import save

from gexp_core import explain
from gexp_core.__main__ import main
from gexp_core.inputs.signals import Signals
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.toy_models import random_sequence, signal_model, toy_signal

TEXTS = (random_sequence(512, 5), random_sequence(512, 6))
PAIR = SequenceSet(("a", "b"), TEXTS)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A folder with a model, sequences a and b, a alone, and the tables of their signals."""
    model = signal_model()
    raw = save({name: value.contiguous() for name, value in model.network.state_dict().items()})
    folder = tmp_path / "models" / model.card.name
    folder.mkdir(parents=True)
    card = replace(model.card, sha256=hashlib.sha256(raw).hexdigest())
    (folder / "weights.safetensors").write_bytes(raw)
    (folder / "card.json").write_text(card.to_json())
    monkeypatch.setenv("GEXP_MODELS", str(folder.parent))
    values = np.stack([toy_signal(model, seed) for seed in (1, 2)])
    lines = ["sequence\tbin\tp\tq"]
    for name, one in zip("ab", values, strict=True):
        lines += [f"{name}\t{b + 1}\t{p!r}\t{q!r}" for b, (p, q) in enumerate(one.T.tolist())]
    (tmp_path / "signal.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / "ab.fa").write_text(f">a\n{TEXTS[0]}\n>b\n{TEXTS[1]}\n")
    (tmp_path / "a.fa").write_text(f">a\n{TEXTS[0]}\n")
    return tmp_path, model, Signals(("a", "b"), ("p", "q"), values)


def run(folder, command, given, *options, signal=True):
    beside = ["--signal", str(folder / "signal.tsv")] if signal else []
    words = [command, "--model", "toy-signal", str(folder / given), *beside, *options]
    return main([*words, "--device", "cpu"])


def test_every_sequence_is_predicted_beside_its_own_signal(asked):
    folder, model, signals = asked
    assert run(folder, "predict", "ab.fa", "--out", str(folder / "out.tsv")) == 0
    table = pd.read_csv(folder / "out.tsv", sep="\t", comment="#")
    made = predict(model, PAIR, signals=signals)
    said = table.pivot_table(
        index=["sequence", "start"], columns="track", values="prediction", sort=False
    )[list(made.tracks)]
    np.testing.assert_allclose(said.to_numpy(), made.y, rtol=1e-5)  # six digits are written


def test_changes_and_attributions_hold_the_signal(asked):
    folder, model, signals = asked
    bound, one = model.bind(signals.values[0]), PAIR.select(("a",))
    out = str(folder / "out.tsv")
    where = ["--part", "201-203", "--explain", "193-208", "--track", "both"]
    assert run(folder, "mutagenesis", "a.fa", *where, "--out", out) == 0
    bins = ((192 - 8) // 4, (208 - 8) // 4)
    made = explain.mutagenesis(bound, one, target=Target(2, bins), window=(200, 203))
    table = pd.read_csv(out, sep="\t", comment="#")
    assert len(table) == 9
    for row in table.itertuples():
        effect = made.effect[0]["ACGT".index(row.alt), row.position - 201]
        assert row.effect == pytest.approx(effect, abs=1e-6)
    npz = str(folder / "out.npz")
    assert run(folder, "attribute", "a.fa", "--method", "saliency", "--out", npz) == 0
    with np.load(npz) as arrays:
        assert arrays["y"][0] == pytest.approx(predict(bound, one).y[:, 0].mean(), abs=1e-6)
    maps = str(folder / "maps.npz")
    assert run(folder, "attention", "a.fa", "--out", maps) == 0


def test_what_cannot_be_is_told(asked, capsys):
    folder, _, _ = asked

    def told(*words, **options):
        code = run(folder, *words, **options)
        return code, capsys.readouterr().err

    out = ("--out", str(folder / "x.npz"))
    code, said = told("predict", "ab.fa", signal=False)
    assert code == 2 and "reads 2 measured tracks beside the sequence, and none is given" in said
    assert "--signal" in said
    code, said = told("attribute", "ab.fa", *out)
    assert code == 2 and "there are 2 sequences; beside a signal attribute takes one" in said
    code, said = told("run", "a.fa", "--out", str(folder / "run"), signal=False)
    assert code == 2 and "predict, attribute, mutagenesis and attention take them" in said
    other = ["predict", "--model", "retina-cnn", str(folder / "a.fa"), "--signal", "x.tsv"]
    assert main(other) == 2 and "retina-cnn reads sequence alone" in capsys.readouterr().err
    (folder / "a.fa").write_text(f">a\n{TEXTS[0][:100]}\n")
    code, said = told("predict", "a.fa")
    assert code == 2 and "'a' has 100 bp; toy-signal reads whole windows of 512 bp" in said
    assert not (folder / "x.npz").exists()
