"""Who knows what the bank sent and does not know its secret; and a network that repeats itself."""

import time
from base64 import b32encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random

from app.gateways.cards.sandbox import signing
from tests.banks.twins import SECRET
from tests.faults.payments.browser import Browser
from tests.faults.payments.payers import RETURN, Street

CALLBACK = "/payments/callback/sandbox"
AT_ONCE = 8
Fields = dict[str, str]


class Attacker:
    def __init__(self, street: Street, seed: str) -> None:
        self.street, self.random = street, Random(seed)
        self.pool = ThreadPoolExecutor(AT_ONCE)

    def work(self) -> None:
        ways: list[Callable[[], None]] = [self.repeat, self.crowd, self.tamper, self.forge]
        while not self.street.over.is_set():
            self.random.choice(ways)()
            time.sleep(self.random.uniform(0.05, 0.3))
        self.pool.shutdown()

    def _send(self, fields: Fields) -> int | None:
        browser = Browser(self.street.stage.address, self.street.figures)
        answer = browser.ask("POST", self.random.choice([CALLBACK, RETURN]), fields)
        return answer.status if answer else None

    def _recorded(self) -> Fields | None:
        """Anything that the bank ever wrote, of now or long ago, sent or still to be sent."""
        found = self.street.notices[:]
        if self.random.random() < 0.5:
            found = self.street.stage.bank.notices() or found
        return dict(self.random.choice(found)) if found else None

    def repeat(self) -> None:
        """Late, out of order, a second time, before the bank itself has sent it."""
        fields = self._recorded()
        if fields:
            self._send(fields)
            self.street.figures.count("genuine, again")

    def crowd(self) -> None:
        fields = self._recorded()
        if fields:
            list(self.pool.map(self._send, [fields] * AT_ONCE))
            self.street.figures.count("genuine, again", AT_ONCE)

    def tamper(self) -> None:
        """One value changed; the signature as it was, or made with another secret."""
        fields = self._recorded()
        if fields is None:
            return
        name = self.random.choice(["amount", "currency", "reference", "verdict", "transaction"])
        fields[name] = self._other(name, fields)
        if self.random.random() < 0.5:
            del fields[signing.SIGNATURE]
            kind = fields.pop(signing.KIND)
            fields = signing.sign(kind, fields, self.random.choice(["", "guess", SECRET[:-1]]))
        self._send_false(fields, "tampered")

    def _other(self, name: str, fields: Fields) -> str:
        match name:
            case "amount":
                return f"{Decimal(fields['amount']) - 1:.2f}"
            case "currency":
                return "EUR" if fields["currency"] == "ALL" else "ALL"
            case "reference":
                return self._another_order(fields["reference"])
            case "verdict":
                return "declined" if fields["verdict"] == "captured" else "captured"
        return "TB-0000000000000000"

    def _another_order(self, reference: str) -> str:
        others = [one for one in self.street.sent if one != reference]
        return self.random.choice(others) if others else b32encode(bytes(20)).decode()[:26]

    def forge(self) -> None:
        """From nothing but an order's number, which the payer sees."""
        sent = self.street.sent[:]
        if not sent:
            return
        fields = {
            "reference": self.random.choice(sent),
            "verdict": self.random.choice(["captured", "captured", "declined", "reversed"]),
            "amount": "1.00",
            "currency": "ALL",
            "transaction": "TB-1",
            "at": "",
            "code": "00",
            "nonce": "0",
        }
        match self.random.randrange(3):
            case 0:
                fields = signing.sign(signing.NOTICE, fields, "guess")
            case 1:
                fields |= {signing.KIND: signing.NOTICE, signing.SIGNATURE: "0" * 64}
        self._send_false(fields, "forged")

    def _send_false(self, fields: Fields, kind: str) -> None:
        figures = self.street.figures
        status = self._send(fields)
        figures.count(kind)
        if status == 400:
            figures.count("refused")
        elif status in (200, 303):
            figures.accepted_forgeries.append(f"{kind}: {fields['verdict']} {fields['reference']}")
