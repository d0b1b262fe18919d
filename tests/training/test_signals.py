"""How much a measured signal may change what the sequence tells: the choice, the folder."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from gexp_core.__main__ import main
from gexp_core.errors import InputError, ModelError
from gexp_core.inputs.signals import Signals
from gexp_core.models import registry
from gexp_core.models.adapters.adopt import adopt
from gexp_core.models.adapters.targets import read_signals
from gexp_core.predict import predict
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.recipe import HUMAN_TRACKS_OMICS
from gexp_core.training.tracks.ridge import signal_features, signal_ridge
from gexp_core.training.tracks.signal_model import begun, make, parts
from gexp_core.training.tracks.signals import SignalSettings, choose, compare, settle
from gexp_core.training.tracks.windows import human_tracks
from gexp_core.types import SequenceSet
from tests.models import published

SPLITS = ["train"] * 6 + ["valid"] * 2 + ["test"] * 3
SETTINGS = SignalSettings(powers=((0.0, 0.5, 1.0), (0.0, 1.0)))
PLAN = replace(HUMAN_TRACKS_OMICS, name="tiny-omics", trunk="tiny", fit=SETTINGS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data set in which c follows b, the signal, and a model of sequence of its tracks."""
    top = tmp_path_factory.mktemp("signals")
    files = published.write_all(top)
    made = adopt(*files, name="tiny")
    folder = top / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(made.weights)
    (folder / "card.json").write_text(made.card.to_json())
    windows = top / "windows"
    windows.mkdir()
    rows = (top / "targets.tsv").read_text().splitlines()
    at = rows[0].split("\t").index("sum_stat")
    table = [row.split("\t") for row in rows]
    for row in table[1:]:
        row[at] = "mean"
    (windows / "targets.tsv").write_text("\n".join("\t".join(row) for row in table) + "\n")
    rng = np.random.default_rng(3)
    n = len(SPLITS)
    y = rng.gamma(1, 1, (n, published.BINS, published.TRACKS))
    y[..., 3] = y[..., 4] = 0.2 + 2 * y[..., 2]  # of both strands of c, what the signal tells
    np.savez(
        windows / "windows.npz",
        sequence=rng.integers(0, 4, (n, published.LENGTH)).astype(np.uint8),
        target=y.astype(np.float16),
    )
    lines = [f"chr{i + 1}\t{1000 * i}\t{1000 * i + 64}\t{split}" for i, split in enumerate(SPLITS)]
    (windows / "windows.tsv").write_text("chrom\tstart\tend\tsplit\n" + "\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(top / "models"))
        yield windows, top / "models"


@pytest.fixture(scope="module")
def given(data):
    every = human_tracks(data[0])
    windows, measured = parts(every, "DNase")
    return windows, measured, begun(PLAN, every, windows)


def test_the_signal_is_taken_out_of_the_tracks(data, given):
    windows, measured, _ = given
    every = human_tracks(data[0])
    assert [track.name for track in windows.targets.tracks] == ["a+", "a-", "c+", "c-"]
    assert windows.targets.pairs == (1, 0, 3, 2)
    np.testing.assert_array_equal(windows.y, every.y[..., [0, 1, 3, 4]])
    np.testing.assert_array_equal(measured, every.y[..., 2:3])
    assert {name: rows.tolist() for name, rows in windows.groups.items()} == {
        "CAGE": [0, 1],
        "RNA": [2, 3],
    }
    with pytest.raises(InputError, match=r"a\+ is chosen without a-"):
        every.of_tracks(np.array([0, 2]))


def test_signals_come_with_how_they_were_squashed(data, tmp_path):
    table = data[0] / "targets.tsv"
    (one,) = read_signals(table, "DNase")
    (row,) = [line.split("\t") for line in table.read_text().splitlines() if "\tb\t" in line]
    head = table.read_text().splitlines()[0].split("\t")
    numbers = [float(row[head.index(name)]) for name in ("scale", "clip_soft", "clip")]
    assert one.name == "b" and [one.scale, one.clip_soft, one.clip] == numbers
    (tmp_path / "targets.tsv").write_text(table.read_text().replace("mean", "sum_sqrt"))
    with pytest.raises(ModelError, match="'b', which is no mean over bins"):
        read_signals(tmp_path / "targets.tsv", "DNase")


def test_with_powers_of_zero_the_sequence_speaks_alone(given):
    windows, measured, network = given
    made = compare(network, windows, np.array([0, 1]), measured)
    letters = np.frombuffer(b"ACGTN", np.uint8)
    texts = tuple(letters[row].tobytes().decode() for row in windows.codes[:2])
    trunk = registry.load("tiny", device="cpu")
    alone = predict(trunk, SequenceSet(("a", "b"), texts)).y[:, [0, 1, 3, 4]]
    said = made.read(np.arange(4), (0.0, 0.0))
    np.testing.assert_allclose(said.reshape(alone.shape), alone, atol=1e-5)  # float32 rounding
    # by the definition, on the strand as given: nine bins around, and all
    y = (
        network.trunk(
            torch.nn.functional.one_hot(torch.from_numpy(windows.codes[1]).long()).mT[None].float()
        )[0, :, 2]
        .detach()
        .numpy()
    )
    near, floor = slice(100 - 4, 100 + 5), network.config.floor
    local = np.log((measured[1, near].mean() + floor) / (y[near].mean() + floor))
    whole = np.log((measured[1].mean() + floor) / (y.mean() + floor))
    assert made.ratios[0, 1, 100].numpy() == pytest.approx([local, whole], abs=1e-4)


def test_powers_that_were_planted_are_chosen(given):
    windows, measured, network = given
    rows = windows.rows("train")
    made = compare(network, windows, rows, measured)
    y = windows.y[rows].copy()
    y[..., 2:] = made.read(np.array([2, 3]), (0.5, 1.0))  # RNA follows both spans, CAGE none
    y[..., :2] = made.read(np.array([0, 1]), (0.0, 0.0))
    tried = choose(made, y, windows.groups, SETTINGS)
    assert len(tried) == 2 * 6
    chosen = settle(network, tried, list(windows.groups))
    assert [one.powers for one in chosen] == [(0.0, 0.0), (0.5, 1.0)]
    assert chosen[1].r == pytest.approx(1, abs=1e-3) and chosen[1].low > 0
    assert chosen[0].gain == chosen[0].low == chosen[0].high == 0
    assert network.powers.tolist() == [[0.0, 0.0], [0.5, 1.0]]
    nothing = next(one for one in tried if one.assay == "RNA" and one.powers == (0.0, 0.0))
    assert nothing.gain == 0 and chosen[1].gain == pytest.approx(1 - nothing.r, abs=2e-3)


def test_the_ridge_on_the_signal_finds_what_it_tells(given):
    windows, measured, _ = given
    rows = windows.rows("test")
    said, about = signal_ridge(windows, rows, measured, "DNase")
    found = pooled(said, windows.y[rows], windows.groups)
    assert found["RNA"] > 0.9 and abs(found["CAGE"]) < 0.2  # a logarithm is not quite a line
    assert "measured DNase tracks alone" in about
    plain = signal_features(measured)
    levels = np.log1p(measured.astype(np.float64))
    assert plain.shape == (*measured.shape[:2], 6)
    np.testing.assert_allclose(plain[..., :1], levels, rtol=1e-5)
    np.testing.assert_allclose(plain[2, 100, 1], levels[2, 98:103].mean(), rtol=1e-5)
    np.testing.assert_allclose(plain[2, 0, 2], levels[2, :9].mean(), rtol=1e-5)
    np.testing.assert_allclose(plain[2, 0, 5], levels[2].mean(), rtol=1e-5)


def test_the_folder_is_a_model_that_reads_as_it_was_scored(data, tmp_path, monkeypatch):
    folder, models = data
    out = models / "tiny-omics"
    card = make(PLAN, folder, out)
    model = registry.load("tiny-omics", device="cpu")
    assert registry.card("tiny-omics").to_json() == card.to_json()
    assert "tiny-omics" not in registry.offered() and "tiny" in registry.offered()
    windows, measured = parts(human_tracks(folder), "DNase")
    rows = windows.rows("test")
    letters = np.frombuffer(b"ACGTN", np.uint8)
    texts = tuple(letters[row].tobytes().decode() for row in windows.codes[rows])
    names = ("a", "b", "c")
    beside = Signals(names, ("b",), np.ascontiguousarray(measured[rows].swapaxes(1, 2)))
    said = predict(model, SequenceSet(names, texts), signals=beside).y
    found = pooled(said.reshape(windows.y[rows].shape), windows.y[rows], windows.groups)
    assert card.headlines()[0].value == pytest.approx(found["CAGE"], abs=1e-4)
    assert {row.predictor for row in card.held_out} == {
        "tiny-omics",
        "tiny",
        "DNase ridge",
    }
    gain = card.find("signal_gain", track="RNA, mean of 2 tracks")
    own, alone = (
        card.find("pearson", predictor=name, track=gain.track) for name in ("tiny-omics", "tiny")
    )
    assert gain.value == pytest.approx(own.value - alone.value, abs=2e-4)
    assert gain.low <= gain.value <= gain.high
    assert card.training["trunk"]["sha256"] == registry.card("tiny").sha256
    assert json.loads(card.to_json())["config"] == asdict(model.network.members[0].config)
    assert (out / "trained_on.safetensors").is_file()
    (record,) = json.loads((out / "record.json").read_text())
    assert len(record["tried"]) == 12
    assert card.training["powers"] == {
        one["assay"]: tuple(one["powers"]) for one in record["chosen"]
    }
    again = make(PLAN, folder, tmp_path / "out", test=False)
    assert again.sha256 == card.sha256 and again.held_out == ()


def test_the_command_wants_data_and_no_teacher(capsys, tmp_path):
    assert main(["train", "human-tracks-omics"]) == 2
    assert "--data DIR" in capsys.readouterr().err
    assert main(["train", "human-tracks-omics", "--data", str(tmp_path)]) == 2
    assert "windows.npz" in capsys.readouterr().err
    assert main(["train", "human-tracks-omics", "--data", str(tmp_path), "--epochs", "3"]) == 2
    assert "made without --epochs" in capsys.readouterr().err
