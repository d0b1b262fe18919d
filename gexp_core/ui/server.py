"""The server around the pages: worker processes from start to stop, headers, and bugs.

Owns what happens once per process. Knows nothing of any page.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gexp_core import __version__, jobs
from gexp_core.batch import bounds
from gexp_core.batch import service as batches
from gexp_core.errors import GexpError
from gexp_core.inputs import server_genomes
from gexp_core.inputs.genes import server_genes
from gexp_core.jobs import log
from gexp_core.jobs.bounds import grace
from gexp_core.ui import frame, health, igv_script, runs, sent, show, tables, uploads, workspace
from gexp_core.ui.requests import Requests

#: The script that Streamlit runs for every visitor.
SCRIPT = Path(__file__).with_name("script.py")

_log = logging.getLogger("gexp")

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
)


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start the workers with the server and stop them with it.

    When the server is told to stop, batches are interrupted (what they have done is on disk), what
    visitors gave is kept for the next server, no more work is taken, and what runs has
    ``GEXP_GRACE_SECONDS`` (10) to end.
    """
    sent.mend()
    runs.mend()
    uploads.bound()
    log.set_up(server=True)
    seconds = grace()  # a value that cannot be used, here and below, stops the start
    bounds.longest(), uploads.room(), server_genomes(), server_genes()
    _check_models()
    jobs.start()
    _log.info("start", extra={"fields": {"event": "start", "version": __version__}})
    try:
        yield {}
    finally:
        left = jobs.engine().load()
        kept = await asyncio.to_thread(_keep)
        _log.info("stop", extra={"fields": {"event": "stop", "unfinished": left, "kept": kept}})
        await asyncio.to_thread(batches.stop)
        await asyncio.to_thread(jobs.stop, seconds)


def _check_models() -> None:
    """Raise GexpError where GEXP_MODELS names no folder: its models would be missing silently."""
    given = os.environ.get("GEXP_MODELS")
    if given and not Path(given).is_dir():
        raise GexpError(
            f"GEXP_MODELS is {given!r}, which is no folder here; give the folder that holds a "
            "folder of each model, or leave it unset"
        )


def _keep() -> int:
    """Keep visitors' work for the next server; a disk that refuses does not hold up the stop."""
    try:
        return workspace.save()
    except (OSError, GexpError):
        _log.exception("visitors' work could not be kept")
        return 0


class Headers:
    """Add security headers to every answer; a link to someone's work is never sent elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to what comes back."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class Shell:
    """Tell Streamlit's own HTML where its server is and what the tab is called.

    Without it the browser asks for the server under the address of the page first (a deep link to
    ``/why`` asks ``/why/_stcore/health``), gets a 404 in its console and waits before it asks at
    the root.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold back an HTML page until it is whole, and add to its head."""
        asked = dict(scope.get("headers", ()))
        if scope["type"] != "http" or b"text/html" not in asked.get(b"accept", b""):
            await self.app(scope, receive, send)
            return
        whole = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        scope = {**scope, "headers": whole}  # a compressed page could not be added to
        held: list[Message] = []
        body = b""

        async def with_head(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif not held:
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_page(held[0], body, send)

        await self.app(scope, receive, with_head)


def _is_page(start: Message) -> bool:
    """Return whether an answer is a whole, plain HTML page."""
    headers = dict(start.get("headers", ()))
    kind = headers.get(b"content-type", b"")
    return (
        start["status"] == 200
        and kind.startswith(b"text/html")
        and b"content-encoding" not in headers
    )


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    """Send an HTML page with the addition in its head."""
    base = st.get_option("server.baseUrlPath").strip("/")
    where = json.dumps("/" + base)
    script = f"<script>window.__streamlit={{BACKEND_BASE_URL:location.origin+{where}}}</script>"
    page = body.replace(b"<head>", b"<head>" + script.encode(), 1)
    page = page.replace(b"<title>Streamlit</title>", b"<title>gexp</title>", 1)
    changed = (b"content-length", b"etag", b"last-modified")
    headers = [pair for pair in start["headers"] if pair[0].lower() not in changed]
    headers.append((b"content-length", str(len(page)).encode()))
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": page})


def middleware() -> list[Middleware]:
    """Return what every request passes through."""
    return [Middleware(Requests, pages=frame.paths()), Middleware(Headers), Middleware(Shell)]


def routes() -> list[BaseRoute]:
    """Return what the server answers beside its pages."""
    named = [Route(f"{base}/{frame.first().path}", _first_page) for base in health.bases()]
    return [*health.routes(), *tables.routes(), *igv_script.routes(), *named]


def _first_page(request: Request) -> Response:
    """Lead from the first page's name to its address, which has none; Streamlit knows no other."""
    query = request.url.query
    return RedirectResponse("./" + (f"?{query}" if query else ""))


def on_script_error(error: Exception) -> bool:
    """Log a bug with its traceback and tell the visitor without it."""
    _log.error("a page failed", exc_info=error)
    show.bug()
    return True


def inside_script() -> bool:
    """Return whether Streamlit runs this file as a visitor's script right now."""
    return get_script_run_ctx(suppress_warning=True) is not None
