"""The forgotten password on a phone: from the page to the mail in the outbox, and back."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("has_script", [True, False])
def test_forgotten_password_to_a_new_one(visit: Any, mails: Any, has_script: bool) -> None:
    page = visit(java_script_enabled=has_script, **PHONE).page
    name = "Recovered With" if has_script else "Recovered Without"
    _register(visit, name)
    page.goto("/login")
    page.get_by_role("link", name="Ke harruar fjalëkalimin?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harruat Fjalëkalimin?")
    page.get_by_label("Emri i përdoruesit").fill("Vera Leka")
    page.get_by_label("Email").fill(_address(name))
    page.get_by_label("Numri i Telefonit").fill("069 234 5678")
    page.get_by_role("button", name="Merr Fjalëkalimin").click()
    expect(page.get_by_role("alert")).to_contain_text("nuk mund të krijojmë fjalëkalim të ri")
    page.get_by_label("Emri i përdoruesit").fill(_user_name[name])
    page.get_by_role("button", name="Merr Fjalëkalimin").click()
    shown = page.locator("#temporary-password")
    expect(shown).to_be_visible()
    temporary = str(shown.text_content())
    mail = mails("U kërkua një fjalëkalim i ri")
    assert mail["To"] == _address(name)
    assert temporary not in _text(mail)

    page.get_by_role("link", name="Hyr", exact=True).last.click()
    page.fill("#user_name", _user_name[name])
    page.fill("#password", temporary)
    page.click("main button[type=submit]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Zgjidhni një fjalëkalim të ri")
    page.get_by_label("Fjalëkalimi i Ri", exact=True).fill("fjalekalim9")
    page.get_by_label("Konfirmo Fjalëkalimin e Ri").fill("fjalekalim9")
    page.get_by_role("button", name="Ruaj fjalëkalimin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontratat")
    _stop(visit, mails("Fjalëkalimi juaj u ndryshua"))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Identifikohu si klient")


_user_name: dict[str, str] = {}


def _address(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@example.org"


def _register(visit: Any, name: str) -> None:
    page = visit().page
    page.goto("/register")
    page.fill("#contract_code", "AL0000004")
    page.fill("#user_name", "Vera Leka")
    page.fill("#password", "dritare77")
    page.fill("#phone", "0692345678")
    page.fill("#email", _address(name))
    page.click("main button[type=submit]")
    page.wait_for_url("**/contracts")
    greeting = str(page.get_by_role("status").text_content())
    found = re.findall(r"“([^”]+)”", greeting)
    _user_name[name] = found[-1]


def _stop(visit: Any, mail: EmailMessage) -> None:
    """Its owner, elsewhere, presses the mailed button."""
    link = re.search(r"https?://\S+/not-me/\S+", _text(mail))
    assert link is not None
    page = visit().page
    page.goto(link[0])
    page.get_by_role("button", name="Blloko llogarinë time").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Llogaria juaj është e bllokuar")
