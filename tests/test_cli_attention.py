"""The command ``attention``: what lands on disk, what is said, what is refused."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gexp_core import pipeline
from gexp_core.explain.attention import attended_named
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import agreement
from gexp_core.inputs import read_path
from tests.toy_models import random_sequence


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text("".join(f">s{i}\n{random_sequence(n, i)}\n" for i, n in enumerate((60, 90))))
    return str(path)


@pytest.fixture
def call(attentive, run_command):
    return run_command


def table(path):
    return pd.read_csv(io.BytesIO(Path(path).read_bytes()), sep="\t")


def test_maps_tables_and_a_picture(call, attentive, fasta, tmp_path):
    out, tokens, heads = (str(tmp_path / name) for name in ("m.npz", "t.tsv", "h.tsv"))
    picture = tmp_path / "p.svg"
    code, printed, err = call(
        *("attention", "--model", attentive, fasta, "--out", out),
        *("--tokens", tokens, "--heads", heads, "--figure", str(picture)),
    )
    assert (code, printed) == (0, b"")
    made = attended_named(attentive, read_path(fasta).sequences)
    with np.load(out, allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["weights"], made.weights, atol=1e-6)
        np.testing.assert_allclose(arrays["rollout"][2], made.rollout(2), atol=1e-6)
        assert arrays["row_sequence"].tolist() == [0, 1, 1]
        assert arrays["names"].tolist() == ["s0", "s1"]
        assert arrays["provenance"].tolist() == [made.provenance.to_json()]
        assert arrays["token_start"][2].tolist() == list(range(30, 90, 4))
        assert (arrays["bases_per_token"].tolist(), arrays["aligned"].tolist()) == ([4], [True])
    got = table(tokens)
    assert list(got.columns) == [
        *("sequence", "window", "token", "start", "end"),
        *("received", "rollout", "gradient_rollout", "effect_size"),
    ]
    assert len(got) == 3 * 15
    np.testing.assert_allclose(got.groupby(["sequence", "window"])["received"].mean(), 1, rtol=1e-4)
    r = [
        agreement(one["received"], one["effect_size"])
        for _, one in got.groupby(["sequence", "window"])
    ]
    assert f"is {np.median(r):.2f} (median over 3 windows)" in err
    assert "attention is not importance" in err
    each = table(heads)
    assert len(each) == 3 * 2 * 2 * 2 * 3
    one = each.query(
        "sequence == 's1' and window == 2 and network == 2 and layer == 1 and head == 3"
    )
    w = made.weights[2, 1, :, 0, 2].astype(float)
    np.testing.assert_allclose(one["entropy"], -(w * np.log2(w)).sum(-1).mean(-1), rtol=1e-4)
    assert one["strand"].tolist() == ["as given", "reverse complement"]
    assert one[["start", "end"]].to_numpy().tolist() == [[30, 90]] * 2
    assert picture.read_bytes().lstrip().startswith(b"<?xml")


def test_arcs_are_the_strongest_entries_between_tokens_that_share_nothing(
    call, attentive, fasta, tmp_path
):
    path = str(tmp_path / "a.tsv")
    words = ("--out", str(tmp_path / "m.npz"), "--arcs", path)
    assert call("attention", "--model", attentive, fasta, *words)[0] == 0
    made = attended_named(attentive, read_path(fasta).sequences)
    got = table(path)
    assert got["map"].unique().tolist() == [Choice().words(made)]
    assert got.groupby(["sequence", "window"]).size().tolist() == [60] * 3
    one = got.query("sequence == 's1' and window == 2").reset_index()
    matrix = made.map(2)
    pairs = [  # 4 bases a token and 4 seen on each side: 12 apart, no base in common
        (-matrix[q, k], q, k) for q in range(15) for k in range(15) if abs(q - k) * 4 >= 12
    ]
    for (weight, q, k), arc in zip(sorted(pairs), one.itertuples(), strict=False):
        assert (arc.reader, arc.read, arc.distance) == (q + 1, k + 1, 4 * abs(q - k))
        # the second window of 90 bases begins with base 31, 1-based
        assert (arc.reader_first, arc.reader_last) == (31 + 4 * q, 34 + 4 * q)
        assert (arc.read_first, arc.read_last) == (31 + 4 * k, 34 + 4 * k)
        assert arc.weight == pytest.approx(-weight, rel=1e-5)  # digits of the file
        assert arc.times_mean == pytest.approx(-weight * 15, rel=1e-5)  # rows sum to 1


def test_the_tokens_effects_are_those_of_the_tracks_mutagenesis(call, attentive, fasta, tmp_path):
    tokens = str(tmp_path / "t.tsv")
    words = ("--out", str(tmp_path / "m.npz"), "--tokens", tokens, "--single-strand")
    assert call("attention", "--model", attentive, fasta, *words)[0] == 0
    changes = pipeline.mutagenesis_named(attentive, read_path(fasta).sequences, both_strands=False)
    size = np.abs(changes.effect[0][:, 8:12]).sum() / 12
    assert table(tokens)["effect_size"][2] == pytest.approx(size, rel=1e-5)


def test_it_repeats_byte_for_byte(call, attentive, fasta, tmp_path):
    files = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path in files:
        assert call("attention", "--model", attentive, fasta, "--out", str(path))[0] == 0
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model toy-conv", "toy-conv has no attention to look at; choose one that has: "),
        ("--model toy-attention --track x", "no track 'x'"),
        ("--model toy-attention --figure x.gif", "give --figure a name that ends in svg, pdf, png"),
        ("--model toy-attention --tokens no/x.tsv", "there is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call, fasta, tmp_path, words, said):
    code, out, err = call("attention", fasta, *words.split(), "--out", str(tmp_path / "m.npz"))
    assert (code, out) == (2, b"")
    assert said in err and len(err.splitlines()) == 1
    assert not (tmp_path / "m.npz").exists()


def test_help_holds_an_example(call):
    code, out, _ = call("attention", "--help")
    assert code == 0 and "example:" in out.decode()
    assert "provenance" in out.decode()
