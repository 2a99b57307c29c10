"""Sends what waits in the outbox. Any number of processes may do it at once."""

import random
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Connection

from app.database.engine import Database, DatabaseError
from app.gateways.errors import GatewayUnavailable, RecipientRefused, Refused, Unanswered
from app.messages import store
from app.messages.records import Channel
from app.messages.rules import delay_after
from app.messages.sender import Sender
from app.messages.store import Claimed
from app.processes import MACHINE, is_alive, process_name

log = structlog.get_logger("selfcare")
BATCH = 10
# Well above what sending a batch can take: after this, what a process has claimed is free again.
CLAIMED_FOR = timedelta(minutes=15)
# So many failures of a channel in a row, and it is left alone until the next time.
MOST_FAILURES = 3
LOOK_AT_DEAD = "run: flask messages list --dead"


class Outcome(Enum):
    SENT = auto()
    SETTLED = auto()  # not sent, for a reason of its own
    AWAY = auto()  # not sent, and the next one will hardly be


class NotOurs(Exception):
    """The claim was over, and another process has the message."""


class Delivery:
    def __init__(
        self,
        *,
        database: Database,
        sender: Sender,
        clock: Callable[[], datetime],
        is_quiet: Callable[[Channel], bool] = lambda _channel: False,
        is_wanted: Callable[[Claimed], bool] = lambda _message: True,
        when_bounced: Callable[[Connection, int, str], object] = lambda _c, _account, _to: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """is_quiet: whether this channel sends nothing now that nobody waits for; is_wanted:
        whether what was written for a preference may go to this address still; when_bounced:
        hears, in the same transaction, of an account's address that takes no mail; chance: from
        0 to 1, spreads the next tries."""
        self._database = database
        self._sender = sender
        self._clock = clock
        self._is_quiet = is_quiet
        self._is_wanted = is_wanted
        self._when_bounced = when_bounced
        self._chance = chance

    def deliver_due(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Sends what is due and somebody waits for, until nothing is or the gateways fail;
        returns how many went out.

        Raises: DatabaseError.
        """
        return sum(self._deliver(channel, is_stopping, is_bulk=False) for channel in Channel)

    def deliver_bulk(
        self, channel: Channel, is_stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """The same for what nobody waits for, outside of quiet hours. Can take long."""
        return self._deliver(channel, is_stopping, is_bulk=True)

    def free_what_ended(self) -> None:
        """What processes of this machine had claimed that are no more, and what they may have
        sent."""
        with self._database.write() as connection:
            for by in store.list_claimants(connection, MACHINE):
                if by != process_name() and not is_alive(by):
                    store.free_claims_of(connection, by)
            unsure = store.settle_unsure(connection, self._clock())
        for message_id in unsure:
            self._tell_unsure(message_id, store.UNSURE)

    def _deliver(self, channel: Channel, is_stopping: Callable[[], bool], *, is_bulk: bool) -> int:
        sent = failures = 0
        self.free_what_ended()
        while batch := self._claim(channel, is_bulk=is_bulk):
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

    def _claim(self, channel: Channel, *, is_bulk: bool) -> list[Claimed]:
        if is_bulk and self._is_quiet(channel):
            return []
        now = self._clock()
        claim = store.Claim(at=now, until=now + CLAIMED_FOR, by=process_name())
        with self._database.write() as connection:
            return store.claim(connection, channel, claim, is_bulk=is_bulk, most=BATCH)

    def _release(self, claimed: list[Claimed]) -> None:
        with self._database.write() as connection:
            store.release(connection, claimed)

    def _try(self, one: Claimed) -> Outcome:
        settled = self._settle_unsent(one)
        if settled is not None:
            return settled
        try:
            self._sender.send(one.read(), partial(self._hand_over, one))
        except DatabaseError:
            raise
        except Exception as error:  # one broken message must not keep the others back
            return self._settle_failed(one, error)
        with self._database.write() as connection:
            store.set_sent(connection, one, self._clock())
        log.info("message sent", message=one.id, channel=one.channel, tries=one.attempts)
        return Outcome.SENT

    def _settle_unsent(self, one: Claimed) -> Outcome | None:
        """None: it is to be sent."""
        if one.expires_at is not None and one.expires_at <= self._clock():
            return self._expire(one)
        if one.preference and not self._is_wanted(one):
            return self._drop(one)
        if one.attempts > 1 and delay_after(one.attempts - 1, 0) is None:
            return self._bury(one, "given up: processes died over it")
        return None

    def _settle_failed(self, one: Claimed, error: Exception) -> Outcome:
        outcome = Outcome.SETTLED
        match error:
            case NotOurs():
                pass
            case Refused():
                bounced = isinstance(error, RecipientRefused)
                self._bury(one, f"refused: {error}", bounced=bounced)
            case Unanswered() if one.is_bulk:  # nobody waits for it, and it may have been taken
                self._leave_unsure(one, str(error))
                outcome = Outcome.AWAY
            case GatewayUnavailable():
                self._put_off(one, str(error))
                outcome = Outcome.AWAY
            case _:
                # Without the error's own text: it may quote what the message says.
                self._put_off(one, f"unexpected {type(error).__name__} at {_place(error)}")
        return outcome

    def _hand_over(self, one: Claimed) -> None:
        with self._database.write() as connection:
            if not store.set_handed(connection, one, self._clock()):
                raise NotOurs

    def _drop(self, one: Claimed) -> Outcome:
        with self._database.write() as connection:
            store.drop(connection, one)
        log.info("message no longer wanted", message=one.id, channel=one.channel)
        return Outcome.SETTLED

    def _leave_unsure(self, one: Claimed, problem: str) -> None:
        with self._database.write() as connection:
            store.set_unsure(connection, one, problem)
        self._tell_unsure(one.id, problem)

    @staticmethod
    def _tell_unsure(message_id: int, reason: str) -> None:
        log.warning(
            "message may not have arrived",
            message=message_id,
            reason=reason,
            do=f"if its recipient misses it: flask messages retry {message_id}",
        )

    def _expire(self, one: Claimed) -> Outcome:
        with self._database.write() as connection:
            store.set_expired(connection, one)
        log.warning("message expired unsent", message=one.id, channel=one.channel, do=LOOK_AT_DEAD)
        return Outcome.SETTLED

    def _bury(self, one: Claimed, problem: str, *, bounced: bool = False) -> Outcome:
        with self._database.write() as connection:
            store.set_dead(connection, one, problem)
            if bounced and one.account_id is not None:
                self._when_bounced(connection, one.account_id, one.recipient)
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
