import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.__main__ import main
from gexp_core.cli.evaluate import _put
from gexp_core.errors import InputError
from gexp_core.evaluate.satmut import EFFECTS, REFERENCE, Row, compare, read_elements
from gexp_core.explain import mutagenesis
from gexp_core.export.card_page import card_page
from gexp_core.models import registry
from gexp_core.models.card import EffectFit, read_card
from gexp_core.types import SequenceSet
from tests.toy_models import conv_model, linear_model, linear_weights, random_sequence

TEXT = random_sequence(60, 4)
HEAD = "Chrom\tPos\tRef\tAlt\tBarcodes\tDNA\tRNA\tCoefficient\tpValue\tElement\n"


def write(folder, truth, start=1001):
    """Write a made-up experiment whose coefficients are ``truth`` (4, 60)."""
    rows = []
    for at, ref in enumerate(TEXT):
        for letter, alt in enumerate("ACGT"):
            if alt != ref:
                rows.append(
                    f"1\t{start + at}.0\t{ref}\t{alt}\t10\t1\t1\t{truth[letter, at]}\t1\tX\n"
                )
        rows.append(f"1\t{start + at}.0\t{ref}\t-\t99\t1\t1\t9\t1\tX\n")  # a deletion
    rows.append(f"1\t{start}.0\t{TEXT[0]}\t{'A' if TEXT[0] != 'A' else 'C'}\t9\t1\t1\t5\t1\tX\n")
    (folder / EFFECTS).write_bytes(gzip.compress((HEAD + "".join(rows)).encode()))
    (folder / REFERENCE).write_text(f">X chr1:{start}-{start + 59} len=60\n{TEXT}\n")
    return str(folder)


def test_what_is_read_and_left_out(tmp_path):
    truth = np.arange(240.0).reshape(4, 60)
    (element,) = read_elements(write(tmp_path, truth))
    assert (element.name, element.sequence, element.left_out) == ("X", TEXT, 1)
    assert len(element.measured) == 180
    np.testing.assert_array_equal(truth[element.alt, element.position], element.measured)


def test_a_model_that_is_right_gets_one(tmp_path):
    W = linear_weights().numpy()
    here = np.array([W["ACGT".index(base), at] for at, base in enumerate(TEXT)])
    folder = write(tmp_path, W - here)
    rows = compare(linear_model(), read_elements(folder), both_strands=False)
    assert rows[0].method == "mutagenesis"
    for row in rows:  # on a linear model every method foretells the effect itself
        assert row.n == 180
        assert row.pearson == pytest.approx(1, abs=1e-5)
    with pytest.raises(InputError, match="saliency gives no signed score"):
        compare(linear_model(), read_elements(folder), methods=["saliency"])


def test_effects_are_those_of_mutagenesis(tmp_path):
    model = conv_model()
    folder = write(tmp_path, np.random.default_rng(0).normal(size=(4, 60)))
    (element,) = read_elements(folder)
    (row,) = compare(model, [element], methods=["mutagenesis"])
    effect = mutagenesis(model, SequenceSet(("X",), (TEXT,))).effect[0]
    wanted = np.corrcoef(effect[element.alt, element.position], element.measured)[0, 1]
    assert row.pearson == pytest.approx(wanted, abs=1e-6)


def test_a_folder_without_the_files(tmp_path):
    with pytest.raises(InputError, match="it must hold effects_grch38"):
        read_elements(str(tmp_path))


def test_from_the_command_line(toy, tmp_path, capfd):
    folder = write(tmp_path, np.random.default_rng(0).normal(size=(4, 60)))
    command = ["evaluate", "satmut", "--data", folder, "--model", toy]
    assert main([*command, "--json", "--methods", "mutagenesis", "gradient-x-input"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert [(row["element"], row["method"], row["n"]) for row in rows] == [
        ("X", "mutagenesis", 180),
        ("X", "gradient-x-input", 180),
    ]
    assert main([*command, "--element", "Y"]) == 2
    assert "there is no element 'Y'; there are X" in capfd.readouterr().err


def test_the_figures_go_onto_the_card(toy, model_folder, tmp_path, capfd):
    path = model_folder / toy / "card.json"
    before = path.read_bytes()
    try:
        folder = write(tmp_path, np.random.default_rng(0).normal(size=(4, 60)))
        command = ["evaluate", "satmut", "--data", folder, "--model", toy, "--json", "--card"]
        methods = ["--methods", "mutagenesis", "gradient-x-input"]
        assert main([*command, *methods, "--element", "X"]) == 2
        assert "leave --element and --barcodes out" in capfd.readouterr().err
        assert path.read_bytes() == before
        for _ in range(2):  # a second time takes the place of the first
            assert main([*command, *methods]) == 0
            rows = json.loads(capfd.readouterr().out)
        card = read_card(path)
        assert [(fit.element, fit.method, fit.n, fit.pearson) for fit in card.effects] == [
            ("X", row["method"], 180, float(f"{row['pearson']:.6g}")) for row in rows
        ]
        page = card_page(card)
        shown = f"{rows[0]['pearson']:.2f} | {rows[1]['pearson']:.2f}".replace("-0.00", "0.00")
        assert f"| X | 180 | {shown} |" in page
        assert f"| median |  | {shown} |" in page
    finally:
        path.write_bytes(before)


def test_figures_that_came_onto_the_card_meanwhile_stay_and_other_weights_get_none(
    toy, model_folder
):
    path = model_folder / toy / "card.json"
    before = path.read_bytes()
    try:
        card = registry.card(toy)  # as a run that began before the others ended knows it
        others = [EffectFit(name, "track1", "mutagenesis", 5, 0.5, 0.4) for name in "ZY"]
        path.write_text(replace(card, effects=tuple(others)).to_json())
        rows = [Row("X", "mutagenesis", 180, 0.25000004, 0.19999996, 0)]  # six digits are kept
        _put(rows, card, 0)
        made = EffectFit("X", card.tracks[0].name, "mutagenesis", 180, 0.25, 0.2)
        assert read_card(path).effects == (made, *others)  # the card's first track stands first
        now = path.read_bytes()
        with pytest.raises(InputError, match="other weights now"):
            _put(rows, replace(card, sha256="0" * 64), 0)
        assert path.read_bytes() == now
    finally:
        path.write_bytes(before)


def test_health_from_the_command_line(toy, tmp_path):
    (tmp_path / "in.fa").write_text(f">one\n{TEXT}\n")
    out, report = tmp_path / "out.npz", tmp_path / "health.json"
    arguments = [str(tmp_path / "in.fa"), "--model", toy, "--baseline", "zeros"]
    assert main(["attribute", *arguments, "--out", str(out), "--health", str(report)]) == 0
    (found,) = json.loads(report.read_text())
    assert found["sequence"] == "one"
    assert len(found["checks"]) == 7
    assert out.is_file()
