"""Training of a model of tracks: what it reads, what it minimises, what is written of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from gexp_core.__main__ import main
from gexp_core.errors import InputError, ModelError
from gexp_core.inputs.overlap import FILE, read_sketch
from gexp_core.models import registry
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.models.card import TEACHER
from gexp_core.motifs.database import motifs_of
from gexp_core.predict import predict
from gexp_core.training.scoring import recalibrate
from gexp_core.training.tracks import assemble as assembling
from gexp_core.training.tracks import lessons, texts
from gexp_core.training.tracks.distil import distil, read_windows
from gexp_core.training.tracks.figures import ACROSS, ALL, WITHIN, held_out, pooled, sums
from gexp_core.training.tracks.losses import distance, inverse_softplus, poisson_multinomial
from gexp_core.training.tracks.recipe import HUMAN_TRACKS, recipe
from gexp_core.training.tracks.ridge import composition_ridge, features
from gexp_core.training.tracks.settings import Cycle, DistilSettings
from gexp_core.training.tracks.teacher import read_teacher
from gexp_core.training.tracks.texts import apart, made, turned
from gexp_core.training.tracks.windows import human_tracks
from gexp_core.types import SequenceSet
from tests.models import published

SPLITS = ["train"] * 5 + ["valid"] * 2 + ["test"] * 3

#: another size than the teacher's, so that neither can be taken for the other
CONFIG = BaskervilleConfig(
    input_length=published.LENGTH,
    tracks=published.TRACKS,
    stem_width=5,
    widths=(6, 7, 10),
    heads=2,
    key_size=3,
    position_features=8,
    crop=16,
)
SETTINGS = DistilSettings(cycles=(Cycle(8, 1.5e-3),), noted_every=4, measured_every=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder of windows as the data set has them, and one with a teacher."""
    top = tmp_path_factory.mktemp("tracks")
    teacher, windows = top / "teacher", top / "windows"
    teacher.mkdir()
    windows.mkdir()
    published.write_all(teacher)
    (teacher / "targets.tsv").replace(windows / "targets.tsv")
    rng = np.random.default_rng(3)
    n = len(SPLITS)
    np.savez(
        windows / "windows.npz",
        sequence=rng.integers(0, 4, (n, published.LENGTH)).astype(np.uint8),
        target=rng.gamma(1, 1, (n, published.BINS, published.TRACKS)).astype(np.float16),
    )
    lines = [f"chr{i + 1}\t{1000 * i}\t{1000 * i + 64}\t{split}" for i, split in enumerate(SPLITS)]
    (windows / "windows.tsv").write_text("chrom\tstart\tend\tsplit\n" + "\n".join(lines) + "\n")
    return windows, teacher


@pytest.fixture(scope="module")
def windows(data):
    return human_tracks(data[0])


@pytest.fixture(scope="module")
def teacher(data):
    return read_teacher(data[1], data[0] / "targets.tsv")


def test_windows_are_read_with_their_splits_places_and_assays(windows):
    assert windows.codes.shape == (10, published.LENGTH) and windows.codes.dtype == np.uint8
    assert windows.y.shape == (10, published.BINS, published.TRACKS)
    assert windows.rows("test").tolist() == [7, 8, 9]
    assert windows.places[2] == "chr3:2001-2064"  # 1-based inclusive of 2000 to 2064
    assert {name: rows.tolist() for name, rows in windows.groups.items()} == {
        "CAGE": [0, 1],
        "DNase": [2],
        "RNA": [3, 4],
    }


