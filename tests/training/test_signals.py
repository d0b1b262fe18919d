"""A network that reads signal beside the sequence: what it learns from, the run, the folder."""

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
from gexp_core.training.tracks import known, signal_fit
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.lessons import hot
from gexp_core.training.tracks.recipe import HUMAN_TRACKS_OMICS
from gexp_core.training.tracks.ridge import signal_features, signal_ridge
from gexp_core.training.tracks.signal_card import HIDDEN, hidden, read_model
from gexp_core.training.tracks.signal_model import begun, make, parts
from gexp_core.training.tracks.signals import SignalSettings, lessons
from gexp_core.training.tracks.teacher import read_teacher
from gexp_core.training.tracks.texts import turned
from gexp_core.training.tracks.windows import human_tracks
from gexp_core.types import SequenceSet
from tests.models import published

SPLITS = ["train"] * 6 + ["valid"] * 2 + ["test"] * 3
SETTINGS = SignalSettings(texts=6, steps=4, batch=2, noted_every=2, measured=0.5)
PLAN = replace(
    HUMAN_TRACKS_OMICS,
    name="tiny-omics",
    trunk="tiny",
    fit=SETTINGS,
    config={"width": 6, "kernel": 3, "gaps": (2,)},
)
ROWS = np.arange(8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data set in which c follows b, the signal, and a model of sequence of its tracks."""
    top = tmp_path_factory.mktemp("signals")
    files = published.write_all(top)
    (top / "teacher").mkdir()
    for file in files[:2]:
        (top / "teacher" / file.name).write_bytes(file.read_bytes())
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
        yield windows, top


@pytest.fixture(scope="module")
def every(data):
    return human_tracks(data[0])


@pytest.fixture(scope="module")
def teacher(data):
    return read_teacher(data[1] / "teacher", data[0] / "targets.tsv")


@pytest.fixture
def network(every, data):
    return begun(PLAN, every, every.rows("train"))


@pytest.fixture(scope="module")
def given(data, every, teacher, tmp_path_factory):
    """Return what there is to learn from."""
    folder = tmp_path_factory.mktemp("known")
    trunk = begun(PLAN, every, every.rows("train")).trunk.eval()

    def window(number):
        codes = every.codes[ROWS[number // 2]]
        return turned(codes) if number % 2 else codes

    def text(number):
        return every.codes[number]

    places, texts = (
        known.learn(trunk, teacher, read, count, folder / name, key="")
        for name, read, count in (("windows", window, 16), ("texts", text, 6))
    )
    return lessons(every, every.groups["DNase"], ROWS, places, texts, floor=0.02, settings=SETTINGS)


def test_the_signal_is_taken_out_of_the_tracks(every):
    windows, measured = parts(every, "DNase")
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


def test_it_begins_as_the_model_of_sequence(every, network):
    beside = every.groups["DNase"]
    levels = np.log(every.y[:6][..., beside] + 0.02)
    np.testing.assert_allclose(network.level.numpy(), levels.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(network.spread.numpy(), levels.std((0, 1)), rtol=1e-5)
    letters = np.frombuffer(b"ACGTN", np.uint8)
    text = letters[every.codes[1]].tobytes().decode()
    trunk = registry.load("tiny", device="cpu")
    alone = predict(trunk, SequenceSet(("a",), (text,)), both_strands=False).y[:, [0, 1, 3, 4]]
    signal = torch.from_numpy(np.ascontiguousarray(every.y[1:2, :, 2:3].swapaxes(1, 2)))
    with torch.inference_mode():
        said = network.eval()(hot(every.codes[1], "cpu"), signal)[0].numpy()
    np.testing.assert_allclose(said, alone, atol=1e-5)  # float32 rounding


def test_what_is_known_is_what_trunk_and_teacher_say(every, teacher, given, network):
    X = hot(turned(every.codes[3]), "cpu")
    with torch.inference_mode():
        tokens, beside = network.trunk.eval().towered(X)
        taught = teacher(X)
    held, others = given.places.tower([7])
    np.testing.assert_allclose(held.numpy(), tokens.numpy(), atol=2e-2)  # halves
    for one, other in zip(others, beside, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=2e-2)
    np.testing.assert_allclose(given.places.taught[7], taught[0].numpy(), atol=5e-2)


def test_what_is_known_is_gone_on_with(every, teacher, network, tmp_path):
    asked = []

    def text(number):
        asked.append(number)
        if number == 21 and asked.count(21) == 1:
            raise KeyboardInterrupt
        return every.codes[number % 6]

    trunk = network.trunk.eval()
    with pytest.raises(KeyboardInterrupt):
        known.learn(trunk, teacher, text, 23, tmp_path, key="a")
    known.learn(trunk, teacher, text, 23, tmp_path, key="a")
    assert asked == [*range(22), 20, 21, 22]  # twenty were kept
    whole = known.learn(trunk, teacher, text, 23, tmp_path, key="a")
    assert len(asked) == 25 and len(whole) == 23
    np.testing.assert_array_equal(whole.taught[0], whole.taught[6])

    def soon(number):
        if number == 3:
            raise KeyboardInterrupt
        return every.codes[number + 1]

    with pytest.raises(KeyboardInterrupt):
        known.learn(trunk, teacher, soon, 23, tmp_path, key="b")  # of another trunk
    again = known.learn(trunk, teacher, text, 23, tmp_path, key="a")
    assert len(asked) == 48  # nothing of the other is taken for this
    np.testing.assert_array_equal(again.taught[0], again.taught[6])


def test_a_measured_window_is_read_with_its_signal_on_either_strand(every, given, network):
    for layer in (network.to_tokens, network.to_bins):
        torch.nn.init.normal_(layer.weight, 0, 0.3)
    network.eval()
    signal = torch.from_numpy(np.ascontiguousarray(every.y[5:6, :, 2:3].swapaxes(1, 2)))
    with torch.inference_mode():
        for strand, codes in enumerate((every.codes[5], turned(every.codes[5]))):
            wanted = network(hot(codes, "cpu"), signal.flip(2) if strand else signal)
            said = given.read(network, 5, strand)
            torch.testing.assert_close(said, wanted, atol=0.05, rtol=0.01)  # halves
        nothing = given.read(network, 5, 0, hidden=True)
        assert not torch.allclose(nothing, given.read(network, 5, 0), atol=0.05)
    turned_y = given.measured(5, 1)
    np.testing.assert_array_equal(turned_y[0, [1, 0, 2, 4, 3]], every.y[5, -1])


def test_a_texts_signal_is_what_the_teacher_says_changed_as_measurements_differ(given, network):
    said = np.full((256, 1), 3, np.float32)
    generator = np.random.default_rng(0)
    quiet = replace(given, settings=replace(SETTINGS, noise=0.0))
    np.testing.assert_allclose(quiet._changed(said, network, generator), said, rtol=1e-5)
    loud = np.concatenate([given._changed(said, network, generator) for _ in range(40)])
    assert (loud >= 0).all()
    change = np.log((loud + 0.02) / 3.02)
    span = given.differ.min(), given.differ.max()  # a share of what was found, nothing beyond it
    assert span[0] - 1e-4 <= change.min() < -0.1 and 0.1 < change.max() <= span[1] + 1e-4
    inner = slice(16, -16)
    wanted = np.log(given.windows.y[2][:, 2:3] + 0.02)
    wanted -= np.log(given.places.taught[4].astype(np.float32)[inner, 2:3] + 0.02)
    np.testing.assert_allclose(given.differ[2], wanted, rtol=1e-4)


def test_a_run_makes_the_loss_smaller_and_leaves_what_reads_letters(given, network, tmp_path):
    long = replace(given, settings=replace(SETTINGS, steps=30, noted_every=30, rate=5e-3))
    torch.nn.init.zeros_(network.trunk.head.weight)  # here the trunk is the teacher
    before = {name: one.clone() for name, one in network.state_dict().items()}
    losses = [long.loss(network.eval(), step).item() for step in range(30)]
    record = signal_fit.fit(network, long, tmp_path, _record())
    after = [long.loss(network.eval(), step).item() for step in range(30)]
    assert np.mean(after) < np.mean(losses)
    for name, one in network.state_dict().items():
        still = name.startswith(("trunk.stem", "trunk.tower")) or "running" in name
        if still or name in ("level", "spread"):
            torch.testing.assert_close(one, before[name])
    assert (network.to_bins.weight != 0).any() and (network.to_tokens.weight != 0).any()
    (row,) = record["curve"]
    assert row["step"] == 30 and row["valid"].keys() == {"CAGE", "RNA"}


@pytest.mark.parametrize("dropout", [True, False])
def test_what_was_trained_before_learns_at_a_rate_of_its_own(dropout, given, network, tmp_path):
    found = set()

    def watch(module, args):
        if module.training:  # the average is only read
            found.add(module.dropout.training)

    held = [block.register_forward_pre_hook(watch) for block in network.trunk.blocks]
    settings = replace(SETTINGS, rate=1e-2, trunk_rate=1e-9, average_decay=0.1, dropout=dropout)
    before = {name: one.clone() for name, one in network.named_parameters()}
    signal_fit.fit(network, replace(given, settings=settings), tmp_path, _record())
    for hook in held:
        hook.remove()
    assert found == {dropout}
    moved = {
        n: float((one - before[n]).detach().abs().max()) for n, one in network.named_parameters()
    }
    trunk = [change for name, change in moved.items() if name.startswith("trunk.")]
    assert max(trunk) < 1e-7 < 1e-3 < moved["to_bins.weight"]


def test_a_run_goes_on_from_its_checkpoint_the_same_way(given, every, tmp_path):
    def run(folder, report=None):
        torch.manual_seed(5)
        network = begun(PLAN, every, every.rows("train"))
        record = signal_fit.fit(network, given, folder, _record(), report=report)
        return record, network.state_dict()

    def interrupt(text):
        if text.startswith("step 2/4: valid"):
            raise KeyboardInterrupt

    record, weights = run(tmp_path / "a")
    changed = _record() | {"config": {"gaps": [7]}}
    told = []
    signal_fit.fit(
        begun(PLAN, every, every.rows("train")), given, tmp_path / "a", changed, report=told.append
    )
    assert sum(text.startswith("step 2/4: valid") for text in told) == 1  # begun anew
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "b", interrupt)
    again, others = run(tmp_path / "b")
    assert [row["valid"] for row in again["curve"]] == [row["valid"] for row in record["curve"]]
    for name, one in weights.items():
        torch.testing.assert_close(others[name], one, rtol=0, atol=0)


def _record():
    return dict.fromkeys(signal_fit.SAME[1:], "") | {"settings": asdict(SETTINGS)}


def test_the_ridge_on_the_signal_finds_what_it_tells(every):
    windows, measured = parts(every, "DNase")
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


def test_the_folder_is_a_model_that_reads_as_it_was_scored(data, every, teacher, tmp_path):
    folder, top = data
    out = top / "models" / "tiny-omics"
    signals = read_signals(folder / "targets.tsv", "DNase")
    elements = every.codes[:6, :200]
    arguments = (PLAN, every, signals, teacher, elements, tmp_path / "run")
    card = make(*arguments, out)
    model = registry.load("tiny-omics", device="cpu")
    assert registry.card("tiny-omics").to_json() == card.to_json()
    assert "tiny-omics" not in registry.offered() and "tiny" in registry.offered()
    windows, measured = parts(every, "DNase")
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
        HIDDEN,
    }
    gain = card.find("signal_gain", track="RNA, mean of 2 tracks")
    own, alone = (
        card.find("pearson", predictor=name, track=gain.track) for name in ("tiny-omics", "tiny")
    )
    assert gain.value == pytest.approx(own.value - alone.value, abs=2e-4)
    assert gain.low <= gain.value <= gain.high
    assert card.training["trunk"]["sha256"] == registry.card("tiny").sha256
    assert json.loads(card.to_json())["config"] == asdict(model.network.members[0].config)
    assert (out / "trained_on.safetensors").is_file() and (out / "curves.svg").is_file()
    (record,) = json.loads((out / "record.json").read_text())
    assert record["elements"] == 6 and len(record["curve"]) == 2
    best = max(record["curve"], key=signal_fit.score)
    valid = windows.rows("valid")
    again = read_model(model, windows, valid, measured)
    found = pooled(again, windows.y[valid], windows.groups)
    told = card.training["valid_r"]
    assert found == pytest.approx(told, abs=5e-3)  # what is known was kept in halves
    assert told == {name: max(best[of][name] for of in ("valid", "valid_hidden")) for name in told}
    other = make(*arguments, tmp_path / "out", test=False)  # goes on from the finished run
    assert other.sha256 == card.sha256 and other.held_out == ()
    gain = card.find("hidden_gain", track="RNA, mean of 2 tracks")
    assert gain.predictor == "tiny-omics" and gain.low <= gain.value <= gain.high


def test_hidden_is_the_network_told_that_nothing_was_measured(every, given, network):
    for layer in (network.to_tokens, network.to_bins):
        torch.nn.init.normal_(layer.weight, 0, 0.3)
    said = hidden(network.eval(), every.of_tracks(given.kept), np.array([7]), 1)[0]
    pairs = [1, 0, 3, 2]
    with torch.inference_mode():
        known_so, other = (given.read(network, 7, s, hidden=True)[0].numpy() for s in (0, 1))
        shown = given.read(network, 7, 0)[0].numpy()
    np.testing.assert_allclose(said, (known_so + other[::-1][:, pairs]) / 2, atol=0.05)
    assert np.abs(said - shown).max() > 0.2


def test_an_assay_is_told_as_was_better_on_valid():
    row = {"valid": {"CAGE": 0.4, "RNA": 0.2}, "valid_hidden": {"CAGE": 0.3, "RNA": 0.25}}
    assert signal_fit.score(row) == pytest.approx(0.325)
    assert signal_fit.alone(row) == ("RNA",)


def test_another_models_tracks_are_told(every, data):
    with pytest.raises(ModelError, match="tiny does not predict the tracks of this data set"):
        begun(PLAN, every.of_tracks(np.array([0, 1, 2])), every.rows("train"))


def test_the_command_wants_data_and_a_teacher(capsys, tmp_path):
    assert main(["train", "human-tracks-omics", "--data", str(tmp_path)]) == 2
    assert "--teacher DIR" in capsys.readouterr().err
    given = ["train", "human-tracks-omics", "--data", str(tmp_path), "--teacher", str(tmp_path)]
    assert main(given) == 2
    assert "windows.npz" in capsys.readouterr().err
