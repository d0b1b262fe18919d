"""The adopted network against a second one, written in numpy from the layers' description."""

import json
import os
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import ModelError
from gexp_core.explain import attribute, attribution
from gexp_core.explain.attention import attended
from gexp_core.models import registry
from gexp_core.models.adapters import translate
from gexp_core.models.adapters.adopt import adopt
from gexp_core.models.adapters.baskerville import (
    BaskervilleConfig,
    BaskervilleNetwork,
    RelativeAttention,
    position_features,
)
from gexp_core.models.adapters.keras import KerasFile, Layer
from gexp_core.models.adapters.parameters import read_parameters
from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from tests.models import published
from tests.toy_models import random_sequence

SHARED = Path(os.environ.get("GEXP_SHARED") or Path(__file__).resolve().parents[3] / "shared")
REAL = SHARED / "weights" / "baskerville_tiny"
TABLE = SHARED / "data" / "human_tracks" / "targets.tsv"

#: float32 through 20 layers against float64, on values of about 1
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return published.write_all(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def folder(sources, tmp_path_factory):
    top = tmp_path_factory.mktemp("models")
    made = adopt(*sources, name="tiny")
    (top / "tiny").mkdir()
    (top / "tiny" / "weights.safetensors").write_bytes(made.weights)
    (top / "tiny" / "card.json").write_text(made.card.to_json())
    return top


@pytest.fixture
def model(folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(folder))
    return registry.load("tiny", device="cpu")


def window(text):
    return torch.from_numpy(one_hot(text))[None]


TEXT = random_sequence(published.LENGTH - 40, 5) + "N" * 8 + random_sequence(32, 6)


def test_the_network_agrees_with_a_second_one(model, sources):
    wanted = published.forward(sources[0], one_hot(TEXT).T, crop=16)
    assert wanted.shape == (published.BINS, published.TRACKS)
    assert wanted.std(0).min() > 0.02  # every track varies along the window
    made = model.network(window(TEXT))[0].numpy()
    np.testing.assert_allclose(made, wanted, atol=ROUNDING)


@pytest.mark.parametrize(
    "change",
    [
        {"gelu": published.gelu_sigmoid},
        {"gelu": published.gelu_exact},
        {"epsilon": 1e-5},
        {"sign": -1},
        {"pad": False},
        {"relu": published.gelu_tanh},
    ],
    ids=["sigmoid gelu", "exact gelu", "epsilon", "distance", "padding", "relu"],
)
def test_a_network_with_one_other_unit_is_told_apart(model, sources, change):
    other = published.forward(sources[0], one_hot(TEXT).T, crop=16, **change)
    made = model.network(window(TEXT))[0].numpy()
    assert np.abs(made - other).max() > 10 * ROUNDING


def test_scores_are_what_tokens_hold_and_how_far_apart_they_are():
    config = BaskervilleConfig(widths=(6, 8), heads=2, key_size=3, position_features=6)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        layer = RelativeAttention(config).eval()
        torch.nn.init.normal_(layer.content_bias)
        torch.nn.init.normal_(layer.distance_bias)
        x = torch.randn(1, 7, 8)
    with torch.no_grad():
        _, maps = layer(x)
        q, k = layer.query(x)[0].view(7, 2, 3) * 3**-0.5, layer.key(x)[0].view(7, 2, 3)
        far = layer.distance(position_features(7, 6)).view(13, 2, 3)
        for head in range(2):
            u, v = layer.content_bias[head, 0], layer.distance_bias[head, 0]
            scores = torch.tensor(
                [
                    [
                        (q[i, head] + u) @ k[j, head] + (q[i, head] + v) @ far[j - i + 6, head]
                        for j in range(7)
                    ]
                    for i in range(7)
                ]
            )
            torch.testing.assert_close(maps[0, head], scores.softmax(1), atol=1e-6, rtol=1e-5)


def test_position_features_are_masks_of_growing_width_plain_and_signed():
    made = position_features(8, 6).numpy()  # 9 ** (1/3, 2/3, 1) - 1 = 1.08, 3.33, 8
    wanted = [[abs(d) < width for width in (1.08, 3.33, 8)] for d in range(-7, 8)]
    np.testing.assert_array_equal(made[:, :3], np.array(wanted, float))
    np.testing.assert_array_equal(made[:, 3:], np.sign(np.arange(-7, 8))[:, None] * made[:, :3])


def test_maps_are_shares_and_forward_is_the_same_path(model):
    network = model.network.members[0]
    y, maps = network.attended(window(TEXT))
    assert [one.shape for one in maps] == [(1, 2, published.TOKENS, published.TOKENS)] * 2
    for one in maps:
        torch.testing.assert_close(one.sum(3), torch.ones(one.shape[:3]), atol=1e-6, rtol=0)
    assert torch.equal(network(window(TEXT)), y)


def test_a_token_sees_as_far_as_its_reach(model):
    network = model.network.members[0]
    size, (before, after) = network.bases_per_token, network.reach
    X = torch.randn(1, 4, published.LENGTH, requires_grad=True)
    held = []
    network.blocks[0].register_forward_pre_hook(lambda _, args: held.append(args[0]))
    try:
        network(X)
    finally:
        network.blocks[0]._forward_pre_hooks.clear()
    token = 20
    held[0][0, token].square().sum().backward()
    felt = X.grad[0].abs().sum(0).nonzero()[:, 0]
    # the largest of two neighbours lets one of them through, so the edges need not be felt
    assert token * size - before <= felt[0] < token * size
    assert (token + 1) * size <= felt[-1] < (token + 1) * size + after


def test_strands_flip_bins_and_swap_pairs(model):
    texts = (random_sequence(published.LENGTH, 11), random_sequence(published.LENGTH, 12))
    turned = SequenceSet(("a", "b"), tuple(reverse_complement(text) for text in texts))
    given = predict(model, SequenceSet(("a", "b"), texts), batch_size=1)
    other = predict(model, turned)
    swap = [1, 0, 2, 4, 3]
    for i in range(2):
        wanted = given.y[given.rows(i)][::-1][:, swap]
        np.testing.assert_allclose(other.y[other.rows(i)], wanted, atol=1e-5)
        gap = given.strand_gap[given.rows(i)][::-1][:, swap]
        np.testing.assert_allclose(other.strand_gap[other.rows(i)], -gap, atol=1e-5)
    assert np.abs(given.strand_gap).max() > 0.05
    margin = (published.LENGTH - published.BINS * 4) // 2
    assert given.start[0] == margin
    assert given.end[published.BINS - 1] == published.LENGTH - margin
    np.testing.assert_array_equal(given.end - given.start, 4)


def test_the_rest_of_the_package_takes_it(model):
    sequences = SequenceSet(("a",), (random_sequence(published.LENGTH, 3),))
    seen = attended(model, sequences)
    assert seen.weights.shape[-1] == published.TOKENS
    settings = attribution.AttributionSettings(method="gradient-x-input", baseline="zeros")
    assert attribute(model, sequences, settings=settings).attr[0].shape == (4, published.LENGTH)


def test_the_card_says_what_is_known(folder, sources):
    card = adopt(*sources, name="tiny").card
    assert [track.group for track in card.tracks] == ["CAGE", "CAGE", "DNase", "RNA", "RNA"]
    assert [track.strand_pair for track in card.tracks] == [1, 0, None, 4, 3]
    assert card.tracks[3].description == "RNA: Skin, macrophage, + strand"
    assert (card.input_length, card.bins, card.bin_size) == (1024, published.BINS, 4)
    assert any("may have been seen" in limit for limit in card.limits)
    assert card.species == "human"
    assert card.licence == "Apache-2.0"
    network = BaskervilleNetwork(BaskervilleConfig(**card.config))
    assert card.n_parameters == sum(value.numel() for value in network.parameters())
    (words,) = card.training["squashed"]
    assert "0.3" in words


def changed(**model):
    raw = deepcopy(published.PARAMETERS)
    raw["model"].update(model)
    return raw


def block(i, **entries):
    raw = deepcopy(published.PARAMETERS)
    raw["model"]["trunk"][i].update(entries)
    return raw


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (changed(activation="relu"), "activation"),
        (changed(norm_type="layer"), "norm_type"),
        (changed(seq_length=1030), "multiple"),
        (changed(seq_length=2**40), "whole number"),
        (changed(seq_length="1024"), "whole number"),
        (changed(surprise=1), "surprise"),
        (changed(trunk=[]), "stacks"),
        (changed(trunk=5), "cannot be read"),
        (changed(head_human={"name": "final", "units": 9, "activation": "softplus"}), "5 targets"),
        (
            changed(head_human={"name": "final", "units": 5, "activation": "exp"}),
            "softplus",
        ),
        (block(0, activation="gelu"), "linear"),
        (block(0, kernel_size=6), "odd"),
        (block(1, num_convs=2), "num_convs"),
        (block(1, pool_size=4), "pool_size"),
        (block(1, filters_init=1), "none"),
        (block(2, qkv_width=3), "qkv_width"),
        (block(2, heads=3), "divisor"),
        (block(2, dense_expansion=float("inf")), "dense_expansion Infinity; give a number above 0"),
        (block(2, dense_expansion=float("nan")), "up to 64"),
        (block(2, dense_expansion=10**400), "up to 64"),
        (block(2, dense_expansion="2"), "up to 64"),
        (block(2, dense_expansion=0), "above 0"),
        (block(2, num_position_features=7), "even"),
        (block(3, kernel_size=5), "several"),
        (block(3, upsample_conv=False), "upsample_conv"),
        (block(5, cropping=128), "leaves none"),
        ({"train": {}}, "'model'"),
        ([], "cannot be read"),
    ],
)
def test_parameters_that_mean_another_network_are_refused(tmp_path, raw, said):
    path = tmp_path / "params.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(ModelError, match=said):
        read_parameters(path, tracks=published.TRACKS)


