"""Who may enter which route: the one table, checked before every request.

A route that stands in no row cannot be entered, and a test fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import structlog
from flask import (
    Flask,
    abort,
    current_app,
    g,
    has_request_context,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from app.accounts.records import Right, SessionEnded, SessionToken
from app.accounts.rules import network_of, normal_contract_code
from app.staff.records import Role
from app.web.asking import ask_for
from app.web.cookies import cookie_name
from app.web.current import PortalUser, services
from app.web.sessions import STAFF_COOKIE, CookieSessions, SessionsByDoor, is_staff_path
from app.web.staff import TOKEN, find_staff
from app.web.way_back import find_form_page
from config.settings import Settings
from legacy_adapters.records import ContractCode

log = structlog.get_logger("selfcare")


class Who(Enum):
    ANYBODY = "anybody"
    SIGNED_IN = "anybody signed in"
    # For these the contract `code` of the address must be linked to the account.
    VIEWER = "its holder, or a delegate"
    PAYER = "its holder, or a delegate who may pay"
    HOLDER = "its holder"
    STAFF = "one of the utility's people"


RIGHT = {Who.VIEWER: Right.VIEW, Who.PAYER: Right.PAY, Who.HOLDER: Right.HOLDER}


@dataclass(frozen=True, kw_only=True)
class Rule:
    who: Who
    post: Who | None = None  # who may post, where that is not who may look
    before_new_password: bool = False  # open to who came in by a temporary password
    all_contracts: bool = False  # the page wants the account's whole list with the session
    under_way: bool = False  # and what of these contracts is in a payment
    needs_account: bool = True  # whether the page ever looks at who is signed in
    uploads: bool = False  # takes files: its requests may be larger than others
    # Posted by a bank or a gateway, by a browser that comes from there, or by a mail program.
    from_elsewhere: bool = False
    # A form that is posted after its session ended still reaches its view, which then keeps what
    # was typed and does nothing else: is_signed_in() tells.
    keeps_what_was_typed: bool = False
    role: Role | None = None  # for STAFF: the lowest that opens the page
    post_role: Role | None = None  # the lowest that may post, where that is another

    def __post_init__(self) -> None:
        if (self.who is Who.STAFF) != (self.role is not None):
            raise ValueError("a rule for staff names a role, and no other rule does")


PUBLIC = Rule(who=Who.ANYBODY)
MACHINE = Rule(who=Who.ANYBODY, needs_account=False)
FROM_MACHINE = Rule(who=Who.ANYBODY, needs_account=False, from_elsewhere=True)
FROM_MAIL = Rule(who=Who.ANYBODY, from_elsewhere=True)
SIGNED_IN = Rule(who=Who.SIGNED_IN)
VIEWER = Rule(who=Who.VIEWER)
HOLDER = Rule(who=Who.HOLDER)
AGENT = Rule(who=Who.STAFF, role=Role.AGENT)
SUPERVISOR = Rule(who=Who.STAFF, role=Role.SUPERVISOR)
ADMINISTRATOR = Rule(who=Who.STAFF, role=Role.ADMINISTRATOR)
TAKES_FILES = Rule(who=Who.STAFF, role=Role.AGENT, uploads=True)

ACCESS: dict[str, Rule] = {
    "static": MACHINE,
    "system.healthz": MACHINE,
    "system.readyz": MACHINE,
    "system.robots": MACHINE,
    "system.theme": MACHINE,
    "system.logo": MACHINE,
    "home.index": PUBLIC,
    "home.policy": PUBLIC,
    "home.language": MACHINE,
    "faq.index": PUBLIC,
    "faq.show": PUBLIC,
    "accounts.register": PUBLIC,
    "accounts.login": PUBLIC,
    "accounts.register_code": PUBLIC,
    "accounts.logout": Rule(who=Who.SIGNED_IN, before_new_password=True),
    "accounts.awake": SIGNED_IN,
    "recovery.forgot": PUBLIC,
    "recovery.stop": PUBLIC,
    "recovery.new_password": Rule(who=Who.SIGNED_IN, before_new_password=True),
    "profile.password": SIGNED_IN,
    "profile.contact": SIGNED_IN,
    "profile.confirm_email": PUBLIC,
    "profile.preferences": SIGNED_IN,
    "profile.devices": SIGNED_IN,
    "profile.sign_out_device": SIGNED_IN,
    "profile.sign_out_others": SIGNED_IN,
    "profile.data": SIGNED_IN,
    "profile.close": SIGNED_IN,
    "profile.phone": SIGNED_IN,
    "notifications.contract": VIEWER,
    "notifications.switch_off": FROM_MAIL,
    "phones.sms": FROM_MACHINE,
    "phones.report": FROM_MACHINE,
    "phones.ussd": FROM_MACHINE,
    "contracts.index": Rule(who=Who.SIGNED_IN, all_contracts=True, under_way=True),
    "contracts.show": VIEWER,
    "contracts.info": VIEWER,
    # Whose a file is, its service asks.
    "exports.index": Rule(who=Who.SIGNED_IN, all_contracts=True),
    "exports.show": SIGNED_IN,
    "exports.cancel": SIGNED_IN,
    "exports.delete": SIGNED_IN,
    "exports.file": Rule(who=Who.SIGNED_IN, all_contracts=True),
    "ownership.manage": SIGNED_IN,
    "labels.index": Rule(who=Who.SIGNED_IN, all_contracts=True),
    "ownership.add": SIGNED_IN,
    "ownership.add_code": SIGNED_IN,
    "ownership.remove": VIEWER,
    "delegates.index": HOLDER,
    "delegates.remove": HOLDER,
    "delegates.take_back": HOLDER,
    "delegates.accept": SIGNED_IN,
    "invoices.pay": Rule(who=Who.VIEWER, post=Who.PAYER, under_way=True),
    "payments.index": SIGNED_IN,
    "payments.choose": Rule(who=Who.SIGNED_IN, all_contracts=True),
    # Whoever knows an order's address sees its amount and state; its payer sees all of it.
    "payments.show": PUBLIC,
    "payments.go": PUBLIC,
    "payments.cancel": PUBLIC,
    "payments.ask": PUBLIC,
    "payments.again": Rule(who=Who.SIGNED_IN, all_contracts=True),
    "payments.receipt": PUBLIC,
    "payments.come_back": FROM_MACHINE,
    "payments.callback": FROM_MACHINE,
    "pay_links.follow": PUBLIC,
    "pay_links.manage": Rule(who=Who.PAYER),
    "verify.index": PUBLIC,
    "verify.show": PUBLIC,
    "invoices.history": VIEWER,
    "invoices.document": VIEWER,
    # Whose an application is, its service asks, as with cases.
    "certificates.index": SIGNED_IN,
    "certificates.new": SIGNED_IN,
    "certificates.show": SIGNED_IN,
    "certificates.paper": SIGNED_IN,
    "cases.new": HOLDER,
    "cases.file": Rule(who=Who.HOLDER, keeps_what_was_typed=True, uploads=True),
    "cases.index": HOLDER,
    "cases.discard": HOLDER,
    # Whose a case is, its service asks: another's is answered like one that is not there.
    "cases.show": SIGNED_IN,
    "cases.change": Rule(who=Who.SIGNED_IN, uploads=True),
    "cases.history": SIGNED_IN,
    "cases.add_documents": Rule(who=Who.SIGNED_IN, uploads=True),
    "cases.document": SIGNED_IN,
    "cases.paper": SIGNED_IN,
    "cases.answer_letter": SIGNED_IN,
    "cases.answer": Rule(who=Who.SIGNED_IN, uploads=True),
    "cases.withdraw": SIGNED_IN,
    "cases.reopen": SIGNED_IN,
    "staff.login": PUBLIC,
    "staff.logout": Rule(who=Who.STAFF, role=Role.AGENT, before_new_password=True),
    "staff.password": Rule(who=Who.STAFF, role=Role.AGENT, before_new_password=True),
    "staff.awake": AGENT,
    "staff.index": AGENT,
    "staff_cases.index": AGENT,
    "staff_cases.show": AGENT,
    "staff_cases.step": TAKES_FILES,
    "staff_cases.assign": TAKES_FILES,
    "staff_cases.add_document": TAKES_FILES,
    "staff_cases.document": AGENT,
    "staff_cases.load": SUPERVISOR,
    "staff_cases.assign_many": SUPERVISOR,
    "staff_case_papers.paper": AGENT,
    "staff_case_papers.answer_letter": AGENT,
    "staff.sessions": AGENT,
    "staff.end_session": AGENT,
    "staff.end_other_sessions": AGENT,
    "staff_accounts.index": AGENT,
    "staff_accounts.show": AGENT,
    "staff_accounts.open_account": AGENT,
    "staff_accounts.sign_out": AGENT,
    "staff_accounts.lock": SUPERVISOR,
    "staff_accounts.unlock": SUPERVISOR,
    "staff_members.index": ADMINISTRATOR,
    "staff_members.new": ADMINISTRATOR,
    "staff_members.show": ADMINISTRATOR,
    "staff_members.act": ADMINISTRATOR,
    "staff_audit.index": ADMINISTRATOR,
    "staff_audit.export": ADMINISTRATOR,
    "staff_payments.index": AGENT,
    "staff_payments.show": AGENT,
    "staff_payments.ask": AGENT,
    "staff_payments.decide": SUPERVISOR,
    "staff_certificates.index": AGENT,
    "staff_certificates.show": AGENT,
    "staff_certificates.issue": AGENT,
    "staff_certificates.refuse": AGENT,
    "staff_certificates.revoke": SUPERVISOR,
    "staff_certificates.paper": AGENT,
    "staff_messages.index": AGENT,
    "staff_messages.retry": SUPERVISOR,
    "staff_content.index": ADMINISTRATOR,
    "staff_content.edit": ADMINISTRATOR,
    "staff_content.versions": ADMINISTRATOR,
    "staff_content.version": ADMINISTRATOR,
    "staff_content.restore": ADMINISTRATOR,
}

LEAVING = {"accounts.logout", "staff.logout"}


def init_access(app: Flask, settings: Settings) -> None:
    name = cookie_name(STAFF_COOKIE, https=settings.web.https)
    longest = timedelta(hours=settings.staff.session_absolute_hours)
    staff = CookieSessions(app, cookie=name, longest=longest)
    app.session_interface = SessionsByDoor(app, staff=staff)
    Customers().init_app(app)
    app.before_request(check_access)
    app.register_error_handler(SessionEnded, lambda _error: ask_to_sign_in())


class Customers(LoginManager):  # type: ignore[misc]
    """Who is signed in is what the session's token says in the database: neither a cookie that
    remembers, nor a header, nor the browser's name and address, which changes all the time."""

    def init_app(self, app: Any, add_context_processor: bool = False) -> None:
        """Templates ask through signed_in_account(), which asks only where a page needs it."""
        app.login_manager = self
        self._session_identifier_generator = str  # what no request looks at needs no cookie's room

    def _load_user(self) -> None:
        """Where Flask-Login's current_user looks."""
        token = session.get("_user_id")
        g._login_user = (token and _load_user(token)) or self.anonymous_user()


