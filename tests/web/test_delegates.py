"""Letting others into a contract: inviting, accepting, what a delegate may do, and the end."""

import re
from pathlib import Path
from shutil import copy

import pytest

from app.accounts.ownership import INVITATION_DAYS
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page
from tests.web.test_ownership import add, letters, rows

VERAS = "vera.leka@example.com"
PAGE = "/contracts/AL0000001/delegates"


@pytest.fixture
def agron(portal: Portal) -> CheckedClient:
    return portal.signed_in("Agron Hoxha")


@pytest.fixture
def vera(portal: Portal) -> CheckedClient:
    return portal.signed_in("Vera Leka")


def invite(
    holder: CheckedClient, status: int = 303, *, email: str = VERAS, right: str = "view"
) -> Page:
    return holder.post(PAGE, {"email": email, "right": right}, status=status)


def link(portal: Portal, number: int = -1) -> str:
    """The address in the newest invitation's mail."""
    _to, told = letters(portal, "invitation")[number]
    found = re.search(r"/invitations/[\w-]+", told)
    assert found
    return found[0]


def let_in(portal: Portal, holder: CheckedClient, guest: CheckedClient, right: str) -> None:
    invite(holder, right=right)
    guest.post(link(portal), {}, status=303)


def test_inviting_and_accepting(portal: Portal, agron: CheckedClient, vera: CheckedClient) -> None:
    invite(agron)
    page = agron.get(PAGE)
    assert page.heading == "Delegatët" and f"Ftesa u nis te {VERAS}." in page.content
    assert [row[:2] for row in page.table()] == [[VERAS, "sheh"]]
    ((to, told),) = letters(portal, "invitation")
    assert to == VERAS and "Agron Hoxha" in told
    asked = vera.get(link(portal))
    assert "Agron Hoxha ju lejon ta shihni kontratën AL0000001." in asked.content
    vera.get("/contracts/AL0000001/pay", status=404)  # looking accepts nothing
    assert vera.post(link(portal), {}, status=303).response.location == "/contracts"
    assert "si delegat" in vera.get("/contracts").content
    assert [row[:2] for row in agron.get(PAGE).table()] == [["Vera Leka", "sheh"]]
    assert "Delegatët (1)" in agron.get("/contracts/manage").table()[0][4]
    mine = vera.get("/contracts/manage").table()[0]
    assert mine[3] == "ju ka lejuar Agron Hoxha: mund ta shihni"
    assert "Delegatët" not in mine[4]


def test_an_invitation_speaks_its_receivers_language(portal: Portal, agron: CheckedClient) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET language = 'en' WHERE email LIKE 'vera%'")
    invite(agron)
    assert "lets you into contract" in letters(portal, "invitation")[-1][1]
    invite(agron, email="nobody@example.org")
    assert "lets you into" not in letters(portal, "invitation")[-1][1]


def test_what_is_said_does_not_tell_who_has_an_account(
    portal: Portal, agron: CheckedClient
) -> None:
    told = set()
    for email in (VERAS, "nobody@example.org"):
        location = invite(agron, email=email).response.location
        page = agron.get(PAGE)
        told.add((location, page.status, page.content.count(email)))
        notice = next(p for p in page.all("p") if p.get("class") == "notice")
        told.add("".join(notice.itertext()).replace(email, "EMAIL"))
    assert len(told) == 2
    assert [to for to, _ in letters(portal, "invitation")] == [VERAS, "nobody@example.org"]


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Shkruani adresën e e-mailit të personit që po ftoni."),
        ("vera@", "nuk është adresë e-maili"),
        ("a" * 10_000 + "@example.org", "karaktere"),
        ("vera@example.org\r\nBcc: x@example.org", "nuk është adresë e-maili"),
        ("Agron.HOXHA@example.com", "Kjo është adresa juaj."),
        ("\u202eagron.hoxha@example.com\u0000", "Kjo është adresa juaj."),
    ],
)
def test_wrong_addresses_are_named(
    portal: Portal, agron: CheckedClient, email: str, message: str
) -> None:
    page = invite(agron, status=400, email=email, right="pay")
    assert message in page.error_of("email")
    chosen = [e.get("value") for e in page.all("input") if e.get("checked") is not None]
    assert chosen == ["pay"]
    assert letters(portal, "invitation") == []


@pytest.mark.parametrize("right", ["holder", "", "everything", "view\u0000x", "v" * 10_000])
def test_other_rights_cannot_be_given(portal: Portal, agron: CheckedClient, right: str) -> None:
    page = invite(agron, status=400, right=right)
    assert page.problems == ["Zgjidhni çfarë mund të bëjë ky person."]
    assert page.field("email").get("value") == VERAS
    assert rows(portal, "SELECT count(*) FROM contract_invitation") == [(0,)]


