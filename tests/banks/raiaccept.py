"""A RaiAccept bank: signing in, orders and their pages."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.banks.server import Asked, Reply, serving

USER, PASSWORD = "portal", "a secret of the bank's"


@dataclass
class RaiacceptBank:
    address: str = ""
    password: str = PASSWORD
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    logins: int = 0
    token: str = ""
    lives: int = 299  # seconds, as the bank says of a token
    login_takes: float = 0.0
    page: str = ""  # another payment page than its own
    login_status: int = 200
    accepts_tokens: bool = True

    def answer(self, asked: Asked) -> Reply:
        status, told = self._answer(asked)
        return status, "application/json", json.dumps(told).encode()

    def _answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        if (asked.method, asked.path) == ("POST", "/auth/api/login"):
            return self._let_in(json.loads(asked.body))
        if asked.path.startswith("/page/"):
            return 200, {"page": "card number, please"}
        is_known = asked.headers.get("Authorization") == f"Bearer {self.token}"
        if not (self.token and is_known and self.accepts_tokens):
            return 401, {"message": "Unauthorized"}
        return self._answer_known(asked)

    def _answer_known(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        if (asked.method, asked.path) == ("POST", "/orders"):
            return self._make(json.loads(asked.body))
        found = re.fullmatch(r"/orders/([\w-]+)(/checkout)?", asked.path)
        if not found or found[1] not in self.orders:
            return 404, {"message": "Not found"}
        if asked.method == "POST" and found[2]:
            return self._check_out(found[1], json.loads(asked.body))
        return 200, {**self.orders[found[1]], "status": self.states[found[1]]}

    def _let_in(self, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.logins += 1
        time.sleep(self.login_takes)
        if self.login_status != 200:
            return self.login_status, {"message": "no"}
        if (given["username"], given["password"]) != (USER, self.password):
            return 401, {"message": "Incorrect username or password."}
        self.token = f"token-{self.logins}"
        lives = {"accessTokenExpiresIn": self.lives, "refreshTokenExpiresIn": 1799}
        return 200, {"accessToken": self.token, "refreshToken": "r", **lives}

    def _make(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        reference = order["invoice"]["merchantOrderReference"]
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,150}", reference):
            return 400, {"message": "merchantOrderReference"}
        if not json.dumps(order, ensure_ascii=False).isascii():
            return 400, {"message": "characters"}
        id = f"D-001-ORD-{len(self.orders):08d}"
        self.orders[id] = {**order, "orderIdentification": id, "isProduction": False}
        self.states[id] = "DRAFT"
        return 200, self.orders[id]

    def _check_out(self, id: str, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        made = self.orders[id]
        if {name: made[name] for name in order} != order:
            return 400, {"message": "another order"}
        if self.states[id] == "PAID":
            return 400, {"message": "paid"}
        self.states[id] = "CHECKOUT"
        page = self.page or f"{self.address}/page/{id}?session=1"
        return 200, {"sessionId": "1", "paymentRedirectURL": page}

    def webhook(self, id: str) -> bytes:
        """Unsigned, as the bank's are."""
        order = {k: v for k, v in self.orders[id].items() if k in ("invoice", "consumer")}
        transaction = {"transactionId": "R-001-TX-1", "status": "SUCCESS", "statusCode": "0000"}
        told = {"order": {**order, "orderIdentification": id}, "transaction": transaction}
        return json.dumps(told).encode()


@contextmanager
def raiaccept_bank() -> Iterator[RaiacceptBank]:
    bank = RaiacceptBank()
    with serving(bank.answer) as bank.address:
        yield bank
