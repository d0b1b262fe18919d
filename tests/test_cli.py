"""Commands as a person gives them: what lands on disk, on the two outputs, and as exit code."""

import array
import fcntl
import io
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import termios
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gexp_core import inputs, pipeline
from gexp_core.cli import arguments, files, terminal
from gexp_core.errors import CancelledError, GexpError
from gexp_core.export.archive import bundle
from gexp_core.inputs import read_path
from gexp_core.models import registry
from gexp_core.types import Change, InputCheck, Provenance, SequenceSet
from tests.malformed import CHANGED, FINE, MALFORMED, PARTLY
from tests.toy_models import random_sequence, toy_card

ROOT = Path(__file__).resolve().parents[1]
LENGTHS = (60, 60, 150, 25)


@pytest.fixture
def fasta(tmp_path: Path) -> str:
    """Four good records: two of the window's length, a longer and a shorter one."""
    records = [f">s{i} about\n{random_sequence(n, i)}\n" for i, n in enumerate(LENGTHS)]
    path = tmp_path / "in.fa"
    path.write_text("".join(records))
    return str(path)


@pytest.fixture
def call(
    toy: str, run_command: Callable[..., tuple[int, bytes, str]]
) -> Callable[..., tuple[int, bytes, str]]:
    """Return ``run_command``, with the toy model offered."""
    return run_command


def table(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), sep="\t", keep_default_na=False)


def one_sentence(err: str) -> bool:
    """Return whether the last line is a sentence of ours and nothing is a traceback."""
    return err.splitlines()[-1].startswith("gexp: ") and "Traceback" not in err


# models -----------------------------------------------------------------------------------------


def test_models_lists_what_the_issue_names(call, toy):
    code, out, err = call("models")
    assert (code, err) == (0, "")
    head, *lines = out.decode().splitlines()
    assert re.split(r"  +", head) == [
        "name",
        "species",
        "input",
        "tracks",
        "held-out r",
        "licence",
        "assay",
    ]
    (mine,) = [line for line in lines if line.startswith(toy)]
    cells = re.split(r"  +", mine)
    assert cells == [toy, "none", "60 bp", "2", "0.61 (0.58 to 0.64; n 1,234)", "MIT", "none"]


def test_models_as_json_and_markdown(call, toy):
    records = json.loads(call("models", "--json")[1])
    (mine,) = [record for record in records if record["name"] == toy]
    assert mine["tracks"] == ["track0", "track1"]
    assert mine["held_out_r"] == 0.61
    assert len(mine["held_out"]) == 2
    assert mine["input_length"] == 60
    lines = call("models", "--markdown")[1].decode().splitlines()
    assert set(lines[1]) <= set("| -")
    assert len({line.count("|") for line in lines}) == 1
    (row,) = [line for line in lines if line.startswith(f"| `{toy}` |")]
    assert " | 0.61 (0.58 to 0.64; n 1,234) | 0.41 | MIT |" in row
    assert call("models", "--json", "--markdown")[0] == 2


# predict ----------------------------------------------------------------------------------------


def test_predict_writes_one_row_per_window_and_track(call, toy, fasta, tmp_path):
    out = tmp_path / "out.tsv"
    code, printed, err = call("predict", "--model", toy, fasta, "--out", str(out))
    assert (code, printed) == (0, b"")
    assert err.splitlines() == [  # nothing is padded or cut without a word
        "gexp: reading: 's2': 150 bp is longer than 60 bp: read as 4 windows, stride 30 bp",
        "gexp: reading: 's3': 25 bp is shorter than the 60 bp that varied in the assay: placed at "
        "window positions 18-42 of the model's stated background (17 bp before it, 18 bp after it)",
    ]
    got = table(out.read_bytes())
    assert list(got.columns) == ["sequence", "start", "end", "track", "prediction", "spread"]
    made = pipeline.predict_named(toy, read_path(fasta).sequences)
    wide = got.pivot_table(
        index=["sequence", "start", "end"], columns="track", values="prediction", sort=False
    )
    np.testing.assert_allclose(wide.to_numpy(), made.y, rtol=1e-5)  # six digits are written
    assert [row[1:] for row in wide.index if row[0] == "s2"] == [
        (0, 60),
        (30, 90),
        (60, 120),
        (90, 150),
    ]
    assert [row[1:] for row in wide.index if row[0] == "s3"] == [(0, 25)]


