"""Every route x method x role x {own, another's, missing}: who gets in, and who must not.

What is expected stands here a second time, by hand: a mistake in the portal's own table is found
because it differs. Views are replaced by ones that only note that somebody got in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import text
from werkzeug.routing import Rule as Route

from app.staff.records import Role
from app.web.access import ACCESS, ADMINISTRATOR, AGENT, SUPERVISOR, Rule, Who
from tests.conftest import Portal
from tests.web.client import CheckedClient

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MINE, ANOTHERS, MISSING = "AL0000000", "AL0000004", "NONE0000"

# Who may look | who may post. Roles: s stranger, n came in by a temporary password,
# o signed in with nothing to do with the contract, v may see it, p may pay, h holds it;
# of the staff N came in by a first password, A agent, S supervisor, D administrator.
ALL, IN, V, P, H = "snovphNASD", "ovph", "vph", "ph", "h"
STAFF = "ASD"
SUPERVISORS = "SD"
ADMINISTRATORS = "D"
EXPECTED: dict[str, tuple[str, str]] = {
    "static": (ALL, ""),
    "system.healthz": (ALL, ""),
    "system.readyz": (ALL, ""),
    "system.robots": (ALL, ""),
    "system.theme": (ALL, ""),
    "system.logo": (ALL, ""),
    "home.index": (ALL, ""),
    "home.policy": (ALL, ""),
    "home.language": (ALL, ""),
    "faq.index": (ALL, ""),
    "faq.show": (ALL, ""),
    "accounts.register": (ALL, ALL),
    "accounts.register_code": (ALL, ALL),
    "accounts.login": (ALL, ALL),
    "accounts.logout": ("", "n" + IN),
    "accounts.awake": (IN, ""),
    "recovery.forgot": (ALL, ALL),
    "recovery.stop": (ALL, ALL),
    "recovery.new_password": ("n" + IN, "n" + IN),
    "profile.password": (IN, IN),
    "profile.contact": (IN, IN),
    "profile.confirm_email": (ALL, ALL),
    "profile.preferences": (IN, IN),
    "profile.devices": (IN, ""),
    "profile.sign_out_device": ("", IN),
    "profile.sign_out_others": ("", IN),
    "profile.data": (IN, IN),
    "profile.close": (IN, IN),
    "profile.phone": (IN, IN),
    "notifications.contract": (V, V),
    "notifications.switch_off": (ALL, ALL),
    "phones.sms": (ALL, ALL),
    "phones.report": (ALL, ALL),
    "phones.ussd": ("", ALL),
    "contracts.index": (IN, ""),
    "contracts.show": (V, ""),
    "contracts.info": (V, ""),
    "exports.index": (IN, IN),
    "exports.show": (IN, ""),
    "exports.cancel": ("", IN),
    "exports.delete": ("", IN),
    "exports.file": (IN, ""),
    "ownership.manage": (IN, ""),
    "labels.index": (IN, IN),
    "ownership.add": (IN, IN),
    "ownership.add_code": (IN, IN),
    "ownership.remove": (V, V),
    "delegates.index": (H, H),
    "delegates.remove": ("", H),
    "delegates.take_back": ("", H),
    "delegates.accept": (IN, IN),
    "invoices.pay": (V, P),
    "payments.index": (IN, ""),
    "payments.choose": (IN, IN),
    "payments.show": (ALL, ""),
    "payments.go": ("", ALL),
    "payments.cancel": ("", ALL),
    "payments.ask": ("", ALL),
    "payments.again": ("", IN),
    "payments.receipt": (ALL, ""),
    "payments.come_back": (ALL, ALL),
    "payments.callback": (ALL, ALL),
    "pay_links.follow": (ALL, ALL),
    "pay_links.manage": (P, P),
    "verify.index": (ALL, ""),
    "verify.show": (ALL, ""),
    "invoices.history": (V, ""),
    "invoices.document": (V, ""),
    "certificates.index": (IN, ""),
    "certificates.new": (IN, IN),
    "certificates.show": (IN, ""),
    "certificates.paper": (IN, ""),
    "cases.new": (H, ""),
    "cases.file": ("", H),
    "cases.index": (H, ""),
    "cases.discard": ("", H),
    "cases.show": (IN, ""),
    "cases.change": ("", IN),
    "cases.history": (IN, ""),
    "cases.add_documents": ("", IN),
    "cases.document": (IN, ""),
    "cases.answer": ("", IN),
    "cases.withdraw": ("", IN),
    "cases.reopen": ("", IN),
    "cases.paper": (IN, ""),
    "cases.answer_letter": (IN, ""),
    "staff.awake": (STAFF, ""),
    "staff.index": (STAFF, ""),
    "staff_cases.index": (STAFF, STAFF),
    "staff_cases.show": (STAFF, ""),
    "staff_cases.step": ("", STAFF),
    "staff_cases.assign": ("", STAFF),
    "staff_cases.add_document": ("", STAFF),
    "staff_cases.document": (STAFF, ""),
    "staff_cases.load": (SUPERVISORS, ""),
    "staff_cases.assign_many": ("", SUPERVISORS),
    "staff_case_papers.paper": (STAFF, ""),
    "staff_case_papers.answer_letter": (STAFF, ""),
    "staff.sessions": (STAFF, ""),
    "staff.end_session": ("", STAFF),
    "staff.end_other_sessions": ("", STAFF),
    "staff_accounts.index": (STAFF, STAFF),
    "staff_accounts.show": (STAFF, ""),
    "staff_accounts.open_account": ("", STAFF),
    "staff_accounts.sign_out": (STAFF, STAFF),
    "staff_accounts.lock": (SUPERVISORS, SUPERVISORS),
    "staff_accounts.unlock": (SUPERVISORS, SUPERVISORS),
    "staff_members.index": (ADMINISTRATORS, ""),
    "staff_members.new": (ADMINISTRATORS, ADMINISTRATORS),
    "staff_members.show": (ADMINISTRATORS, ""),
    "staff_members.act": (ADMINISTRATORS, ADMINISTRATORS),
    "staff_audit.index": (ADMINISTRATORS, ""),
    "staff_audit.export": ("", ADMINISTRATORS),
    "staff_payments.index": (STAFF, ""),
    "staff_payments.show": (STAFF, ""),
    "staff_payments.ask": ("", STAFF),
    "staff_payments.decide": ("", SUPERVISORS),
    "staff_certificates.index": (STAFF, ""),
    "staff_certificates.show": (STAFF, ""),
    "staff_certificates.issue": ("", STAFF),
    "staff_certificates.refuse": ("", STAFF),
    "staff_certificates.revoke": ("", SUPERVISORS),
    "staff_certificates.paper": (STAFF, ""),
    "staff_messages.index": (STAFF, STAFF),
    "staff_messages.retry": ("", SUPERVISORS),
    "staff_content.index": (ADMINISTRATORS, ""),
    "staff_content.edit": (ADMINISTRATORS, ADMINISTRATORS),
    "staff_content.versions": (ADMINISTRATORS, ""),
    "staff_content.version": (ADMINISTRATORS, ""),
    "staff_content.restore": ("", ADMINISTRATORS),
    "staff.login": (ALL, ALL),
    "staff.logout": ("", "N" + STAFF),
    "staff.password": ("N" + STAFF, "N" + STAFF),
}
# Who is not signed in (any more) gets in to have kept what was typed, and no further.
KEEPS_WHAT_WAS_TYPED = {"cases.file"}
VALUES: dict[str, Any] = {
    "filename": "site.css",
    "name": "privacy",
    "language": "sq",
    "slug": "register",
    "number": "123456789",
    "token": "nonsense",
    "reference": "A" * 26,
    "gateway": "sandbox",
    "document_id": 1,
    "what": "reset",
}


@dataclass
class Cell:
    endpoint: str
    method: str
    role: str
    target: str
    got: str

    @property
    def wanted(self) -> str:
        look, change = EXPECTED[self.endpoint]
        allowed = change if self.method == "POST" else look
        if self.method == "OPTIONS":  # tells which methods there are, to whoever may use one
            allowed = look + change
        role = "o" if self.target != MINE and self.role in "vph" else self.role
        if role in allowed:
            return "in"
        if self.endpoint.startswith("staff"):
            return {"N": "staff password", **dict.fromkeys(STAFF, "403")}.get(role, "staff sign-in")
        if self.endpoint in KEEPS_WHAT_WAS_TYPED and self.method == "POST" and role not in "novph":
            return "in"
        if role in "sN" + STAFF:  # the utility's people are nobody's customers
            return "sign-in"
        if role == "n":
            return "new password"
        # Who may see a contract learns that there is more to it; nobody else that it is there.
        return "403" if role in "vph" else "404"


@pytest.fixture
def roles(portal: Portal) -> dict[str, CheckedClient]:
    """Elbasan Market may pay for Emer Mbiemer's contract, Agron Hoxha may see it."""
    with portal.database.write() as connection:
        for name, right in (("Agron Hoxha", "view"), ("Elbasan Market", "pay")):
            link = text(
                'INSERT INTO account_contract (account_id, contract_code, linked_at, "right")'
                " SELECT id, :code, created_at, :right FROM account WHERE user_name = :name"
            )
            connection.execute(link, {"code": MINE, "right": right, "name": name})
    clients = {
        "s": portal.client(),
        "n": portal.signed_in("Emer Mbiemer"),
        "v": portal.signed_in("Agron Hoxha"),
        "p": portal.signed_in("Elbasan Market"),
        "h": portal.signed_in("Emer Mbiemer"),
        "N": portal.staff("agjent"),
        "A": portal.staff("agjent"),
        "S": portal.staff("mbikeqyres"),
        "D": portal.staff("administrator"),
    }
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account_session SET must_change = true WHERE id = (SELECT min(id)"
            " FROM account_session)"
        )
        connection.exec_driver_sql(
            "UPDATE staff_session SET must_change = true WHERE id = (SELECT min(id)"
            " FROM staff_session)"
        )
        connection.exec_driver_sql("DELETE FROM account_contract WHERE contract_code = 'AL0000004'")
    clients["o"] = portal.signed_in("Vera Leka")
    _only_note_who_gets_in(portal.app)
    return clients


