"""The script of igv.js and its licence, sent from this server and only to who opens a genome view.

Owns their addresses. The file is the one that its makers published, unchanged; the address holds
its version, so that a browser may keep it for good.
"""

import gzip
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from gexp_core.ui.health import bases

#: The version of igv.js that lies in ``assets/igv``.
VERSION = "3.8.10"

_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "igv"
SCRIPT = _FOLDER / "igv.esm.min.js"
LICENCE = _FOLDER / "LICENSE"
_KEPT = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}


def address() -> str:
    """Return where the browser finds the script, from the root of the host."""
    return f"{bases()[-1]}/igv/{VERSION}/{SCRIPT.name}"


def licence_address() -> str:
    """Return where the browser finds the licence."""
    return f"{bases()[-1]}/igv/{VERSION}/{LICENCE.name}"


@cache
def _packed() -> bytes:
    """Return the script in gzip, made once: 1.5 MB become 0.4 MB."""
    return gzip.compress(SCRIPT.read_bytes(), 9, mtime=0)


def _script(request: Request) -> Response:
    """Send the script; a plain function, which Starlette runs beside the pages."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(SCRIPT, media_type="text/javascript", headers=_KEPT)
    headers = {**_KEPT, "content-encoding": "gzip"}
    return Response(_packed(), media_type="text/javascript", headers=headers)


def _licence(request: Request) -> Response:
    return FileResponse(LICENCE, media_type="text/plain", headers=_KEPT)


def routes() -> list[BaseRoute]:
    """Return the routes for the application, under the base path too where there is one."""
    return [
        Route(f"{base}/igv/{VERSION}/{path.name}", answer, methods=["GET"])
        for base in bases()
        for path, answer in ((SCRIPT, _script), (LICENCE, _licence))
    ]