def test_predict_prints_without_out_and_as_json(call, toy, fasta):
    text = call("predict", "--model", toy, fasta)[1]
    assert call("predict", "--model", toy, fasta, "--out", "-")[1] == text
    records = json.loads(call("predict", "--model", toy, fasta, "--json")[1])
    got = table(text)
    assert list(records[0]) == list(got.columns)
    pd.testing.assert_frame_equal(pd.DataFrame(records), got, check_exact=True)


@pytest.mark.parametrize("command", ["predict", "mutagenesis"])
def test_what_made_a_table_is_written_beside_it(call, toy, fasta, tmp_path, command):
    told, out = tmp_path / "told.json", tmp_path / "out.tsv"
    words = (command, "--model", toy, fasta, "--provenance", str(told))
    code, text, _ = call(*words, "--out", str(out))
    assert (code, text) == (0, b"") and out.read_bytes() == call(*words[:-2])[1]
    made = json.loads(told.read_bytes())
    assert (made["model"], made["weights_sha256"]) == (toy, registry.card(toy).sha256)
    code, _, err = call(*words, "--out", str(told))
    assert code == 2 and "two outputs have the same name" in err
    code, _, err = call(*words, "--out", str(tmp_path / "out.parquet"))
    assert code == 2 and "--provenance is not for large files" in err


def test_predict_reads_standard_input(call, toy, fasta, monkeypatch):
    wanted = call("predict", "--model", toy, fasta)[1]
    raw = Path(fasta).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert call("predict", "--model", toy, "-")[:2] == (0, wanted)


def test_predict_options_change_what_they_say(call, toy, fasta):
    both = table(call("predict", "--model", toy, fasta)[1])
    one = table(call("predict", "--model", toy, fasta, "--track", "track1")[1])
    pd.testing.assert_frame_equal(one, both[both["track"] == "track1"].reset_index(drop=True))
    single = table(call("predict", "--model", toy, fasta, "--single-strand")[1])
    made = pipeline.predict_named(toy, read_path(fasta).sequences, both_strands=False)
    np.testing.assert_allclose(single["prediction"], made.y.ravel(), rtol=1e-5)
    assert not np.allclose(single["prediction"], both["prediction"])
    fine = table(call("predict", "--model", toy, fasta, "--stride", "10", "--batch-size", "3")[1])
    starts = fine[(fine["sequence"] == "s2") & (fine["track"] == "track0")]["start"]
    assert starts.tolist() == list(range(0, 91, 10))


# attribute --------------------------------------------------------------------------------------


def test_attribute_writes_the_arrays(call, toy, fasta, tmp_path):
    out = tmp_path / "out.npz"
    method = ["--method", "integrated-gradients", "--baseline", "zeros"]
    code, printed, _ = call("attribute", "--model", toy, fasta, *method, "--out", str(out))
    assert (code, printed) == (0, b"")
    with np.load(out, allow_pickle=False) as arrays:
        assert arrays["names"].tolist() == ["s0", "s1", "s2", "s3"]
        attr = [arrays[f"attr_{i}"] for i in range(4)]
        y, y_baseline, delta = arrays["y"], arrays["y_baseline"], arrays["delta"]
    assert [a.shape for a in attr] == [(4, n) for n in LENGTHS]
    sums = np.array([a.sum(dtype=float) for a in attr])
    np.testing.assert_allclose(sums - (y - y_baseline), delta, atol=1e-4)
    means = pipeline.predict_named(toy, read_path(fasta).sequences).means()
    np.testing.assert_allclose(y, means[:, 0], atol=1e-5)