def _only_note_who_gets_in(app: Flask) -> None:
    def enter(**_values: Any) -> str:
        return f"in {request.endpoint}"

    for endpoint in list(app.view_functions):
        app.view_functions[endpoint] = enter


def cells(portal: Portal, roles: dict[str, CheckedClient], only: str = "") -> Iterator[Cell]:
    for route in portal.app.url_map.iter_rules():
        if only and route.endpoint != only:
            continue
        for target in (MINE, ANOTHERS, MISSING) if "code" in route.arguments else ("",):
            address = _address(route, target)
            for method in METHODS:
                if method in (route.methods or set()):
                    for role, client in roles.items():
                        got = _outcome(client, method, address)
                        yield Cell(route.endpoint, method, role, target or MINE, got)


def _address(route: Route, target: str) -> str:
    values = {**VALUES, "code": target or "en"}
    numbers = dict.fromkeys(route.arguments - values.keys(), 1)
    built = route.build({**values, **numbers}, append_unknown=False)
    assert built is not None
    return built[1]


def _outcome(client: CheckedClient, method: str, address: str) -> str:
    answer = client.http.open(address, method=method)
    if answer.status_code == 303 and answer.location.startswith("/login"):
        return "sign-in"
    if answer.status_code == 303 and answer.location == "/account/new-password":
        return "new password"
    if answer.status_code == 303 and answer.location.startswith("/staff/login"):
        return "staff sign-in"
    if answer.status_code == 303 and answer.location == "/staff/password":
        return "staff password"
    is_in = answer.status_code == 200
    return "in" if is_in else str(answer.status_code)


