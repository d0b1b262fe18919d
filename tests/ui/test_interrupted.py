"""What a stop leaves on disk: all of what was given, nothing for strangers, within its bounds."""

import json
import os
import stat
import time
from types import SimpleNamespace

import pytest

from gexp_core import jobs
from gexp_core.inputs import read_text
from gexp_core.jobs.store import Store
from gexp_core.types import InputCheck, Interval, Origin, SequenceSet
from gexp_core.ui import choice, interrupted, work, workspace
from gexp_core.ui.interrupted import Left
from tests.toy_models import random_set
from tests.ui.conftest import FASTA, ROOT, AppTest, give, go, labels

TOKEN = "a-token_nobody-guesses"


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_BATCHES", str(tmp_path / "kept"))
    return tmp_path / "kept"


def left(unfinished=("key",), lengths=(60, 20)):
    return Left(InputCheck(random_set(lengths)), "pasted text", unfinished)


def test_what_was_given_comes_back_whole_and_once(root):
    check = read_text(">a b\nacgtRYn-ACGTU\n>bad\nACGZ\n>c\nACGT\n")
    assert check.changes and check.rejected
    given = SequenceSet(("x",), ("ACGT",), (Origin("hg38", Interval("chr1", 3, 7, "-"), ("cut",)),))
    both = {TOKEN: Left(check, "pasted text", ("k",)), "other": Left(InputCheck(given), "regions")}
    assert interrupted.save(both.items()) == 2
    for token, one in both.items():
        back = interrupted.take(token)
        assert back.check.sequences.digest == one.check.sequences.digest
        assert back.check.sequences.origins == one.check.sequences.origins
        assert (back.check.changes, back.check.rejected) == (one.check.changes, one.check.rejected)
        assert (back.source, back.unfinished) == (one.source, one.unfinished)
        assert interrupted.take(token) is None
    assert list(root.iterdir()) == []


def test_names_of_files_open_nothing_and_nobody_else_can_read_them(root):
    interrupted.save([(TOKEN, left())])
    (path,) = root.iterdir()
    assert TOKEN not in path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    for token in ("", "x" * 101, path.name, path.stem, "../" + path.name, "other", "\ud800"):
        assert interrupted.take(token) is None
    assert interrupted.take(TOKEN) is not None


def test_a_disk_that_is_full_is_left_without_parts_of_what_was_given(root, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("pathlib.Path.replace", full)
        interrupted.save([(TOKEN, left())])
    assert list(root.iterdir()) == []
    begun = root / ".work-0.json"  # by a stop that was killed
    begun.write_text("{")
    assert interrupted.save([]) == 0 and begun.exists()
    os.utime(begun, (0, 0))
    assert interrupted.save([]) == 0 and not begun.exists()


def test_files_go_after_a_while_and_hold_no_more_than_they_may(root, monkeypatch):
    interrupted.save([("old", left())])
    (path,) = root.iterdir()
    long_ago = time.time() - 3600 * interrupted.ROOM.hours - 60
    os.utime(path, (long_ago, long_ago))
    assert interrupted.take("old") is None
    size = path.stat().st_size
    monkeypatch.setattr(interrupted, "MOST", 2 * size + size // 2)
    large = left(lengths=(60, 20, 5 * size))
    assert interrupted.save([("a", left()), ("b", large), ("c", left()), ("d", left())]) == 2
    assert [bool(interrupted.take(token)) for token in ("old", "a", "b", "c", "d")] == [
        False, True, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"sequences": ["ACGZ", "ACGT"]},
        {"names": ["a", "a"]},
        {"origins": [{"source": 1}]},
        {"changes": None},
        {"unfinished": 3},
    ],
)
def test_a_file_that_was_tampered_with_is_as_good_as_none(root, change):
    interrupted.save([(TOKEN, left())])
    (path,) = root.iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert interrupted.take(TOKEN) is None


def token_of(at):
    found = at.query_params["work"]
    return found if isinstance(found, str) else found[0]


def test_a_page_takes_up_what_an_earlier_server_left(app):
    at = give(app, FASTA)
    token = token_of(at)
    space = workspace._HELD.get(token)
    key = "the key of work under way"

    class Running:
        """A job of which nothing has come yet."""

        def progress(self):
            return type("State", (), {"finished": False})

    space.jobs[key] = Running()
    assert workspace.save() >= 1
    workspace._HELD.drop(token)  # as a new server, which remembers nothing
    fresh = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    fresh.query_params["model"], fresh.query_params["work"] = "toy-conv", token
    fresh.run()
    assert labels(fresh)["Sequences read"] == "2"
    assert workspace._HELD.get(token).interrupted == {key}


def test_work_that_was_interrupted_begins_only_when_asked(app, monkeypatch):
    at = give(app, FASTA)
    space = workspace._HELD.get(token_of(at))
    monkeypatch.setattr(work, "key_of", lambda *given: "same")
    space.interrupted.add("same")
    go(at, "predict", lambda at: bool(at.warning))
    assert "The server was stopped while it computed this" in at.warning[0].value
    assert any(b.label.startswith("Start again (") for b in at.button)
    assert not space.jobs


