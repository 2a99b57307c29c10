"""What a run counts, from many threads."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.payments.oracle import Verdicts

SLOW = 10.0  # seconds that no request may take


@dataclass
class Figures:
    """slow, failed and watched: what was seen while it ran and may not be."""

    seed: int
    seconds: float
    slowest: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    slow: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    accepted_forgeries: list[str] = field(default_factory=list)
    shown_falsely: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, more: int = 1) -> None:
        with self.lock:
            self.counts[name] += more

    def happened(self, fault: str) -> None:
        with self.lock:
            self.faults[fault] += 1

    def asked(self, what: str, status: int | None, seconds: float, text: str = "") -> None:
        """status: None where the connection broke."""
        with self.lock:
            self.requests[str(status or "broken off")] += 1
            self.slowest = max(self.slowest, seconds)
            if seconds > SLOW:
                self.slow.append(f"{what}: {seconds:.1f} s")
            if status is not None and status >= 500 and status != 503:
                self.failed.append(f"{what}: {status} {text[-300:]}")

    def violations(self, verdicts: Verdicts) -> dict[str, list[str]]:
        seen = {
            "requests above 10 s": self.slow,
            "answers of 500": self.failed,
            "forged and accepted": self.accepted_forgeries,
            "shown paid falsely": sorted(self.shown_falsely),
        }
        return verdicts.violations | {name: what for name, what in seen.items() if what}


def columns(figures: Figures, verdicts: Verdicts) -> list[tuple[str, str]]:
    counts, captured = figures.counts, verdicts.captured
    return [
        ("seed", str(figures.seed)),
        ("seconds", f"{figures.seconds:.0f}"),
        ("requests", str(sum(figures.requests.values()))),
        ("of them answered 503", str(figures.requests["503"])),
        ("of them broken off", str(figures.requests["broken off"])),
        ("slowest request, s", f"{figures.slowest:.1f}"),
        ("payments begun", str(counts["begun"])),
        ("refused, in another payment", str(counts["in another payment"])),
        ("captured at the bank", str(captured)),
        ("of them taken twice by the bank", str(counts["taken twice by the bank"])),
        ("of them given back", str(verdicts.given_back)),
        *((f"fault: {name}", str(figures.faults[name])) for name in sorted(figures.faults)),
        *((f"notices: {n}", str(counts[n])) for n in ("genuine, again", "tampered", "forged")),
        ("tampered or forged, refused", str(counts["refused"])),
        ("tampered or forged, accepted", str(len(figures.accepted_forgeries))),
        ("posted exactly once", str(verdicts.posted_once)),
        ("in review", str(verdicts.in_review)),
        *((f"in review: {name}", str(n)) for name, n in sorted(verdicts.reviews.items())),
        ("given back before it was counted", str(verdicts.given_back_uncounted)),
        ("lost", str(len(verdicts.lost))),
        ("posted twice", str(len(verdicts.posted_twice))),
        ("falsely paid in the end", str(len(verdicts.falsely_paid))),
        ("shown paid falsely on the way", str(len(figures.shown_falsely))),
        ("wrong in billing's own books", str(len(verdicts.wrong_books))),
        ("holds left over", str(len(verdicts.held))),
        ("requests above 10 s", str(len(figures.slow))),
        ("answers of 500", str(len(figures.failed))),
    ]


def table(runs: dict[str, tuple[Figures, Verdicts]]) -> str:
    columned = {name: dict(columns(*run)) for name, run in runs.items()}
    rows = list(dict.fromkeys(row for column in columned.values() for row in column))
    lines = [f"| | {' | '.join(runs)} |", "|---" * (len(runs) + 1) + "|"]
    for row in rows:
        lines.append(f"| {row} | {' | '.join(c.get(row, '0') for c in columned.values())} |")
    return "\n".join(lines)