def violations(found: Iterator[Cell]) -> tuple[int, list[Cell]]:
    tried = list(found)
    return len(tried), [cell for cell in tried if cell.got != cell.wanted]


def test_every_route_is_expected_here() -> None:
    assert EXPECTED.keys() == ACCESS.keys()


def test_nobody_gets_in_who_must_not(
    portal: Portal, roles: dict[str, CheckedClient], capsys: pytest.CaptureFixture[str]
) -> None:
    tried, wrong = violations(cells(portal, roles))
    with capsys.disabled():
        print(f"\naccess: {tried} cells tried, {len(wrong)} violations")
    assert tried > 500
    assert wrong == []


def test_methods_that_a_route_does_not_have_open_nothing(
    portal: Portal, roles: dict[str, CheckedClient]
) -> None:
    for route in portal.app.url_map.iter_rules():
        address = _address(route, MINE)
        for method in METHODS:
            if not any(
                method in (other.methods or set())
                for other in portal.app.url_map.iter_rules()
                if other.rule == route.rule
            ):
                for client in roles.values():
                    assert _outcome(client, method, address) in {"405", "404"}, (method, address)


CLOSED = sorted(name for name, (look, change) in EXPECTED.items() if "s" not in look + change)
WIDER = {
    Who.SIGNED_IN: Who.ANYBODY,
    Who.VIEWER: Who.SIGNED_IN,
    Who.PAYER: Who.VIEWER,
    Who.HOLDER: Who.VIEWER,
}