def test_an_account_sends_only_so_many_invitations_a_day(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"invitations_per_day": 2})
    agron = portal.signed_in("Agron Hoxha")
    for number in range(2):
        invite(agron, email=f"{number}@example.org")
    page = invite(agron, status=429)
    assert "aq ftesa sa lejohen në një ditë nga një llogari: 2" in page.problems[0]
    assert page.field("email").get("value") == VERAS
    assert len(letters(portal, "invitation")) == 2


def test_an_invitation_opens_for_nobody_else(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    invite(agron)
    address = link(portal)
    for other in (agron, portal.signed_in("Emer Mbiemer")):
        for page in (other.get(address, status=404), other.post(address, {}, status=404)):
            assert page.heading == "Kjo lidhje nuk vlen më"
    portal.client().get(address, status=303)
    vera.post(address, {"csrf_token": "forged"}, status=400)
    vera.get("/contracts/AL0000001/pay", status=404)
    vera.post(address, {}, status=303)
    assert vera.get(address, status=404).heading == "Kjo lidhje nuk vlen më"
    vera.post(address, {}, status=404)


def test_an_invitation_expires(portal: Portal, agron: CheckedClient, vera: CheckedClient) -> None:
    assert INVITATION_DAYS == 7  # as the mail says
    invite(agron)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE contract_invitation SET expires_at = created_at")
    vera.get(link(portal), status=404)
    vera.post(link(portal), {}, status=404)
    assert agron.get(PAGE).all("tbody") == []


def test_an_invitation_is_taken_back(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    invite(agron)
    ((number,),) = rows(portal, "SELECT id FROM contract_invitation")
    for other, code in ((vera, "AL0000004"), (agron, "AL0000002")):
        other.post(f"/contracts/{code}/invitations/{number}/take-back", {}, status=404)
    address = f"/contracts/AL0000001/invitations/{number}/take-back"
    agron.post(address, {"csrf_token": "forged"}, status=400)
    agron.post(address, {}, status=303)
    assert "Ftesa nuk vlen më." in agron.get(PAGE).content
    vera.get(link(portal), status=404)


def test_who_has_the_contract_already_is_told(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "view")
    invite(agron, right="pay")
    page = vera.post(link(portal), {}, status=400)
    assert "Këtë kontratë e keni tashmë në llogari." in page.problems[0]
    assert vera.get("/contracts/manage").table()[0][3].endswith("mund ta shihni")


def test_a_delegate_sees_and_does_not_pay(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    invite(agron)
    vera.post(link(portal), {}, status=303)
    page = vera.get("/contracts/AL0000001/pay")
    assert "nuk ju ka dhënë të drejtën të paguani" in page.content
    assert page.all("fieldset") == [] and "PAGUAJ" not in page.content
    assert [e for e in page.all("input") if e.get("type") == "checkbox"] == []
    assert "Shërbimi ndaj Klientit" not in page.content
    assert "Lista e Aplikimeve" not in page.content
    for address in ("history", "info"):
        vera.get(f"/contracts/AL0000001/{address}")
    for address in ("cases", "cases/new", "delegates"):
        vera.get(f"/contracts/AL0000001/{address}", status=403)
    for address in ("pay", "delegates", "delegates/1/remove", "invitations/1/take-back"):
        vera.post(f"/contracts/AL0000001/{address}", {"action": "pay"}, status=403)


def test_a_delegate_who_may_pay_pays(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "pay")
    page = vera.get("/contracts/AL0000001/pay")
    assert "PAGUAJ" in page.content
    boxes = [e for e in page.all("input") if e.get("type") == "checkbox"]
    form = {"action": "pay", "invoice": str(boxes[0].get("value"))}
    assert vera.post("/contracts/AL0000001/pay", form).heading == "Pagesa ende nuk është aktivizuar"
    assert vera.get("/contracts/manage").table()[0][3].endswith("ta shihni dhe ta paguani")


def test_who_is_put_out_is_out_at_once(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "pay")
    vera.get("/contracts/AL0000001/pay")
    button = next(f for f in agron.get(PAGE).all("form") if "/remove" in f.get("action", ""))
    address = str(button.get("action"))
    agron.post(address, {"csrf_token": "forged"}, status=400)
    vera.get("/contracts/AL0000001/pay")
    agron.post(address, {}, status=303)
    assert "Ky person nuk e sheh më kontratën." in agron.get(PAGE).content
    vera.get("/contracts/AL0000001/pay", status=404)
    vera.post("/contracts/AL0000001/pay", {"action": "pay"}, status=404)
    agron.post(address, {}, status=404)


def test_numbers_that_cannot_be_are_404(agron: CheckedClient) -> None:
    for number in ("9" * 30, "2147483648", "-1", "x", "%00"):
        agron.post(f"{PAGE}/{number}/remove", {}, status=404)
        agron.post(f"/contracts/AL0000001/invitations/{number}/take-back", {}, status=404)
    agron.post(f"{PAGE}/2147483647/remove", {}, status=404)


def test_delegates_go_with_the_holder(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "pay")
    invite(agron, email="other@example.org")
    asked = agron.get("/contracts/AL0000001/remove")
    assert "Edhe 1 delegat i juaji nuk do ta shohë më." in asked.content
    agron.post("/contracts/AL0000001/remove", {}, status=303)
    vera.get("/contracts/AL0000001/pay", status=404)
    assert rows(portal, "SELECT count(*) FROM contract_invitation") == [(0,)]


def test_a_delegate_leaves(portal: Portal, agron: CheckedClient, vera: CheckedClient) -> None:
    let_in(portal, agron, vera, "view")
    assert "titullari i saj duhet t’ju ftojë" in vera.get("/contracts/AL0000001/remove").content
    vera.post("/contracts/AL0000001/remove", {}, status=303)
    assert "Nuk i keni dhënë askujt" in agron.get(PAGE).content
    agron.get("/contracts/AL0000001/pay")


def test_a_delegate_becomes_a_holder_only_by_leaving_first(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    """What a delegate sees is what a claim asks for."""
    let_in(portal, agron, vera, "view")
    page = add(vera, status=400)
    assert page.problems == ["Kjo kontratë është tashmë në llogarinë tuaj."]
    vera.get("/contracts/AL0000001/delegates", status=403)
    vera.post("/contracts/AL0000001/remove", {}, status=303)
    add(vera)
    assert vera.get("/contracts/manage").table()[0][3] == "e juaja"
    vera.get("/contracts/AL0000001/delegates")
    assert len(letters(portal, "contract added elsewhere")) == 1
    agron.post("/contracts/AL0000001/remove", {}, status=303)
    vera.get("/contracts/AL0000001/pay")


def test_a_holder_does_not_see_another_holders_delegates(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "view")
    other = portal.signed_in("Emer Mbiemer")
    add(other)
    assert "Vera" not in other.get(PAGE).content
    ((vera_id,),) = rows(portal, f"SELECT id FROM account WHERE email = '{VERAS}'")
    other.post(f"{PAGE}/{vera_id}/remove", {}, status=404)
    vera.get("/contracts/AL0000001/pay")


def test_an_invitation_of_who_no_longer_holds_the_contract_is_void(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    invite(agron)
    agron.post("/contracts/AL0000001/remove", {}, status=303)
    vera.get(link(portal), status=404)


def test_who_is_let_in_during_an_outage_takes_nothing_from_the_holder(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    """Both see what was last known, and the same."""
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    portal = make_portal(billing={"url": f"sqlite:///{file}"})
    agron, vera = portal.signed_in("Agron Hoxha"), portal.signed_in("Vera Leka")
    pages = [f"/contracts/AL0000001/{name}" for name in ("pay", "history", "info")]
    for address in ("/contracts", *pages):
        agron.get(address)
    portal.services.last_known.flush()
    file.rename(file.with_suffix(".away"))
    let_in(portal, agron, vera, "pay")
    assert "AL0000001" in vera.get("/contracts").content
    for address in pages:
        holders, delegates = agron.get(address), vera.get(address)
        assert "Po shihni të dhënat e datës" in holders.content
        assert "Po shihni të dhënat e datës" in delegates.content
        assert lines(delegates) - {"–"} <= lines(holders), address
    phone = re.findall(r"\+355\d+", " ".join(lines(holders)))[0]  # of the page of information
    assert phone in holders.content and phone not in delegates.content


def lines(page: Page) -> set[str]:
    main = page.find("main")
    assert main is not None
    return {text.strip() for text in main.itertext() if text.strip()}


def test_the_trail_tells_who_let_whom_in(
    portal: Portal, agron: CheckedClient, vera: CheckedClient
) -> None:
    let_in(portal, agron, vera, "pay")
    ((agron_id,),) = rows(portal, "SELECT id FROM account WHERE email = 'agron.hoxha@example.com'")
    accepted = "SELECT contract_code, detail FROM audit_event WHERE action = 'invitation accepted'"
    assert rows(portal, accepted) == [("AL0000001", f"pay from account {agron_id}")]
    told = rows(portal, "SELECT detail FROM audit_event")
    assert not [detail for (detail,) in told if "@" in str(detail)]
