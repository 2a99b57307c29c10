"""Sign-ins per second against raw Argon2id, and pages during a burst of sign-ins.

    .venv/bin/python -m benchmarks.sign_ins

The portal as ./run serves it (two web processes). First as many Argon2id verifications as all
cores give, by one process per core; then sign-ins by many customers at once for as long; then one
customer's pages, alone and while that burst goes on. What asks takes its share of the cores too,
so the true figures of a machine of its own are better.
"""

import argparse
import http.client
import multiprocessing
import os
import re
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.accounts.passwords import hash_password, verify_password
from app.demo import PASSWORD
from tests.portal_process import PortalProcess

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LIMITS = {
    f"SELFCARE_ACCOUNTS_{name}": "100000000"
    for name in (
        *("SIGN_IN_TRIES_PER_ACCOUNT", "SIGN_IN_TRIES_PER_DAY", "SIGN_IN_TRIES_PER_NETWORK"),
    )
}


class Browser:
    def __init__(self, address: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if form is None:
            self._http.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            self._http.request("POST", path, urlencode(form), headers)
        try:
            answer = self._http.getresponse()
        except http.client.RemoteDisconnected:  # kept open for longer than the server does
            self._http.close()
            return self.ask(path, form)
        text = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie", []):
            name, _equals, rest = value.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, text

    def sign_in(self, name: str, password: str = PASSWORD) -> int:
        found = TOKEN.search(self.ask("/login")[1])
        assert found is not None
        form = {"csrf_token": found[1], "user_name": name, "password": password}
        return self.ask("/login", form)[0]


def verifications(seconds: float, counts: "multiprocessing.Queue[int]") -> None:
    stored, done, end = hash_password(PASSWORD), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        assert verify_password(stored, PASSWORD)
        done += 1
    counts.put(done)


def raw(seconds: float) -> float:
    counts: multiprocessing.Queue[int] = multiprocessing.Queue()
    cores = os.cpu_count() or 1
    workers = [
        multiprocessing.Process(target=verifications, args=(seconds, counts)) for _ in range(cores)
    ]
    for worker in workers:
        worker.start()
    total = sum(counts.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total / seconds


def burst(address: str, people: int, seconds: float, counts: Any) -> None:
    """Signs in over and over, each time from the form it has open; in a process of its own."""
    done, busy = [0] * people, [0] * people
    end = time.monotonic() + seconds

    def one(place: int) -> None:
        browser = Browser(address)
        found = TOKEN.search(browser.ask("/login")[1])
        assert found is not None
        form = {"csrf_token": found[1], "user_name": "Agron Hoxha", "password": PASSWORD}
        kept = dict(browser._cookies)
        while time.monotonic() < end:
            browser._cookies = dict(kept)
            status = browser.ask("/login", form)[0]
            done[place] += status == 303
            busy[place] += status == 503
            if status == 503:
                time.sleep(0.5)  # as somebody who is asked to try again does, at least

    threads = [threading.Thread(target=one, args=(place,)) for place in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.put((sum(done) / seconds, sum(busy) / seconds))


def pages(browser: Browser, seconds: float) -> list[float]:
    taken, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        status, _text = browser.ask("/contracts/AL0000001/pay")
        taken.append((time.perf_counter() - start) * 1000)
        assert status == 200, status
        time.sleep(0.02)
    return taken


def told(taken: list[float]) -> str:
    ordered = sorted(taken)
    p99 = ordered[int(len(ordered) * 0.99) - 1]
    return f"{len(ordered)} pages, median {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--people", type=int, default=12)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        portal = PortalProcess(Path(name) / "data", **LIMITS).wait_until_ready()
        try:
            measure(portal.address, given.seconds, given.people)
        finally:
            portal.stop()


def measure(address: str, seconds: float, people: int) -> None:
    customer = Browser(address)
    assert customer.sign_in("Agron Hoxha") == 303
    pages(customer, 1)
    before = raw(seconds)
    alone = pages(customer, seconds)
    counts: multiprocessing.Queue[object] = multiprocessing.Queue()
    crowd = multiprocessing.Process(target=burst, args=(address, people, seconds, counts))
    crowd.start()
    time.sleep(seconds * 0.1)
    during = pages(customer, seconds * 0.8)
    rates = counts.get()
    crowd.join()
    after = raw(seconds)
    assert isinstance(rates, tuple)
    best = max(before, after)
    print(f"raw Argon2id on all cores: {before:.0f} and {after:.0f} a second")
    print(f"sign-ins by {people} at once: {rates[0]:.0f} a second, {rates[0] / best:.2f} of raw;")
    print(f"  asked to try again: {rates[1]:.1f} a second")
    print(f"pages alone: {told(alone)}")
    print(f"pages during the burst: {told(during)}")


if __name__ == "__main__":
    main()
