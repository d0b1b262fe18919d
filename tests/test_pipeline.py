"""The path by model names: the same numbers as the functions it calls, one progress, all files."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch

from gexp_core import explain, pipeline
from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import CancelledError, InputError, ModelError
from gexp_core.models import registry
from gexp_core.types import Change, InputCheck, SequenceSet, Target
from tests.toy_models import random_set

QUICK = pipeline.RunSettings(baseline="zeros")


def by_hand(name: str, sequence: str) -> np.ndarray:
    """Return (T,): the mean over members and strands, one window, no pipeline."""
    model = registry.load(name, device="cpu")
    reads = []
    with torch.inference_mode():
        for text in (sequence, reverse_complement(sequence)):
            X = torch.from_numpy(one_hot(text))[None]
            reads += [member(X)[0, 0].numpy() for member in model.network.members]
    return np.mean(reads, 0)


def test_predict_named_is_the_mean_over_members_and_strands(toy: str):
    sequences = random_set((60, 60))
    made = pipeline.predict_named(toy, sequences, device="cpu")
    for i, text in enumerate(sequences.sequences):
        np.testing.assert_allclose(made.y[i], by_hand(toy, text), rtol=1e-5, atol=1e-6)
    assert made.provenance.weights_sha256 == registry.card(toy).sha256
    assert made.provenance.input_digest == sequences.digest


def test_mutagenesis_named_is_alt_minus_ref(toy: str):
    sequences = random_set((60,))
    made = pipeline.mutagenesis_named(toy, sequences, target=Target(1), device="cpu")
    text = sequences.sequences[0]
    mutant = text[:20] + "T" + text[21:] if text[20] != "T" else text[:20] + "A" + text[21:]
    row = "ACGT".index(mutant[20])
    wanted = by_hand(toy, mutant)[1] - by_hand(toy, text)[1]
    assert made.effect[0][row, 20] == pytest.approx(wanted, abs=1e-5)


def test_attribute_named_passes_everything_on(toy: str):
    sequences = random_set((60,))
    settings = explain.AttributionSettings(baseline="shuffle", n_baselines=2, both_strands=False)
    made = pipeline.attribute_named(
        toy, sequences, settings=settings, target=Target(1), seed=5, device="cpu"
    )
    direct = explain.attribute(
        registry.load(toy, device="cpu"), sequences, settings=settings, target=Target(1), seed=5
    )
    np.testing.assert_array_equal(made.attr[0], direct.attr[0])
    assert made.provenance == direct.provenance
    other = pipeline.attribute_named(toy, sequences, settings=settings, target=Target(1), seed=6)
    assert not np.array_equal(other.attr[0], made.attr[0])


def test_names_and_devices_that_do_not_exist_are_told(toy: str):
    sequences = random_set((60,))
    with pytest.raises(ModelError, match=r"no model 'x'; there are .*toy-conv"):
        pipeline.predict_named("x", sequences)
    with pytest.raises(ModelError, match="device 'abacus' cannot be used"):
        pipeline.predict_named(toy, sequences, device="abacus")
    with pytest.raises(ModelError, match="no track 'x'; it has track0, track1"):
        pipeline.target_of(toy, "x")
    assert pipeline.target_of(toy) == Target(0)
    assert pipeline.target_of(toy, "track1") == Target(1)


def test_run_is_the_three_steps(toy: str):
    sequences = random_set((60, 90, 30))
    settings = pipeline.RunSettings(track="track1", baseline="gc", seed=3, stride=15)
    made = pipeline.run(toy, sequences, settings=settings, device="cpu")
    target = Target(1)
    predicted = pipeline.predict_named(toy, sequences, stride=15, device="cpu")
    np.testing.assert_array_equal(made.prediction.y, predicted.y)
    np.testing.assert_allclose(made.attribution.y, predicted.means()[:, 1], atol=1e-5)
    np.testing.assert_allclose(made.mutagenesis.y_ref, predicted.means()[:, 1], atol=1e-5)
    assert made.attribution.target == made.mutagenesis.target == target
    assert made.attribution.baseline == "gc"
    assert made.check.sequences is sequences
    assert made.card is registry.card(toy)


def test_run_refuses_settings_before_it_computes(toy: str):
    def progress(done: int, total: int) -> None:
        pytest.fail("something was computed")

    with pytest.raises(InputError, match="baseline 'x'"):
        pipeline.run(
            toy,
            random_set((60,)),
            settings=pipeline.RunSettings(baseline="x"),
            progress=progress,
        )


def test_progress_of_a_run_rises_to_its_end(toy: str):
    seen: list[tuple[int, int]] = []
    pipeline.run(
        toy,
        random_set((60, 60)),
        settings=QUICK,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert {total for _, total in seen} == {1000}
    done = [value for value, _ in seen]
    assert done == sorted(done)
    assert done[0] >= 0
    assert done[-1] == 1000


def test_a_run_can_be_stopped_from_its_progress(toy: str):
    def progress(done: int, total: int) -> None:
        if done > 10:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        pipeline.run(toy, random_set((60,)), settings=QUICK, progress=progress)


def test_files_are_those_of_the_zip_and_repeat(toy: str):
    sequences = SequenceSet(("a", "../b/<i>"), random_set((60, 45)).sequences)
    check = InputCheck(sequences, (Change("a", "lower case", 3, "3 letters folded"),))
    files = [
        pipeline.results_files(pipeline.run(toy, check, settings=QUICK, device="cpu"), pictured=1)
        for _ in range(2)
    ]
    assert files[0] == files[1]
    with zipfile.ZipFile(io.BytesIO(files[0]["results.zip"])) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {name: data for name, data in files[0].items() if name != "results.zip"}
    provenance = json.loads(packed["provenance.json"])
    assert registry.card(toy).sha256 in json.dumps(provenance)
    assert sequences.digest in json.dumps(provenance)
    assert not [name for name in packed if name.startswith("/") or ".." in name.split("/")]
