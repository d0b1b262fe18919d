"""The server around the pages: its health, what it writes down, and how it ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from gexp_core import jobs
from gexp_core.errors import GexpError
from gexp_core.jobs.rates import FRESH, Rates
from gexp_core.ui import estimates, filters, frame, health, motifs, server, uploads
from gexp_core.ui.requests import Requests, place
from tests.toy_models import random_set

ROOT = Path(__file__).resolve().parents[2]
SECRET = "GATTACA"


def ask(app, path, *, method="GET", query=b"", headers=()):
    """Send one request to an ASGI app; return status, headers and body."""
    sent, asked = [], []

    async def receive():
        if asked:  # a browser that waits for its answer
            await asyncio.Event().wait()
        asked.append(True)
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query}
    scope |= {"headers": list(headers), "root_path": "", "http_version": "1.1", "scheme": "http"}
    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "/"),
        ("/why", "/why"),
        ("/base/why", "/why"),
        ("/healthz", "/healthz"),
        ("/_stcore/health", "/_stcore/health"),
        (f"/_stcore/{SECRET}", "/_stcore"),
        ("/base/_stcore/stream", "/_stcore/stream"),
        (f"/{SECRET}", "other"),
        (f"/why/{SECRET}", "/why"),
        ("/static/js/x.js", "/static"),
    ],
)
def test_a_place_is_one_that_the_server_named(path, said):
    assert place(path, frame.paths()) == said


def test_a_request_becomes_one_line_without_what_the_visitor_wrote(caplog):
    app = Starlette(routes=[Route("/why", lambda _: PlainTextResponse("here"))])
    app.add_middleware(Requests, pages=frame.paths())
    with caplog.at_level("INFO", logger="gexp"):
        told = ((b"user-agent", SECRET.encode()),)
        ask(app, "/why", query=f"work={SECRET}".encode(), headers=told)
        ask(app, f"/{SECRET}")
        ask(app, "/why", method=SECRET)
    lines = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert [(line["method"], line["place"], line["status"]) for line in lines] == [
        ("GET", "/why", 200),
        ("GET", "other", 404),
        ("other", "/why", 405),
    ]
    assert SECRET not in json.dumps(lines)


@pytest.fixture
def quiet_engine():
    """An engine whose workers are not started."""
    jobs.stop()
    yield jobs.engine()
    jobs.stop()


def test_the_name_of_the_first_page_leads_to_its_address():
    app = Starlette(routes=server.routes())
    status, headers, _ = ask(app, "/sequences", query=b"work=abc&model=retina-cnn")
    assert status == 307 and headers[b"location"] == b"./?work=abc&model=retina-cnn"
    status, headers, _ = ask(app, "/sequences")
    assert status == 307 and headers[b"location"] == b"./"


def test_health_says_no_until_there_are_workers(quiet_engine):
    app = Starlette(routes=health.routes())
    status, headers, body = ask(app, "/healthz")
    told = json.loads(body)
    assert status == 503 and told["ready"] is False
    assert headers[b"cache-control"] == b"no-store"
    assert told["memory_mib"]["workers"] is None
    assert ask(app, "/healthz", method="POST")[0] == 405


def test_estimates_in_words_and_when_a_page_asks(quiet_engine, toy):
    from gexp_core.models import registry

    card = registry.card(toy)
    quiet_engine.rates.learn(estimates.kind("predict_named", card), 20.0, 10_000)
    small = estimates.size("predict_named", card, lambda: 492)
    assert small.words == "492 evaluations, about 1 s" and not small.large
    large = estimates.size("predict_named", card, lambda: 100_000)
    assert large.words == "100,000 evaluations, about 3 min" and large.large
    # what was never done is told from how fast the model is read
    quiet_engine.rates.learn(estimates.kind("reading", card), 1.0, 1_000, warm=True)
    other = estimates.size("mutagenesis_named", card, lambda: 1)
    assert other.words == "1 evaluation, about 1 s"
    # and so is what was done only once, with little: most of that was loading the model
    quiet_engine.rates.learn(estimates.kind("attribute_named", card), 4.0, 2)
    cold = estimates.size("attribute_named", card, lambda: 1_000)
    assert cold.words == "1,000 evaluations, about 1 s"
    assert not estimates.Size(20_000, None).large and estimates.Size(20_001, None).large


@pytest.mark.parametrize("page", [filters, motifs])
def test_work_beyond_reading_is_told_from_its_own_however_old(quiet_engine, toy, monkeypatch, page):
    from gexp_core.models import registry

    card, now = registry.card(toy), [0.0]
    rates = Rates(lambda: now[0])
    monkeypatch.setattr(quiet_engine, "rates", rates)
    rates.learn(estimates.kind("reading", card), 1.0, 1_000, warm=True)
    size = estimates.size(page._WORK, card, lambda: 30_000)
    assert size.words == "30,000 evaluations, at least 30 s" and size.large
    assert estimates.told(page._WORK, card, size)["expects"] is None  # its length is not known
    assert "take at least 30 s;" in estimates.beyond(size, 20)
    assert "Give less than 50 % of it" in estimates.beyond(size, 20)
    rates.learn(estimates.kind(page._WORK, card), 60.0, 10_000)
    now[0] = FRESH + 1
    rates.learn(estimates.kind("reading", card), 1.0, 1_000, warm=True)
    size = estimates.size(page._WORK, card, lambda: 30_000)
    assert size.words == "30,000 evaluations, about 3 min"
    assert estimates.told(page._WORK, card, size)["expects"] == 180


def test_durations_are_rounded_as_a_person_would():
    said = [estimates.duration(seconds) for seconds in (0.01, 7.6, 44, 89, 100, 5_000, 9_000)]
    assert said == ["1 s", "8 s", "40 s", "90 s", "2 min", "83 min", "2 h"]


def test_what_would_be_stopped_before_its_end_is_said_with_what_to_do():
    assert estimates.beyond(estimates.Size(1_000, 1_500.0), 600, "motifs") == (
        "This is expected to take about 25 min; one computation may take 10 min here and is "
        "stopped then. Give about 30 % of it (fewer or shorter sequences), or use the command "
        "`python -m gexp_core motifs`, which has no bound."
    )
    assert "or use the command line" in estimates.beyond(estimates.Size(1, 601.0), 600)
    for seconds, bound in ((599.0, 600), (None, 600), (9_999.0, 0)):
        assert estimates.beyond(estimates.Size(1_000, seconds), bound) == ""


@pytest.mark.parametrize("work", ["predict", "attribute", "mutagenesis"])
def test_the_engine_is_told_the_size_of_what_the_bench_asks(quiet_engine, toy, work):
    from gexp_core.explain import AttributionSettings, evaluations
    from gexp_core.models import registry

    card, given = registry.card(toy), random_set((60, 80))
    quiet_engine.rates.learn(estimates.kind("reading", card), 1.0, 1_000, warm=True)
    settings = AttributionSettings(both_strands=False) if work == "attribute" else None
    how = {"settings": settings} if settings else {"both_strands": False, "stride": 7}
    name = f"{work}_named"
    told = estimates.told(name, card, estimates.at_once(name, card, given, how | {"seed": 3}))
    units = evaluations(card, given, work=work, **how)
    assert told == {
        "units": units,
        "kind": estimates.kind(f"{work}_named", card),
        "expects": pytest.approx(units / 1_000),
    }
    design = "gexp_core.edits.design:design_named"
    assert estimates.at_once(design, card, given, {}) is None
    assert estimates.told(design, card, None) == {}


def test_the_machine_is_measured_in_a_worker(toy):
    from gexp_core.explain.timing import reading_time

    seen = []
    seconds, units = reading_time(toy, progress=lambda done, total: seen.append((done, total)))
    assert seconds > 0
    # two members on two strands, at most 64 windows, doubled from one
    assert units % 4 == 0 and units // 4 in (1, 2, 4, 8, 16, 32, 64)
    assert [done for done, _ in seen] == [2**n for n in range(len(seen))]


@pytest.mark.parametrize(
    ("seconds", "windows", "counts"),
    [
        ((2.0, 0.3, 0.1, 0.15), 4, 0.15),
        ((2.0, 0.1, 0.1, 0.1, 1.0), 4, 0.1),  # the last one disturbed
        ((0.4, 2.0), 1, 0.4),  # worse than a start
    ],
)
def test_the_least_disturbed_reading_counts(toy, monkeypatch, seconds, windows, counts):
    from gexp_core import predict
    from gexp_core.explain import timing

    clock, left = [0.0], [*seconds]  # the first one began cold

    def reading(model, some):
        clock[0] += left.pop(0)

    monkeypatch.setattr(predict, "predict", reading)
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])
    taken, units = timing.reading_time(toy)
    assert taken == pytest.approx(counts) and units == 4 * windows and not left


def test_a_real_server_answers_logs_lines_and_ends_when_told(model_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    at = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "GEXP_MODELS": str(model_folder)}
    with subprocess.Popen(
        [*command, "--server.address=127.0.0.1"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        told = {}
        end = time.monotonic() + 90
        while time.monotonic() < end and not told.get("ready"):
            time.sleep(0.2)
            with suppress(OSError, urllib.error.HTTPError):
                told = json.load(urllib.request.urlopen(f"{at}/healthz", timeout=5))
        assert told["ready"] and told["workers"] == 3 and "toy-conv" in told["models"]
        assert told["memory_mib"]["server"] > 50 and told["memory_mib"]["workers"] > 50
        urllib.request.urlopen(f"{at}/why?work={SECRET}", timeout=20).close()
        server.send_signal(signal.SIGTERM)
        noted = server.communicate(timeout=60)[1].splitlines()
    lines = [json.loads(line) for line in noted if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert events[0] == "start" and events[-1] == "stop"
    assert {"event": "request", "place": "/why", "status": 200}.items() <= next(
        line for line in lines if line.get("place") == "/why"
    ).items()
    assert not [line for line in noted if SECRET in line or "Traceback" in line]
    assert server.returncode in (0, -signal.SIGTERM)


@pytest.fixture
def unbound(monkeypatch):
    """Streamlit's own holder of uploads, also afterwards."""
    for name in ("add_file", "get_files"):
        monkeypatch.setattr(MemoryUploadedFileManager, name, getattr(uploads, f"_{name}"))


def test_uploads_are_bounded_from_the_start(monkeypatch, unbound):
    monkeypatch.setenv("GEXP_UPLOADS_MB", "soon")  # it goes no further
    monkeypatch.setattr(server.log, "set_up", lambda **_: None)

    async def start():
        async with server.lifespan(None):
            pass

    with pytest.raises(GexpError, match="GEXP_UPLOADS_MB"):
        asyncio.run(start())
    assert MemoryUploadedFileManager.add_file is uploads._add
    assert MemoryUploadedFileManager.get_files is uploads._get


@pytest.mark.parametrize(
    "name",
    [
        "GEXP_GRACE_SECONDS",
        "GEXP_BATCH_HOURS",
        "GEXP_GENOMES",
        "GEXP_GENES",
        "GEXP_MODELS",
        "GEXP_UPLOADS_MB",
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(monkeypatch, unbound, name):
    monkeypatch.setenv(name, "soon")
    begun = []
    monkeypatch.setattr(server.jobs, "start", lambda: begun.append(True))
    monkeypatch.setattr(server.log, "set_up", lambda **_: None)

    async def start():
        async with server.lifespan(None):
            pass

    with pytest.raises(GexpError, match=name):
        asyncio.run(start())
    assert not begun
