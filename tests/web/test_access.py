"""Who may enter what: every route, as a stranger, as the holder, as somebody else."""

import re

from flask import Flask

from app.web.access import ACCESS, RIGHT, Who
from tests.conftest import Portal
from tests.web.client import Page
from tests.web.test_register import GOOD

VALUES = {
    "code": "AL0000000",
    "number": "123456789",
    "name": "privacy",
    "language": "sq",
    "slug": "register",
    "filename": "site.css",
    "token": "nonsense",
    "reference": "A" * 26,
    "gateway": "sandbox",
    "what": "reset",
}


def contract_addresses(app: Flask, code: str) -> list[str]:
    return addresses(app, Who.VIEWER, code) + addresses(app, Who.HOLDER, code)


def addresses(app: Flask, who: Who, code: str) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        if ACCESS[rule.endpoint].who is who and "GET" in (rule.methods or set()):
            values = {**VALUES, "code": code if who in RIGHT else "en"}
            others = dict.fromkeys(rule.arguments - values.keys(), 1)
            built = rule.build({**values, **others}, append_unknown=False)
            found.append(built[1])  # type: ignore[index]
    return sorted(found)


def without_what_varies(page: Page) -> str:
    text = re.sub(r'nonce="[^"]+"|value="[^"]+"|next=[^"]+', "", page.text)
    return re.sub(r"AL\d{7}|NONE0000", "", text)


def test_public_pages_open_for_anybody(portal: Portal) -> None:
    client = portal.client()
    assert "/staff/login" in addresses(portal.app, Who.ANYBODY, "")
    for address in addresses(portal.app, Who.ANYBODY, ""):
        expected = {"/language/en": 303, "/register/code": 303, "/logo": 404}.get(address, 200)
        if address.startswith(("/sms/", "/m/")):
            expected = 404  # no gateway is set; no such message
        if address.startswith(("/not-me", "/confirm-email", "/p/", "/payments/", "/verify/")):
            expected = 400 if "/return/" in address or "/callback/" in address else 404
        assert client.fetch(address).status_code == expected, address


def test_strangers_are_asked_to_sign_in(portal: Portal) -> None:
    closed = [
        *addresses(portal.app, Who.SIGNED_IN, ""),
        *contract_addresses(portal.app, "AL0000000"),
        *contract_addresses(portal.app, "NONE0000"),
    ]
    assert len(closed) > 10
    for address in closed:
        page = portal.client().get(address, status=303)
        assert page.response.location == f"/login?next={address}"
    for address in addresses(portal.app, Who.STAFF, ""):
        for client in (portal.client(), portal.signed_in("Emer Mbiemer")):
            page = client.get(address, status=303)
            assert page.response.location == f"/staff/login?next={address}"


