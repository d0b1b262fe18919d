"""What a student learns from the inside of its teacher."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training.tracks import distil as distilling
from gexp_core.training.tracks.assemble import student
from gexp_core.training.tracks.hints import Hints, inside
from gexp_core.training.tracks.settings import Cycle, DistilSettings
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.windows import human_tracks
from tests.models import published

CONFIG = BaskervilleConfig(
    input_length=512,
    tracks=3,
    stem_width=5,
    widths=(6, 7, 8),
    heads=2,
    key_size=4,
    position_features=8,
    crop=0,
)
WIDER = replace(CONFIG, stem_width=8, widths=(8, 10, 12))


def network(config, seed):
    torch.manual_seed(seed)
    made = BaskervilleNetwork(config).eval()
    for block in made.blocks:  # maps of a new network are all but even
        nn.init.normal_(block.attention.query.weight)
        nn.init.normal_(block.attention.key.weight)
    return made.requires_grad_(False)


def texts(n, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (n, CONFIG.input_length)).astype(np.uint8)


def read(one, codes):
    return inside(one, nn.functional.one_hot(torch.from_numpy(codes).long(), 4).mT.float())


def test_the_inside_ends_in_what_the_network_says():
    one, codes = network(WIDER, 0), texts(2)
    known = read(one, codes)
    X = nn.functional.one_hot(torch.from_numpy(codes).long(), 4).mT.float()
    torch.testing.assert_close(known.said, one(X))
    assert [tuple(x.shape) for x in known.known] == [
        (2, 12, 32),  # tokens of 16 bases
        (2, 12, 64),  # what the first step up is joined with
        (2, 10, 128),
        (2, 12, 128),  # bins
    ]
    assert [tuple(x.shape) for x in known.maps] == [(2, 2, 32, 32)] * 2


def test_shapes_that_cannot_be_compared_are_refused():
    with pytest.raises(ModelError, match="of the same input length, bases per token, blocks"):
        Hints(CONFIG, replace(WIDER, heads=1, key_size=8))
    with pytest.raises(ModelError, match=r"these are \(512, 16, 2, 2, 2\) and \(512, 8, 2, 2, 2\)"):
        Hints(CONFIG, replace(WIDER, widths=(8, 12)))


def test_a_network_is_at_no_distance_from_itself_read_as_it_is():
    teacher, codes = network(WIDER, 0), texts(3)
    hints = Hints(WIDER, WIDER)
    hints.measure(Teacher(teacher, "", ""), codes, "cpu")
    known = read(teacher, codes)
    varying = [float((hints.scale(kind)[1] > 1e-3).float().mean()) for kind in range(4)]
    # no regressor says anything yet, so all of the variance is missing; the maps are the same
    assert float(hints(known, known).detach()) == pytest.approx(np.mean(varying), rel=1e-3)
    for kind, regressor in enumerate(hints.regressors):
        mean, spread = hints.scale(kind)
        with torch.no_grad():
            regressor.weight.copy_(torch.diag(1 / spread[:, 0])[..., None])
            regressor.bias.copy_(-mean[:, 0] / spread[:, 0])
    assert float(hints(known, known).detach()) == pytest.approx(0, abs=1e-6)
    other = read(network(WIDER, 1), codes)
    kl = np.mean(
        [
            float((b * (b / a).log()).sum(3).mean())
            for a, b in zip(other.maps, known.maps, strict=True)
        ]
    )
    assert kl > 0.1
    assert float(hints(replace(known, maps=other.maps), known).detach()) == pytest.approx(
        kl, rel=1e-2
    )


def test_hidden_values_ask_nothing_of_the_student_before_the_maps_have_learned():
    learner, teacher, codes = network(CONFIG, 0), network(WIDER, 1), texts(2)
    learner.requires_grad_(True)
    own, wanted = read(learner, codes), read(teacher, codes)
    hints = Hints(CONFIG, WIDER)
    hints(replace(own, maps=wanted.maps), wanted).backward()
    moved = [p.grad.abs().max() for p in learner.parameters() if p.grad is not None]
    assert moved and max(moved) == 0
    assert all(one.weight.grad.abs().max() > 0 for one in hints.regressors)


def test_the_teachers_channels_are_measured_on_the_texts():
    teacher, codes = network(WIDER, 1), texts(4)
    hints = Hints(CONFIG, WIDER)
    hints.measure(Teacher(teacher, "", ""), codes, "cpu")
    known = read(teacher, codes).known
    for kind, x in enumerate(known):
        mean, spread = hints.scale(kind)
        flat = x.transpose(0, 1).flatten(1)
        torch.testing.assert_close(mean[:, 0], flat.mean(1), atol=1e-5, rtol=1e-4)
        wanted = flat.std(1, correction=0).clamp(min=1e-3)
        torch.testing.assert_close(spread[:, 0], wanted, atol=1e-4, rtol=1e-3)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return windows of random letters, and a teacher of random weights that attends unevenly."""
    top = tmp_path_factory.mktemp("hints")
    published.write_all(top)
    rng = np.random.default_rng(3)
    splits = ["train"] * 5 + ["valid"] * 2 + ["test"]
    np.savez(
        top / "windows.npz",
        sequence=rng.integers(0, 4, (len(splits), published.LENGTH)).astype(np.uint8),
        target=rng.gamma(1, 1, (len(splits), published.BINS, published.TRACKS)).astype(np.float16),
    )
    rows = [f"chr{i + 1}\t{1000 * i}\t{1000 * i + 64}\t{s}" for i, s in enumerate(splits)]
    (top / "windows.tsv").write_text("chrom\tstart\tend\tsplit\n" + "\n".join(rows) + "\n")
    sizes = {
        "input_length": published.LENGTH,
        "tracks": published.TRACKS,
    }
    teacher = Teacher(network(replace(WIDER, **sizes), 5), "random.h5", "0" * 64)
    return human_tracks(top), teacher, replace(CONFIG, **sizes)


