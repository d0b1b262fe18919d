"""What is taken from a Keras HDF5 file, and that nothing but plain floats in it gets through."""

import json
import os

import h5py
import numpy as np
import pytest

from gexp_core.errors import ModelError
from gexp_core.models.adapters import keras
from gexp_core.models.adapters.keras import read_keras

GOOD = np.arange(6, dtype=np.float32).reshape(2, 3)


def written(path, fill, *, top="model_weights"):
    with h5py.File(path, "w") as file:
        group = file.create_group(top) if top else file
        fill(file, group)
    return path


def test_weights_come_by_layer_and_name(tmp_path):
    def fill(file, group):
        group["dense/dense/kernel:0"] = GOOD
        group["attention_1/attention_1/q_layer/kernel:0"] = GOOD.astype(np.float64)
        group.create_group("pooling")
        file["optimizer_weights/Adam/iter:0"] = np.int64(3)  # not a weight: never looked at

    made = read_keras(written(tmp_path / "a.h5", fill))
    assert set(made.weights) == {"dense", "attention_1"}
    np.testing.assert_array_equal(made.weights["dense"]["kernel"], GOOD)
    assert made.weights["attention_1"]["q_layer/kernel"].dtype == np.float32
    assert made.layers == ()


def test_weights_saved_alone_lie_at_the_top(tmp_path):
    path = written(tmp_path / "a.h5", lambda _, top: top.update(_laid()), top="")
    assert set(read_keras(path).weights) == {"dense"}


def _laid():
    return {"dense/dense/kernel:0": GOOD}


@pytest.mark.parametrize(
    "options", [{"compression": "gzip", "shuffle": True}, {"fletcher32": True}]
)
def test_what_hdf5_can_do_itself_is_read(tmp_path, options):
    def fill(_, group):
        group.create_dataset("dense/dense/kernel:0", data=GOOD, **options)

    made = read_keras(written(tmp_path / "a.h5", fill))
    np.testing.assert_array_equal(made.weights["dense"]["kernel"], GOOD)


def lambda_layer(file, group):
    layer = {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAA==", None]}}
    file.attrs["model_config"] = json.dumps({"config": {"layers": [layer]}})
    group["dense/dense/kernel:0"] = GOOD


def soft_link(_, group):
    group["dense"] = h5py.SoftLink("/model_weights")


def external_link(_, group):
    group["dense"] = h5py.ExternalLink("other.h5", "/dense")


def external_link_to_a_weight(_, group):
    group.create_group("dense")["kernel:0"] = h5py.ExternalLink("other.h5", "/x")


def external_storage(_, group):
    group.create_dataset(
        "dense/dense/kernel:0", (8,), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    )


def virtual(_, group):
    layout = h5py.VirtualLayout((8,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (8,))
    group.create_group("dense").create_virtual_dataset("kernel:0", layout)


def objects(_, group):
    group.create_dataset("dense/dense/kernel:0", data=["text"], dtype=h5py.string_dtype())


def pickled(_, group):
    group["dense/dense/kernel:0"] = np.void(b"\x80\x04cos\nsystem\n.")


def whole_numbers(_, group):
    group["dense/dense/kernel:0"] = np.arange(3)


def not_numbers(_, group):
    group["dense/dense/kernel:0"] = np.array([1.0, np.nan], "f4")


def too_large_for_float32(_, group):
    group["dense/dense/kernel:0"] = np.array([1e300])


def claimed(_, group):  # a file of a few hundred bytes that says it holds 4 TB
    group.create_dataset("dense/dense/kernel:0", (2**40,), "f4", chunks=(1024,))


def loop(_, group):
    dense = group.create_group("dense")
    dense["dense"] = dense


def unknown_filter(_, group):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((2, 3))
    made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((2, 3))
    h5py.h5d.create(group.create_group("dense").id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, made)


def an_array_for_a_layer(_, group):
    group["dense"] = GOOD


def no_json(file, group):
    file.attrs["model_config"] = "{"
    group["dense/dense/kernel:0"] = GOOD


def another_description(file, group):
    file.attrs["model_config"] = json.dumps({"config": {"layers": ["dense"]}})
    group["dense/dense/kernel:0"] = GOOD


def a_setting_that_is_a_word(file, group):
    told = {"config": {"layers": [{"class_name": "a", "config": "x"}]}}
    file.attrs["model_config"] = json.dumps(told)
    group["dense/dense/kernel:0"] = GOOD


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (lambda_layer, "Lambda"),
        (a_setting_that_is_a_word, "cannot be read as a Keras HDF5 file"),
        (soft_link, "links to another place"),
        (external_link, "links to another place"),
        (external_link_to_a_weight, "links to another place"),
        (external_storage, "another file"),
        (virtual, "another file"),
        (objects, "weights are floats"),
        (pickled, "weights are floats"),
        (whole_numbers, "weights are floats"),
        (not_numbers, "not a finite number"),
        (too_large_for_float32, "not a finite number"),
        (claimed, "the most that are read"),
        (loop, "deep"),
        (unknown_filter, "filter 32015"),
        (an_array_for_a_layer, "where layers are expected"),
        (no_json, "cannot be read"),
        (another_description, "cannot be read"),
        (lambda file, group: None, "no weights"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(tmp_path, fill, said):
    path = written(tmp_path / "a.h5", fill)
    with pytest.raises(ModelError, match=said) as raised:
        read_keras(path)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_keras(tmp_path / "none.h5")
    (tmp_path / "zip.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="not an HDF5 file"):
        read_keras(tmp_path / "zip.keras")
    with pytest.raises(ModelError, match=r"cannot be read|not an HDF5"):
        read_keras(tmp_path)


def test_a_file_that_is_too_large_is_not_opened(tmp_path, monkeypatch):
    path = written(tmp_path / "a.h5", lambda _, group: group.update(_laid()))
    monkeypatch.setattr(keras, "MOST_BYTES", os.path.getsize(path) - 1)
    with pytest.raises(ModelError, match="at most"):
        read_keras(path)


def test_a_description_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    def fill(file, group):
        file.attrs["model_config"] = json.dumps({"config": {"layers": []}}) + " " * 500
        group.update(_laid())

    path = written(tmp_path / "a.h5", fill)
    assert read_keras(path).layers == ()
    monkeypatch.setattr(keras, "MOST_TEXT", 400)
    with pytest.raises(ModelError, match="400 characters"):
        read_keras(path)


@pytest.mark.parametrize("seed", range(4))
def test_damage_is_told_or_harmless(tmp_path, seed):
    """A file cut short, or with bytes changed, never gives anything but floats or a sentence."""
    whole = written(tmp_path / "a.h5", lambda _, group: group.update(_laid())).read_bytes()
    rng = np.random.default_rng(seed)
    for _ in range(25):
        raw = bytearray(whole)
        if rng.random() < 0.3:
            raw = raw[: rng.integers(8, len(raw))]
        for at in rng.integers(8, len(raw), 3):
            raw[at] = rng.integers(256)
        path = tmp_path / "b.h5"
        path.write_bytes(raw)
        try:
            made = read_keras(path)
        except ModelError:
            continue
        assert all(np.isfinite(v).all() for held in made.weights.values() for v in held.values())
