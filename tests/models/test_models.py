"""Cards, the registry and the reading of both strands."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import ModelError
from gexp_core.models import registry
from gexp_core.models.base import Scalar
from gexp_core.models.card import Metric, read_card
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.toy_models import conv_model, random_sequence, toy_card


def test_a_card_reads_back_as_it_was_written(tmp_path):
    card = toy_card(tracks=("a", "b"), strand_pairs=(1, 0))
    (tmp_path / "card.json").write_text(card.to_json())
    assert read_card(tmp_path / "card.json").to_json() == card.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.pop("units"), "units"),
        (lambda raw: raw.update(surprise=1), "surprise"),
        (lambda raw: raw.update(background="ACGT"), "4 letters, wanted 60"),
        (lambda raw: raw.update(insert=[10, 5]), "insert"),
    ],
)
def test_a_wrong_card_says_what_is_wrong(tmp_path, change, said):
    raw = json.loads(toy_card().to_json())
    change(raw)
    (tmp_path / "card.json").write_text(json.dumps(raw))
    with pytest.raises(ModelError, match=said):
        read_card(tmp_path / "card.json")


def test_a_card_that_is_not_there_or_not_json(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_card(tmp_path / "card.json")
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        read_card(tmp_path / "card.json")


def test_percentile_counts_measured_values_below():
    card = replace(toy_card(), percentiles={"activity": tuple(np.linspace(0, 10, 101))})
    assert card.percentile(np.array([-5.0, 2.5, 10.0, 99.0]), "activity").tolist() == [
        0,
        25,
        100,
        100,
    ]
    assert np.isnan(card.percentile(np.array([1.0]), "other")).all()


def test_percentile_of_a_value_that_many_rows_have_is_the_share_below_it():
    """As of the yeast assay, whose bins are whole numbers: 11 is the 38th to the 53rd."""
    measured = (*np.arange(40.0), *[40.0] * 20, *np.arange(41.0, 82.0))
    card = replace(toy_card(), percentiles={"activity": measured})
    assert card.percentile(np.array([39.0, 40.0, 41.0]), "activity").tolist() == [39, 40, 60]
    asked = np.linspace(-1, 82, 500)
    assert (np.diff(card.percentile(asked, "activity")) >= 0).all()


def test_registry_lists_loads_and_refuses(toy):
    assert toy in registry.names()
    model = registry.load(toy, device="cpu")
    assert registry.load(toy, device="cpu") is model
    assert not model.network.training
    assert not any(p.requires_grad for p in model.network.parameters())
    with pytest.raises(ModelError, match="no model 'nothing'; there are"):
        registry.load("nothing")


def test_weights_that_are_not_the_cards_are_refused(model_folder, tmp_path, monkeypatch):
    other = tmp_path / "toy-conv"
    other.mkdir()
    raw = (model_folder / "toy-conv" / "weights.safetensors").read_bytes()
    (other / "weights.safetensors").write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    (other / "card.json").write_bytes((model_folder / "toy-conv" / "card.json").read_bytes())
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="the card says"):
        registry.load("toy-conv", device="cpu")


def test_a_folder_of_another_name_than_its_card_is_left_out(
    model_folder, tmp_path, monkeypatch, caplog
):
    """Results are kept by the card's name: two folders of one name would share them."""
    shutil.copytree(model_folder / "toy-conv", tmp_path / "toy-conv")
    shutil.copytree(model_folder / "toy-conv", tmp_path / "toy-before")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "card.json").write_text("{")
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path))
    registry._left_out.cache_clear()
    assert {"toy-before", "torn"}.isdisjoint(registry.names())
    assert "toy-conv" in registry.offered()
    assert [card.name for card in registry.cards()].count("toy-conv") == 1
    assert len(caplog.messages) == 2  # each told once
    for ask in (registry.card, registry.load):
        with pytest.raises(ModelError, match="folder 'toy-before' holds the card of 'toy-conv'"):
            ask("toy-before")