def test_a_row_that_lets_in_too_many_is_noticed(
    portal: Portal, roles: dict[str, CheckedClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    for endpoint in CLOSED:
        for mistake in mistakes(ACCESS[endpoint]):
            with monkeypatch.context() as patched:
                patched.setitem(ACCESS, endpoint, mistake)
                _tried, wrong = violations(cells(portal, roles, only=endpoint))
            assert wrong, (endpoint, mistake)


def mistakes(rule: Rule) -> list[Rule]:
    """Ways of writing a row too wide."""
    if rule.who is Who.STAFF:
        return staff_mistakes(rule)
    if rule.keeps_what_was_typed:
        return [replace(rule, who=WIDER[rule.who])]
    found = [Rule(who=Who.ANYBODY), Rule(who=WIDER[rule.who])]
    if rule.post:
        found.append(Rule(who=rule.who))
    if not rule.before_new_password:
        found.append(Rule(who=rule.who, post=rule.post, before_new_password=True))
    return found


def staff_mistakes(rule: Rule) -> list[Rule]:
    lower = [role for role in Role if rule.role is not role and rule.role.includes(role)]  # type: ignore[union-attr]
    found = [Rule(who=Who.ANYBODY), Rule(who=Who.SIGNED_IN)]
    found += [replace(rule, role=role) for role in lower[-1:]]
    if rule.post_role:
        found.append(replace(rule, post_role=None))
    if not rule.before_new_password:
        found.append(replace(rule, before_new_password=True))
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AGENT, ("ASD", "ASD")),
        (SUPERVISOR, ("SD", "SD")),
        (ADMINISTRATOR, ("D", "D")),
        (replace(AGENT, post_role=Role.SUPERVISOR), ("ASD", "SD")),
        (replace(SUPERVISOR, post_role=Role.ADMINISTRATOR), ("SD", "D")),
    ],
    ids=str,
)
def test_roles_of_the_staff(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    rule: Rule,
    expected: tuple[str, str],
    request: pytest.FixtureRequest,
) -> None:
    """Over a page of this test's own; and each way of writing its row too wide is noticed."""
    view = portal.app.add_url_rule
    view("/staff/test", "staff.test", lambda: "in", methods=["GET", "POST"])
    monkeypatch.setitem(EXPECTED, "staff.test", expected)
    monkeypatch.setitem(ACCESS, "staff.test", rule)
    roles = request.getfixturevalue("roles")
    tried, wrong = violations(cells(portal, roles, only="staff.test"))
    assert tried == 4 * len(roles) and wrong == []
    for mistake in staff_mistakes(rule):
        monkeypatch.setitem(ACCESS, "staff.test", mistake)
        assert violations(cells(portal, roles, only="staff.test"))[1], mistake


def test_a_row_for_staff_names_a_role_and_no_other_does() -> None:
    with pytest.raises(ValueError, match="names a role"):
        Rule(who=Who.STAFF)
    with pytest.raises(ValueError, match="names a role"):
        Rule(who=Who.SIGNED_IN, role=Role.ADMINISTRATOR)
