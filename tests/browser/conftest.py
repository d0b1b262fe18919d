"""A running app and a real Chromium; one server for each test that wants its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


@contextlib.contextmanager
def serve(
    models: Path | None = None,
    script: str = "app.py",
    *,
    log: Path | None = None,
    **variables: str,
) -> Iterator[str]:
    """Run ``streamlit run`` on a free port and stop it afterwards, as an operator would.

    With ``log``, what the server writes down goes to that file.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | variables
    if models is not None:
        env["GEXP_MODELS"] = str(models)
    options = (
        f"--server.port={port}",
        "--server.address=127.0.0.1",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
    )
    with contextlib.ExitStack() as files:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, *options],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=files.enter_context(log.open("wb")) if log else subprocess.DEVNULL,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    """The app that the tests of a module share."""
    with serve(model_folder) as at:
        yield at


@pytest.fixture
def fresh(model_folder: Path) -> Callable[[], "contextlib.AbstractContextManager[str]"]:
    """A maker of apps that nobody has opened yet."""
    return lambda: serve(model_folder)


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_api.sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=found, args=FLAGS)
        except sync_api.Error as why:
            pytest.skip(f"no Chromium starts here: {str(why).splitlines()[0]}")
        yield made
        made.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory) -> Path:
    """Where screenshots go: the folder GEXP_SHOTS, else a temporary one."""
    named = os.environ.get("GEXP_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell what stood on every page when a test failed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("chromium")
    if report.failed and call.when != "teardown" and browser is not None:
        for page in [page for context in browser.contexts for page in context.pages]:
            try:
                said = page.locator("body").inner_text(timeout=5_000)
            except Exception as problem:  # whatever it is, the failure itself is to be told
                said = f"nothing could be read: {problem}"
            report.sections.append((f"page {page.url}", said[-3_000:]))
    return report
