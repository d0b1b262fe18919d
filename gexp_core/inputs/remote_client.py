"""One question to one known host: bounded in time, bytes and tries, over HTTPS, no redirects.

Owns the connection. What is asked, and what the answer means, is ``remote``'s.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gexp_core import __version__
from gexp_core.errors import CancelledError, GexpError, LimitError

#: Seconds that one step of a question (connecting, a part of the answer) may take.
STEP = 10.0

#: Tries of one question; those after the first wait.
TRIES = 3

#: Longest wait before another try, whatever the service asks for.
LONGEST_WAIT = 5.0

_PART = 65_536
_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})

Connect = Callable[[str, float], http.client.HTTPConnection]


class RemoteError(GexpError):
    """Say that a public service did not give what was asked for, and what to do instead."""


class _AgainError(Exception):
    """Carry what went wrong with one try, and how long the service asks to wait."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


def https(host: str, timeout: float) -> http.client.HTTPConnection:
    """Return a connection to a host whose certificate is checked."""
    return http.client.HTTPSConnection(host, timeout=timeout, context=ssl.create_default_context())


@dataclass(frozen=True, slots=True)
class Client:
    """Ask known hosts.

    Attributes
    ----------
    connect : makes a connection to a host
    step : seconds that one step may take
    sleep, clock : of the machine
    """

    connect: Connect = https
    step: float = STEP
    sleep: Callable[[float], None] = field(default=time.sleep)
    clock: Callable[[], float] = field(default=time.monotonic)

    def json(self, host: str, path: str, *, who: str, most: int, deadline: float) -> Any:
        """Return the answer to a question, read as JSON.

        Parameters
        ----------
        host, path : str
            Built by the caller from its own parts, never from what a visitor typed.
        who : str
            What people call the service.
        most : int
            Bytes of the answer above which it is refused.
        deadline : float
            Time of ``clock`` at which the question is given up.

        Raises
        ------
        RemoteError
            The service said no, was too slow, could not be reached or did not answer in JSON.
        LimitError
            The answer is larger than ``most``.
        """
        for attempt in range(TRIES):
            try:
                return self._once(host, path, who, most, deadline)
            except _AgainError as error:
                wait = 0.5 * 2**attempt if error.wait is None else error.wait
                wait = min(max(0.0, wait), LONGEST_WAIT)
                if attempt + 1 == TRIES or self.clock() + wait >= deadline:
                    raise RemoteError(
                        f"{who} {error}; try again in a minute, or give the genome as a file"
                    ) from None
                self.sleep(wait)
        raise CancelledError("no try was made")  # TRIES is at least 1

    def _once(self, host: str, path: str, who: str, most: int, deadline: float) -> Any:
        connection = self.connect(host, self._left(deadline))
        try:
            headers = {"Accept": "application/json", "User-Agent": f"gexp/{__version__}"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            data = self._body(connection, response, who, most, deadline)
            status = response.status
            if status in _RETRY:
                busy = "is busy" if status == 429 else "has a problem of its own"
                raise _AgainError(f"{busy} (it answered {status})", _after(response))
            if 300 <= status < 400:
                raise RemoteError(
                    f"{who} answered with a redirect ({status}), which is not followed; give the "
                    "genome as a file"
                )
            if status != 200:
                raise RemoteError(
                    f"{who} does not have this region (it answered {status}); check the assembly "
                    "and the coordinates, or give the genome as a file"
                )
            return _parsed(data, who)
        except TimeoutError:
            raise _AgainError("did not answer in time") from None
        except (OSError, http.client.HTTPException) as error:
            raise _AgainError(f"cannot be reached ({type(error).__name__})") from None
        finally:
            connection.close()

    def _left(self, deadline: float) -> float:
        """Return the seconds that the next step may take."""
        left = min(self.step, deadline - self.clock())
        if left <= 0:
            raise _AgainError("did not answer in time")
        return left

    def _body(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        who: str,
        most: int,
        deadline: float,
    ) -> bytes:
        """Return the answer's bytes; each part may take one step, all together the deadline."""
        parts: list[bytes] = []
        size = 0
        while True:
            left = self._left(deadline)
            if connection.sock is not None:
                connection.sock.settimeout(left)
            part = response.read1(_PART)
            if not part:
                return b"".join(parts)
            size += len(part)
            if size > most:
                raise LimitError(
                    f"{who} answered with more than {most:,} bytes, which is more than was asked "
                    "for and is not read; give the genome as a file"
                )
            parts.append(part)


def _after(response: http.client.HTTPResponse) -> float | None:
    """Return the seconds that the service asks to wait, where it says so as a number."""
    said = response.headers.get("Retry-After", "")
    try:
        wait = float(said)
    except ValueError:
        return None
    return wait if 0 <= wait < float("inf") else None


def _parsed(data: bytes, who: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise RemoteError(
            f"{who} did not answer in JSON; try again later, or give the genome as a file"
        ) from None
