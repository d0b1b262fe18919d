"""Shared by all tests: one thread per process, and a folder of models that needs no training."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported
for _kept in ("GEXP_CACHE", "GEXP_RESULTS"):  # a test that keeps something names a folder
    os.environ.setdefault(_kept, "off")
# beside other programs a server's workers give way; tests do not wait for those
os.environ.setdefault("GEXP_WORKER_PRIORITY", "normal")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model ``toy-conv`` (60 bp, two members, two tracks) in the bundled form."""
    from safetensors.torch import save

    from gexp_core.models.card import Metric
    from gexp_core.models.conv import ConvConfig
    from tests.toy_models import conv_model

    config = {
        "input_length": 60,
        "tracks": 2,
        "stem_kernel": 7,
        "widths": [8, 12],
        "kernel": 3,
        "repeats": [1, 2],
        "hidden": 8,
    }
    model = conv_model(members=2, config=ConvConfig(**config))
    raw = save({name: value.contiguous() for name, value in model.network.state_dict().items()})
    card = replace(
        model.card,
        name="toy-conv",
        architecture="conv",
        config=config,
        sha256=hashlib.sha256(raw).hexdigest(),
        held_out=(
            Metric("toy-conv", "all", "track0", "pearson", 0.61, 1234, 0.58, 0.64, "loci"),
            Metric("6-mer ridge", "all", "track0", "pearson", 0.41, 1234, 0.38, 0.44, "loci"),
        ),
    )
    folder = tmp_path_factory.mktemp("models") / "toy-conv"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(raw)
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    return folder.parent


@pytest.fixture
def run_command(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., tuple[int, bytes, str]]:
    """Return a function that runs a command and gives exit code, output and what was noted."""
    from gexp_core.__main__ import main

    def run(*words: str) -> tuple[int, bytes, str]:
        capfdbinary.readouterr()
        try:
            code = main(words)
        except SystemExit as left:
            code = int(left.code or 0)
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.fixture(scope="session")
def attentive_folder(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``toy-conv`` and ``toy-attention`` (60 bp, 2 tracks, 2 members; 3 heads)."""
    from dataclasses import asdict

    from safetensors.torch import save

    from tests.toy_models import attention_config, attention_model

    model = attention_model(tracks=2)
    raw = save({name: value.contiguous() for name, value in model.network.state_dict().items()})
    top = tmp_path_factory.mktemp("attentive")
    shutil.copytree(model_folder / "toy-conv", top / "toy-conv")
    (top / "toy-attention").mkdir()
    (top / "toy-attention" / "weights.safetensors").write_bytes(raw)
    card = replace(model.card, sha256=hashlib.sha256(raw).hexdigest())
    card = replace(card, config=asdict(attention_config(tracks=2)))
    (top / "toy-attention" / "card.json").write_text(card.to_json(), encoding="utf-8")
    return top


@pytest.fixture
def attentive(attentive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model with attention that the registry finds for the length of one test."""
    monkeypatch.setenv("GEXP_MODELS", str(attentive_folder))
    return "toy-attention"


@pytest.fixture
def toy(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model that the registry finds for the length of one test."""
    monkeypatch.setenv("GEXP_MODELS", str(model_folder))
    return "toy-conv"
