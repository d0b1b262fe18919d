"""What is written down: JSON lines, and in them nothing that a visitor said."""

import json
import logging
from dataclasses import replace

import pytest

from gexp_core.errors import InputError
from gexp_core.jobs import log
from gexp_core.jobs.bounds import BOUNDS, from_environment
from gexp_core.jobs.rates import Rates

SECRET = "GATTACA-my-patient"


def record(message, *args, error=None, fields=None):
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("gexp", logging.INFO, __file__, 1, message, args, info)
    if fields is not None:
        made.fields = fields
    return json.loads(log.Lines().format(made))


def test_a_line_has_its_fields_and_time():
    line = record("job", fields={"event": "job", "ran_s": 0.5})
    assert line["event"] == "job" and line["ran_s"] == 0.5 and line["level"] == "info"
    assert line["time"].endswith("Z") and len(line["time"]) == len("2026-01-01T00:00:00.000Z")


def test_arguments_and_messages_of_exceptions_are_never_written():
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        line = record("page %r failed", SECRET, error=error)
    assert SECRET not in json.dumps(line)
    assert line["type"] == "ValueError"
    assert line["where"][-1].startswith("test_log.py:")
    assert line["message"] == "page %r failed"
    assert "message" in record(ValueError(SECRET)) and SECRET not in str(record(ValueError(SECRET)))


def test_libraries_say_where_they_spoke_and_not_what(monkeypatch, capfd):
    other = logging.getLogger("streamlit.test_of_the_log")
    handler = logging.StreamHandler()
    other.addHandler(handler)
    other.propagate = False
    logger = logging.getLogger("gexp")
    before = (logger.handlers[:], logger.level, logger.propagate)
    monkeypatch.delenv(log.SWITCH, raising=False)
    try:
        log.set_up(server=True)
        other.warning(f"no such page: {SECRET}")
    finally:
        logger.handlers[:], logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
        monkeypatch.delenv(log.SWITCH)
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert line["message"].startswith("streamlit.test_of_the_log test_log:")
    assert SECRET not in json.dumps(line)


def test_only_a_server_logs_lines(monkeypatch):
    logger = logging.getLogger("gexp")
    before = (logger.handlers[:], logger.level, logger.propagate)
    monkeypatch.delenv(log.SWITCH, raising=False)
    try:
        log.set_up()
        assert logger.handlers == before[0]
        monkeypatch.setenv(log.SWITCH, "json")
        log.set_up()
        log.set_up()
        assert len(logger.handlers) == len(before[0]) + 1
    finally:
        logger.handlers[:], logger.propagate = before[0], before[2]
        logger.setLevel(before[1])


def test_bounds_come_from_the_environment_or_say_what_is_wrong(monkeypatch):
    names = (
        "WORKERS SHORT_WORKERS JOB_SECONDS JOB_MEMORY_MB WORKER_PRIORITY RESULTS_MB RESULT_HOURS"
    )
    for name in names.split():
        monkeypatch.delenv(f"GEXP_{name}", raising=False)
    low = replace(BOUNDS, priority="low")  # a server's pages are more urgent than its workers
    assert from_environment() == replace(low, lane=1)
    monkeypatch.setenv("GEXP_SHORT_WORKERS", "0")
    assert from_environment() == low
    monkeypatch.setenv("GEXP_WORKERS", "5")
    monkeypatch.setenv("GEXP_JOB_MEMORY_MB", "512")
    made = from_environment()
    assert (made.workers, made.most, made.memory) == (5, 4, 512 * 2**20)
    monkeypatch.setenv("GEXP_WORKER_PRIORITY", "idle")
    assert from_environment().priority == "idle"
    monkeypatch.setenv("GEXP_WORKER_PRIORITY", "highest")
    with pytest.raises(InputError, match=r"'highest'; give one of normal, low, idle"):
        from_environment()
    for wrong in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv("GEXP_WORKERS", wrong)
        with pytest.raises(InputError, match="GEXP_WORKERS is"):
            from_environment()


def test_rates_are_lower_quartiles_of_recent_work():
    now = [0.0]
    rates = Rates(lambda: now[0])
    for seconds in (50.0, 10.0, 11.0, 90.0, 12.0):  # the first began cold, the fourth was disturbed
        rates.learn("a", seconds, 100)
    assert rates.seconds("a", 1_000) == pytest.approx(110)
    for _ in range(20):
        rates.learn("a", 40.0, 100)  # the machine got slower
    assert rates.seconds("a", 1_000) == pytest.approx(400)
    assert rates.seconds("b", 1) is None
    now[0] = 1_801.0  # what was known is too old to be believed
    assert rates.seconds("a", 1_000) is None
    assert rates.seconds("a", 1_000, recent=False) == pytest.approx(400)  # unless nothing is newer
    for n in range(1000):
        rates.learn(str(n), 1.0, 1)
    assert len(rates._known) <= 256


def test_short_work_tells_nothing_of_what_is_much_larger():
    rates = Rates()
    rates.learn("a", 4.0, 2)  # a model of long windows was loaded for two of them
    assert (rates.seconds("a", 8), rates.seconds("a", 9)) == (16.0, None)
    rates.learn("a", 20.0, 40)  # long enough to tell of any size
    assert rates.seconds("a", 400) == 200.0
    rates.learn("b", 1.3, 2, warm=True)  # measured without its start
    assert rates.seconds("b", 1_000) == pytest.approx(650)
