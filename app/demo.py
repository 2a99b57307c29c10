"""The demo's users. They exist only where the demo's billing database is read."""

from dataclasses import dataclass

from app.accounts.records import Applicant
from app.accounts.registration import Registration
from app.database import schema
from app.database.engine import DatabaseError, DatabaseUnavailable
from app.services import Services
from legacy_adapters.demo.generator import AGRON_HOXHA, ELBASAN_MARKET, MANUAL_CODE, VERA_LEKA
from legacy_adapters.records import ContractCode

PASSWORD = "Provo2024"  # noqa: S105 - a demo's password is no secret


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


def refuse_demo_users(services: Services) -> None:
    """Everybody knows their password: they must not meet a real billing database.

    Raises: DatabaseError.
    """
    if services.settings.uses_demo_billing:
        return
    try:
        is_ready = schema.is_current(services.database)
        found = is_ready and any(services.registration.has_email(email_of(user)) for user in USERS)
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
        registration.add_account(applicant, [ContractCode(code) for code in user.codes])