def test_the_towers_widths_are_those_of_the_published_models(tmp_path):
    """80 to 128 by 8 in 6 steps, and Borzoi's 608 to 1,536 by 32, as their layers have them."""
    for given, wanted in (
        ((80, 128, 8, 6), (80, 88, 96, 104, 120, 128)),
        ((608, 1536, 32, 6), (608, 736, 896, 1056, 1280, 1536)),
    ):
        first, last, by, repeat = given
        raw = block(1, filters_init=first, filters_end=last, divisible_by=by, repeat=repeat)
        (tmp_path / "params.json").write_text(json.dumps(raw))
        raw["model"]["trunk"][5]["cropping"] = 1
        (tmp_path / "params.json").write_text(json.dumps(raw))
        assert read_parameters(tmp_path / "params.json", tracks=5).widths == wanted


def edited(path, change):
    held = published.weights()
    change(held)
    return published.write_weights(path, held)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.pop("conv1d_3"), "too few layers of the kind 'conv1d'"),
        (lambda held: held.update(dense_9={"kernel": np.ones((2, 2))}), "dense_9"),
        (lambda held: held["dense_8"].update(kernel=np.ones((16, 4), "f")), r"\(5, 16\)"),
        (lambda held: held["conv1d"].update(kernel=np.ones((4, 6), "f")), "3 axes"),
        (lambda held: held["multihead_attention"].update(gate=np.ones((2, 2))), "gate"),
        (lambda held: held["multihead_attention"].pop("r_r_bias"), "r_r_bias"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, sources, change, said):
    path = edited(tmp_path / "model.h5", change)
    with pytest.raises(ModelError, match=said):
        adopt(path, sources[1], sources[2], name="tiny")


