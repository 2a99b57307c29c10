"""The sections of the back office. Each topic adds its own here: its page stands in the
navigation and on the start page of whoever the access table lets in."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.staff.records import Role
from app.web.access import ACCESS


@dataclass(frozen=True, kw_only=True)
class Section:
    """endpoint: of its first page, without parameters; name and about: translated lazily, by
    `_l`; about is one sentence for the start page; key: with which browsers open it from every
    page of the back office (accesskey), "" for none."""

    endpoint: str
    name: Any
    about: Any
    key: str = ""

    def is_around(self, endpoint: str | None) -> bool:
        """Whether this page is one of the section's: of the same blueprint."""
        return endpoint is not None and endpoint.split(".")[0] == self.endpoint.split(".")[0]


SECTIONS: tuple[Section, ...] = (
    Section(
        endpoint="staff_cases.index",
        name=_l("Requests"),
        about=_l("Requests and complaints by their deadline: look for one, answer, ask, give on."),
        key="k",
    ),
    Section(
        endpoint="staff_certificates.index",
        name=_l("Debt certificates"),
        about=_l("Applications by their deadline: issue, refuse, take back."),
    ),
    Section(
        endpoint="staff_accounts.index",
        name=_l("Accounts"),
        about=_l("Find a customer’s account, let its owner in again, end its sessions."),
    ),
    Section(
        endpoint="staff_payments.index",
        name=_l("Payments by card"),
        about=_l("Those that need a person, and any by its number."),
    ),
    Section(
        endpoint="staff_messages.index",
        name=_l("Messages"),
        about=_l("Mail and SMS to customers: what waits, what failed, what was sent to whom."),
    ),
    Section(
        endpoint="staff_content.index",
        name=_l("Texts"),
        about=_l("What customers read: questions and answers, privacy, terms, refunds."),
    ),
    Section(
        endpoint="staff_members.index",
        name=_l("Staff"),
        about=_l("Who may sign in here, and what each of them may do."),
    ),
    Section(
        endpoint="staff_audit.index",
        name=_l("Audit trail"),
        about=_l("Who did what, when, and to whom."),
    ),
)


def open_sections(role: Role) -> list[Section]:
    """Those that this role may look at."""
    return [section for section in SECTIONS if _opens(section.endpoint, role)]


def _opens(endpoint: str, role: Role) -> bool:
    lowest = ACCESS[endpoint].role
    return lowest is not None and role.includes(lowest)
