"""1,000 e-bills over a real mail server, while what writes and what sends them is killed again and
again: each arrives, none twice."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from sqlalchemy import insert

from app.accounts.store.tables import account, account_contract
from app.clock import today
from app.database import schema
from app.database.engine import Database
from config.settings import ROOT
from tests.conftest import SECRET
from tests.mail_server import MailServer, mail_server

PEOPLE = 1_000
CONTRACTS = [f"AL{n:07}" for n in range(5, 45)]
PATIENCE = 240.0


class Office:
    """A thousand accounts that want e-bills, a billing, and the commands of an operator."""

    def __init__(self, folder: Path, demo_file: Path) -> None:
        self.file, self.portal = folder / "billing.sqlite3", folder / "portal.sqlite3"
        copy(demo_file, self.file)
        self.variables = {
            "SELFCARE_DATA_DIR": str(folder / "data"),
            "SELFCARE_SECRET_KEY": SECRET,
            "SELFCARE_DATABASE_URL": f"sqlite:///{self.portal}",
            "SELFCARE_BILLING_URL": f"sqlite:///{self.file}",
            "SELFCARE_WEB_ADDRESS": "https://portal.example",
            "SELFCARE_NOTIFICATIONS_EVERY_MINUTES": "0",
        }
        self._settle()

    def _settle(self) -> None:
        database = Database(f"sqlite:///{self.portal}")
        schema.upgrade(database)
        now, since = datetime.now(UTC), {"invoice_by_email": str(today())}
        people = range(1, PEOPLE + 1)
        with database.write() as connection:
            connection.execute(
                insert(account),
                [
                    {
                        "id": n,
                        "user_name": f"Person {n}",
                        "user_name_key": f"person {n}",
                        "email": f"person{n}@example.org",
                        "email_key": f"person{n}@example.org",
                        "email_confirmed_at": now,
                        "phone": "+355691234567",
                        "password_hash": "none",
                        "language": "sq",
                        "created_at": now,
                        "preferences": list(since),
                        "preferences_since": since,
                    }
                    for n in people
                ],
            )
            links = [(n, CONTRACTS[n % len(CONTRACTS)]) for n in people]
            connection.execute(
                insert(account_contract),
                [
                    {"account_id": n, "contract_code": code, "linked_at": now, "right": "view"}
                    for n, code in links
                ],
            )
        database.close()

    def issue_invoices(self) -> None:
        """One of each contract, as the newest it has, but of today."""
        with closing(sqlite3.connect(self.file)) as billing:
            for place, code in enumerate(CONTRACTS):
                billing.execute(
                    "INSERT INTO FATURE SELECT 90000000 + ?, 'N' || ?, f.KTR_ID, 2026, 10, ?, ?,"
                    " DT_NGA, DT_DERI, LEX_PARA, LEX_PAS, KWH, VL_NETO, VL_TVSH, TKS_TV, 0, 0, 'H',"
                    " NSLF, NIVF, URL_VERIF FROM FATURE f JOIN KONTRATE k ON k.KTR_ID = f.KTR_ID"
                    " WHERE k.KTR_KOD = ? ORDER BY f.DT_LESHIM DESC LIMIT 1",
                    (place, place, str(today()), str(today() + timedelta(days=20)), code),
                )
                billing.execute(
                    "UPDATE FATURE SET DT_LESHIM = date(DT_LESHIM, '-1 month')"
                    " WHERE FAT_ID < 90000000 AND DT_LESHIM = ?",
                    (str(today()),),
                )
            billing.commit()

    @contextmanager
    def running(self, *command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()

    def messages(self) -> list[Any]:
        with closing(sqlite3.connect(self.portal, timeout=30)) as portal:
            return portal.execute("SELECT state, problem FROM message").fetchall()


def wait_for(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it took too long"
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.005)


def recipients(server: MailServer) -> list[str]:
    return [to[0] for _sender, to, _content in list(server.arrived)]


@pytest.fixture
def office(tmp_path: Path, demo_file: Path) -> Office:
    return Office(tmp_path, demo_file)


def test_a_thousand_e_bills_through_four_kills(office: Office) -> None:
    office.issue_invoices()
    with office.running("notify", "run") as process:  # killed while it writes, or a moment later
        wait_for(lambda: bool(office.messages()), process)
    with office.running("notify", "run") as process:
        assert process.wait(PATIENCE) == 0
    assert len(office.messages()) == PEOPLE

    with mail_server() as server:
        mail = {
            "SELFCARE_MAIL_HOST": "127.0.0.1",
            "SELFCARE_MAIL_PORT": str(server.port),
            "SELFCARE_MAIL_SECURITY": "none",
            "SELFCARE_MAIL_SENDER": "portal@energjia.example",
        }
        for until in (120, 333, 701):  # and then it is killed, whatever it does
            with office.running("jobs", "work", **mail) as process:
                wait_for(lambda n=until: len(server.arrived) >= n, process)  # type: ignore[misc]
        with office.running("jobs", "work", **mail) as process:
            wait_for(lambda: not waiting(office), process)
        arrived = recipients(server)
        mails = [content for _sender, _to, content in server.arrived]
    assert set(Counter(arrived).values()) == {1}
    states = Counter(state for state, _problem in office.messages())
    # What a kill caught between the handing over and the answer is told to the operator.
    assert states["sent"] + states["unsure"] == PEOPLE and states["unsure"] <= 3
    assert len(arrived) == PEOPLE
    look_at(mails[0], today())


def waiting(office: Office) -> bool:
    time.sleep(0.3)  # asking is work, too
    return any(state == "waiting" for state, _problem in office.messages())


def look_at(content: bytes, day: date) -> None:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    address = re.fullmatch(r"<(https://portal\.example/m/\w{26})>", mail["List-Unsubscribe"])
    assert address and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (pdf,) = mail.iter_attachments()
    assert pdf.get_content().startswith(b"%PDF-") and pdf.get_filename().startswith("fature-N")
    body = mail.get_body(("plain",))
    assert body is not None and f"{day + timedelta(days=20):%d.%m.%Y}" in body.get_content()