def test_attribute_stacks_equal_lengths_and_repeats(call, toy, tmp_path):
    path = tmp_path / "in.fa"
    path.write_text("".join(f">s{i}\n{random_sequence(60, i)}\n" for i in range(2)))
    base = ["attribute", "--model", toy, str(path), "--track", "track1", "--out"]
    made = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert call(*base, str(tmp_path / name), "--seed", seed)[0] == 0
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1] != made[2]
    with np.load(tmp_path / "a", allow_pickle=False) as arrays:
        assert arrays["attr"].shape == (2, 4, 60)


def test_attribute_says_when_it_does_not_complete(call, toy, fasta, tmp_path, monkeypatch):
    real = pipeline.attribute_named

    def off(*args, **kwargs):
        made = real(*args, **kwargs)
        object.__setattr__(made, "delta", made.delta + np.float32(10))
        return made

    monkeypatch.setattr(pipeline, "attribute_named", off)
    base = ["attribute", "--model", toy, fasta, "--baseline", "zeros"]
    code, _, err = call(*base, "--out", str(tmp_path / "x"))
    assert code == 0
    assert "4 of 4 attributions miss completeness by more than 1 %" in err
    (tmp_path / "one.fa").write_text(">only\n" + "ACGTTGCA" * 8 + "\n")
    one = ["attribute", "--model", toy, str(tmp_path / "one.fa"), "--baseline", "zeros"]
    assert "1 of 1 attribution misses completeness" in call(*one, "--out", str(tmp_path / "y"))[2]


# mutagenesis ------------------------------------------------------------------------------------


def test_mutagenesis_lists_three_changes_per_base(call, toy, fasta):
    code, out, _ = call("mutagenesis", "--model", toy, fasta, "--track", "track1")
    assert code == 0
    got = table(out)
    assert list(got.columns) == ["sequence", "position", "ref", "alt", "track", "effect"]
    assert len(got) == 3 * sum(LENGTHS)
    assert set(got["track"]) == {"track1"}
    assert (got["ref"] != got["alt"]).all()
    sequences = read_path(fasta).sequences
    row = got[got["sequence"] == "s1"].iloc[100]
    text = sequences["s1"]
    at = int(row["position"]) - 1
    assert text[at] == row["ref"]
    mutant = type(sequences)(("ref", "alt"), (text, text[:at] + str(row["alt"]) + text[at + 1 :]))
    y = pipeline.predict_named(toy, mutant).means()[:, 1]
    assert row["effect"] == pytest.approx(y[1] - y[0], abs=1e-5)
    records = json.loads(
        call("mutagenesis", "--model", toy, fasta, "--track", "track1", "--json")[1]
    )
    assert records[100]["effect"] == got["effect"].iloc[100]


# run --------------------------------------------------------------------------------------------


def test_run_writes_what_its_zip_holds_and_repeats(call, toy, fasta, tmp_path):
    made = []
    for name in ("first", "second"):
        folder = tmp_path / name
        code, printed, err = call(
            *("run", "--model", toy, fasta, "--baseline", "zeros"),
            *("--figures", "1", "--out", str(folder)),
        )
        assert (code, printed) == (0, b"")
        assert "files written" in err
        paths = [path for path in folder.rglob("*") if path.is_file()]
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in paths})
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "first" / "results.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {name: data for name, data in made[0].items() if name != "results.zip"}


def test_a_run_replaces_an_earlier_one_and_nothing_else(tmp_path):
    folder = tmp_path / "out"
    files.check_files(str(folder))
    files.write_files(str(folder), bundled(**{"a.tsv": b"1", "deep/er/b.tsv": b"2", "e.tsv": b"5"}))
    (folder / "mine.txt").write_text("kept")
    (folder / "e.tsv").write_text("changed since")
    files.check_files(str(folder))
    files.write_files(str(folder), bundled(**{"a.tsv": b"3", "c/d.tsv": b"4"}))
    left = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert left == {"a.tsv", "c", "c/d.tsv", "e.tsv", "mine.txt", "provenance.json", files.ZIP}
    assert (folder / "a.tsv").read_bytes() == b"3"


