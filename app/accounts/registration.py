"""Making accounts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts import letters, rules
from app.accounts.claims import Claims
from app.accounts.entrance import EVEN_SECONDS, evenly
from app.accounts.passwords import hash_password
from app.accounts.phone_codes import PhoneCodes
from app.accounts.records import (
    Account,
    Applicant,
    ClaimRefused,
    CodeSent,
    LinkToken,
    RegistrationRefused,
    Visitor,
)
from app.accounts.shared import Shared, addressee, hashed, new_token
from app.accounts.store import contracts, people, phones, recovery
from app.audit.records import Action, Actor
from app.clock import HOME
from app.messages.outbox import Purpose
from app.messages.texts import texts
from legacy_adapters.records import Contract, ContractCode

TRIES_FOR_A_NAME = 10
CONFIRM_HOURS = 24

SWITCHED_ON = ("receipt_by_email", "case_by_email")  # what a new account prefers


class Registration:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._claims = Claims(shared)
        self._codes = PhoneCodes(shared)

    def register(self, applicant: Applicant, visitor: Visitor) -> Account | CodeSent:
        """Makes the account and links its first contract; or sends a code to be typed first,
        where that is the proof asked for.

        Raises: RegistrationRefused, TooManyTries, TooBusy, BillingError.
        """
        shared = self._shared
        # A place is free again while the rest of the time goes by.
        with evenly(EVEN_SECONDS), shared.entrance.enter():
            # Before anything is known, so that a refusal takes the same time whatever its reason.
            password_hash = shared.entrance.hash(lambda: hash_password(applicant.password))
            contract = self._check(applicant, visitor)
            if shared.settings.ownership_proof == "phone_on_file":
                data = _kept(applicant, password_hash)
                code, language = applicant.contract_code, applicant.language
                return CodeSent(
                    token=self._codes.send(code, contract, language=language, applicant=data)
                )
        if contract is None:
            raise RegistrationRefused
        return self._add_account(applicant, password_hash, [contract.code], visitor)

    def finish(self, token: LinkToken, code: str, visitor: Visitor) -> tuple[Account, str]:
        """The account, and the name it was asked for under. After the code was sent.

        Raises: RegistrationRefused, TooBusy.
        """
        try:
            with self._shared.entrance.enter():
                check = self._codes.use(token, code)
        except ClaimRefused as error:
            raise RegistrationRefused from error
        applicant, password_hash = _again(check.contract_code, check.applicant)
        account = self._add_account(applicant, password_hash, [check.contract_code], visitor)
        return account, applicant.user_name

    def _check(self, applicant: Applicant, visitor: Visitor) -> Contract | None:
        try:
            return self._claims.check(applicant.claim, visitor, None)
        except ClaimRefused:
            return None

    def has_email(self, email: str) -> bool:
        with self._shared.database.read() as connection:
            return people.email_is_taken(connection, rules.email_key(email))

    def add_account(
        self, applicant: Applicant, codes: list[ContractCode], *, is_confirmed: bool = False
    ) -> Account:
        """Makes the account without asking billing, under the next free name. is_confirmed: the
        mail address and the phone are known to be its owner's.

        Raises: RegistrationRefused, when the e-mail has an account.
        """
        password_hash = hash_password(applicant.password)
        account = self._add_account(applicant, password_hash, codes, None)
        if is_confirmed:
            with self._shared.database.write() as connection:
                people.confirm_email(connection, account.id, self._shared.clock())
                phones.take_phone(connection, account.id, account.phone)
        return account

    def _add_account(
        self,
        applicant: Applicant,
        password_hash: str,
        codes: list[ContractCode],
        visitor: Visitor | None,
    ) -> Account:
        """visitor: None when nobody stands at the door, and nobody needs to be told."""
        for _ in range(TRIES_FOR_A_NAME):
            try:
                with self._shared.database.write() as connection:
                    account = self._insert(connection, applicant, password_hash, codes)
                    if visitor is not None:
                        self._tell(connection, account, codes, visitor)
                    return account
            except IntegrityError:
                continue  # somebody took the name or the e-mail meanwhile: look again
        raise RegistrationRefused

    def _insert(
        self,
        connection: Connection,
        applicant: Applicant,
        password_hash: str,
        codes: list[ContractCode],
    ) -> Account:
        email_key, now = rules.email_key(applicant.email), self._shared.clock()
        if people.email_is_taken(connection, email_key) or recovery.email_is_kept(
            connection, email_key, now
        ):
            raise RegistrationRefused
        taken = people.list_user_name_keys(connection, rules.name_key(applicant.user_name))
        user_name = rules.free_name(applicant.user_name, taken)
        values = {
            "user_name": user_name,
            "user_name_key": rules.name_key(user_name),
            "email": applicant.email,
            "email_key": email_key,
            "phone": applicant.phone,
            "password_hash": password_hash,
            "language": applicant.language,
            "created_at": now,
            "preferences": list(SWITCHED_ON),
            "preferences_since": rules.since_when(
                frozenset(SWITCHED_ON), {}, now.astimezone(HOME).date()
            ),
        }
        account_id = people.add_account(connection, values)
        contracts.link_contracts(connection, account_id, codes, now)
        self._shared.tell_held(connection, codes)
        return Account(
            id=account_id,
            user_name=user_name,
            email=applicant.email,
            phone=applicant.phone,
            language=applicant.language,
        )

    def _tell(
        self,
        connection: Connection,
        account: Account,
        codes: list[ContractCode],
        visitor: Visitor,
    ) -> None:
        shared, token, now = self._shared, new_token(), self._shared.clock()
        recovery.add_email_change(
            connection,
            account.id,
            token_hash=hashed(token),
            email=account.email,
            created_at=now,
            expires_at=now + timedelta(hours=CONFIRM_HOURS),
        )
        address = shared.links.confirm_email(token)
        letter = letters.welcome(texts(account.language), account.user_name, address)
        shared.outbox.post_mail(connection, letter, addressee(account), Purpose(kind="welcome"))
        for code in codes:
            tell_holders(shared, connection, code, account)
            shared.audit.record(
                connection,
                Action.REGISTERED,
                actor=Actor.VISITOR,
                account_id=account.id,
                contract_code=code,
                address=visitor.address,
            )


def tell_holders(
    shared: Shared, connection: Connection, code: ContractCode, newcomer: Account
) -> None:
    """Those who hold the contract already hear that somebody else has it now."""
    for holder in contracts.list_holders(connection, code):
        if holder.id != newcomer.id:
            letter = letters.contract_added_elsewhere(texts(holder.language), code, shared.clock())
            purpose = Purpose(kind="contract added elsewhere")
            shared.outbox.post_mail(connection, letter, addressee(holder), purpose)


def _kept(applicant: Applicant, password_hash: str) -> dict[str, Any]:
    return {
        "user_name": applicant.user_name,
        "phone": applicant.phone,
        "email": applicant.email,
        "language": applicant.language,
        "password_hash": password_hash,
    }


def _again(code: ContractCode, kept: dict[str, Any]) -> tuple[Applicant, str]:
    password_hash = str(kept.pop("password_hash"))
    return Applicant(contract_code=code, password="", **kept), password_hash
