"""Instructions of a page in ratio to the frozen bare page: the same on a busy machine.

    python -m benchmarks.instructions

Needs valgrind, under which it runs itself; takes some minutes. A process makes the portal, and for
each page two children that answer 2 and 32 requests: what they differ by is thirty pages. What a
page costs in time is more than that: see docs/performance.md.
"""

import gc
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.asking import Ask, asker
from benchmarks.frozen.bare_page import make_bare_app
from benchmarks.pages import askers, demo_file, make_portal

FEW, MANY = 2, 32
WARM = 100  # requests of each page before
COUNT = [
    *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
    *(sys.executable, "-m", "benchmarks.instructions", "counted"),
]
SPENT = re.compile(r"==(\d+)== I +refs: +([\d,]+)")
CHILD = re.compile(r"^(\d+) (\d+) (.+)$", re.MULTILINE)


def answer_in_children(asked: dict[str, Ask]) -> None:
    """Prints for each child: its number, how many requests it answers, and of which page."""
    for ask in asked.values():
        for _ in range(WARM):
            ask()
    gc.collect()
    gc.freeze()
    gc.disable()
    for name, ask in asked.items():
        for requests in (FEW, MANY):
            child = os.fork()
            if child == 0:
                for _ in range(requests):
                    ask()
                os._exit(0)
            os.waitpid(child, 0)
            print(child, requests, name, flush=True)
    os._exit(0)


def table(told: str) -> Iterator[str]:
    """The table's lines, from what valgrind and the children told."""
    spent = {int(child): int(count.replace(",", "")) for child, count in SPENT.findall(told)}
    pages: dict[str, dict[int, int]] = {}
    for child, requests, name in CHILD.findall(told):
        pages.setdefault(name, {})[int(requests)] = spent[int(child)]
    each = {name: (found[MANY] - found[FEW]) / (MANY - FEW) for name, found in pages.items()}
    yield "| page | thousand instructions | of the bare page |"
    yield "| --- | --- | --- |"
    for name, count in each.items():
        yield f"| {name} | {count / 1000:,.0f} | {count / each['bare page']:.2f} |"


def main() -> None:
    if sys.argv[1:] != ["counted"]:
        done = subprocess.run(COUNT, capture_output=True, text=True, check=True)
        print("\n".join(table(f"{done.stdout}\n{done.stderr}")))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        portal = make_portal(folder / "portal", demo_file(folder, 1_000))
        bare = asker(make_bare_app().test_client(), "/")
        answer_in_children({"bare page": bare, **askers(portal)})


if __name__ == "__main__":
    main()