@pytest.mark.parametrize("pairs", [["a"], [1.5], [float("inf")], [True], [None], "10", 5, {"a": 1}])
def test_strand_pairs_that_are_no_whole_numbers_are_refused(pairs):
    file = KerasFile({}, (Layer("SwitchReverse", "switch", {"strand_pair": pairs}),))
    with pytest.raises(ModelError, match=r"switch has strand_pair .* list of whole numbers"):
        translate.strand_pairs(file)


@pytest.mark.parametrize("said", [10**400, float("nan"), float("inf"), "x", None])
def test_a_setting_that_is_no_such_number_is_refused(tmp_path, said):
    (tmp_path / "params.json").write_text(json.dumps(published.PARAMETERS))
    config = read_parameters(tmp_path / "params.json", tracks=published.TRACKS)
    file = KerasFile({}, (Layer("BatchNormalization", "norm", {"epsilon": said}),))
    with pytest.raises(ModelError, match=r"norm has epsilon .* its parameter file means") as raised:
        translate.agree(file, config)
    assert len(str(raised.value)) < 200


def test_layers_are_taken_in_the_order_they_were_made():
    names = ("dense_10", "dense_2", "conv1d", "dense", "conv1d_1", "sync_batch_normalization_3")
    assert translate.by_kind(names) == {
        "dense": ["dense", "dense_2", "dense_10"],
        "conv1d": ["conv1d", "conv1d_1"],
        "batch_normalization": ["sync_batch_normalization_3"],
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", 0, "CAGE:x"), ("a", 1, "CAGE:x")], "twice"),
        ([("a", 1, "CAGE:x"), ("b", 1, "CAGE:x")], "both ways"),
        ([("a", 7, "CAGE:x")], "both ways"),
        ([("", 0, "CAGE:x")], "identifier"),
        ([(f"t{i}", i, "CAGE:x") for i in range(5)], "pairs strands otherwise"),
        ([(f"t{i}", i, "CAGE:x") for i in range(4)], "4 targets"),
    ],
)
def test_targets_that_cannot_be_the_models_are_refused(tmp_path, sources, rows, said):
    path = published.write_targets(tmp_path / "targets.tsv", rows)
    with pytest.raises(ModelError, match=said):
        adopt(sources[0], sources[1], path, name="tiny")


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "x" * 65])
def test_a_name_that_is_no_folders_is_refused(sources, name):
    with pytest.raises(ModelError, match="name"):
        adopt(*sources, name=name)


@pytest.mark.skipif(
    not (REAL / "baskerville_tiny_model.h5").is_file() or not TABLE.is_file(),
    reason="the published weights are not here; name the folder that holds them in GEXP_SHARED",
)
def test_the_published_file_agrees_with_the_second_network():
    file = REAL / "baskerville_tiny_model.h5"
    made = adopt(file, REAL / "baskerville_tiny_params.json", TABLE, name="tiny")
    from safetensors.torch import load

    network = BaskervilleNetwork(BaskervilleConfig(**made.card.config)).eval()
    state = load(made.weights)
    network.load_state_dict({key.removeprefix("members.0."): state[key] for key in state})
    text = random_sequence(131_072, 1)
    with torch.inference_mode():
        y = network(window(text))[0].numpy()
    wanted = published.forward(file, one_hot(text).T, crop=1024, repeat=6)
    assert y.shape == (2048, 74)
    np.testing.assert_allclose(y, wanted, atol=ROUNDING, rtol=ROUNDING)
