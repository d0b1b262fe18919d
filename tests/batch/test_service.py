"""Batches of visitors: found by their token alone, within bounds, and nothing lost on a stop."""

import contextlib
import json
import os
import stat
import sys
import time
from dataclasses import asdict

import pytest

from gexp_core.batch import BatchSettings, bounds, count_records, count_work, run, size
from gexp_core.batch.parts import parts_of
from gexp_core.batch.service import Service, table
from gexp_core.batch.shelf import Kept, Room, Shelf
from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.jobs import Bounds
from gexp_core.pipeline import RunSettings
from tests.batch.test_run import Weak, library
from tests.toy_models import random_sequence

FIRST_OF = size.first_of


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", Room(batches=3, total=3_000_000, each=2_000_000, hours=1))


@pytest.fixture
def service(shelf, engine, toy):
    made = Service(shelf, lambda: engine)
    yield made
    made.stop()


def settings_of(**options):
    return BatchSettings("toy-conv", **{"records": 5, **options})


def ended(service, token, seconds=60):
    end = time.monotonic() + seconds
    while (state := service.state(token)).state == "running" and time.monotonic() < end:
        time.sleep(0.02)
    return state


def test_a_batch_runs_while_nobody_looks_and_is_found_by_its_token(
    service, shelf, engine, tmp_path
):
    data = library(23).encode()
    token = service.submit(data, "my <lib>.fa", settings_of(), "tsv", owner="me")
    state = ended(service, token)
    assert (state.state, state.source, state.report.records) == ("done", "my <lib>.fa", 23)
    (tmp_path / "in.fa").write_bytes(data)
    run(tmp_path / "in.fa", tmp_path / "out.tsv", settings_of(), engine=engine)
    assert service.result(token).read_bytes() == (tmp_path / "out.tsv").read_bytes()
    # nothing on disk opens it, and nobody else on the machine may look
    assert not [path for path in shelf.root.rglob("*") if token in str(path)]
    assert stat.S_IMODE(shelf.root.stat().st_mode) == 0o700
    for wrong in ("", token[:-1], token + "x", shelf.every()[0].folder.name, "../", "x" * 500):
        assert service.state(wrong) is None and service.result(wrong) is None
    service.remove(token)
    assert service.state(token) is None and not shelf.every()


def test_what_the_end_of_the_server_interrupts_goes_on_from_its_link(
    service, shelf, engine, tmp_path
):
    data = library(400).encode()
    token = service.submit(data, "in.fa", settings_of(), "parquet", owner="me")
    end = time.monotonic() + 60
    while service.state(token).done == 0 and time.monotonic() < end:
        time.sleep(0.002)
    service.stop()
    other = Service(shelf, lambda: engine)  # the next server
    state = other.state(token)
    assert (state.state, other.result(token)) == ("interrupted", None)
    other.resume(token, owner="me")
    other.resume(token, owner="me")  # twice is once
    state = ended(other, token)
    assert state.state == "done", state
    assert state.report.kept > 0
    (tmp_path / "in.fa").write_bytes(data)
    run(tmp_path / "in.fa", tmp_path / "out.parquet", settings_of(), engine=engine)
    assert other.result(token).read_bytes() == (tmp_path / "out.parquet").read_bytes()


def left(shelf, **of):
    """A batch that an older version of the server left with one part; return its token."""
    notes = {"state": "running", "source": "in.fa", "settings": asdict(settings_of()) | of}
    token, kept = shelf.add(library(7).encode(), notes | {"ending": "tsv"})
    folder = parts_of(table(kept, "tsv"))
    folder.mkdir()
    (folder / "batch.json").write_text(json.dumps({"gexp": "0.0.1"}))
    (folder / "part-000000000.parquet").write_bytes(b"of old")
    return token


def test_what_an_older_version_left_is_computed_anew_and_said(service, shelf):
    token = left(shelf)
    assert not service.state(token).anew
    service.resume(token, owner="me")
    state = ended(service, token)
    assert (state.state, state.anew, state.error) == ("done", True, "")
    assert (state.report.records, state.report.kept) == (7, 0)
    assert service.result(token) is not None


def test_no_sentence_names_a_folder_of_the_server(service, shelf, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules["gexp_core.batch.run"], "join", full)
    token = service.submit(library(5).encode(), "in.fa", settings_of(), "tsv", owner="me")
    state = ended(service, token)
    assert state.error == "cannot write 'table.tsv': No space left on device"


