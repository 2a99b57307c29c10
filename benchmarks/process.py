"""What a web process costs in ratio to one with the frozen bare page, and what a phone's first
visit brings, as Markdown.

    .venv/bin/python -m benchmarks.process --requests 100000

Cold start: from the start of Python to the first page, the fastest of interleaved rounds, databases
made before. Memory: what is resident after 2,000 signed-in requests and after all of them (it needs
Linux). First visit: the bytes of the sign-in page and of the files that it names, as gzip sends
them, headers left out.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.pages import demo_file, make_portal
from benchmarks.served import SETTLED

ROUNDS = 7
NAMED = re.compile(r'(?:<link [^>]*href|<script [^>]*src)="(/[^"]+)"')


class Child:
    def __init__(self, kind: str, variables: dict[str, str], code: str, requests: int = 0) -> None:
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", kind, code, str(requests)],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()
        self.seconds = time.perf_counter() - begun
        self.memory: dict[str, float] = self._read() if requests else {}
        assert self._process.wait() == 0

    def _read(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def first_visit(app: Any) -> dict[str, int]:
    """Bytes as they travel, by address."""
    client = app.test_client()
    page = client.get("/login").text
    files = dict.fromkeys(NAMED.findall(page.replace("&amp;", "&")))
    sent = {"/login": page.encode(), **{name: client.get(name).data for name in files}}
    return {name: len(gzip.compress(content)) for name, content in sent.items()}


def table(folder: Path, requests: int) -> list[str]:
    portal = make_portal(folder, demo_file(folder, 1_000))
    variables = {
        "SELFCARE_SECRET_KEY": "k" * 32,
        "SELFCARE_DATA_DIR": str(folder),
        "SELFCARE_BILLING_URL": f"sqlite:///{folder}/demo-1000.sqlite3",
        "SELFCARE_WEB_HTTPS": "false",
        "SELFCARE_LOG_LEVEL": "ERROR",
        "SELFCARE_MAIL_SENDER": "portal@example.com",
        "SELFCARE_UTILITY_NAME": "Energjia",
        "SELFCARE_UTILITY_LEGAL_NAME": "Energjia sh.a.",
        "SELFCARE_UTILITY_CONTACT_EMAIL": "klienti@example.com",
        "SELFCARE_UTILITY_CONTACT_PHONE": "+35542000000",
    }
    kinds = ("bare", "portal")
    starts: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in kinds:
            starts[kind].append(Child(kind, variables, portal.code).seconds)
    start = {kind: min(found) for kind, found in starts.items()}
    memory = {kind: Child(kind, variables, portal.code, requests).memory for kind in kinds}
    bare, ours = memory["bare"], memory["portal"]
    visit = first_visit(portal.app)
    return [
        "| of a process | bare | ours | ratio |",
        "| --- | --- | --- | --- |",
        f"| start to first page, s | {start['bare']:.2f} | {start['portal']:.2f} |"
        f" {start['portal'] / start['bare']:.2f} |",
        f"| resident after {SETTLED:,} requests, MB | {bare['settled']:.0f} |"
        f" {ours['settled']:.0f} | {ours['settled'] / bare['settled']:.2f} |",
        f"| resident after {requests:,} requests, MB | {bare['end']:.0f} | {ours['end']:.0f} |"
        f" {ours['end'] / bare['end']:.2f} |",
        "",
        f"First visit: {len(visit)} requests, {sum(visit.values()) / 1000:.1f} kB; again: 1,"
        f" {visit['/login'] / 1000:.1f} kB.",
        *(f"- `{name.partition('?')[0]}` {size / 1000:.1f} kB" for name, size in visit.items()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(table(Path(folder), max(given.requests, SETTLED + 1))))


if __name__ == "__main__":
    main()
