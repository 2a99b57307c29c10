"""What benchmarks.process starts: a process that makes one of both applications and asks it."""

import importlib
import json
import sys
from pathlib import Path

from benchmarks.asking import asker, signed_in_client

SETTLED = 2_000  # requests after which nothing is read for the first time
PAGES = ("/contracts", "/contracts/{code}/pay", "/contracts/{code}/history")


def resident() -> float:
    """Megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def serve(kind: str, code: str, requests: int) -> None:
    """In a process of its own: tells when the first page is there, and of its memory."""
    # Only here: what the other one imports is none of its own.
    if kind == "bare":
        app = importlib.import_module("benchmarks.frozen.bare_page").make_bare_app()
    else:
        app = importlib.import_module("wsgi").app
    assert app.test_client().get("/").status_code == 200
    print("{}", flush=True)
    if not requests:
        return
    if kind == "bare":
        asked = [asker(app.test_client(), "/")]
    else:
        client = signed_in_client(app)
        asked = [asker(client, page.format(code=code)) for page in PAGES]
    told = {}
    for number in range(requests):
        if number == SETTLED:
            told["settled"] = resident()
        asked[number % len(asked)]()
    print(json.dumps({**told, "end": resident()}), flush=True)


if __name__ == "__main__":
    _kind, _code, _requests = sys.argv[1:]
    serve(_kind, _code, int(_requests))
