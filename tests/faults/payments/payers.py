"""People who pay: with two tabs, for somebody else, who come back or do not."""

import threading
import time
from dataclasses import dataclass, field
from random import Random

import requests

from tests.faults.payments.browser import Browser
from tests.faults.payments.figures import Figures
from tests.faults.payments.stage import Stage

RETURN = "/payments/return/sandbox"
PAID = "Faleminderit, u pagua"
WEIGHTS = {
    "approve": 12,
    "decline": 4,
    "cancel": 2,
    "approve_late": 3,
    "approve_twice": 2,
    "approve_silently": 3,
    "callback_only": 3,
    "browser_only": 3,
    "decline_then_approve": 3,
    "wrong_amount": 2,
    "wrong_currency": 2,
    "wrong_order": 2,
    "wrong_signature": 2,
    "approve_then_reverse": 3,
}


@dataclass
class Street:
    """What all of a run share. sent: orders that went to the bank; notices: what browsers brought
    from there."""

    stage: Stage
    figures: Figures
    over: threading.Event = field(default_factory=threading.Event)
    sent: list[str] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)


class Tab:
    """One browser window of somebody who pays one thing after the other."""

    def __init__(self, street: Street, browser: Browser, codes: list[str], seed: str) -> None:
        self.street, self.browser, self.codes = street, browser, codes
        self.random = Random(seed)

    def work(self) -> None:
        while not self.street.over.is_set():
            self.pay(self.random.choice(self.codes))

    def pay(self, code: str) -> None:
        address = self._begin(code)
        if address is None:
            time.sleep(0.2)
            return
        if self.random.random() < 0.06:
            self.browser.press(address, f"{address}/cancel")
            return
        reference = self._go(address)
        if reference is None:
            return
        self._at_the_bank(address, reference)

    def _begin(self, code: str) -> str | None:
        path = f"/contracts/{code}/pay"
        shown = self.browser.insist("GET", path)
        if shown is None or not shown.invoices:
            return None
        # The oldest come last; who pays, pays what has been due for longest.
        some = shown.invoices[-self.random.randint(1, 3) :]
        fields = [("csrf_token", shown.token), ("action", "pay"), *(("invoice", n) for n in some)]
        answer = self.browser.insist("POST", path, fields)
        if answer is None:
            return None
        if answer.status != 303:
            self.street.figures.count("in another payment")
            return None
        self.street.figures.count("begun")
        return answer.location

    def _go(self, address: str) -> str | None:
        """Past the portal's last page, to the bank's."""
        leaving = self.browser.press(address, f"{address}/bank")
        if leaving is None or leaving.status != 200 or "signature" not in leaving.hidden:
            return None
        fields = leaving.hidden
        fields.pop("csrf_token", None)
        for _ in range(10):
            try:
                bank = self.street.stage.bank.address
                answer = requests.post(f"{bank}/pay", data=fields, timeout=10)
            except requests.RequestException:
                time.sleep(0.3)  # the bank is down
                continue
            if answer.status_code == 200:
                self.street.sent.append(fields["reference"])
                return fields["reference"]
        return None

    def _at_the_bank(self, address: str, reference: str) -> None:
        chance = self.random.random()
        if chance < 0.04:
            return  # never decides
        gives_up = threading.Thread(target=lambda: None)
        if chance < 0.12:  # in another window, at the same moment
            other = self.browser.twin()
            gives_up = threading.Thread(
                target=other.press, args=[address, f"{address}/cancel"], daemon=True
            )
        gives_up.start()
        back = self._decide(reference)
        if back and self.random.random() < 0.8:
            self._come_back(address, back)
        elif self.random.random() < 0.3:
            self.browser.press(address, f"{address}/ask")
        gives_up.join()
        self._look(address, reference)

    def _decide(self, reference: str) -> dict[str, str] | None:
        what = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        seconds = f"{self.random.uniform(0.5, 4):.2f}"
        more = {"seconds": seconds}
        if what == "wrong_order":
            more["other"] = self.random.choice(self.street.sent)
        for _ in range(10):
            back = self.street.stage.bank.decide(reference, what, **more)
            if back is not None:
                if back:
                    self.street.notices.append(back)
                return back
            time.sleep(0.3)
        return None

    def _come_back(self, address: str, back: dict[str, str]) -> None:
        for _ in range(self.random.choice([1, 1, 1, 2])):
            self.browser.insist("POST", RETURN, back)
        self.street.figures.count("came back")

    def _look(self, address: str, reference: str) -> None:
        """What the page shows is held against the bank's books at once."""
        shown = self.browser.insist("GET", address)
        if shown is not None and shown.heading == PAID:
            self.street.figures.count("shown paid")
            if reference not in self.street.stage.bank.captures():
                self.street.figures.shown_falsely.add(reference)


class Pair:
    """One person with two tabs, who does the same in both at once; or two who may pay for one
    contract."""

    def __init__(self, street: Street, first: Browser, second: Browser, codes: list[str]) -> None:
        self.street, self.codes = street, codes
        seeds = [f"{street.figures.seed} {id_}" for id_ in (codes[0], codes[0])]
        both = (first, second)
        self.tabs = [Tab(street, b, codes, s) for b, s in zip(both, seeds, strict=True)]

    def work(self) -> None:
        while not self.street.over.is_set():
            code = self.tabs[0].random.choice(self.codes)
            threads = [threading.Thread(target=tab.pay, args=[code]) for tab in self.tabs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