def bundled(**contents):
    made = Provenance("d" * 64, "toy", "0" * 64, {}).to_json()
    contents = {**contents, "provenance.json": made.encode()}
    return {**contents, files.ZIP: bundle(contents)}


@pytest.mark.parametrize(
    "contents",
    [
        {"mine.tsv": b"kept"},
        {"mine.tsv": b"kept", "provenance.json": b'{"model": "another program"}'},
        {"mine.tsv": b"kept", "provenance.json": b"[1]"},
        None,
    ],
)
def test_a_zip_that_no_run_made_is_not_taken_for_one(tmp_path, contents):
    place = tmp_path / files.ZIP
    (tmp_path / "mine.tsv").write_bytes(b"kept")
    place.write_bytes(b"no zip" if contents is None else bundle(contents))
    before = held(tmp_path)
    with pytest.raises(GexpError, match="holds files that no earlier run made"):
        files.check_files(str(tmp_path))
    with pytest.raises(GexpError, match=r"'results\.zip' that no earlier run made"):
        files.write_files(str(tmp_path), bundled(a=b"1"))
    (tmp_path / files.UNFINISHED).mkdir()  # a killed run's: it vouches for what it names alone
    with pytest.raises(GexpError, match="holds files that no earlier run made"):
        files.check_files(str(tmp_path))
    assert held(tmp_path) == before


def held(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


class Killed(BaseException):
    """A process that ends without a chance to tidy up."""


def after(calls, what, raised):
    """Return ``what``, which raises instead of its call number ``calls``."""
    counted = iter(range(1, 1_000))

    def call(*args, **options):
        if next(counted) == calls:
            raise raised
        return what(*args, **options)

    return call


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_run_stopped_while_it_writes_leaves_all_as_it_was(tmp_path, monkeypatch, raised):
    new, old = tmp_path / "deep" / "new", tmp_path / "old"
    files.write_files(str(old), bundled(a=b"1", b=b"2"))
    (old / "mine").write_bytes(b"kept")
    before = held(old)
    for folder in (new, old):
        with monkeypatch.context() as patch, pytest.raises((KeyboardInterrupt, GexpError)):
            patch.setattr(os, "fsync", after(2, os.fsync, raised))
            files.write_files(str(folder), bundled(a=b"3", c=b"4"))
    assert not (tmp_path / "deep").exists()
    assert held(old) == before


def test_what_stops_a_run_too_late_stops_nothing(tmp_path, monkeypatch):
    old = tmp_path / "old"
    files.write_files(str(old), bundled(a=b"1", b=b"2"))
    after_all = bundled(a=b"3", c=b"4")
    # four files and the names are renamed when they are written, then put in their places
    for call in (6, 7, 8, 9):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", after(call, Path.replace, KeyboardInterrupt()))
            files.write_files(str(old), after_all)
        assert held(old) == after_all


@pytest.mark.parametrize("call", range(1, 10))
def test_a_killed_run_is_replaced_by_the_next(tmp_path, monkeypatch, call):
    folder = tmp_path / "out"
    files.write_files(str(folder), bundled(a=b"1", b=b"2"))
    (folder / "mine").write_bytes(b"kept")
    before = held(folder)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "replace", after(call, Path.replace, Killed()))
        patch.setattr(files.shutil, "rmtree", lambda *args, **options: None)  # no tidying up
        files.write_files(str(folder), bundled(a=b"3", c=b"4"))
    left = held(folder)
    if call <= 5:  # not one of them was put in its place
        assert before.items() <= left.items()
    else:
        assert files.ZIP not in left  # nothing vouches for files of two runs
    files.check_files(str(folder))
    files.write_files(str(folder), bundled(d=b"5"))
    assert held(folder) == bundled(d=b"5") | {"mine": b"kept"}
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "mine").write_bytes(b"kept")
    with pytest.raises(GexpError, match="holds files that no earlier run made"):
        files.check_files(str(strange))


