"""Messages in real browsers: switched on, the phone confirmed, got by mail, ended by a link."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.clock import today
from config.settings import ROOT
from tests.browser.test_accessibility import findings
from tests.browser.test_staff import fill
from tests.portal_process import PortalProcess

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
CODE, NUMBER = "AL0000003", "987654322"


@pytest.fixture
def billing(portal_process: PortalProcess) -> Iterator[Path]:
    file = portal_process.data_dir / "demo-billing.sqlite3"
    yield file
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM FATURE WHERE FAT_NR = ?", (NUMBER,))
        connection.commit()


def issue_invoice(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "INSERT INTO FATURE SELECT 98765433, ?, KTR_ID, VIT, MUAJ, ?,"
            " date(?, '+20 days'), DT_NGA, DT_DERI, LEX_PARA, LEX_PAS, KWH, VL_NETO, VL_TVSH,"
            " TKS_TV, 0, VL_NETO + VL_TVSH + TKS_TV, 'P', NSLF, NIVF, URL_VERIF FROM FATURE"
            " WHERE KTR_ID = 3 ORDER BY DT_LESHIM DESC LIMIT 1",
            (NUMBER, today().isoformat(), today().isoformat()),
        )
        connection.commit()


def look(portal: PortalProcess) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "notify", "run"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SELFCARE_DATA_DIR": str(portal.data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_e_bill_from_the_tick_to_its_end(
    visit: Any, mails: Any, billing: Path, portal_process: PortalProcess
) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    page.goto(f"/contracts/{CODE}/info")
    page.get_by_role("link", name="Mesazhet për këtë kontratë").click()
    page.get_by_label("Atë që zgjedh këtu").check()
    page.get_by_label("Faturë e re, Me e-mail").check()
    page.get_by_role("button", name="Ruaj zgjedhjen").click()
    expect(page.get_by_role("status").first).to_contain_text("u ruajt")
    issue_invoice(billing)
    look(portal_process)
    mail = mails(re.compile("Fatura juaj për muajin"))
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]
    address = mail["List-Unsubscribe"].strip("<>")
    stranger = visit(java_script_enabled=False, **PHONE).page
    stranger.goto("/m/" + address.rpartition("/")[2])
    assert stranger.evaluate("document.documentElement.scrollWidth") <= 360
    stranger.get_by_role("button", name="Ndal këto mesazhe").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Mesazhet u ndalën")
    page.goto(f"/contracts/{CODE}/messages")
    expect(page.get_by_label("Faturë e re, Me e-mail")).not_to_be_checked()
    page.get_by_label("Njësoj si për kontratat e mia të tjera").check()
    page.get_by_role("button", name="Ruaj zgjedhjen").click()


def test_the_phone_is_confirmed_by_the_code_of_an_sms(
    visit: Any, portal_process: PortalProcess
) -> None:
    with closing(sqlite3.connect(portal_process.data_dir / "demo-portal.sqlite3")) as portal:
        portal.execute("UPDATE account SET confirmed_phone = NULL WHERE user_name = 'Vera Leka'")
        portal.commit()
    visitor = visit(**PHONE)
    visitor.sign_in("Vera Leka")
    page = visitor.page
    page.goto("/account/preferences")
    page.get_by_role("link", name="Konfirmojeni te").click()
    page.get_by_role("button", name="më dërgo një kod me SMS").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Konfirmoni numrin e telefonit")
    assert findings(page) == []
    page.get_by_label("Kodi nga SMS-ja").fill("000000")
    page.get_by_role("button", name="Konfirmo numrin").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Kodi nga SMS-ja").fill(code_of(portal_process))
    page.get_by_role("button", name="Konfirmo numrin").click()
    expect(page.get_by_role("status").first).to_contain_text("u konfirmua")


def code_of(portal: PortalProcess) -> str:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for file in sorted((portal.data_dir / "outbox/sms").glob("*.json"), reverse=True):
            text = json.loads(file.read_text(encoding="utf-8"))["text"]
            if found := re.search(r"Kodi juaj: (\d{6})", text):
                return found[1]
        time.sleep(0.1)
    raise AssertionError("no code came")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operators_page_is_accessible(visit: Any, scheme: str) -> None:
    for options in (PHONE, DESK):
        staff = visit(color_scheme=scheme, **options).page
        fill(staff, "mbikeqyres")
        staff.get_by_role("button", name="Hyr").click()
        staff.wait_for_url("**/staff")
        staff.goto("/staff/messages")
        assert findings(staff) == []
        assert (
            staff.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
        )
