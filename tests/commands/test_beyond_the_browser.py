"""The portal as ./run serves it, with a real Kannel: an invoice appears in billing and becomes
one SMS, and who texts is answered with the figures of the pages."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from app.clock import today
from app.demo import PASSWORD
from config.settings import ROOT
from tests.components import free_port
from tests.kannel import PASSWORD as KANNEL_PASSWORD
from tests.kannel import URL, USER, Kannel
from tests.portal_process import PortalProcess

VERA, CODE = "+355692000003", "AL0000004"
SECRET, SHORT_CODE = "the gateways' secret", "5055"
PATIENCE = 60.0


class Street:
    """A portal, Kannel and a phone in one network of their own."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        asked = urlencode({"key": SECRET})
        address = f"http://127.0.0.1:{port}"
        self.kannel = Kannel(
            folder, questions_to=f"{address}/sms/kannel?{asked}&from=%p&to=%P&text=%a&id=%I"
        )
        self.data = folder / "data"
        self.variables = {
            "SELFCARE_SMS_URL": URL,
            "SELFCARE_SMS_USER": USER,
            "SELFCARE_SMS_PASSWORD": KANNEL_PASSWORD,
            "SELFCARE_SMS_SENDER": SHORT_CODE,
            "SELFCARE_PHONES_SECRET": SECRET,
            "SELFCARE_PHONES_SHORT_CODE": SHORT_CODE,
            "SELFCARE_PHONES_PORTAL_URL": address,
            "SELFCARE_BILLING_CACHE_SECONDS": "0",
            "SELFCARE_NOTIFICATIONS_QUIET_FROM": "00:00",
            "SELFCARE_NOTIFICATIONS_QUIET_TO": "00:00",
            "SELFCARE_NOTIFICATIONS_EVERY_MINUTES": "0",
        }
        self.kannel.enter_network()
        self.portal = self.kannel.run(lambda: PortalProcess(self.data, port=port, **self.variables))
        self.kannel.run(self.portal.wait_until_ready)
        self.kannel.start()
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def stop(self) -> None:
        self.portal.stop()
        self.kannel.stop()

    def get(self, path: str) -> str:
        def fetch() -> str:
            with self.browser.open(self.portal.address + path, timeout=20) as answer:
                return str(answer.read().decode())

        return self.kannel.run(fetch)

    def post(self, path: str, **fields: str | list[str]) -> str:
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.get(path))
        assert token
        body = urlencode({"csrf_token": token[1], **fields}, doseq=True).encode()

        def send() -> str:
            with self.browser.open(self.portal.address + path, body, timeout=20) as answer:
                return str(answer.read().decode())

        return self.kannel.run(send)

    def flask(self, *command: str) -> str:
        variables = {"SELFCARE_DATA_DIR": str(self.data), **self.variables}
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def issue_invoice(self, number: str) -> None:
        with closing(sqlite3.connect(self.data / "demo-billing.sqlite3", timeout=30)) as billing:
            billing.execute(
                "INSERT INTO FATURE (FAT_ID, FAT_NR, KTR_ID, VIT, MUAJ, DT_LESHIM, DT_AFAT, KWH,"
                " VL_NETO, VL_TVSH, TKS_TV, KAMATE, VL_PAGUAR, STATUS) SELECT 99000000, ?, KTR_ID,"
                " 2026, 10, ?, ?, 47, 541.5, 108.3, 100, 0, 0, 'H' FROM KONTRATE"
                " WHERE KTR_KOD = ?",
                (number, str(today()), str(today() + timedelta(days=20)), CODE),
            )
            billing.commit()

    def messages(self) -> list[Any]:
        with closing(sqlite3.connect(self.data / "demo-portal.sqlite3", timeout=30)) as portal:
            portal.row_factory = sqlite3.Row
            return portal.execute("SELECT * FROM message WHERE channel = 'sms'").fetchall()

    def answer(self, text: str) -> str:
        """What the phone gets for a text."""
        before = len(self.kannel.arrived(0))
        self.kannel.text(VERA.removeprefix("+"), SHORT_CODE, text)
        sender, to, _kind, answer = self.kannel.arrived(before + 1)[before]
        assert (sender, to.lstrip("+")) == (SHORT_CODE, VERA.lstrip("+"))
        return answer


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    street = Street(tmp_path_factory.mktemp("street"))
    try:
        yield street
    finally:
        street.stop()


def wait_for(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen")


def test_an_invoice_becomes_one_sms_and_questions_get_the_pages_figures(street: Street) -> None:
    page = street.post("/login", user_name="Vera Leka", password=PASSWORD)
    assert CODE in page
    choices = ["invoice_by_sms", "reminder_by_email"]
    street.post("/account/preferences", language="sq", preference=choices)
    street.flask("notify", "run")  # what is reminded of already, by mail
    assert not street.messages()
    street.issue_invoice("777000111")
    assert "1 messages" in street.flask("notify", "run")
    assert "0 messages" in street.flask("notify", "run")
    [(sender, to, kind, text)] = street.kannel.arrived(1)
    due = f"{today() + timedelta(days=20):%d.%m.%Y}"
    assert (sender, to, kind) == (SHORT_CODE, VERA, "text")
    assert text.startswith(f"Fatura 10/2026, {CODE}: 749,80 leke, afati {due}. Paguaj:")
    pay = re.search(r"Paguaj: \S+(/p/\w+)", text)
    assert text.endswith("Ndal: dergoni STOP te 5055")
    assert pay and "Paguani një faturë" in street.get(pay[1])
    # What Kannel says became of it is kept.
    sent = wait_for(lambda: [row for row in street.messages() if row["state"] == "sent"])
    assert [row["kind"] for row in sent] == ["new invoice"]
    wait_for(lambda: street.messages()[0]["report"] == "delivered")

    owed = street.answer("0")
    total = re.search(r"detyrimi ([\d ]+,\d\d) leke, fatura: (\d+)", owed)
    assert total, owed
    paying = street.get(f"/contracts/{CODE}/pay").replace("\u00a0", " ")
    assert f"{total[1]}" in paying and len(re.findall('name="invoice"', paying)) == int(total[2])

    used = street.answer("1")
    history = street.get(f"/contracts/{CODE}/history").replace("\u00a0", " ")
    months = re.findall(r"(\d+/\d+) ([\d ,]+) kWh", used)
    assert months[0] == ("10/2026", "47") or len(months) == 3
    for _month, units in months:
        assert units in history

    assert street.answer("Ndihme").startswith("0: sa detyroheni.")
    assert street.answer("STOP").startswith("Nuk dergojme me SMS.")
    preferences = street.get("/account/preferences")
    assert re.search(r'value="reminder_by_email" checked', preferences)
    assert not re.search(r'value="invoice_by_sms" checked', preferences)


def test_nobody_else_may_ask(street: Street) -> None:
    def status(path: str) -> int:
        def fetch() -> int:
            opener = build_opener()
            try:
                with opener.open(street.portal.address + path, timeout=20) as answer:
                    return int(answer.status)
            except OSError as error:
                return int(getattr(error, "code", 0))

        return street.kannel.run(fetch)

    asked = urlencode({"from": VERA, "text": "0", "id": "1"})
    assert status(f"/sms/kannel?{asked}") == 403
    assert status(f"/sms/kannel?{asked}&key=wrong") == 403
    assert status(f"/sms/kannel?{asked}&{urlencode({'key': SECRET})}") == 200
    assert json.dumps(street.portal.output).count("not an SMS or USSD gateway of ours") == 2
    assert SECRET not in street.portal.output
