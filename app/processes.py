"""What a process writes, which it is, and whether another one of this machine still runs."""

import os
import socket
from pathlib import Path

MACHINE = f"{socket.gethostname()[:80]}/"


def keep_private() -> None:
    """What this process writes from now on is read by its own user alone: it is customers' data,
    and a service's umask is mostly 022."""
    os.umask(0o077)


def process_name() -> str:
    """Of this process alone, for as long as the machine runs: numbers come again."""
    return f"{MACHINE}{os.getpid()}/{_started(os.getpid())}"


def is_alive(name: str) -> bool:
    """Whether the process of this machine runs still; yes where it cannot be told."""
    number, _, started = name.removeprefix(MACHINE).partition("/")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return _started(int(number)) == started


def _started(number: int) -> str:
    """When, in the kernel's ticks; "" where no kernel tells."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
