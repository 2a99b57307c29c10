"""A payer's browser, as far as payments go: it keeps cookies and reads forms."""

import html
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import requests

from tests.faults.payments.figures import Figures

PATIENCE = 30.0  # seconds; what takes longer than figures.SLOW is found wrong
TRIES = 12
PAUSE = 0.4
Fields = dict[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str

    @property
    def token(self) -> str:
        found = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return html.unescape(found[1]).strip() if found else ""

    @property
    def invoices(self) -> list[str]:
        return re.findall(r'name="invoice" value="([^"]+)"', self.text)

    @property
    def hidden(self) -> dict[str, str]:
        found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: html.unescape(value) for name, value in found}


class Browser:
    def __init__(self, address: str, figures: Figures) -> None:
        self.address = address
        self.figures = figures
        self.session = requests.Session()
        self.session.trust_env = False
        # One connection each time: which web process answers is the kernel's choice.
        self.session.headers["Connection"] = "close"

    def twin(self) -> "Browser":
        """Another tab."""
        other = Browser(self.address, self.figures)
        other.session.cookies.update(self.session.cookies)
        return other

    def ask(self, method: str, path: str, data: Fields = ()) -> Answer | None:
        """Once; None where the connection broke."""
        begun = time.monotonic()
        what = f"{method} {re.sub(r'[A-Z2-7]{26}', '*', path)}"
        try:
            found = self.session.request(
                method,
                f"{self.address}{path}",
                data=data or None,
                allow_redirects=False,
                timeout=PATIENCE,
            )
        except requests.RequestException:
            self.figures.asked(what, None, time.monotonic() - begun)
            return None
        self.figures.asked(what, found.status_code, time.monotonic() - begun, found.text)
        location = found.headers.get("Location", "").removeprefix(self.address)
        return Answer(found.status_code, found.text, location)

    def insist(self, method: str, path: str, data: Fields = ()) -> Answer | None:
        """As people do: again, when it does not answer or says "later"; None when they give up."""
        for _ in range(TRIES):
            answer = self.ask(method, path, data)
            if answer is not None and answer.status != 503:
                return answer
            time.sleep(PAUSE)
        return None

    def press(self, page: str, path: str, data: Fields = ()) -> Answer | None:
        """Opens the page with the form, and sends it."""
        shown = self.insist("GET", page)
        if shown is None or not shown.token:
            return None
        fields = list(data.items() if isinstance(data, dict) else data)
        return self.insist("POST", path, [("csrf_token", shown.token), *fields])

    def sign_in(self, name: str, password: str) -> bool:
        answer = self.press("/login", "/login", {"user_name": name, "password": password})
        return answer is not None and answer.status == 303