def test_finer_choices_are_the_same_when_they_are_read_back(service, shelf):
    run_of = {"run": asdict(RunSettings(finer=(("n_baselines", 3),)))}
    token = left(shelf, **run_of)
    read = service.state(token).settings
    assert read.run.finer == (("n_baselines", 3),)
    assert read == settings_of(run=RunSettings(finer=(("n_baselines", 3),)))


def test_a_killed_server_leaves_its_batches_interrupted(service, shelf):
    notes = {"state": "running", "settings": asdict(settings_of()), "ending": "tsv"}
    token, _ = shelf.add(b">a\nACGT\n", notes)
    assert service.state(token).state == "interrupted"


def test_cancel_keeps_what_is_done_and_a_problem_is_one_sentence(service):
    token = service.submit(library(400).encode(), "in.fa", settings_of(), "tsv", owner="me")
    service.cancel(token)
    assert ended(service, token).state == "cancelled"
    service.resume(token, owner="me")
    state = ended(service, token)
    assert (state.state, state.error) == ("done", "")
    bad = service.submit(b"\x89PNG", "x.png", settings_of(), "tsv", owner="me")
    state = ended(service, bad)
    assert state.state == "failed" and "PNG image" in state.error


def test_one_record_that_is_too_much_costs_nothing_else(shelf, toy):
    data = f"{library(6)}>heavy\n{random_sequence(300, 9)}\n{library(6)}".encode()
    weak = Weak()
    service = Service(shelf, lambda: weak)
    token = service.submit(data, "in.fa", settings_of(device="cpu"), "tsv", owner="me")
    state = ended(service, token)
    assert (state.state, state.report.records, state.report.refused) == ("done", 13, 1)
    said = "record 'heavy' was left out: the computation passed its limit of 9 s and was stopped"
    assert said in service.result(token).read_text()
    assert set(weak.owners) == {"me"}  # its shards take turns as all work of the visitor does


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_all_batches_of_a_visitor_leave_room_for_the_pages(workers):
    engine = Bounds(workers=workers)
    assert 1 <= bounds.at_once(engine) * bounds.MINE < engine.held - 1


def test_a_limit_on_the_input_drops_nothing_that_is_done(service, monkeypatch):
    monkeypatch.setattr(bounds, "UNPACKED", 5_000)
    monkeypatch.setattr("gexp_core.batch.lines._PIECE", 2_000)
    token = service.submit(library(100).encode(), "in.fa", settings_of(), "tsv", owner="me")
    state = ended(service, token)
    assert state.state == "failed" and "more than 5 kB" in state.error
    kept = service.shelf.find(token)
    assert list(parts_of(table(kept, "tsv")).glob("part-*"))


def full(*args, **options):
    raise OSError(28, "No space left on device")


def no_thread(*args, **options):
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("where", "how"),
    [
        ("gexp_core.batch.shelf.Kept.write", full),
        ("gexp_core.batch.service.threading.Thread.start", no_thread),
    ],
)
def test_what_cannot_start_holds_no_place(service, shelf, monkeypatch, where, how):
    token = left(shelf)
    for _ in range(3):  # more than one visitor may have
        with monkeypatch.context() as patch:
            patch.setattr(where, how)
            with pytest.raises(GexpError, match=r"could not be started .* try again later"):
                service.resume(token, owner="me")
        assert service.state(token).state == "interrupted"
    service.resume(token, owner="me")
    assert ended(service, token).state == "done"


@pytest.mark.parametrize("where", ["pathlib.Path.write_bytes", "gexp_core.batch.shelf.Kept.write"])
def test_what_cannot_be_kept_leaves_no_folder(service, shelf, monkeypatch, where):
    with monkeypatch.context() as patch:
        patch.setattr(where, full)
        with pytest.raises(GexpError, match=r"cannot keep the file \(No space left"):
            service.submit(library(5).encode(), "in.fa", settings_of(), "tsv", owner="me")
    assert not list(shelf.root.iterdir())


def test_a_batch_stops_after_its_hours_and_goes_on(shelf, engine, toy):
    service = Service(shelf, Stuck, hours=0)
    token = service.submit(library(5).encode(), "in.fa", settings_of(), "tsv", owner="me")
    state = ended(service, token)
    assert state.state == "cancelled" and "the most at a stretch" in state.error
    other = Service(shelf, lambda: engine)
    other.resume(token, owner="me")
    state = ended(other, token)
    assert (state.state, state.error) == ("done", "")