def test_results_that_were_finished_are_found_by_the_link(app):
    at = go(give(app, FASTA), "predict", lambda at: bool(at.dataframe))
    token = token_of(at)
    (key,) = workspace._HELD.get(token).results.keys
    assert key.startswith("gexp_core.pipeline:predict_named ")
    assert workspace.save() >= 1
    workspace._HELD.drop(token)
    jobs.stop()  # as a new server: nothing in memory
    fresh = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    fresh.query_params["model"], fresh.query_params["work"] = "toy-conv", token
    fresh.run()
    assert workspace._HELD.get(token).results.get(key) is not None
    fresh.switch_page("pages/predict.py").run()
    assert fresh.dataframe and not fresh.exception
    assert jobs.engine().report()["done"] == 0


def test_a_piece_of_work_knows_its_own_results_only(app):
    at = go(give(app, FASTA), "predict", lambda at: bool(at.dataframe))
    space = workspace._HELD.get(token_of(at))
    (key,) = space.results.keys
    assert space.results.get(key) is jobs.engine().results.get((key.split()[0], key))
    assert workspace.Made().get(key) is None
    many = workspace.Made(str(n) for n in range(workspace._MADE))
    many.put("0")  # known again: the newest
    many.put("one more")
    assert len(many.keys) == workspace._MADE and many.keys[-2:] == ("0", "one more")
    assert "1" not in many.keys


def test_what_a_file_says_of_what_was_read_is_part_of_what_is_known():
    one = workspace.Workspace(read_text(">a\nACGT\n"), "")
    other = workspace.Workspace(read_text(">a\nacgt\n>bad\nACGZ\n"), "")
    assert one.sequences.digest == other.sequences.digest
    assert one.read != other.read


@pytest.fixture
def session(monkeypatch):
    """Return what makes a session the one that runs; the server holds few pieces of work."""
    monkeypatch.setattr(workspace, "_HELD", Store(12, 2**20))

    def of(state):
        for one in (workspace, choice):
            monkeypatch.setattr(one, "st", SimpleNamespace(session_state=state))
        return state

    return of


def test_work_in_use_is_not_the_first_to_go_and_is_held_again_when_it_went(session):
    check, mine = read_text(">a\nACGT\n"), session({})
    workspace.begin(check, "mine")
    token, space = mine["work"], workspace.current()
    for _ in range(40):
        session({})
        workspace.begin(check, "one of many visits")
        session(mine)
        assert workspace.current() is space
    session({"work": token})
    assert workspace.current() is space and not workspace.lost()
    for _ in range(40):
        session({})
        workspace.begin(check, "while the page was not drawn")
    session({"work": token})
    assert workspace.lost()
    session(mine)
    assert workspace.current() is space
    session({"work": token})
    assert workspace.current() is space and not workspace.lost()


def test_one_session_does_not_take_the_places_of_the_others(session):
    check, other = read_text(">a\nACGT\n"), session({})
    workspace.begin(check, "somebody else's, looked at an hour ago")
    mine, tokens = session({}), []
    for n in range(40):
        workspace.begin(check, f"example {n}")
        tokens.append(mine["work"])
        if n == 3:  # a colleague opens its link
            session({"work": tokens[3]})
            assert workspace.current() is not None
            session(mine)
    still = [workspace.held(token) is not None for token in tokens]
    assert still == [n == 3 or n >= 32 for n in range(40)]
    assert workspace.held(other["work"]) is not None


def test_what_a_piece_of_work_weighs_is_what_was_given():
    space = workspace.Workspace(read_text(">a\n" + "ACGT" * 500 + "\n"), "")
    light = space.nbytes
    space.jobs["key"] = space.benches["a"] = "x" * 10_000
    assert 2_000 < light == space.nbytes < 10_000


def test_what_a_piece_of_work_has_grown_to_does_not_push_out_what_was_begun(session):
    check, mine = read_text(">a\nACGT\n"), session({})
    workspace.begin(check, "mine")
    token = mine["work"]
    for _ in range(10):
        workspace.begin(check, "mine", grown=True)
    assert workspace.held(token) is not None


def test_what_a_piece_of_work_has_grown_to_does_not_push_out_that_of_others(session):
    check, other = read_text(">a\nACGT\n"), session({})
    workspace.begin(check, "somebody else's")
    mine, tokens = session({}), []
    workspace.begin(check, "mine")
    first = mine["work"]
    for n in range(40):
        workspace.begin(check, "mine", grown=True)
        tokens.append(mine["work"])
        if n == 3:  # a colleague opens its link
            session({"work": tokens[3]})
            assert workspace.current() is not None
            session(mine)
    assert workspace.held(other["work"]) is not None and workspace.held(first) is not None
    assert [n for n in range(40) if workspace.held(tokens[n])] == [3, *range(32, 40)]
