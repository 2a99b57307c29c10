"""A real Chromium before a real server."""

import email
import email.policy
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.settings import ROOT
from tests.components import chromium_path
from tests.paying import CODE, NUMBER
from tests.portal_process import PortalProcess
from tests.web.client import PASSWORD

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

PATIENCE = 30.0
expect.set_options(timeout=PATIENCE * 1000)  # a machine that also does other work


@pytest.fixture(scope="session")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    portal = PortalProcess(tmp_path_factory.mktemp("browser"))
    yield portal.wait_until_ready()
    portal.stop()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[PortalProcess]:
    """One of the test's own: paying changes what others look at."""
    portal = PortalProcess(tmp_path / "data")
    yield portal.wait_until_ready()
    portal.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


def flask(portal: PortalProcess, *words: str) -> str:
    """What an operator types beside a portal."""
    own = {"SELFCARE_DATA_DIR": str(portal.data_dir), "SELFCARE_PORT": str(portal.port)}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Visitor:
    """One person's browser window; mistakes on the page's console fail the test."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(base_url=address, **options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        # A refused form answers 400; Chromium reports that as an error of the network.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, name: str) -> None:
        self.page.goto("/login")
        self.page.fill("#user_name", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/contracts")


def go_to_the_bank(visitor: Visitor) -> None:
    """The manual's customer, with the manual's invoice."""
    page = visitor.page
    visitor.sign_in("Emer Mbiemer")
    page.goto(f"/contracts/{CODE}/pay")
    page.get_by_label(f"Paguaj faturën {NUMBER}").check()
    page.get_by_role("button", name="PAGUAJ").click()
    page.get_by_role("button", name="Paguaj te banka").click()


@pytest.fixture
def visit(browser: Browser, portal_process: PortalProcess) -> Iterator[Any]:
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, portal_process.address, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


@pytest.fixture
def mails(portal_process: PortalProcess) -> Any:
    """Waits for a mail with such a subject that was not there before."""
    folder = portal_process.data_dir / "outbox/mail"
    before = set(folder.glob("*.eml"))

    def wait_for(subject: str | re.Pattern[str]) -> EmailMessage:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for file in sorted(set(folder.glob("*.eml")) - before):
                mail = _read(file)
                told = str(mail["Subject"])
                if told == subject or (isinstance(subject, re.Pattern) and subject.match(told)):
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"no mail {subject!r} in {PATIENCE} s")

    return wait_for


def _read(file: Path) -> EmailMessage:
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