def test_the_holder_gets_in(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in contract_addresses(portal.app, "AL0000000"):
        assert client.fetch(address).status_code in {200, 303}, address


def test_anothers_contract_is_answered_like_none(portal: Portal) -> None:
    client = portal.signed_in("Vera Leka")
    client.get("/contracts")
    theirs = contract_addresses(portal.app, "AL0000000")
    nobodys = contract_addresses(portal.app, "NONE0000")
    for one, other in zip(theirs, nobodys, strict=True):
        refused, missing = client.get(one, status=404), client.get(other, status=404)
        assert without_what_varies(refused) == without_what_varies(missing)
        assert dict(refused.response.headers).keys() == dict(missing.response.headers).keys()


def test_anothers_invoice_under_my_contract_is_answered_like_none(portal: Portal) -> None:
    client = portal.signed_in("Vera Leka")
    client.get("/contracts/AL0000004/history")
    theirs = client.get("/contracts/AL0000004/invoices/123456789.pdf", status=404)
    none = client.get("/contracts/AL0000004/invoices/999999999.pdf", status=404)
    assert without_what_varies(theirs) == without_what_varies(none)


def test_posts_obey_the_same_table(portal: Portal) -> None:
    stranger, other = portal.client(), portal.signed_in("Vera Leka")
    stranger.post("/contracts/AL0000000/pay", {"action": "total"}, status=303)
    other.post("/contracts/AL0000000/pay", {"action": "total"}, status=404)


def test_every_post_refuses_a_forged_request(portal: Portal) -> None:
    rules = portal.app.url_map.iter_rules()
    posts = {rule.endpoint for rule in rules if "POST" in (rule.methods or set())}
    assert posts == {
        *("accounts.register", "accounts.register_code", "accounts.login", "accounts.logout"),
        *("recovery.forgot", "recovery.stop", "recovery.new_password", "invoices.pay"),
        *("ownership.add", "ownership.add_code", "ownership.remove"),
        *("delegates.index", "delegates.remove", "delegates.take_back", "delegates.accept"),
        *("profile.password", "profile.contact", "profile.confirm_email", "profile.preferences"),
        *("profile.sign_out_device", "profile.sign_out_others", "profile.data", "profile.close"),
        # in test_payments.py; what a bank sends is proven by its signature or by asking it
        *("payments.choose", "payments.go", "payments.cancel", "payments.ask", "payments.again"),
        *("payments.come_back", "payments.callback", "pay_links.follow", "pay_links.manage"),
        *("staff_payments.ask", "staff_payments.decide"),
        *("staff_content.edit", "staff_content.restore"),  # in test_staff_content.py
        *("staff.login", "staff.logout", "staff.password"),  # in test_staff.py
        *("staff.end_session", "staff.end_other_sessions"),
        *("staff_accounts.index", "staff_accounts.open_account", "staff_accounts.lock"),
        *("staff_accounts.unlock", "staff_accounts.sign_out", "staff_audit.export"),
        *("staff_members.new", "staff_members.act"),
        *("staff_cases.index", "staff_cases.step", "staff_cases.assign"),
        *("staff_cases.add_document", "staff_cases.assign_many"),
        # in test_cases_followed.py, and below
        *("cases.file", "cases.discard", "cases.change", "cases.add_documents", "cases.answer"),
        *("cases.withdraw", "cases.reopen"),
        # in test_notifications.py, test_phones.py, test_staff_messages.py; the links in mails and
        # the gateways carry no session, so there is nothing to forge
        *("notifications.contract", "notifications.switch_off", "profile.phone"),
        *("phones.sms", "phones.report", "phones.ussd", "staff_messages.index"),
        "staff_messages.retry",
        # in test_certificates_handled.py
        *("certificates.new", "staff_certificates.issue", "staff_certificates.refuse"),
        "staff_certificates.revoke",
        *("exports.index", "exports.cancel", "exports.delete", "labels.index"),
    }
    client = portal.signed_in("Emer Mbiemer")
    for token in (
        {},
        {"csrf_token": "forged"},
        {"csrf_token": portal.client().fresh_token()},
    ):
        for address, form in (
            ("/logout", {}),
            ("/contracts/AL0000000/pay", {"action": "pay", "invoice": "123456789"}),
            ("/contracts/AL0000000/cases/new", {"request": "F2", "shown": "F2", "do": "send"}),
            ("/exports", {"wanted": "open-invoices.csv"}),
            ("/contracts/names", {"name.AL0000000": "forged"}),
        ):
            assert client.http.post(address, data={**form, **token}).status_code == 400
        for address, form in (
            ("/register", GOOD),
            ("/login", {"user_name": "Emer Mbiemer", "password": "Provo2024"}),
        ):
            newcomer = portal.client()
            assert newcomer.http.post(address, data={**form, **token}).status_code == 400
            newcomer.get("/contracts", status=303)
    client.get("/contracts")
    assert not portal.services.registration.has_email(GOOD["email"])


def test_five_tabs_in_the_manuals_order(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/contracts/AL0000000/cases/new")
    tabs = next(e for e in page.all("nav") if e.get("class") == "tabs")
    assert [" ".join(t.split()) for t in "".join(tabs.itertext()).split("\n") if t.strip()] == [
        "Paguaj Faturën",
        "Historiku i Faturave dhe Pagesave",
        "Shërbimi ndaj Klientit",
        "Informacion mbi Kontratën",
        "Lista e Aplikimeve",
    ]
