"""The finer options of ``attribute``: each changes what it says, and reaches the file."""

import numpy as np
import pytest

from gexp_core import pipeline
from gexp_core.__main__ import main
from gexp_core.cli.arguments import parser
from gexp_core.cli.explaining import finer
from gexp_core.explain import AttributionSettings
from gexp_core.inputs import read_path
from tests.toy_models import random_sequence


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text(f">a\n{random_sequence(60, 1)}\n>b\n{random_sequence(60, 2)}\n")
    return str(path)


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("--shuffles 3", {"n_baselines": 3}),
        ("--method expected-gradients --samples 5", {"samples": 5}),
        ("--method occlusion --size 12 --step 5", {"size": 12, "step": 5}),
        ("--baseline zeros --off-simplex", {"baseline": "zeros", "off_simplex": True}),
        ("--own {own}", {"baseline": "own", "own": random_sequence(60, 9)}),
    ],
)
def test_an_option_is_the_librarys(toy, fasta, tmp_path, words, settings):
    out = tmp_path / "out.npz"
    words = words.format(own=random_sequence(60, 9).lower()).split()
    assert main(["attribute", "--model", toy, fasta, "--out", str(out), *words]) == 0
    method = words[1] if words[0] == "--method" else "integrated-gradients"
    wanted = pipeline.attribute_named(
        toy, read_path(fasta).sequences, settings=AttributionSettings(method, **settings)
    )
    with np.load(out, allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["attr"], np.stack(wanted.attr), atol=1e-6)
        assert arrays["provenance"].tolist() == [wanted.provenance.to_json()]


def test_hypothetical_scores_are_written_and_hold_the_scores_of_the_letters(toy, fasta, tmp_path):
    out = tmp_path / "out.npz"
    words = ["--method", "gradient-x-input", "--hypothetical", "--out", str(out)]
    assert main(["attribute", "--model", toy, fasta, *words]) == 0
    with np.load(out, allow_pickle=False) as arrays:
        attr, letters = arrays["attr"], arrays["hypothetical"]
    assert letters.shape == (2, 4, 60)
    np.testing.assert_allclose(letters[attr != 0], attr[attr != 0], atol=1e-6)
    assert (letters[attr == 0] != 0).mean() > 0.9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--own ACGT", "the baseline has 4 bases and the sequence has 60"),
        ("--method occlusion --hypothetical", "gives no score to letters"),
        ("--method mutagenesis --off-simplex", "takes no gradients"),
        ("--method occlusion --size 2 --step 3", "give a step from 1 to the size"),
        ("--shuffles 0", "'0' is not a whole number from 1"),
        ("--samples 500", "--samples is not an option of integrated-gradients"),
        ("--size 100", "--size is not an option of integrated-gradients; leave it out, or give"),
        ("--method smoothgrad --step 7", "or give --method occlusion"),
        ("--baseline zeros --shuffles 50", "--shuffles is of the baseline shuffle, and here"),
        ("--own {own} --shuffles 50", "and here it is own"),
        ("--method saliency --shuffles 50", "--shuffles is not an option of saliency, which"),
        ("--method mutagenesis --shuffles 5", "--shuffles is not an option of mutagenesis"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(toy, fasta, tmp_path, capsys, words, said):
    words = words.format(own=random_sequence(60, 9))
    try:
        code = main(
            ["attribute", "--model", toy, fasta, "--out", str(tmp_path / "o"), *words.split()]
        )
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_what_is_left_out_is_left_to_the_defaults():
    args = parser().parse_args(["attribute", "--model", "m", "in.fa", "--out", "o"])
    assert finer(args) == {}
    run = parser().parse_args(["run", "--model", "m", "in.fa", "--out", "o"])
    assert finer(run) == {}