def test_files_that_are_missing_or_do_not_belong_together_are_told(data, tmp_path):
    with pytest.raises(InputError, match=r"holds no windows\.npz"):
        human_tracks(tmp_path)
    for path in data[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    table = (tmp_path / "windows.tsv").read_text().splitlines()
    (tmp_path / "windows.tsv").write_text("\n".join(table[:-1]) + "\n")
    with pytest.raises(InputError, match="10 windows, 9 rows"):
        human_tracks(tmp_path)


def test_a_teacher_is_the_one_model_of_its_folder(data, teacher, tmp_path):
    with pytest.raises(InputError, match=r"0 \.h5 and 0 \.json"):
        read_teacher(tmp_path, data[0] / "targets.tsv")
    X = torch.zeros(1, 4, published.LENGTH)
    uncut = published.BINS + 2 * 16
    assert teacher(X).shape == (1, uncut, published.TRACKS)
    assert not any(p.requires_grad for p in teacher.network.parameters())


def test_texts_hold_what_they_are_made_of():
    only_a, only_c = np.zeros((2, 300), np.uint8), np.ones((4, 20), np.uint8)
    kinds = [made(only_a, None, 200, np.random.default_rng(i)) for i in range(40)]
    assert {len(text) for text in kinds} == {200}
    clean = [text for text in kinds if set(np.unique(text)) <= {0, 3}]  # A, or T read turned
    assert 10 <= len(clean) < 40  # half of the texts are mutated, most of those visibly
    with_elements = [made(only_a, only_c, 200, np.random.default_rng(i)) for i in range(40)]
    dense = [np.isin(text, (1, 2)).mean() for text in with_elements]
    assert max(dense) > 0.2  # C or G come from elements, and from mutation at 5 % at most


def _runs_of(text, letter):
    """Return the lengths of the runs of a letter."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], text == letter, [0]]).astype(int)))
    return edges[1::2] - edges[::2]


def test_varied_texts_have_sites_of_motifs_on_either_strand():
    only_a = np.zeros((2, 9000), np.uint8)
    site = np.zeros((4, 9), np.float32)
    site[1] = 1  # nine C
    plain = [made(only_a, None, 9000, np.random.default_rng(i)) for i in range(20)]
    varied = [made(only_a, None, 9000, np.random.default_rng(i), (site,)) for i in range(20)]
    for letter in (1, 2):  # as it stands, and read on the other strand
        assert not any(np.any(_runs_of(text, letter) >= 9) for text in plain)
        with_sites = [bool(np.any(_runs_of(text, letter) >= 9)) for text in varied]
        assert 5 <= sum(with_sites) < 20  # six of ten, and of those nearly all more than none
    rates = [np.isin(text, (1, 2)).mean() for text in varied if not np.any(_runs_of(text, 1) >= 9)]
    assert max(rates) > 0.04  # half of 5 % would be the most that others have


def test_elements_of_varied_texts_are_joined_of_two(monkeypatch):
    for rates in ("MUTATED", "MUTATED_MORE"):
        monkeypatch.setattr(texts, rates, (0.0,))
    monkeypatch.setattr(texts, "MOST_ELEMENTS", 0.05)  # so that few lie on one another
    monkeypatch.setattr(texts, "WITH_CLUSTERS", 0.0)
    only_a = np.zeros((2, 90_000), np.uint8)
    letters = np.repeat(np.arange(4, dtype=np.uint8)[:, None], 40, axis=1)
    never = np.zeros((4, 5), np.float32)
    never[0] = 1
    whole = {}
    for kind, motifs in (("plain", ()), ("varied", (never,))):
        read = [made(only_a, letters, 90_000, np.random.default_rng(i), motifs) for i in range(9)]
        runs = np.concatenate([_runs_of(text, 1) for text in read])
        whole[kind] = np.mean(runs == 40)
    assert whole["plain"] > 0.8
    assert 0.3 < whole["varied"] < 0.7


def test_turned_is_the_reverse_complement_and_leaves_n():
    codes = np.array([0, 1, 2, 3, 4, 4, 0], np.uint8)
    assert turned(codes).tolist() == [3, 4, 4, 0, 1, 2, 3]
    assert turned(turned(codes)).tolist() == codes.tolist()


def test_elements_of_held_out_windows_are_left_out():
    rng = np.random.default_rng(0)
    held = rng.integers(0, 4, (2, 500)).astype(np.uint8)
    elements = rng.integers(0, 4, (5, 60)).astype(np.uint8)
    elements[1] = held[0, 100:160]
    elements[3] = turned(held[1, 7:67])
    assert apart(elements, held).tolist() == elements[[0, 2, 4]].tolist()


def test_the_poisson_multinomial_loss_is_its_formula_and_smallest_at_the_truth():
    y = torch.tensor([[[1.0], [3.0]]])
    m = torch.tensor([[[2.0], [2.0]]])
    by_hand = -(2 * np.log(0.25) + 2 * np.log(0.75)) / 2 + 0.2 * (4 - 4 * np.log(4)) / 2
    assert poisson_multinomial(y, m).item() == pytest.approx(by_hand, abs=1e-4)  # 1e-6 is added
    truth = m.clone().requires_grad_()
    poisson_multinomial(truth, m).backward()
    assert truth.grad.abs().max() < 1e-5
    assert poisson_multinomial(m, m) < poisson_multinomial(y, m)


def test_distance_is_in_variances_of_the_teacher():
    taught = torch.rand(1, 6, 2) + 0.5
    scale, root = torch.tensor([2.0, 4.0]), torch.tensor([0.5, 0.25])
    assert distance(taught, taught, scale, root).item() == 0
    off = taught.clone()
    off[0, 0, 1] += 4
    moved = (off[0, 0, 1].sqrt() - taught[0, 0, 1].sqrt()) / 0.25
    wanted = (1 / 12 + moved.square() / 12) / 2
    assert distance(off, taught, scale, root).item() == pytest.approx(wanted.item(), rel=1e-4)


def test_inverse_softplus():
    y = torch.tensor([1e-3, 0.3, 5.0, 40.0])
    torch.testing.assert_close(torch.nn.functional.softplus(inverse_softplus(y)), y)


def test_figures_are_those_of_the_bins_themselves():
    rng = np.random.default_rng(1)
    m = rng.gamma(1, 1, (4, 30, 3)).astype(np.float32)
    p = m + rng.normal(0, 1, m.shape).astype(np.float32)
    groups = {"x": np.array([0, 2]), "y": np.array([1])}
    r = [np.corrcoef(p[..., t].ravel(), m[..., t].ravel())[0, 1] for t in range(3)]
    assert pooled(p, m, groups) == {
        "x": pytest.approx((r[0] + r[2]) / 2),
        "y": pytest.approx(r[1]),
    }
    assert sums(p, m).shape == (4, 3, 6)
    rows = held_out({"me": p, "flat": np.zeros_like(p)}, m, ["a", "b", "c"], groups)
    found = {(row.predictor, row.subset, row.track, row.metric): row for row in rows}
    first = rows[0]
    assert (first.track, first.subset, first.n) == ("x, mean of 2 tracks", ALL, 120)
    assert first.low < first.value < first.high
    one = found["me", ALL, "b", "pearson"]
    assert one.value == pytest.approx(r[1], abs=1e-4)
    error = ((p - m)[..., 1] ** 2).sum() / ((m[..., 1] - m[..., 1].mean()) ** 2).sum()
    assert found["me", ALL, "b", "r2"].value == pytest.approx(1 - error, abs=1e-4)
    within = np.mean([np.corrcoef(p[i, :, 1], m[i, :, 1])[0, 1] for i in range(4)])
    assert found["me", WITHIN, "y, mean of 1 tracks", "pearson"].value == pytest.approx(
        within, abs=1e-4
    )
    across = np.mean([np.corrcoef(p[:, b, 1], m[:, b, 1])[0, 1] for b in range(30)])
    assert found["me", ACROSS, "y, mean of 1 tracks", "pearson"].value == pytest.approx(
        across, abs=1e-4
    )
    assert ("flat", ALL, "b", "pearson") not in found  # a constant has no correlation
    assert not any(row.metric == "gain" for row in rows)


def test_a_gain_is_taken_on_the_same_windows():
    rng = np.random.default_rng(2)
    m = rng.gamma(1, 1, (4, 40, 1)).astype(np.float32)
    m *= np.array([1, 1, 1, 8], np.float32)[:, None, None]  # one window decides every r
    noise = rng.normal(0, 1, m.shape).astype(np.float32)
    both = {"good": m + noise, "worse": m + 1.5 * noise}
    rows = held_out(both, m, ["a"], {"x": np.array([0])}, against={"gain": "worse"})
    found = {(row.predictor, row.metric): row for row in rows if row.subset == ALL}
    gain, good = found["good", "gain"], found["good", "pearson"]
    assert gain.value == pytest.approx(good.value - found["worse", "pearson"].value, abs=2e-4)
    assert gain.low > 0 and gain.high - gain.low < good.high - good.low
    assert ("worse", "gain") not in found


def test_composition_is_counted_around_each_bin():
    codes = np.full((1, 400), 3, np.uint8)
    codes[0, 200:202] = (1, 2)  # one CG in the middle
    shares = features(codes, 4, 32)  # bins from 136; the third covers 200 to 232
    assert shares.shape == (1, 4, 10)
    assert shares[0, :, 0] == pytest.approx([2 / 128] * 4)  # within 64 bp of every bin's middle
    assert shares[0, :, 5] == pytest.approx([1 / 128] * 4)
    assert shares[0, 0, 4] == pytest.approx(2 / 400)  # the largest scale is cut at the window


def test_the_ridge_finds_what_composition_tells(windows):
    told = features(windows.codes, published.BINS, CONFIG.bin_size)[..., :1]
    following = replace(windows, y=np.repeat(told, published.TRACKS, 2).astype(np.float32))
    rows = windows.rows("test")
    said, about = composition_ridge(following, rows, CONFIG.bin_size)
    assert min(pooled(said, following.y[rows], windows.groups).values()) > 0.99
    assert "penalty 1," in about


def test_a_student_comes_nearer_to_its_teacher(windows, teacher, tmp_path):
    settings = replace(
        SETTINGS,
        cycles=(Cycle(300, 0.01),),
        noted_every=300,
        measured_every=1000,
        average_decay=0.9,
    )
    distil(CONFIG, teacher, windows, None, tmp_path, settings=settings)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    (row,) = json.loads(kept["record"])["curve"]
    rows = windows.rows("test")
    pairs = torch.tensor(windows.targets.pairs)
    taught = read_windows(teacher.network, windows.codes[rows], pairs, published.BINS)
    student = assembling.student(CONFIG, tmp_path / "best.safetensors")
    said = read_windows(student, windows.codes[rows], pairs, published.BINS)
    near = pooled(said, taught, windows.groups)
    assert np.mean(list(near.values())) > 0.25, (near, row)  # 0 without training


@pytest.mark.parametrize(
    ("cycles", "after"),
    [
        ((Cycle(8, 1e-3),), 4),
        ((Cycle(8, 1e-3, 1),), 4),
        ((Cycle(2, 1e-3), Cycle(6, 1e-3)), 4),
        ((Cycle(6, 1e-3, 1), Cycle(2, 1e-3, 1)), 4),
        ((Cycle(4, 1e-3), Cycle(4, 1e-3, 1)), 4),
        ((Cycle(5, 1e-3), Cycle(3, 1e-3, varied=True)), 5),
        ((Cycle(3, 1e-3, 1), Cycle(5, 1e-3, 1, varied=True)), 3),
    ],
    ids=["outputs", "hints", "in 2", "in 1", "of 2", "varied", "varied hints"],
)
def test_a_run_goes_on_from_its_checkpoint_the_same_way(cycles, after, windows, teacher, tmp_path):
    elements = windows.codes[:3, :20]
    settings = replace(SETTINGS, cycles=cycles)
    whole = distil(CONFIG, teacher, windows, elements, tmp_path / "a", settings=settings)

    class Stop(Exception):
        pass

    def interrupt(text):
        if text.startswith(f"step {after}/") and text.endswith("\n"):
            raise Stop

    arguments = (CONFIG, teacher, windows, elements, tmp_path / "b")
    with pytest.raises(Stop):
        distil(*arguments, settings=settings, report=interrupt)
    went_on = distil(*arguments, settings=settings)
    weights = [(tmp_path / run / "best.safetensors").read_bytes() for run in "ab"]
    assert weights[0] == weights[1]
    assert [r["valid_r"] for r in whole["curve"]] == [r["valid_r"] for r in went_on["curve"]]


@pytest.mark.parametrize("weight", [0, 1], ids=["outputs", "hints"])
def test_texts_are_varied_in_the_cycles_that_say_so(
    weight, windows, teacher, tmp_path, monkeypatch
):
    asked = []
    plain = texts.made

    def made_of(train, elements, length, generator, motifs=()):
        asked.append(len(motifs))
        return plain(train, elements, length, generator, motifs)

    monkeypatch.setattr(lessons, "made", made_of)
    cycles = (Cycle(2, 1e-3, weight), Cycle(2, 1e-3, weight, varied=True))
    settings = replace(SETTINGS, cycles=cycles, measured_every=1000)
    record = distil(CONFIG, teacher, windows, None, tmp_path, settings=settings)
    known = len(motifs_of(lessons.MOTIF_DATABASE))
    read = 1 + weight  # texts of two steps
    assert asked == [0] * read + [known] * read
    assert record["motifs"] == "jaspar-vertebrates" and len(record["motifs_sha256"]) == 64


def test_the_norms_of_what_is_kept_are_those_of_the_train_windows(windows, teacher, tmp_path):
    distil(CONFIG, teacher, windows, None, tmp_path, settings=SETTINGS)
    best = load_file(tmp_path / "best.safetensors")
    again = assembling.student(CONFIG, tmp_path / "best.safetensors")
    train = torch.from_numpy(windows.codes[windows.rows("train")])
    recalibrate(again, train, device="cpu", batch_size=1)
    for name, value in again.state_dict().items():
        if "running" in name:
            assert torch.equal(best[name], value), name


def test_the_mean_of_the_last_two_ends_is_scored_and_kept_where_it_is_the_best(
    windows, teacher, tmp_path
):
    settings = replace(SETTINGS, cycles=(Cycle(4, 1e-3), Cycle(4, 1e-3), Cycle(4, 1e-3)))
    arguments = (CONFIG, teacher, windows, None, tmp_path)
    record = distil(*arguments, settings=settings)
    assert record["mean"]["of"] == [8, 12]
    ends = [load_file(tmp_path / f"end-{step}.safetensors") for step in (4, 8, 12)]
    mean = {name: (ends[1][name].double() + ends[2][name].double()) / 2 for name in ends[0]}
    name = "head.weight"
    assert not torch.equal(ends[0][name], ends[1][name])

    def best_is_the_mean():
        best = load_file(tmp_path / "best.safetensors")
        return torch.allclose(best[name], mean[name].float(), atol=1e-7)

    most = max(row["valid_r"] for row in record["curve"])
    assert best_is_the_mean() == (record["mean"]["valid_r"] > most)
    for lift in (-1, 1):  # the same run, had its steps done better, then worse
        kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
        before = json.loads(kept["record"])
        for row in before["curve"]:
            row["valid_r"] = record["mean"]["valid_r"] - lift
        torch.save(kept | {"record": json.dumps(before)}, tmp_path / "checkpoint.pt")
        save_file(ends[0], tmp_path / "best.safetensors")
        distil(*arguments, settings=settings)
        assert best_is_the_mean() == (lift > 0)


def test_a_cycle_begins_with_the_best_so_far_and_a_rate_of_its_own(windows, teacher, tmp_path):
    settings = replace(SETTINGS, cycles=(Cycle(4, 1e-3), Cycle(2, 1e-9)))
    best = {}

    def keep(text):
        if text.endswith("\n"):
            best[text.split("/")[0]] = load_file(tmp_path / "best.safetensors")

    record = distil(CONFIG, teacher, windows, None, tmp_path, settings=settings, report=keep)
    assert [row["step"] for row in record["curve"]] == [4, 6]
    network = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["network"]
    for key, kernel in best["step 4"].items():
        if key.endswith("conv.weight"):
            torch.testing.assert_close(network[key], kernel, atol=1e-6, rtol=0)
    assert [settings.cycle(step) for step in (0, 3, 4)] == [
        (0, settings.cycles[0]),
        (0, settings.cycles[0]),
        (4, settings.cycles[1]),
    ]
    with pytest.raises(ValueError, match="there are 6 steps; step 6 is none"):
        settings.cycle(6)


def test_a_cycle_does_not_begin_with_a_best_of_its_own(windows, teacher, tmp_path):
    """A kill after the best was written and before the checkpoint leaves a best of later steps."""
    settings = replace(SETTINGS, cycles=(Cycle(4, 1e-3), Cycle(4, 1e-3)))

    class Stop(Exception):
        pass

    def interrupt(text):
        if text.startswith("step 4/") and text.endswith("\n"):
            raise Stop

    for run, left in (("a", False), ("b", True)):
        with pytest.raises(Stop):
            distil(
                CONFIG, teacher, windows, None, tmp_path / run, settings=settings, report=interrupt
            )
        if left:
            best = load_file(tmp_path / run / "best.safetensors")
            save_file(
                {name: value * 2 for name, value in best.items()},
                tmp_path / run / "best.safetensors",
            )
        distil(CONFIG, teacher, windows, None, tmp_path / run, settings=settings)
    networks = [
        torch.load(tmp_path / run / "checkpoint.pt", weights_only=True)["network"] for run in "ab"
    ]
    for name, value in networks[0].items():
        torch.testing.assert_close(value, networks[1][name], atol=0, rtol=0)


def test_the_folder_is_a_model_that_reads_as_it_was_scored(windows, teacher, tmp_path, monkeypatch):
    plan = replace(HUMAN_TRACKS, name="tiny-tracks", config=CONFIG, fit=SETTINGS)
    distil(CONFIG, teacher, windows, None, tmp_path / "run", settings=SETTINGS)
    out = tmp_path / "models" / "tiny-tracks"
    card = assembling.assemble(plan, windows, teacher, tmp_path / "run", out)
    monkeypatch.setenv("GEXP_MODELS", str(out.parent))
    model = registry.load("tiny-tracks", device="cpu")
    assert registry.card("tiny-tracks").to_json() == card.to_json()
    assert model.card.bins == published.BINS and set(model.card.background) == set("ACGT")
    rows = windows.rows("test")
    letters = np.frombuffer(b"ACGTN", np.uint8)
    texts = tuple(letters[row].tobytes().decode() for row in windows.codes[rows])
    said = predict(model, SequenceSet(("a", "b", "c"), texts)).y
    network = assembling.student(CONFIG, tmp_path / "run" / "best.safetensors")
    pairs = torch.tensor(windows.targets.pairs)
    again = read_windows(network, windows.codes[rows], pairs, published.BINS)
    np.testing.assert_allclose(said.reshape(again.shape), again, atol=1e-5)
    figure = card.find("pearson")
    assert figure.track == "CAGE, mean of 2 tracks" and figure.n == 3 * published.BINS
    assert figure.value == pytest.approx(
        pooled(again, windows.y[rows], windows.groups)["CAGE"], abs=1e-4
    )
    assert {row.predictor for row in card.held_out} == {
        "tiny-tracks",
        assembling.RIDGE,
        TEACHER,
    }
    assert read_sketch(out).rows == 7
    assert (out / "curves.svg").is_file()


def test_weights_that_are_not_there_are_told(windows, teacher, tmp_path):
    with pytest.raises(ModelError, match="train it first"):
        assembling.assemble(HUMAN_TRACKS, windows, teacher, tmp_path, tmp_path / "out")


def test_a_sketch_alone_trains_nothing(data, tmp_path, capsys):
    options = ["--data", str(data[0]), "--out", str(tmp_path)]
    assert main(["train", "human-tracks", "--sketch", *options]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert "words" in capsys.readouterr().err
    assert main(["train", "human-tracks", "--members", "3", *options]) == 2
    assert "--members" in capsys.readouterr().err


def test_the_command_wants_data_and_a_teacher(capsys, tmp_path):
    assert main(["train", "human-tracks", "--data", str(tmp_path)]) == 2
    assert "--teacher" in capsys.readouterr().err
    with pytest.raises(ModelError, match="human-tracks"):
        recipe("other")