def test_the_hours_are_those_of_the_environment(monkeypatch):
    assert bounds.longest() == 24
    monkeypatch.setenv("GEXP_BATCH_HOURS", "2")
    assert bounds.longest() == 2
    for wrong in ("0", "-1", "1.5", "nan", "1" * 20):
        monkeypatch.setenv("GEXP_BATCH_HOURS", wrong)
        with pytest.raises(InputError, match=r"GEXP_BATCH_HOURS is .* give a whole number from 1"):
            bounds.longest()


def test_batches_that_nobody_looks_at_make_room_while_they_run(shelf, toy):
    service = Service(Shelf(shelf.root, Room(batches=9, hours=1)), Stuck)
    try:
        data = library(5).encode()
        for owner in "aabb":
            service.submit(data, "in.fa", settings_of(), "tsv", owner=owner)
        running = dict(service._running)
        for one in shelf.every():
            os.utime(one.folder, (0, 0))
        token = ""
        with contextlib.suppress(LimitError):  # they are gone, and end when they notice
            token = service.submit(data, "in.fa", settings_of(), "tsv", owner="c")
        for one in running.values():
            one.thread.join(60)
            assert not one.thread.is_alive()
        assert token or service.submit(data, "in.fa", settings_of(), "tsv", owner="c")
        assert len(shelf.every()) == 1
    finally:
        service.stop()


class Stuck:
    """An engine whose queue is always full, so that batches do not end."""

    bounds = Bounds()

    def submit(self, *args, **kwargs):
        raise LimitError("full")


def test_bounds_on_batches_of_one_visitor_and_of_all(shelf, toy):
    service = Service(Shelf(shelf.root, Room(batches=9)), Stuck)
    try:
        data = library(5).encode()

        def give(owner):
            return service.submit(data, "in.fa", settings_of(), "tsv", owner=owner)

        first = give("a")
        give("a")
        with pytest.raises(LimitError, match="2 of your batches"):
            give("a")
        give("b")
        give("c")
        with pytest.raises(LimitError, match="works on 4 batches"):
            give("d")
        assert len(shelf.every()) == 4  # what was refused left nothing
        service.remove(first)
        give("d")
    finally:
        service.stop()


def test_bounds_on_the_disk(tmp_path, engine, toy):
    small = Service(Shelf(tmp_path / "small", Room(total=300_000, each=30_000)), lambda: engine)
    with pytest.raises(LimitError, match="keeps 0 batches"):
        small.submit(b"x" * 400_000, "in.fa", settings_of(), "tsv", owner="a")
    # 7 kB of letters, but a part for every five records of them
    token = small.submit(library(100).encode(), "in.fa", settings_of(), "tsv", owner="a")
    state = ended(small, token)
    assert state.state == "failed" and "more than 30 kB, the most" in state.error
    assert small.shelf.find(token).used() < 20_000  # the parts are gone
    small.stop()


def test_a_batch_that_ends_while_it_is_looked_at_was_not_interrupted(service, monkeypatch):
    token = service.submit(library(5).encode(), "in.fa", settings_of(), "tsv", owner="me")
    read = Kept.read

    def slow(kept):
        notes = read(kept)
        monkeypatch.setattr(Kept, "read", read)
        assert ended(service, token).state == "done"
        return notes

    monkeypatch.setattr(Kept, "read", slow)
    assert service.state(token).state == "running"  # as it was when its notes were read
    assert service.state(token).state == "done"


def test_files_that_go_while_they_are_counted_count_nothing(shelf, monkeypatch):
    _, kept = shelf.add(b">a\nACGT\n", {"state": "done"})
    whole, stat_of = kept.used(), os.stat

    def gone(path, **options):
        if str(path).endswith("part"):
            raise FileNotFoundError(path)
        return stat_of(path, **options)

    (kept.folder / "a.part").write_bytes(b"1234")
    assert kept.used() == whole + 4
    monkeypatch.setattr("gexp_core.batch.shelf.os.stat", gone)
    assert kept.used() == whole