def test_a_zip_that_lies_removes_nothing_outside_its_folder(tmp_path):
    (tmp_path / "precious").write_text("kept")
    folder = tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(folder / files.ZIP, "w") as archive:
        archive.writestr("provenance.json", bundled()["provenance.json"])
        archive.writestr("../precious", b"kept")
        archive.writestr(str(tmp_path / "precious"), b"kept")
    files.write_files(str(folder), {"a": b"1"})
    assert (tmp_path / "precious").read_text() == "kept"
    with pytest.raises(GexpError, match="leave the output folder"):
        files.write_files(str(folder), {"../a": b"1"})


# what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("predict --model x {fa}", "there is no model 'x'; there are"),
        ("predict --model {m} {fa} --track x", "no track 'x'; it has track0, track1"),
        ("predict --model {m} nowhere.fa", "'nowhere.fa' cannot be read"),
        ("predict --model {m} {d}", "cannot be read"),
        ("predict --model {m} {fa} --out {d}", "is a folder"),
        ("predict --model {m} {fa} --out {d}/no/out.tsv", "there is no folder"),
        ("predict --model {m} {fa} --device abacus", "device 'abacus' cannot be used"),
        ("predict --model {m} {fa} --stride 61", "stride 61 is outside 1 to 60"),
        ("predict --model {m} {fa} --stride 0", "'0' is not a whole number from 1"),
        ("predict --model {m} {fa} --batch-size many", "'many' is not a whole number from 1"),
        ("predict --model {m}", "the following arguments are required: IN.fa"),
        ("predict {fa}", "the following arguments are required: --model"),
        ("predict --model {m} {fa} --seed 1", "unrecognized arguments: --seed 1"),
        ("attribute --model {m} {fa}", "the following arguments are required: --out"),
        ("attribute --model {m} {fa} --out o --baseline x", "invalid choice: 'x'"),
        ("attribute --model {m} {fa} --out o --method x", "invalid choice: 'x'"),
        ("attribute --model {m} {fa} --out o --seed -1", "'-1' is not a whole number from 0"),
        ("mutagenesis --model {m} {fa} --track x", "no track 'x'"),
        ("run --model {m} {fa} --out {fa}", "is a file; give --out a folder"),
        ("run --model {m} {fa} --out {d}", "holds files that no earlier run made"),
        ("perdict", "invalid choice: 'perdict'"),
        ("", "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_be_used_gives_one_sentence(call, toy, fasta, tmp_path, words, said):
    before = sorted(tmp_path.rglob("*"))
    given = words.format(m=toy, fa=fasta, d=tmp_path)
    code, out, err = call(*shlex.split(given))
    assert (code, out) == (2, b"")
    assert len(err.splitlines()) == 1
    assert one_sentence(err)
    assert said in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def small_limits(monkeypatch):
    """Read with the app's bounds, so that what passes a bound can be small."""
    monkeypatch.setattr(inputs, "read_path", partial(read_path, limits=inputs.APP_LIMITS))


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_every_malformed_file_gives_its_sentence(call, toy, tmp_path, small_limits, case):
    path = tmp_path / case.filename
    path.write_bytes(case.data)
    out = tmp_path / "out.tsv"
    code, printed, err = call("predict", "--model", toy, str(path), "--out", str(out))
    assert (code, printed) == (2, b"")
    assert len(err.splitlines()) == 1
    assert one_sentence(err)
    assert case.says in err
    assert not out.exists()


@pytest.mark.parametrize("case", PARTLY, ids=lambda case: case.name)
def test_good_records_beside_bad_ones_are_predicted(call, toy, tmp_path, small_limits, case):
    path = tmp_path / "in.fa"
    path.write_bytes(case.data)
    code, out, err = call("predict", "--model", toy, str(path), "--track", "track0")
    assert code == 0
    assert table(out)["sequence"].nunique() == case.kept
    assert case.says in err.splitlines()[0]
    assert "Traceback" not in err


@pytest.mark.parametrize("case", CHANGED, ids=lambda case: case.name)
def test_every_change_is_told(call, toy, tmp_path, case):
    path = tmp_path / "in.fa"
    path.write_bytes(case.data)
    code, _, err = call("predict", "--model", toy, str(path))
    assert code == 0
    assert any(
        line.startswith("gexp: changed: ") and case.says in line for line in err.splitlines()
    )


@pytest.mark.parametrize("name", FINE)
def test_what_looks_odd_and_is_right_is_read_quietly(call, toy, tmp_path, name):
    data, names = FINE[name]
    path = tmp_path / "in.fa"
    path.write_bytes(data)
    code, out, err = call("predict", "--model", toy, str(path), "--track", "track0", "--json")
    assert code == 0
    assert all(line.startswith("gexp: reading: ") for line in err.splitlines())
    assert tuple(dict.fromkeys(row["sequence"] for row in json.loads(out))) == names


def test_changes_and_rejected_records_are_told_in_short(call, toy, tmp_path):
    path = tmp_path / "in.fa"
    good = "".join(f">g{i}\nacgtnACGU{'ACGT' * i}\n" for i in range(4))
    path.write_text(good + ">bad\nACGT!ACGT\n")
    code, out, err = call("predict", "--model", toy, str(path))
    assert code == 0
    assert set(table(out)["sequence"]) == {"g0", "g1", "g2", "g3"}
    lines = err.splitlines()
    assert lines[0].startswith("gexp: left out: ")
    assert "'bad'" in lines[0]
    assert len([line for line in lines if line.startswith("gexp: changed: ")]) == 6
    assert [line for line in lines if re.fullmatch(r"gexp: changed: \d+ more changes", line)]


def test_one_more_is_told_as_one(capsys):
    changes = tuple(Change("", "N", 1, "a change") for _ in range(6))
    check = InputCheck(SequenceSet(("s",), ("ACGT",)), changes)
    terminal.report(check)
    assert capsys.readouterr().err.splitlines()[-1] == "gexp: changed: 1 more change"
    short = SequenceSet(tuple("abcdef"), ("ACGT",) * 6)
    terminal.report_reading(toy_card(), short, None)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "gexp: reading: 1 more sequence that does not simply fill the window"
    )


