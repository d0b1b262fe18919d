"""One line in the log for each request and each visit: where, how it went, how long it took.

Owns what of a request may be written down: a place that the server itself has named, never the
path that was asked for (a visitor may write anything there), never what follows the ``?`` (it
finds a visitor's work), no address, no headers.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("gexp")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
#: Parts of the server that are not pages.
_PARTS = frozenset({"_stcore", "static", "media", "component", "healthz", "app", "tables", "igv"})
_CORE = frozenset({"health", "script-health-check", "host-config", "stream", "upload_file"})


def place(path: str, pages: frozenset[str]) -> str:
    """Return which part of the server a path asks for; 'other' for all that are not known."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        return "/"
    for at, part in enumerate(parts[:2]):  # the second, where the app has a base path
        if part == "_stcore":
            core = parts[at + 1] if len(parts) > at + 1 else ""
            return f"/_stcore/{core}" if core in _CORE else "/_stcore"
        if part in _PARTS or part in pages:
            return f"/{part}"
    return "other"


class Requests:
    """Log every request when it is answered, and every visit (a websocket) when it ends."""

    def __init__(self, app: ASGIApp, pages: frozenset[str]) -> None:
        self.app = app
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = round(time.monotonic() - began, 3)
            where = place(scope.get("path", ""), self.pages)
            fields: dict[str, object] = {"event": "visit", "place": where, "seconds": seconds}
            if scope["type"] == "http":
                method = scope["method"] if scope["method"] in _METHODS else "other"
                fields |= {"event": "request", "method": method, "status": status}
            _log.info("request", extra={"fields": fields})