def test_what_nobody_looks_at_goes(shelf):
    token, kept = shelf.add(b">a\nACGT\n", {"state": "done"})
    other, _ = shelf.add(b">a\nACGT\n", {"state": "done"})
    hour_ago = time.time() - 3_700
    os.utime(kept.folder, (hour_ago, hour_ago))
    assert shelf.find(token) is None and shelf.find(other) is not None
    shelf.tidy()
    assert not kept.folder.exists() and shelf.find(other) is not None


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(GexpError, match="belongs to somebody else"):
        Shelf(tmp_path / "link")


def test_a_file_is_counted_and_its_work_scaled_up(toy):
    def counted(data, name="in.fa"):
        found = count_records(data, name, 10**9)
        return found.records, found.letters, count_work(found, settings_of())

    records, letters, units = counted(library(1_000).encode())
    assert records == 1_000
    assert letters == pytest.approx(60_000, rel=0.02)  # headers are guessed from the first 200
    assert units == 1_000 * 2 * 2  # strands and members
    assert counted(b"ACGT" * 15, "in.txt") == (1, 60, 4)
    assert counted(b">a\nZ\n")[2] == 0
    with pytest.raises(InputError, match="no sequence"):
        counted(b"\n")


@pytest.mark.parametrize("wrap", [1, 60, 10**6])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("piece", [7, 2**20])
def test_a_few_long_records_are_counted_without_a_look_at_each_line(
    toy, monkeypatch, wrap, end, piece
):
    text = random_sequence(3_000, 5)
    lines = [text[at : at + wrap] for at in range(0, len(text), wrap)]
    data = "".join(f">s{n}{end}{end.join(lines)}{end}" for n in range(9)).encode()
    whole = count_work(count_records(data, "in.fa", 10**9), settings_of())
    read = []

    def first_of(head, rows):
        read.append(len(head))
        return FIRST_OF(head, rows)

    monkeypatch.setattr("gexp_core.batch.lines._PIECE", piece)
    monkeypatch.setattr(size, "first_of", first_of)
    monkeypatch.setattr(size, "_HEAD", 500)
    found = count_records(data, "in.fa", 10**9)
    assert (found.records, found.letters) == (9, 27_000)
    assert max(read) <= 500 and len(read) <= 10
    assert found.lengths == pytest.approx([3_000] * 9, rel=0.01)
    assert count_work(found, settings_of()) == pytest.approx(whole, rel=0.1)  # whole windows
    monkeypatch.setattr(size, "_BYTES", 10_000)  # a few of them stand for all
    found = count_records(data, "in.fa", 10**9)
    assert found.records == 9 and found.first == len(found.lengths) < 9
    assert count_work(found, settings_of()) == pytest.approx(whole, rel=0.1)


def test_records_that_are_left_out_are_no_work(toy, monkeypatch):
    monkeypatch.setattr(size, "MAX_BASES", 2_000)
    monkeypatch.setattr(size, "_HEAD", 500)
    long = f">long\n{random_sequence(3_000, 5)}\n"
    alone = count_records(long.encode(), "in.fa", 10**9)
    assert (alone.records, alone.letters, count_work(alone, settings_of())) == (1, 3_000, 0)
    both = count_records((long + library(5)).encode(), "in.fa", 10**9)
    assert (both.records, count_work(both, settings_of())) == (6, 5 * 2 * 2)


@pytest.mark.parametrize("piece", [7, 2**20])
def test_the_rows_of_a_table_are_counted(toy, monkeypatch, piece):
    monkeypatch.setattr("gexp_core.batch.lines._PIECE", piece)
    rows = "".join(f"; of n\nWT{n}\t{random_sequence(60, n)}\n\n \t\n" for n in range(1_000))
    for text in (rows, "name\tsequence\n" + rows, rows.replace("\n", "\r\n")):
        found = count_records(text.encode(), "in.tsv", 10**9)
        assert (found.records, found.between) == (1_000, "tabs")
        assert count_work(found, settings_of()) == 1_000 * 2 * 2  # strands and members
    with pytest.raises(InputError, match="and no row"):
        count_records(b"name\tsequence\n", "in.tsv", 10**9)


def test_a_first_record_without_header_is_counted():
    for data in (b"ACGT\n>b\nAC\n", b"\xef\xbb\xbf>a\nACGT\n>b\nAC\n", b";c\n>a\nA\n>b\nC\n"):
        assert count_records(data, "in.fa", 10**9).records == 2
