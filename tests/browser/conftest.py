"""A running app and a real Chromium; one server for each test that wants its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
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

#: Addresses of the servers that run, and what each writes down.
LOGS: dict[str, Path] = {}


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

    Raises
    ------
    RuntimeError
        It does not answer, as where another program took the port just before it did.
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
    address = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as files:
        if log is None:
            log = Path(files.enter_context(tempfile.TemporaryDirectory())) / "log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", script, *options],
                cwd=ROOT,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=written,
            )
        LOGS[address] = log
        try:
            _answers(address, process)
            yield address
        finally:
            del LOGS[address]
            process.terminate()
            process.wait(60)


def _answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        time.sleep(0.25)
    raise RuntimeError(f"no server at {address}; it says: {_log(address)}")


def _log(address: str) -> str:
    return _ends(LOGS[address].read_text("utf-8", "replace"))


def _ends(text: str) -> str:
    """Return a text without its middle, where it is long."""
    half = 1_500
    return text if len(text) <= 2 * half else f"{text[:half]}\n[...]\n{text[-half:]}"


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


#: Whether a page's script runs, and what its boxes hold and its components say, as far as in sight.
STATE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const found = [`script ${app?.dataset.testScriptState}; boxes:`];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.shadowRoot) {
        const parts = [...one.shadowRoot.children].filter((part) => part.tagName !== "STYLE");
        const said = parts.map((part) => part.innerText ?? "").join(" ").trim();
        if (said) found.push(`component: ${said.slice(0, 800)}`);
        look(one.shadowRoot);
      }
      if (!one.matches("input, textarea") || !one.checkVisibility()) continue;
      const name = one.ariaLabel || one.placeholder || one.className;
      const held = /^(checkbox|radio)$/.test(one.type) ? one.checked : one.value.slice(0, 200);
      const here = one === root.activeElement ? " (has the keyboard)" : "";
      found.push(`${name}: ${JSON.stringify(held)}${here}`);
    }
  };
  look(document);
  return found.join("\\n");
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell what stood on every page when a test failed, in its boxes, and in the servers' logs."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("chromium")
    if report.failed and call.when != "teardown" and browser is not None:
        for page in [page for context in browser.contexts for page in context.pages]:
            said = ""
            try:
                said = _ends(page.locator("body").inner_text(timeout=5_000))
                said += f"\n\n{page.evaluate(STATE)}"
            except Exception as problem:  # whatever it is, the failure itself is to be told
                said += f"\nnot all of it could be read: {problem}"
            report.sections.append((f"page {page.url}", said))
        for address in LOGS:
            report.sections.append((f"server {address}", _log(address)))
    return report
