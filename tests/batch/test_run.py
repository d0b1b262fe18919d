"""A batch: the numbers of one run, the bytes of an undisturbed one, in memory that stays flat."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from gexp_core import pipeline
from gexp_core.__main__ import main
from gexp_core.batch import BatchSettings, first_rows, lines, records, run, shard
from gexp_core.batch.parts import PartsError, parts_of
from gexp_core.cli import batch as large
from gexp_core.errors import CancelledError, GexpError, InputError, LimitError, ModelError
from gexp_core.inputs import read_text
from gexp_core.jobs import Bounds, JobState
from gexp_core.models import registry
from gexp_core.types import Target
from tests.toy_models import random_sequence

ROOT = Path(__file__).resolve().parents[2]


def library(count, length=60):
    return "".join(f">s{n} about\n{random_sequence(length, n)}\n" for n in range(count))


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text(library(23))
    return path


def settings_of(**options):
    return BatchSettings("toy-conv", **{"records": 5, **options})


def test_a_table_says_which_strands_were_read(toy, monkeypatch):
    def told(both):
        return settings_of(run=pipeline.RunSettings(both_strands=both)).describe()

    said = [told(both)["settings"]["both_strands"] for both in (True, False)]
    assert said == [True, False]
    one = replace(registry.card(toy), both_strands=False)
    monkeypatch.setattr(registry, "card", lambda name: one)
    assert told(True)["settings"]["both_strands"] is False
    assert told(True) == told(False)  # one table, so the parts of either go on


def test_the_table_is_that_of_one_run(engine, toy, fasta, tmp_path):
    out = tmp_path / "out.parquet"
    report = run(fasta, out, settings_of(), engine=engine)
    assert (report.records, report.shards, report.kept, report.refused) == (23, 5, 0, 0)
    table = pd.read_parquet(out)
    whole = pipeline.predict_named(toy, read_text(fasta.read_text()).sequences)
    assert len(table) == report.rows == 23 * 2
    assert list(table["sequence"][::2]) == list(whole.names)
    assert list(table["record"][::2]) == list(range(1, 24))
    # float32: other batches round the last bits differently
    np.testing.assert_allclose(table["prediction"], whole.y.ravel(), atol=1e-5)
    np.testing.assert_allclose(table["spread"], whole.spread.ravel(), atol=1e-5)
    assert table["note"].isna().all()
    assert not parts_of(out).exists()


@pytest.mark.parametrize("work", ["attribute", "mutagenesis"])
def test_explanations_too(engine, toy, tmp_path, work):
    path = tmp_path / "in.fa"
    path.write_text(library(3))
    chosen = pipeline.RunSettings(track="track1", baseline="zeros")
    out = tmp_path / "out.parquet"
    run(path, out, settings_of(work=work, run=chosen, records=2), engine=engine)
    table = pd.read_parquet(out)
    sequences = read_text(path.read_text()).sequences
    target = pipeline.target_of(toy, "track1")
    if work == "attribute":
        truth = pipeline.attribute_named(
            toy, sequences, settings=chosen.attribution(), target=target
        )
        want = np.concatenate([truth.per_base(i) for i in range(3)])
        np.testing.assert_allclose(table["score"], want, atol=1e-5)
        assert "".join(table["base"]) == "".join(sequences.sequences)
    else:
        truth = pipeline.mutagenesis_named(toy, sequences, target=target)
        assert len(table) == 3 * 60 * 3
        row = table[(table["record"] == 2) & (table["position"] == 7)].iloc[0]
        want = truth.effect[1]["ACGT".index(row["alt"]), 6]
        assert row["effect"] == pytest.approx(want, abs=1e-5)


def test_a_track_minus_another(engine, toy, tmp_path):
    path, out = tmp_path / "in.fa", tmp_path / "out.parquet"
    path.write_text(library(2))
    sequences = read_text(path.read_text()).sequences
    chosen = pipeline.RunSettings(track="track1", minus="track0", method="gradient-x-input")
    one, other = (
        pipeline.mutagenesis_named(toy, sequences, target=Target(track)) for track in (1, 0)
    )
    run(path, out, settings_of(work="mutagenesis", run=chosen), engine=engine)
    table = pd.read_parquet(out)
    assert set(table["track"]) == {"track1 minus track0"}
    row = table[(table["record"] == 2) & (table["position"] == 7)].iloc[0]
    at = 1, "ACGT".index(row["alt"]), 6
    # float32 of two tracks, read apart there and together here
    assert row["effect"] == pytest.approx(one.effect[1][at[1:]] - other.effect[1][at[1:]], abs=1e-5)
    run(path, out, settings_of(work="attribute", run=chosen), engine=engine)
    one, other = (
        pipeline.attribute_named(
            toy, sequences, settings=chosen.attribution(), target=Target(track)
        ).per_base(1)
        for track in (1, 0)
    )
    table = pd.read_parquet(out)
    # a gradient times the letters is linear in what it is of, but for the last bits of float32
    np.testing.assert_allclose(table[table["record"] == 2]["score"], one - other, atol=1e-5)
    for wrong in ("nonsense", "track1"):
        with pytest.raises(ModelError):
            settings_of(run=pipeline.RunSettings(track="track1", minus=wrong))


def test_what_cannot_be_read_keeps_its_row_and_repeated_names_their_number(engine, toy, tmp_path):
    path = tmp_path / "in.fa"
    good = random_sequence(60, 1)
    path.write_text(f">a\n{good}\n>b\nACGTZ\n>a\n{good.lower()}\n>\n{good}\n>e\n\n")
    out = tmp_path / "out.parquet"
    report = run(path, out, settings_of(), engine=engine)
    assert (report.records, report.refused) == (5, 2)
    assert report.changes == {"lower case": (1, 60)}
    table = pd.read_parquet(out)
    assert list(table["record"]) == [1, 1, 2, 3, 3, 4, 4, 5]
    assert list(table["sequence"]) == ["a", "a", "b", "a", "a", "sequence_4", "sequence_4", "e"]
    refused = table[table["note"].notna()]
    assert refused["prediction"].isna().all()
    assert "'Z' at position 5 (1-based, line 4 of the input)" in refused["note"].iloc[0]
    same = table[table["record"].isin([1, 3, 4]) & (table["track"] == "track0")]["prediction"]
    assert same.nunique() == 1
    run(path, tmp_path / "out.tsv", settings_of(), engine=engine)
    text = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    assert list(text.columns) == list(table.columns)
    assert list(text["start"].astype("Int64").isna()) == list(table["note"].notna())
    assert "\t0\t60\ttrack0\t" in (tmp_path / "out.tsv").read_text()  # whole numbers stay whole


def test_a_tsv_has_beside_it_what_a_parquet_file_says_of_itself(engine, toy, fasta, tmp_path):
    for ending in ("parquet", "tsv"):
        run(fasta, tmp_path / f"out.{ending}", settings_of(), engine=engine)
    said = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[b"gexp"])
    assert json.loads((tmp_path / "out.tsv.json").read_text()) == said
    assert said["weights_sha256"] == registry.card(toy).sha256
    assert (said["model"], said["settings"]["both_strands"]) == (toy, True)
    assert {path.name for path in tmp_path.glob("*out.*")} == {
        "out.parquet",
        "out.tsv",
        "out.tsv.json",
    }


def test_names_may_hold_quotation_marks(engine, toy, tmp_path):
    path = tmp_path / "in.fa"
    names = ['"a', "b", 'c"d', '"']
    path.write_text("".join(f">{name}\n{random_sequence(60, 1)}\n" for name in names))
    run(path, tmp_path / "out.tsv", settings_of(), engine=engine)
    shown = list(dict.fromkeys(first_rows(tmp_path / "out.tsv", 20)["sequence"]))
    assert shown == ["'\"a", "b", 'c"d', "'\""]
    # any reader that takes quotation marks for such finds every row
    assert list(dict.fromkeys(pd.read_csv(tmp_path / "out.tsv", sep="\t")["sequence"])) == shown
    other = tmp_path / "other.tsv"
    other.write_text('sequence\ty\n"a\t1\nb\t2\n')
    assert list(first_rows(other, 20)["sequence"]) == ['"a', "b"]


def test_stopped_and_run_again_gives_the_same_bytes(engine, toy, fasta, tmp_path):
    for ending in ("parquet", "tsv"):
        whole, cut = tmp_path / f"whole.{ending}", tmp_path / f"cut.{ending}"
        run(fasta, whole, settings_of(), engine=engine)
        seen = []

        def progress(done, total, seen=seen):
            seen.append(done)

        with pytest.raises(CancelledError, match="what is done is kept"):
            run(
                fasta,
                cut,
                settings_of(),
                engine=engine,
                at_once=1,
                progress=progress,
                stopped=lambda seen=seen: len(seen) >= 2,
            )
        kept = sorted(parts_of(cut).glob("part-*"))
        assert 2 <= len(kept) < 5 and not cut.exists()
        stamps = [path.stat().st_mtime_ns for path in kept]
        assert run(fasta, cut, settings_of(), engine=engine).kept == len(kept)
        assert cut.read_bytes() == whole.read_bytes()
        assert stamps  # they were read, not made again: see kept above


def test_parts_of_something_else_are_never_mixed_in(engine, toy, fasta, tmp_path):
    out = tmp_path / "out.parquet"
    named = settings_of(device="cpu")  # which is what this machine takes where none is named
    with pytest.raises(CancelledError):
        run(fasta, out, named, engine=engine, stopped=lambda: True)
    with pytest.raises(PartsError, match="another model, other settings"):
        run(fasta, out, settings_of(records=7), engine=engine)
    calls = []
    with pytest.raises(CancelledError):
        run(
            fasta,
            out,
            settings_of(),
            engine=engine,
            at_once=1,  # so that the part that lands is the first
            progress=lambda done, total: calls.append(done),
            stopped=lambda: bool(calls),
        )
    fasta.write_text(library(23).replace(">s1 ", ">t1 "))
    with pytest.raises(PartsError, match=r"changed since .* \(record 1"):
        run(fasta, out, settings_of(), engine=engine)
    with pytest.raises(InputError, match="does not end with"):
        run(fasta, tmp_path / "out.csv", settings_of(), engine=engine)


def test_other_code_and_another_device_are_other_parts(engine, toy, fasta, tmp_path, monkeypatch):
    out = tmp_path / "out.parquet"
    with pytest.raises(CancelledError):
        run(fasta, out, settings_of(device="cpu"), engine=engine, stopped=lambda: True)
    with monkeypatch.context() as patch:
        patch.setattr("gexp_core.batch.settings.release", lambda: "of a line more")
        with pytest.raises(PartsError, match="another version of gexp, torch, numpy or tangermeme"):
            run(fasta, out, settings_of(), engine=engine)
    note = parts_of(out) / "batch.json"
    here = note.read_text()
    note.write_text(here.replace('"device": "cpu"', '"device": "cuda"'))
    with pytest.raises(PartsError, match="another device"):
        run(fasta, out, settings_of(), engine=engine)
    note.write_text(here)
    run(fasta, out, settings_of(), engine=engine)
    told = json.loads(pq.read_schema(out).metadata[b"gexp"])
    assert told["device"] == "cpu" and len(told["release"]) == 64


def test_a_part_that_another_machine_made_otherwise_is_not_joined(engine, toy, fasta, tmp_path):
    out = tmp_path / "out.parquet"
    with pytest.raises(GexpError, match="record 1 and following were computed with another"):
        run(fasta, out, settings_of(device="cpu"), engine=_Otherwise(), at_once=1)
    assert not list(parts_of(out).glob("part-*")) and not out.exists()
    assert run(fasta, out, settings_of(), engine=engine).kept == 0
    with pytest.raises(CancelledError):
        run(fasta, out, settings_of(device="cpu"), engine=engine, stopped=lambda: True)
    # as it lies there when this process died before it looked
    (first, *_) = records.shards(fasta, records=5)
    part = str(parts_of(out) / "part-000000000.parquet")
    _Otherwise().submit("", first, settings_of(device="cpu"), part, owner="")
    with pytest.raises(PartsError, match="another model, other settings"):
        run(fasta, out, settings_of(), engine=engine)


class _Otherwise:
    """An engine whose machine has another model of the same name."""

    def submit(self, work, given, settings, part, *, owner):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gexp_core.batch.settings.release", lambda: "of another machine")
            return _Done(shard.compute(given, settings, part))


def test_a_full_disk_is_said_in_a_sentence(toy, tmp_path, monkeypatch):
    def full(*given, **how):
        raise OSError(28, "No space left on device")

    (tmp_path / "in.fa").write_text(library(3))
    (made,) = records.shards(tmp_path / "in.fa")
    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(GexpError, match=r"cannot write '.*part-0': No space left on device"):
        shard.compute(made, settings_of(), str(tmp_path / "part-0"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.fa"]


def test_a_damaged_part_is_made_again(engine, toy, fasta, tmp_path):
    whole, out = tmp_path / "whole.parquet", tmp_path / "out.parquet"
    run(fasta, whole, settings_of(), engine=engine)
    seen = []
    with pytest.raises(CancelledError):
        run(
            fasta,
            out,
            settings_of(),
            engine=engine,
            progress=lambda done, total: seen.append(done),
            stopped=lambda: len(seen) > 2,
        )
    part = min(parts_of(out).glob("part-*"))
    part.write_bytes(part.read_bytes()[:-20])
    run(fasta, out, settings_of(), engine=engine)
    assert out.read_bytes() == whole.read_bytes()


def test_a_worker_that_dies_costs_nothing(toy, fasta, tmp_path, engine):
    whole, out = tmp_path / "whole.parquet", tmp_path / "out.parquet"
    run(fasta, whole, settings_of(), engine=engine)
    killed = []

    def kill(done, total):
        if not killed:
            killed.append(engine.report()["pids"][0])
            os.kill(killed[0], signal.SIGKILL)

    run(fasta, out, settings_of(records=5), engine=engine, progress=kill)
    assert killed and out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_record_that_is_too_much_is_left_out_and_nothing_else_is(toy, tmp_path, at_once):
    path, out = tmp_path / "in.fa", tmp_path / "out.parquet"
    heavy, light = random_sequence(300, 99), library(14)
    others = f">heavy\n{heavy}\n>Bad\nACGTZ\n>low\n{'acgt' * 15}\n>alone\n{heavy}\n"
    path.write_text(light + others)
    weak = Weak()
    # the shards: ten records, then seven with a heavy one among them, then the other one alone
    cut = settings_of(records=50, letters=600, device="cpu")
    report = run(path, out, cut, engine=weak, at_once=at_once)
    assert (report.records, report.refused, report.shards) == (18, 3, 3)
    assert report.changes == {"lower case": (1, 60)}
    assert weak.asked == [10, 7, *[1] * 8]
    table = pd.read_parquet(out)
    assert list(table["record"].unique()) == list(range(1, 19)) and len(table) == 15 * 2 + 3
    assert table["record"].is_monotonic_increasing
    left = table[table["note"].notna()]
    assert list(left["sequence"]) == ["heavy", "Bad", "alone"]
    assert left["prediction"].isna().all()
    for note in left["note"].iloc[[0, 2]]:
        assert "was left out: the computation passed its limit of 9 s" in note
    whole = pipeline.predict_named(toy, read_text(light).sequences)
    np.testing.assert_allclose(table["prediction"][:28], whole.y.ravel(), atol=1e-5)
    assert not parts_of(out).exists()


def test_what_is_done_alone_stops_with_the_batch_and_refuses_other_code(toy, tmp_path, monkeypatch):
    path, out = tmp_path / "in.fa", tmp_path / "out.parquet"
    path.write_text(library(3) + f">heavy\n{random_sequence(300, 9)}\n")
    weak = Weak()
    with pytest.raises(CancelledError):
        run(path, out, settings_of(device="cpu"), engine=weak, stopped=lambda: len(weak.asked) == 2)
    assert weak.asked == [4, 1]
    weak.dies = 2
    assert run(path, out, settings_of(device="cpu"), engine=weak).refused == 1
    assert weak.asked[2:] == [4, 1, 1, 1, 1, 1]  # the second one three times, never the first one

    class Elsewhere(Weak):
        def computed(self, *given):
            with monkeypatch.context() as patch:
                patch.setattr("gexp_core.batch.settings.release", lambda: "of another machine")
                return super().computed(*given)

    with pytest.raises(GexpError, match="record 1 and following were computed with another"):
        run(path, tmp_path / "b.tsv", settings_of(device="cpu"), engine=Elsewhere())


class Weak:
    """An engine that takes no record of more than 200 letters, and whose worker may die."""

    bounds = Bounds()

    def __init__(self):
        self.asked, self.owners, self.dies = [], [], 0

    def submit(self, work, given, settings, part, *, owner):
        self.asked.append(len(given.entries))
        self.owners.append(owner)
        if any(entry.size > 200 for entry in given.entries):
            return _Failed(LimitError("the computation passed its limit of 9 s and was stopped"))
        if self.dies:
            self.dies -= 1
            return _Failed(GexpError("the process that computed this ended before it was done"))
        return _Done(self.computed(given, settings, part))

    def computed(self, given, settings, part):
        return shard.compute(given, settings, part)


def test_an_error_in_a_shard_ends_the_batch_with_its_sentence(engine, toy, fasta, tmp_path):
    fasta.write_text(library(3, 150))  # longer than the window, so the stride counts
    chosen = pipeline.RunSettings(stride=10_000)
    with pytest.raises(GexpError, match="stride"):
        run(fasta, tmp_path / "out.tsv", settings_of(run=chosen), engine=engine)


SCRIPT = """
    import sys
    from gexp_core.__main__ import main
    sys.exit(main(sys.argv[1:]))
