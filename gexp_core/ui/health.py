"""``/healthz``: whether the server can work, how long its queue is, and what memory it holds.

Owns the answer. It tells nothing of anybody's work.
"""

import os
import time

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from gexp_core import __version__, jobs
from gexp_core.models import registry

_BEGAN = time.monotonic()
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def report() -> dict[str, object]:
    """Return the state of the server.

    Keys: ready (the workers are alive and take work), version, uptime_s, workers, running,
    waiting, done, failed, cancelled, interrupted (computations), models (their names), memory_mib
    (of the server and of its workers together, resident; null where the system does not tell).
    """
    engine = jobs.engine()
    found = engine.report()
    pids = found.pop("pids")
    stopping = found.pop("stopping")
    workers = [resident(pid) for pid in pids]
    return {
        "ready": not stopping and found["workers"] >= 1,
        "version": __version__,
        "uptime_s": round(time.monotonic() - _BEGAN),
        **found,
        "models": list(registry.names()),
        "memory_mib": {
            "server": resident(os.getpid()),
            "workers": sum(size for size in workers if size is not None) if workers else None,
        },
    }


def resident(pid: int) -> int | None:
    """Return the resident memory of a process in MiB, or None where that cannot be told."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE // 2**20
    except (OSError, ValueError, IndexError):
        return None


def _answer(request: Request) -> JSONResponse:
    told = report()
    status = 200 if told["ready"] else 503
    return JSONResponse(told, status, headers={"cache-control": "no-store"})


def routes() -> list[BaseRoute]:
    """Return the routes for the application, under the base path too where there is one."""
    return [Route(f"{base}/healthz", _answer, methods=["GET"]) for base in bases()]


def bases() -> list[str]:
    """Return what stands before the path of a route: nothing, and the server's base path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return ["", f"/{base}"] if base else [""]