def test_a_student_shown_the_inside_attends_as_its_teacher_does(data, tmp_path):
    windows, teacher, config = data
    far = {}
    for weight in (0.0, 1.0):
        settings = DistilSettings(
            cycles=(Cycle(150, 0.01, weight),),
            noted_every=150,
            measured_every=1000,
            average_decay=0.9,
        )
        run = tmp_path / str(weight)
        distilling.distil(config, teacher, windows, None, run, settings=settings)
        trained = student(config, run / "best.safetensors")
        own, wanted = (read(one, windows.codes[-2:]) for one in (trained, teacher.network))
        far[weight] = np.mean(
            [
                float((b * ((b + 1e-6) / (a + 1e-6)).log()).sum(3).mean())
                for a, b in zip(own.maps, wanted.maps, strict=True)
            ]
        )
    assert far[1.0] < 0.8 * far[0.0], far
    kept = torch.load(run / "checkpoint.pt", weights_only=True)["hints"]
    again = Hints(config, teacher.network.config)
    again.measure(teacher, windows.codes[:5], "cpu")
    for kind, regressor in enumerate(again.regressors):
        assert (kept[f"regressors.{kind}.weight"] != regressor.weight).any()  # it has learned
        torch.testing.assert_close(kept[f"mean{kind}"], again.scale(kind)[0])
        torch.testing.assert_close(kept[f"spread{kind}"], again.scale(kind)[1])


@pytest.mark.parametrize("hints", [0.0, 1.0])
def test_dropouts_rest_where_maps_are_compared(hints, data, tmp_path, monkeypatch):
    windows, teacher, config = data
    found = set()
    measured = distilling.Lessons.measured

    def watch(lessons, learner, step):
        found.update(m.training for m in learner.modules() if isinstance(m, nn.Dropout))
        return measured(lessons, learner, step)

    monkeypatch.setattr(distilling.Lessons, "measured", watch)
    settings = DistilSettings(cycles=(Cycle(4, 1e-3, hints),), measured_every=2)
    distilling.distil(config, teacher, windows, None, tmp_path, settings=settings)
    assert found == {not hints}


def test_a_run_of_another_length_keeps_its_cycles():
    settings = DistilSettings(cycles=(Cycle(30, 1e-3), Cycle(10, 2e-3, 1.0)))
    assert settings.of_length(20).cycles == (Cycle(15, 1e-3), Cycle(5, 2e-3, 1.0))
    assert settings.of_length(1).cycles == (Cycle(1, 1e-3), Cycle(1, 2e-3, 1.0))
