"""The demo's users and staff. They exist only where the demo's billing database is read."""

from dataclasses import dataclass

from app.accounts.records import Applicant
from app.accounts.registration import Registration
from app.clock import now
from app.database import schema
from app.database.engine import DatabaseError, DatabaseUnavailable
from app.services import Services
from app.staff import rules
from app.staff.members import StaffMembers
from app.staff.records import Role
from legacy_adapters.demo.generator import AGRON_HOXHA, ELBASAN_MARKET, MANUAL_CODE, VERA_LEKA
from legacy_adapters.records import ContractCode

PASSWORD = "Provo2024"  # noqa: S105 - a demo's password is no secret
STAFF_PASSWORD = "stafi-provon-2024"  # noqa: S105


@dataclass(frozen=True)
class DemoUser:
    name: str
    codes: list[str]
    about: str


USERS = (
    DemoUser("Emer Mbiemer", [MANUAL_CODE], "one contract, AL0000000, with the manual's bills"),
    DemoUser("Agron Hoxha", AGRON_HOXHA.codes, "three contracts, one without debt"),
    DemoUser("Elbasan Market", ELBASAN_MARKET.codes, "a business with 300 contracts"),
    DemoUser("Vera Leka", VERA_LEKA.codes, "one contract, nothing to do with the others"),
)


@dataclass(frozen=True)
class DemoMember:
    """secret: of the second factor, and no secret here."""

    name: str
    role: Role
    secret: str


STAFF = (
    DemoMember("agjent", Role.AGENT, "DEMOAGJENT2DEMOAGJENT2DEMOAGJENT"),
    DemoMember("mbikeqyres", Role.SUPERVISOR, "DEMOMBIKEQYRES2DEMOMBIKEQYRES2DE"),
    DemoMember("administrator", Role.ADMINISTRATOR, "DEMOADMINISTRATOR2DEMOADMINISTRA"),
)


def refuse_demo_users(services: Services) -> None:
    """Everybody knows their passwords: they must not meet a real billing database.

    Raises: DatabaseError.
    """
    if services.settings.uses_demo_billing:
        return
    try:
        is_ready = schema.is_current(services.database)
        found = is_ready and (
            any(services.registration.has_email(email_of(user)) for user in USERS)
            or _used_steps(services) != {}
        )
    except DatabaseUnavailable:
        return  # it may come back; pages say so meanwhile
    if found:
        raise DatabaseError(
            "The portal's database holds the demo's users, whose password is public, but the"
            " billing database is not the demo's. Use another one: SELFCARE_DATABASE_URL."
        )


def email_of(user: DemoUser) -> str:
    return f"{user.name.lower().replace(' ', '.')}@example.com"


def add_demo_users(registration: Registration) -> None:
    """Adds those that are missing."""
    for number, user in enumerate(USERS):
        if registration.has_email(email_of(user)):
            continue
        applicant = Applicant(
            contract_code=ContractCode(user.codes[0]),
            user_name=user.name,
            password=PASSWORD,
            phone=f"+35569200000{number}",
            email=email_of(user),
            language="sq",
        )
        codes = [ContractCode(code) for code in user.codes]
        registration.add_account(applicant, codes, is_confirmed=True)


def add_demo_staff(members: StaffMembers) -> None:
    """Adds those that are missing."""
    there = {listed.member.name for listed in members.list_all()}
    for member in STAFF:
        if member.name not in there:
            members.add(member.name, member.role, password=STAFF_PASSWORD, secret=member.secret)


def demo_codes(services: Services) -> dict[str, str]:
    """name -> a code of the second factor that works now, "" in the seconds until there is one
    again, as each works once. Nobody stands in it outside the demo: it knows no other second
    factors than the demo's own."""
    if not services.settings.uses_demo_billing:
        return {}
    step, used = rules.step_of(now()), _used_steps(services)
    return {
        member.name: next(
            (rules.code_of(member.secret, s) for s in (step, step + 1) if s > used[member.name]), ""
        )
        for member in STAFF
        if member.name in used
    }


def _used_steps(services: Services) -> dict[str, int]:
    return services.members.used_steps({member.name: member.secret for member in STAFF})
