"""Tables of finished batches, sent from disk as they lie there: never held in memory.

Owns the address of a table. Whoever has the batch's token gets it; nobody else learns that it is
there.
"""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gexp_core.batch.service import service
from gexp_core.ui.health import bases

_MIME = {".parquet": "application/vnd.apache.parquet", ".tsv": "text/tab-separated-values"}
_HEADERS = {"cache-control": "private, no-store"}


def address(token: str, name: str) -> str:
    """Return where the browser finds the table of a batch."""
    return f"{bases()[-1]}/tables/{token}/{name}"


def _send(request: Request) -> Response:
    found = service().result(request.path_params["token"])
    if found is None:
        return PlainTextResponse("There is no such table.\n", 404, headers=_HEADERS)
    name = f"gexp_batch{found.suffix}"
    return FileResponse(found, filename=name, media_type=_MIME[found.suffix], headers=_HEADERS)


def routes() -> list[BaseRoute]:
    """Return the routes for the application."""
    return [Route(f"{base}/tables/{{token}}/{{name}}", _send, methods=["GET"]) for base in bases()]