"""


def command(fasta, out, *more):
    words = ["batch", str(fasta), "--model", "toy-conv", "--out", str(out), "--shard", "20"]
    return [sys.executable, "-c", textwrap.dedent(SCRIPT), *words, *more]


@pytest.mark.skipif(sys.platform != "linux", reason="kills and reads /proc")
def test_killed_in_the_middle_and_run_again_gives_the_same_bytes(
    engine, toy, model_folder, tmp_path
):
    fasta = tmp_path / "in.fa"
    fasta.write_text(library(1_200))
    env = os.environ | {"GEXP_MODELS": str(model_folder), "PYTHONPATH": str(ROOT)}
    out, whole = tmp_path / "out.parquet", tmp_path / "whole.parquet"
    run(fasta, whole, settings_of(records=20), engine=engine)  # another process, never stopped
    server = subprocess.Popen(command(fasta, out, "--workers", "2"), env=env, cwd=ROOT)
    end = time.monotonic() + 60
    while len(list(parts_of(out).glob("part-*"))) < 10 and time.monotonic() < end:
        time.sleep(0.005)
    server.kill()
    server.wait()
    left = len(list(parts_of(out).glob("part-*")))
    assert 10 <= left < 60 and not out.exists()
    done = subprocess.run(
        command(fasta, out, "--workers", "2"), env=env, check=True, cwd=ROOT, capture_output=True
    )
    assert f"{left} of 60 shards were there from before".encode() in done.stderr
    assert out.read_bytes() == whole.read_bytes()


def test_memory_does_not_grow_with_the_file(toy, tmp_path, monkeypatch):
    """A file ten times as large costs the parent less than a third more: it holds a few shards."""
    monkeypatch.setattr(lines, "_PIECE", 8_192)
    peaks = []
    for count in (150, 1_500):
        path = tmp_path / "in.fa"
        path.write_text(library(count, 600))  # 0.09 and 0.9 MB
        tracemalloc.start()
        with pytest.raises(CancelledError):
            calls = []
            run(
                path,
                tmp_path / f"{count}.parquet",
                settings_of(records=20, device="cpu"),
                engine=_Nothing(),
                progress=lambda done, total, calls=calls: calls.append(done),
                stopped=lambda calls=calls, n=count: bool(calls) and calls[-1] >= 594 * n,
            )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


class _Nothing:
    """An engine that answers at once and computes nothing."""

    def submit(self, work, shard, settings, part, *, owner):
        about = {"records": len(shard.entries), "refused": 0, "changes": {}}
        return _Done(about | {"settings": settings.digest})


class _Done:
    def __init__(self, value):
        self.value = value

    def when_done(self, call):
        call()

    def progress(self):
        return JobState("done")

    def result(self, timeout=None):
        return self.value

    def cancel(self):
        pass


class _Failed(_Done):
    def result(self, timeout=None):
        raise self.value


def test_the_command_says_what_it_did_and_refuses_what_it_cannot_do(toy, fasta, tmp_path, capfd):
    out = str(tmp_path / "out.tsv")
    words = ["batch", str(fasta), "--model", toy, "--out", out, "--workers", "1"]
    assert main([*words, "--track", "track1"]) == 0
    err = capfd.readouterr().err
    assert f"23 rows about 23 records written to {out}, numbers in toy units; what made it" in err
    assert f"stands in {out}.json" in err
    for wrong, said in (
        (["batch", "-", "--model", toy, "--out", out], "is no file"),
        ([*words, "--track", "none"], "has no track 'none'"),
        ([*words[:-3], str(tmp_path / "out.csv")], "does not end with"),
        ([*words[:-3], ""], "is a folder"),
        ([*words, "--address", "x:1"], "--engine ray"),
        ([*words, "--method", "saliency"], "--method is not an option of the work predict"),
        ([*words, "--work", "mutagenesis", "--seed", "3"], "--seed is not an option of the work"),
        ([*words, "--baseline", "zeros"], "leave it out, or give --work attribute"),
    ):
        assert main(wrong) == 2
        assert said in capfd.readouterr().err


@pytest.mark.parametrize("work", ["predict", "attribute", "mutagenesis"])
@pytest.mark.parametrize(
    "asks", [["--workers", "3"], ["--shard", "7"], ["--engine", "ray", "--address", "x:1"], []]
)
def test_the_commands_of_one_file_ask_for_what_batch_asks(monkeypatch, work, asks):
    seen = []
    monkeypatch.setattr(large, "run", lambda args: seen.append(vars(args)) or 0)
    ending = "tsv" if asks else "PARQUET"  # without an option, the ending says it
    words = [
        "in.fa",
        "--model",
        "retina-cnn",
        "--out",
        f"out.{ending}",
        "--track",
        "t",
        "--single-strand",
    ]
    assert main(["batch", *words, "--work", work, *asks]) == 0
    assert main([work, *words, *asks]) == 0
    for one in seen:  # not there, or not asked for
        for name in [name for name, value in one.items() if value in (None, False)]:
            del one[name]
        one.pop("command"), one.pop("call")
    assert seen[1] == seen[0]


def test_a_large_file_is_predicted_by_the_command_predict(toy, fasta, tmp_path, capfd):
    out = tmp_path / "out.tsv"
    words = ["predict", str(fasta), "--model", toy, "--out", str(out), "--workers", "1"]
    assert main([*words, "--shard", "9"]) == 0
    assert "46 rows about 23 records" in capfd.readouterr().err
    assert out.read_text().startswith("record\tsequence\t")


def test_what_a_batch_does_not_know_is_refused_by_name(toy, fasta, tmp_path, capfd):
    out = ["--model", toy, "--out", str(tmp_path / "out.parquet")]
    for words, said in (
        (["predict", str(fasta), *out, "--json"], "--json is not for large files"),
        (["attribute", str(fasta), *out, "--hypothetical"], "--hypothetical is not for"),
        (["mutagenesis", str(fasta), *out, "--part", "3-9"], "--part is not for"),
        (["mutagenesis", str(fasta), *out, "--stretch", "7"], "--stretch is not for"),
        (["mutagenesis", str(fasta), *out, "--seed", "7"], "--seed is not for"),
        (["attribute", str(fasta), *out, "--samples", "7"], "--samples is not an option of"),
        (["predict", str(fasta), "--model", toy, "--workers", "1"], "ends with .parquet or .tsv"),
        (["predict", str(fasta), *out, "--address", "x:1"], "--engine ray"),
        (["predict", "-", *out], "is no file"),
    ):
        assert main(words) == 2
        assert said in capfd.readouterr().err
    assert not list(tmp_path.glob("out.*"))
