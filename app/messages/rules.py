"""When a message is tried again, and how a recipient is shown to operators."""

from datetime import timedelta

FIRST_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
LATER_DELAY = timedelta(hours=4)
GIVEN_UP_AFTER = timedelta(days=2)
JITTER = 0.2  # of a delay, so that what failed together does not come back together


def delay_after(tries: int, chance: float) -> timedelta | None:
    """How long to wait after so many failed tries, at least 1; None: it is given up.

    chance: from 0 to 1. Tries are counted and not days, so that a job process which was away
    for long still gives every message all of its tries.
    """
    waited = sum((_delay(number) for number in range(1, tries)), timedelta())
    delay = _delay(tries)
    if waited + delay > GIVEN_UP_AFTER:
        return None
    return delay * (1 + JITTER * (2 * chance - 1))


def _delay(number: int) -> timedelta:
    return FIRST_DELAYS[number - 1] if number <= len(FIRST_DELAYS) else LATER_DELAY


def masked(recipient: str) -> str:
    """Enough to recognise somebody who asks, not enough to write to them."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{recipient[:4]}***{recipient[-2:]}"