def _load_user(token: str) -> PortalUser | None:
    rule: Rule = g.access
    found = services().accounts.find_signed_in(
        SessionToken(token),
        contract=_contract_asked_for(rule),
        all_contracts=rule.all_contracts,
        beside=rule.under_way,
    )
    if found is None:
        return None
    user = PortalUser(found)
    user.id = token
    ask_for(found.account.id)
    return user


def _contract_asked_for(rule: Rule) -> ContractCode | None:
    """None for what no contract can be called: nobody holds that."""
    code = (request.view_args or {}).get("code") if rule.who in RIGHT else None
    return ContractCode(code) if code and normal_contract_code(code) == code else None


def check_access() -> Response | None:
    endpoint = request.endpoint
    if "\0" in request.path:
        g.access = MACHINE
        abort(404)  # PostgreSQL takes no such text, and nothing of ours is called so
    if endpoint is None:
        g.access = PUBLIC  # an unknown address: the 404 page may look at who is signed in
        return None
    rule = ACCESS.get(endpoint)
    if rule is None:
        g.access = MACHINE
        abort(403)
    g.access = rule
    if rule.uploads:  # fields stay as small as everywhere; only files may be large
        request.max_content_length = services().settings.documents.max_request_bytes
    if rule.who is Who.ANYBODY:
        return None
    return _check_staff(rule) if rule.who is Who.STAFF else _check_customer(rule)


