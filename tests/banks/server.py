"""An HTTP server on a free loopback port that answers as a bank tells it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import requests
from werkzeug.serving import make_server

from app.gateways.cards.port import Handover
from app.gateways.cards.sandbox.bank import SandboxBank, create_bank


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Reply = tuple[int, str, bytes]


@contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[str]:
    """Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, told = answer(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def sandbox_bank(file: Path, secret: str, port: int = 0) -> Iterator[tuple[str, SandboxBank]]:
    """The test bank on a server of its own; yields its address."""
    bank = create_bank(file, secret, is_scripted=True)
    server = make_server("127.0.0.1", port, bank, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        bank.close()


def open_page(handover: Handover) -> requests.Response:
    """What a browser does with a handover. The caller closes nothing: no connection is kept."""
    with requests.Session() as session:
        session.trust_env = False
        if not handover.fields:
            return session.get(handover.address, timeout=20)
        form = urlencode(dict(handover.fields))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return session.post(handover.address, data=form, headers=kind, timeout=20)
