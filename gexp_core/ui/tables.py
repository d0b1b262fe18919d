"""Tables of finished batches, and what made them, sent from disk as they lie there.

Owns the address of a table, which is never held in memory. Whoever has the batch's token gets it;
nobody else learns that it is there.
"""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gexp_core.batch import about_of
from gexp_core.batch.service import service
from gexp_core.ui.health import bases

_MIME = {
    ".parquet": "application/vnd.apache.parquet",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
}
_HEADERS = {"cache-control": "private, no-store"}


def address(token: str, name: str) -> str:
    """Return where the browser finds the table of a batch, or with .json behind, what made it."""
    return f"{bases()[-1]}/tables/{token}/{name}"


def _send(request: Request) -> Response:
    table = service().result(request.path_params["token"])
    found = table
    if table is not None and request.path_params["name"].endswith(".json"):
        found = about_of(table)
    if table is None or found is None or not found.is_file():
        return PlainTextResponse("There is no such table.\n", 404, headers=_HEADERS)
    name = f"gexp_batch{found.name.removeprefix(table.stem)}"
    return FileResponse(found, filename=name, media_type=_MIME[found.suffix], headers=_HEADERS)


def routes() -> list[BaseRoute]:
    """Return the routes for the application."""
    return [Route(f"{base}/tables/{{token}}/{{name}}", _send, methods=["GET"]) for base in bases()]