def _check_customer(rule: Rule) -> Response | None:
    current_app.login_manager._load_user()  # type: ignore[attr-defined]
    user = g._login_user  # for all that asks later in this request
    if not user.is_authenticated:
        keeps = rule.keeps_what_was_typed and request.method == "POST"
        return None if keeps else ask_to_sign_in()
    if user.signed_in.must_change and not rule.before_new_password:
        return redirect(url_for("recovery.new_password"), code=303)
    wanted = rule.post if rule.post and request.method == "POST" else rule.who
    if wanted in RIGHT:
        _check_right(RIGHT[wanted], user.signed_in.rights)
    return None


def _check_staff(rule: Rule) -> Response | None:
    found = find_staff()
    if found is None:
        return ask_to_sign_in()
    if found.must_change and not rule.before_new_password:
        return redirect(url_for("staff.password"), code=303)
    wanted = rule.post_role if rule.post_role and request.method == "POST" else rule.role
    if wanted is None or not found.member.role.includes(wanted):
        _log_refused(staff=found.member.id)
        abort(403)
    return None


def _check_right(wanted: Right, rights: Mapping[ContractCode, Right]) -> None:
    """Another's contract and one that is not there are answered alike."""
    right = next(iter(rights.values()), None)
    if right is not None and right.includes(wanted):
        return
    _log_refused(account=current_user.signed_in.account.id)
    abort(404 if right is None else 403)


