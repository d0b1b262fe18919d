"""The server around the pages: worker processes from start to stop, headers, and bugs.

Owns what happens once per process. Knows nothing of any page.
"""

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gexp_core import jobs
from gexp_core.ui import show

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
    """Start the workers with the server and stop them with it."""
    jobs.start()
    try:
        yield {}
    finally:
        jobs.stop()


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


def middleware() -> list[Middleware]:
    """Return what every request passes through."""
    return [Middleware(Headers)]


def on_script_error(error: Exception) -> bool:
    """Log a bug with its traceback and tell the visitor without it."""
    _log.error("a page failed", exc_info=error)
    show.bug()
    return True


def inside_script() -> bool:
    """Return whether Streamlit runs this file as a visitor's script right now."""
    return get_script_run_ctx(suppress_warning=True) is not None
