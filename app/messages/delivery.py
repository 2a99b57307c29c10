"""Sends what waits in the outbox. Any number of processes may do it at once."""

import random
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

import structlog

from app.database.engine import Database
from app.gateways.errors import GatewayUnavailable, Refused
from app.messages import store
from app.messages.records import Channel
from app.messages.rules import delay_after
from app.messages.sender import Sender
from app.messages.store import Claimed

log = structlog.get_logger("selfcare")
BATCH = 10
# Well above what sending a batch can take. A process that dies over a message between handing it
# over and saying so leaves it claimed; after this it is sent once more. The second mail has the
# same Message-ID, by which most mail programs show it once.
CLAIMED_FOR = timedelta(minutes=15)
# So many failures of a channel in a row, and it is left alone until the next time.
MOST_FAILURES = 3
LOOK_AT_DEAD = "run: flask messages list --dead"


class Outcome(Enum):
    SENT = auto()
    SETTLED = auto()  # not sent, for a reason of its own
    AWAY = auto()  # not sent, and the next one will hardly be


class Delivery:
    def __init__(
        self,
        *,
        database: Database,
        sender: Sender,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """chance: from 0 to 1, spreads the next tries."""
        self._database = database
        self._sender = sender
        self._clock = clock
        self._chance = chance

    def deliver_due(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Sends what is due, until nothing is or the gateways fail; returns how many went out.

        Raises: DatabaseError.
        """
        return sum(self._deliver(channel, is_stopping) for channel in Channel)

    def _deliver(self, channel: Channel, is_stopping: Callable[[], bool]) -> int:
        sent = failures = 0
        while batch := self._claim(channel):
            until = self._clock() + CLAIMED_FOR / 2
            for number, one in enumerate(batch):
                if is_stopping() or failures == MOST_FAILURES:
                    self._release(batch[number:])
                    return sent
                if self._clock() >= until:  # a slow gateway: claim anew what is left
                    self._release(batch[number:])
                    break
                outcome = self._try(one)
                sent += outcome is Outcome.SENT
                failures = failures + 1 if outcome is Outcome.AWAY else 0
        return sent

    def _claim(self, channel: Channel) -> list[Claimed]:
        now = self._clock()
        with self._database.write() as connection:
            return store.claim(connection, channel, now=now, until=now + CLAIMED_FOR, most=BATCH)

    def _release(self, claimed: list[Claimed]) -> None:
        with self._database.write() as connection:
            store.release(connection, claimed)

    def _try(self, one: Claimed) -> Outcome:
        if one.expires_at is not None and one.expires_at <= self._clock():
            return self._expire(one)
        if one.attempts > 1 and delay_after(one.attempts - 1, 0) is None:
            return self._bury(one, "given up: processes died over it")
        try:
            self._sender.send(one.read())
        except Refused as error:
            return self._bury(one, f"refused: {error}")
        except GatewayUnavailable as error:
            self._put_off(one, str(error))
            return Outcome.AWAY
        except Exception as error:  # one broken message must not keep the others back
            # Without the error's own text: it may quote what the message says.
            self._put_off(one, f"unexpected {type(error).__name__} at {_place(error)}")
            return Outcome.SETTLED
        with self._database.write() as connection:
            store.set_sent(connection, one, self._clock())
        log.info("message sent", message=one.id, channel=one.channel, tries=one.attempts)
        return Outcome.SENT

    def _expire(self, one: Claimed) -> Outcome:
        with self._database.write() as connection:
            store.set_expired(connection, one)
        log.warning("message expired unsent", message=one.id, channel=one.channel, do=LOOK_AT_DEAD)
        return Outcome.SETTLED

    def _bury(self, one: Claimed, problem: str) -> Outcome:
        with self._database.write() as connection:
            store.set_dead(connection, one, problem)
        about = {"message": one.id, "channel": one.channel, "tries": one.attempts}
        log.error("message given up", **about, reason=problem, do=LOOK_AT_DEAD)
        return Outcome.SETTLED

    def _put_off(self, one: Claimed, problem: str) -> None:
        delay = delay_after(one.attempts, self._chance())
        if delay is None:
            self._bury(one, problem)
            return
        next_try_at = self._clock() + delay
        if one.expires_at is not None:  # not a moment later, for its secret to be forgotten then
            next_try_at = min(next_try_at, one.expires_at)
        with self._database.write() as connection:
            store.set_failed(connection, one, problem, next_try_at)
        log.warning(
            "message not sent yet",
            message=one.id,
            channel=one.channel,
            tries=one.attempts,
            reason=problem,
            next_try_in_seconds=int(delay.total_seconds()),
            do=f"run: flask {one.channel} test",
        )


def _place(error: Exception) -> str:
    """The innermost line of code."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