def _log_refused(**who: int) -> None:
    log.info(
        "access refused",
        **who,
        endpoint=request.endpoint,
        method=request.method,
        network=network_of(request.remote_addr or ""),
    )


def asked_from() -> str:
    """The network address of who sits before this request; "" for gateways and banks that ask in
    somebody's name, in commands and in the job process."""
    rule = ACCESS.get(request.endpoint or "") if has_request_context() else None
    return (request.remote_addr or "") if rule and rule.needs_account else ""


def is_signed_in() -> bool:
    """Only a view whose rule keeps what was typed need ask."""
    return bool(current_user.is_authenticated)


def ask_to_sign_in(back: str | None = None) -> Response:
    """back: where to go on afterwards, when that is not the address asked for."""
    is_staff = is_staff_path(request.path)
    if session.pop(TOKEN if is_staff else "_user_id", None):
        session["session_ended"] = True
    wanted = back or (here() if request.method == "GET" else _page_of_form())
    login = "staff.login" if is_staff else "accounts.login"
    return redirect(url_for(login, next=wanted), code=303)


def _page_of_form() -> str | None:
    """None for who leaves: the next one at this browser may be somebody else."""
    return None if request.endpoint in LEAVING else find_form_page()


def here() -> str:
    """This request's address as the browser knows it, also below a proxy's path."""
    return request.script_root + request.full_path.rstrip("?")


def local_address(wanted: str | None) -> str | None:
    """The address to go on to, if it is one of ours."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return None
    return None if any(c in wanted for c in "\\\r\n\t\0") else wanted
