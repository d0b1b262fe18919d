"""What the server writes down: one JSON line per event, without anybody's sequences or words.

Owns the form of a line. Whoever logs gives fields of its own making; a message that may quote a
visitor (that of an exception) is never written, only its type and the place in the code.
"""

import json
import logging
import os
import sys
import time
import traceback

#: Set in the server's environment when its workers are to log as it does.
SWITCH = "GEXP_LOG"

#: Libraries that log for the server; what they say may quote a visitor.
_OTHERS = ("streamlit", "uvicorn")


class Lines(logging.Formatter):
    """Write a record as one line of JSON: time, level, event and the fields that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": "note",
        }
        given = getattr(record, "fields", None)
        if isinstance(given, dict):
            fields |= given
        elif record.name.split(".")[0] in _OTHERS:
            fields["message"] = f"{record.name} {record.module}:{record.lineno}"
        else:
            # The template only: what is put into it may be a visitor's.
            fields["message"] = (
                record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            )
        if record.exc_info and record.exc_info[0] is not None:
            fields |= problem(record.exc_info[1])
        return json.dumps(fields, ensure_ascii=True)


def problem(error: BaseException | None) -> dict[str, object]:
    """Return an exception's type and where in the code it went through, never its message."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    where = [f"{os.path.basename(one.filename)}:{one.lineno} {one.name}" for one in frames]
    return {"event": "bug", "type": type(error).__name__, "where": where}


def set_up(*, server: bool = False) -> None:
    """Let the logger ``gexp`` write lines of JSON to standard error.

    Parameters
    ----------
    server : bool
        This is the server: its workers are to log too. Elsewhere, only what a server asked for.
    """
    if server:
        os.environ[SWITCH] = "json"
    if os.environ.get(SWITCH) != "json":
        return
    logger = logging.getLogger("gexp")
    if not any(isinstance(one.formatter, Lines) for one in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Lines())
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    if server:
        _take_over()


def _take_over() -> None:
    """Let the libraries around the pages write lines too: which place spoke, not what it said."""
    for name, one in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] in _OTHERS and isinstance(one, logging.Logger):
            for handler in one.handlers:
                handler.setFormatter(Lines())