def test_control_characters_do_not_reach_the_terminal(capsys):
    terminal.note("a\x1b[31mred\nb\x07")
    assert capsys.readouterr().err == "gexp: a\\x1b[31mred\\nb\\x07\n"


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt(), 130), (CancelledError("x"), 130), (GexpError("x"), 2)],
)
def test_what_was_there_stays_when_work_ends_early(
    call, toy, fasta, tmp_path, monkeypatch, raised, code
):
    out = tmp_path / "out.tsv"
    out.write_text("old")

    def stop(*args, **kwargs):
        raise raised

    monkeypatch.setattr(pipeline, "predict_named", stop)
    got, printed, err = call("predict", "--model", toy, fasta, "--out", str(out))
    assert (got, printed) == (code, b"")
    assert one_sentence(err)
    assert out.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_bug_is_not_dressed_as_bad_input(call, toy, fasta, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "predict_named", broken)
    with pytest.raises(ZeroDivisionError):
        call("predict", "--model", toy, fasta)


# files ------------------------------------------------------------------------------------------


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    out = tmp_path / "out.tsv"
    out.write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GexpError, match=r"cannot write .*out.tsv': No space left"):
        files.write_file(out, b"new")
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_what_another_process_left_is_neither_in_the_way_nor_removed(tmp_path, monkeypatch):
    left = tmp_path / f".gexp-{os.getpid()}.part"
    left.write_bytes(b"of another")
    files.write_file(tmp_path / "out", b"new")
    taken = tmp_path / ".gexp-taken.part"
    taken.write_bytes(b"of another")
    monkeypatch.setattr(files.secrets, "token_hex", lambda size: "taken")
    with pytest.raises(GexpError, match="cannot write"):
        files.write_file(tmp_path / "out", b"newer")
    assert left.read_bytes() == taken.read_bytes() == b"of another"
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_file_has_the_rights_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_file(tmp_path / "out", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_links_and_devices_are_written_through(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    files.write_file(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    files.write_file(fifo, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


# progress and help ------------------------------------------------------------------------------


def test_the_meter_counts_and_estimates():
    meter = terminal.Meter("predict")
    assert meter.line(0, 200, 0) == "predict: 0/200 (0 %)"
    assert meter.line(50, 200, 10) == "predict: 50/200 (25 %), 5/s, 30 s left"
    assert meter.line(1, 7201, 1) == "predict: 1/7,201 (0 %), 1/s, 2 h 00 min left"
    meter = terminal.Meter("run", counts=False)
    assert meter.line(0, 1000, 0) == "run: 0 %"
    assert meter.line(250, 1000, 10) == "run: 25 %, 30 s left"
    assert terminal.duration(185) == "3 min 05 s"


def test_progress_is_for_terminals_only(monkeypatch, capsys):
    with terminal.meter("x") as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with terminal.meter("x") as progress:
        assert progress is not None
        for done in range(1000):
            progress(done, 1000)
        progress(1000, 1000)
    err = capsys.readouterr().err
    assert err.count("\r") < 50  # ten times a second, not a thousand
    assert "x: 1,000/1,000 (100 %)" in err
    assert err.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    "command", ["models", "predict", "attribute", "mutagenesis", "run", "train"]
)
def test_help_holds_an_example_that_parses(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    example = out.decode().split("example:\n")[1].strip()
    words = shlex.split(example)
    assert words[:4] == ["python", "-m", "gexp_core", command]
    assert arguments.parser(train=command == "train").parse_args(words[3:]).command == command
    assert ("provenance" in out.decode()) == (command in ("attribute", "predict", "mutagenesis"))


def test_help_and_version(call):
    code, out, _ = call("--help")
    assert code == 0
    for command in ("models", "predict", "attribute", "mutagenesis", "run", "train"):
        assert re.search(rf"^    {command}\s+\w", out.decode(), re.MULTILINE)
    assert call("--version")[1].startswith(b"gexp 0.")


# as a process -----------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error(toy, fasta):
    process = subprocess.Popen(
        [sys.executable, "-m", "gexp_core", "predict", "--model", toy, fasta],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    process.stdout.close()  # before anything is written, so that writing must fail
    noted = process.stderr.read().decode().splitlines()
    process.stderr.close()
    assert all(line.startswith("gexp: reading: ") for line in noted)
    assert process.wait(60) == 141


@pytest.mark.parametrize("case", MALFORMED[:3] + MALFORMED[6:7], ids=lambda case: case.name)
def test_malformed_input_through_a_pipe(toy, case):
    done = subprocess.run(
        [sys.executable, "-m", "gexp_core", "predict", "--model", toy, "-"],
        cwd=ROOT,
        input=case.data,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert case.says in done.stderr.decode()
    assert one_sentence(done.stderr.decode())


def unread(pipe):
    """Return how many bytes of a pipe nobody has read yet."""
    left = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, left)
    return left[0]


def test_ctrl_c_while_it_waits_for_input(toy):
    reset = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        [sys.executable, "-m", "gexp_core", "predict", "--model", toy, "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=reset,  # whoever started the tests may have it ignored
    )
    process.stdin.write(b">a\nACGT\n")
    process.stdin.flush()
    end = time.monotonic() + 60
    while unread(process.stdin) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)  # what came was read: it waits for an input that never ends
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
