"""The demo's users. They exist only where the demo's billing database is read."""

from dataclasses import dataclass

from app.accounts.records import Applicant
from app.accounts.service import AccountService
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


def add_demo_users(accounts: AccountService) -> None:
    """Adds those that are missing."""
    for number, user in enumerate(USERS):
        if accounts.has_account(user.name):
            continue
        applicant = Applicant(
            contract_code=ContractCode(user.codes[0]),
            user_name=user.name,
            password=PASSWORD,
            phone=f"+35569200000{number}",
            email=f"{user.name.lower().replace(' ', '.')}@example.com",
            language="sq",
        )
        accounts.add_account(applicant, [ContractCode(code) for code in user.codes])
