"""What the process may use."""

import math
import resource
from dataclasses import dataclass

MEGABYTE = 1024 * 1024
MOST_FILES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """output: bytes of what it writes; pixels: of a picture."""

    seconds: float
    megabytes: int
    output: int
    pixels: int

    def apply(self) -> None:
        """From now on, for this process; none can be lifted again."""
        seconds = math.ceil(self.seconds) + 1
        for what, most in (
            (resource.RLIMIT_AS, self.megabytes * MEGABYTE),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, self.output),
            (resource.RLIMIT_NOFILE, MOST_FILES),
            (resource.RLIMIT_CORE, 0),  # a customer's file must not lie about as a core dump
        ):
            resource.setrlimit(what, (most, most))
