"""Processes for the pool: forked from a clean server that has torch loaded, never from the app.

The standard library tells each new process to import the parent's main module again. Under
Streamlit that module is the page being run at that moment, so a worker that replaces a dead one
would execute a visitor's page. Nothing here needs the main module, so it is left out.
"""

import io
import multiprocessing
import os
from multiprocessing import context, reduction, spawn, util
from typing import Any

#: Loaded once in the fork server; every worker then starts with them.
PRELOAD = ["torch", "gexp_core.jobs.worker"]


def workers_context() -> context.BaseContext:
    """Return the context that makes worker processes; plain spawn where there is no fork server."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = _Context()
    made.set_forkserver_preload(PRELOAD)
    return made


def settings() -> dict[str, str]:
    """Return this process's GEXP_ variables; the fork server may be older than them."""
    return {name: value for name, value in os.environ.items() if name.startswith("GEXP_")}


def _close(*fds: int) -> None:
    for fd in fds:
        os.close(fd)


if "forkserver" in multiprocessing.get_all_start_methods():
    from multiprocessing import forkserver, popen_forkserver

    class _Popen(popen_forkserver.Popen):
        """Start a process from the fork server without naming the main module."""

        def _launch(self, process_obj: Any) -> None:
            # As in the standard library's popen_forkserver, less the main module.
            fds: list[int] = self._fds  # type: ignore[attr-defined]
            prepare = spawn.get_preparation_data(process_obj._name)
            prepare.pop("init_main_from_path", None)
            prepare.pop("init_main_from_name", None)
            buffer = io.BytesIO()
            context.set_spawning_popen(self)
            try:
                reduction.dump(prepare, buffer)
                reduction.dump(process_obj, buffer)
            finally:
                context.set_spawning_popen(None)
            self.sentinel, write_end = forkserver.connect_to_new_process(fds)
            # The copy stays open as long as this process lives: that is how the child notices.
            kept = os.dup(write_end)
            self.finalizer = util.Finalize(self, _close, (kept, self.sentinel))
            with open(write_end, "wb", closefd=True) as pipe:
                pipe.write(buffer.getbuffer())
            self.pid = forkserver.read_signed(self.sentinel)

    class _Process(context.ForkServerProcess):
        @staticmethod
        def _Popen(process_obj: Any) -> Any:
            return _Popen(process_obj)

    class _Context(context.ForkServerContext):
        Process = _Process
