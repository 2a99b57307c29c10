"""Signing in at RaiAccept: seldom, one at a time, and not again at once after a failure.

Too many logins lock the utility's account at the bank, and then nobody pays.
"""

import json
import time
from collections.abc import Callable
from threading import Lock

from app.gateways.cards.values import read_json, text_in
from app.gateways.errors import GatewayUnavailable
from app.gateways.http import Answer, HttpDoor

AT_MOST_SECONDS = 299  # as long as the bank says that a token is good
MARGIN_SECONDS = 15  # so that none dies on its way
REFUSED_PAUSE_SECONDS = 300.0
FAILED_PAUSE_SECONDS = 3.0
REFUSING = frozenset({400, 401, 403, 423, 429})
# Which software it is, as the bank asks all shops' to say.
CONTEXT = {"type": "CODE", "data": {"name": "self-care", "version": "1", "vendor": "self-care"}}


class Tokens:
    """One token for all threads of this process."""

    def __init__(
        self,
        door: HttpDoor,
        address: str,
        user: str,
        password: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door, self._address, self._clock = door, address, clock
        self._body = json.dumps(
            {"username": user, "password": password, "integrationContext": CONTEXT}
        ).encode()
        self._lock = Lock()
        self._token, self._good_until = "", 0.0
        self._closed_until, self._problem = 0.0, ""

    def get(self, until: float, *, refused: str = "") -> str:
        """refused: the token that the bank has just not accepted, if that is why.

        Raises: GatewayUnavailable.
        """
        if not self._lock.acquire(timeout=max(0.0, until - time.monotonic())):
            raise GatewayUnavailable("the bank cannot be used: signing in takes too long")
        try:
            if refused and refused == self._token:
                self._token = ""
            if not self._token or self._clock() >= self._good_until:
                self._token = self._sign_in(until)
            return self._token
        finally:
            self._lock.release()

    def give_up(self, refused: str) -> None:
        """A new token was refused too: signing in again and again would not help."""
        if not self._lock.acquire(blocking=False):
            return  # somebody signs in just now
        try:
            if refused == self._token:
                self._close(REFUSED_PAUSE_SECONDS, "the bank does not accept its own token")
        finally:
            self._lock.release()

    def _sign_in(self, until: float) -> str:
        if self._clock() < self._closed_until:
            raise GatewayUnavailable(f"{self._problem}; signing in is not tried again yet")
        before = self._clock()
        answer = self._ask(until)
        found = read_json(answer.body)
        token = text_in(found, "accessToken")
        if answer.status in REFUSING:
            self._close(REFUSED_PAUSE_SECONDS, f"the bank does not let us in: {answer.status}")
        elif not answer.is_ok or not token or not token.isascii() or not token.isprintable():
            self._close(FAILED_PAUSE_SECONDS, f"the bank gives no token: {answer.status}")
        else:
            self._good_until = before + _seconds(text_in(found, "accessTokenExpiresIn"))
            return token
        raise GatewayUnavailable(self._problem)

    def _ask(self, until: float) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        address = f"{self._address}/auth/api/login"
        try:
            return self._door.ask("POST", address, body=self._body, headers=headers, until=until)
        except GatewayUnavailable as error:
            self._close(FAILED_PAUSE_SECONDS, str(error))
            raise

    def _close(self, seconds: float, problem: str) -> None:
        self._token = ""
        self._closed_until, self._problem = self._clock() + seconds, problem


def _seconds(told: str) -> float:
    seconds = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0  # noqa: PLR2004
    return max(1, min(seconds or AT_MOST_SECONDS, AT_MOST_SECONDS) - MARGIN_SECONDS)
