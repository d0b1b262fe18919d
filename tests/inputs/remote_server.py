"""A local server that plays UCSC's and Ensembl's REST services, and how they fail."""

import contextlib
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gexp_core.inputs.remote_client import Client
from tests.toy_models import random_sequence

#: Bases 10,000 to 30,000 of chromosome 21 of the played assembly.
FIRST, LETTERS = 10_000, random_sequence(10_000, 1) + random_sequence(10_000, 2).lower()

UCSC = re.compile(r"/getData/sequence\?genome=(\w+);chrom=(chr\w+);start=(\d+);end=(\d+)")
ENSEMBL = re.compile(
    r"/sequence/region/(\w+)/(\w+):(\d+)\.\.(\d+):1"
    r"\?coord_system_version=([\w.-]+);mask=soft;content-type=application/json"
)


class Player(BaseHTTPRequestHandler):
    """Answer as the service would whose path is asked; ``mode`` of the server says how it fails."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.headers["Host"], self.path, dict(self.headers)))
        mode = self.server.modes.pop(0) if self.server.modes else ""
        if mode == "drop":
            self.close_connection = True
            self.connection.close()
        elif mode == "slow":
            time.sleep(self.server.delay)
            self.answer(200, b"{}")
        elif mode == "drip":  # an answer that never ends, a byte at a time
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
        elif mode == "redirect":
            self.answer(302, b"", Location=f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        elif mode == "large":
            self.answer(200, b"{" + b" " * 200_000 + b"}")
        elif mode == "html":
            self.answer(200, b"<html>down for maintenance</html>")
        elif mode == "list":
            self.answer(200, b"[1, 2]")
        elif mode == "deep":
            self.answer(200, b"[" * 15_000)
        elif mode.startswith("429"):
            self.answer(429, b"{}", **{"Retry-After": mode.partition(" ")[2]})
        elif mode.isdigit():
            self.answer(int(mode), json.dumps({"error": "as asked for"}).encode())
        else:
            self.sequence(mode)

    def sequence(self, mode):
        if found := UCSC.fullmatch(self.path):
            genome, chrom, start, end = found[1], found[2], int(found[3]), int(found[4])
            made = {"genome": genome, "chrom": chrom, "start": start, "end": end}
            key = "dna"
        elif found := ENSEMBL.fullmatch(self.path):
            chrom, start, end = found[2], int(found[3]) - 1, int(found[4])
            made = {"id": f"chromosome:{found[5]}:{chrom}:{start + 1}:{end}:1", "molecule": "dna"}
            key = "seq"
        else:
            self.answer(404, b"{}")
            return
        text = LETTERS[start - FIRST : end - FIRST] if start >= FIRST else "n" * (end - start)
        if mode == "letters":
            text = text[:-1] + "<"
        elif mode == "short":
            text = text[:-1]
        elif mode == "place":
            made = {"id": "chromosome:GRCh37:1:1:100:1", **made} | {"start": 5}
            made["id"] = "chromosome:GRCh37:1:1:100:1"
        self.answer(200, json.dumps({**made, key: text}).encode())

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *words):
        """Say nothing on the terminal."""


class Played(ThreadingHTTPServer):
    """Hold what was asked, and what the next answers are to be."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Player)
        self.asked, self.modes, self.delay = [], [], 1.0

    def handle_error(self, request, client_address):
        """A client that hung up is what some tests are about."""

    def client(self, *, step=0.4):
        """A client that comes here whatever host it wants, and remembers how long it waited."""
        waited = self.waited = []

        def connect(host, timeout):
            made = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=timeout)
            real = made.request
            made.request = lambda method, path, headers: real(
                method, path, headers={**headers, "Host": host}
            )
            return made

        return Client(connect=connect, step=step, sleep=waited.append)


@contextlib.contextmanager
def played() -> Iterator[Played]:
    with Played() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