def test_the_other_strand_is_read_between_the_same_flanks():
    model = conv_model()
    card = replace(model.card, insert=(10, 45))
    model = replace(model, card=card)
    text = random_sequence(60, 5)
    turned = text[:10] + reverse_complement(text[10:45]) + text[45:]
    X = torch.from_numpy(one_hot(text))[None]
    both = model.readings(X)[:, 1]
    alone = model.readings(torch.from_numpy(one_hot(turned))[None], both_strands=False)[:, 0]
    torch.testing.assert_close(both, alone)


def test_an_oriented_assay_is_read_on_one_strand():
    model = conv_model()
    oriented = replace(model, card=replace(model.card, both_strands=False))
    sequences = SequenceSet(("a",), (random_sequence(60, 6),))
    one = predict(model, sequences, both_strands=False)
    other = predict(oriented, sequences, both_strands=True)
    assert np.array_equal(one.y, other.y)
    assert np.all(other.strand_gap == 0)


def test_scalar_refuses_a_track_there_is_not_and_a_wrong_length():
    model = conv_model()
    with pytest.raises(ModelError, match="no track number 9"):
        Scalar(model, Target(track=9))
    with pytest.raises(ModelError, match=r"reads \(N, 4, 60\)"):
        model.readings(torch.zeros(1, 4, 59))


def test_what_stands_for_a_model_are_its_means_over_tracks_or_its_first_figure():
    card = toy_card(tracks=("a", "b"))
    rows = [
        Metric(predictor, "all", track, "pearson", value, 9)
        for predictor, value in ((card.name, 0.5), ("x ridge", 0.2), ("other", 0.1))
        for track in ("a", "b")
    ]
    plain = replace(card, held_out=tuple(rows))
    assert plain.headlines() == (rows[0],) == (plain.find("pearson", track="a"),)
    assert plain.find("pearson", track="b") == rows[1]
    assert plain.ridge == "x ridge"
    means = [replace(rows[0], track=f"{name}, mean of 2 tracks") for name in ("A", "B")]
    assert replace(card, held_out=(*rows, *means)).headlines() == tuple(means)
    assert replace(card, held_out=()).headlines() == ()


@pytest.mark.parametrize("name", registry.names())
def test_every_bundled_model_loads_and_its_card_is_whole(name):
    model = registry.load(name, device="cpu")
    card = model.card
    assert card.name == name
    assert len(model.network.members) == card.members
    # of members of several forms the card says the mean
    assert sum(p.numel() for p in model.network.parameters()) // card.members == card.n_parameters
    if card.bins == 1:
        assert set(card.percentiles) == {track.name for track in card.tracks}
        for track in card.tracks:
            shown = card.find("pearson", track=track.name)
            simple = card.find("pearson", predictor="6-mer ridge", track=track.name)
            # clearly better than the k-mer ridge, same rows; else the card says so before all else
            apart = shown.low > simple.high
            told = [
                text
                for text in card.limits
                if text.startswith(f"{track.name}: ") and "better than counting 6-mers" in text
            ]
            assert apart or (told and told[0] in card.limits[: len(card.tracks)])
            assert apart != bool(told)
            assert apart or f"({card.find('gain', track=track.name).low:.3f} to" in told[0]
    else:
        gains = card.headlines("gain")
        assert [row.track for row in gains] == [row.track for row in card.headlines()]
        assert min(row.low for row in gains) > 0  # than composition, on the same windows
    assert card.limits and card.citation and card.licence


def test_a_gpu_multiplies_whole_floats(monkeypatch):
    monkeypatch.setattr(registry, "_load", lambda folder, device: device)  # there may be no GPU
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    name = registry.offered()[0]
    assert registry.load(name, device="cpu") == "cpu"
    assert torch.backends.cudnn.allow_tf32
    assert registry.load(name, device="cuda:0") == "cuda:0"
    assert not torch.backends.cudnn.allow_tf32
