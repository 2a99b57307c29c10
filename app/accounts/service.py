"""What accounts can do. The web asks this; nothing here knows of the web."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Column
from sqlalchemy.exc import IntegrityError

from app.accounts import rules, store
from app.accounts.passwords import NOBODYS_HASH, hash_password, needs_rehash, verify_password
from app.accounts.records import (
    Account,
    AccountId,
    Applicant,
    PasswordProblem,
    RegistrationRefused,
    SessionToken,
    SignedIn,
    SignInRefused,
    TooManyTries,
    Visitor,
    Welcome,
)
from app.accounts.tries import Budget, Tries
from app.clock import now
from app.database.engine import Database, DatabaseUnavailable
from config.settings import AccountSettings
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode

SEEN_PRECISION = timedelta(minutes=5)

TRIES_FOR_A_NAME = 10


class AccountService:
    def __init__(
        self,
        *,
        database: Database,
        billing: Billing,
        settings: AccountSettings,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._billing = billing
        self._settings = settings
        self._clock = clock
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._tries = Tries(window_minutes=settings.tries_window_minutes)

    # Registration

    def password_problem(
        self, password: str, *, known_words: tuple[str, ...] = ()
    ) -> PasswordProblem | None:
        return rules.password_problem(password, self._settings, known_words=known_words)

    def register(self, applicant: Applicant, visitor: Visitor) -> Welcome:
        """Makes the account, links its first contract and signs it in.

        Raises: RegistrationRefused, TooManyTries, BillingError.
        """
        network = self._spend_for_registration(applicant, visitor)
        # Before anything is known, so that a refusal takes the same time whatever its reason.
        password_hash = hash_password(applicant.password)
        contract = self._billing.find_contract(applicant.contract_code)
        if contract is None or not rules.names_match(applicant.user_name, contract.subscriber):
            raise RegistrationRefused
        account = self._add_account(applicant, password_hash, [contract.code])
        # The contract's budget stays spent: there is no reason to register it over and over.
        self._give_back([network])
        return Welcome(token=self._open_session(account.id, visitor), account=account)

    def _spend_for_registration(self, applicant: Applicant, visitor: Visitor) -> Budget:
        network = Budget(
            subject=f"register network {rules.network_of(visitor.address)}",
            limit=self._settings.register_tries_per_network,
        )
        contract = Budget(
            subject=f"register contract {applicant.contract_code}",
            limit=self._settings.register_tries_per_contract,
        )
        self._spend_or_refuse(network, contract, RegistrationRefused())
        return network

    def has_email(self, email: str) -> bool:
        with self._database.read() as connection:
            return store.email_is_taken(connection, rules.email_key(email))

    def add_account(self, applicant: Applicant, codes: list[ContractCode]) -> Account:
        """Makes the account without asking billing, under the next free name.

        Raises: RegistrationRefused, when the e-mail has an account.
        """
        return self._add_account(applicant, hash_password(applicant.password), codes)

    def _add_account(
        self, applicant: Applicant, password_hash: str, codes: list[ContractCode]
    ) -> Account:
        values = {
            "email": applicant.email,
            "email_key": rules.email_key(applicant.email),
            "phone": applicant.phone,
            "password_hash": password_hash,
            "language": applicant.language,
            "created_at": self._clock(),
        }
        for _ in range(TRIES_FOR_A_NAME):
            try:
                return self._try_to_add(applicant.user_name, values, codes)
            except IntegrityError:
                continue  # somebody took the name or the e-mail meanwhile: look again
        raise RegistrationRefused

    def _try_to_add(
        self, wanted: str, values: dict[str, object], codes: list[ContractCode]
    ) -> Account:
        with self._database.write() as connection:
            if store.email_is_taken(connection, str(values["email_key"])):
                raise RegistrationRefused
            user_name = _free_name(
                wanted, store.list_user_name_keys(connection, rules.name_key(wanted))
            )
            keyed = {"user_name": user_name, "user_name_key": rules.name_key(user_name)}
            account_id = store.add_account(connection, {**values, **keyed})
            store.link_contracts(connection, account_id, codes, self._clock())
        return Account(
            id=account_id,
            user_name=user_name,
            email=str(values["email"]),
            phone=str(values["phone"]),
            language=str(values["language"]),
        )

    # Sign-in and sessions

    def sign_in(self, identifier: str, password: str, visitor: Visitor) -> Welcome:
        """Opens a session for a user name or an e-mail.

        Raises: SignInRefused, TooManyTries.
        """
        column, key = _looked_up_by(identifier)
        where = rules.network_of(visitor.address)
        network = Budget(
            subject=f"sign-in network {where}", limit=self._settings.sign_in_tries_per_network
        )
        with self._database.read() as connection:
            found = store.find_credentials(connection, column, key)
        account, stored = found if found else (None, NOBODYS_HASH)
        # By account, so that name and e-mail do not make two budgets of one person.
        whom = f"account {account.id}" if account else f"nobody {key}"
        person = Budget(
            subject=f"sign-in {whom} {where}", limit=self._settings.sign_in_tries_per_account
        )
        allowed = self._spend(network, person)
        # Always verified, so that a refusal takes the same time whatever its reason.
        longest = self._settings.password_max_length
        is_right = verify_password(stored, password[:longest]) and len(password) <= longest
        if not allowed[0]:
            raise TooManyTries
        if account is None or not is_right or not allowed[1]:
            raise SignInRefused
        self._give_back([network, person])
        if needs_rehash(stored):
            with self._database.write() as connection:
                store.set_password_hash(connection, account.id, hash_password(password))
        return Welcome(token=self._open_session(account.id, visitor), account=account)

    def _open_session(self, account_id: AccountId, visitor: Visitor) -> SessionToken:
        token, now = SessionToken(secrets.token_urlsafe(32)), self._clock()
        values = {
            "account_id": account_id,
            "token_hash": _hashed(token),
            "created_at": now,
            "seen_at": now,
            "address": visitor.address[:45],
            "device": visitor.device[:200],
        }
        with self._database.write() as connection:
            store.forget_old_sessions(connection, created_before=self._oldest(now))
            self._tries.forget_old(connection, now)
            store.add_session(connection, values)
        return token

    def find_signed_in(
        self,
        token: SessionToken,
        *,
        contract: ContractCode | None = None,
        all_contracts: bool = False,
    ) -> SignedIn | None:
        """Who this session belongs to, in one round trip, or None when it has ended."""
        now = self._clock()
        with self._database.read() as connection:
            found = store.find_signed_in(
                connection,
                _hashed(token),
                created_after=self._oldest(now),
                seen_after=now - self._idle,
                contract=contract,
                all_contracts=all_contracts,
            )
        if found and now - found.seen_at > min(SEEN_PRECISION, self._idle / 5):
            # Rarely, so that pages only read; and not worth failing a page for.
            with suppress(DatabaseUnavailable), self._database.write() as connection:
                store.touch_session(connection, found.session_id, now)
        return found

    def sign_out(self, session_id: int) -> None:
        with self._database.write() as connection:
            store.end_session(connection, session_id)

    def sign_out_everywhere(self, account_id: AccountId) -> int:
        """Ends all sessions of an account; returns how many there were."""
        with self._database.write() as connection:
            return store.end_sessions_of(connection, account_id)

    # For operators

    def find_account(self, identifier: str) -> Account | None:
        with self._database.read() as connection:
            return store.find_account(connection, *_looked_up_by(identifier))

    def disable(self, account_id: AccountId) -> None:
        """Ends all sessions too."""
        with self._database.write() as connection:
            store.set_disabled(connection, account_id, self._clock())
            store.end_sessions_of(connection, account_id)

    def enable(self, account_id: AccountId) -> None:
        with self._database.write() as connection:
            store.set_disabled(connection, account_id, None)

    def _oldest(self, now: datetime) -> datetime:
        return now - timedelta(hours=self._settings.session_absolute_hours)

    # Tries

    def _spend(self, *budgets: Budget) -> list[bool]:
        now = self._clock()
        with self._database.write() as connection:
            return [self._tries.spend(connection, budget, now) for budget in budgets]

    def _spend_or_refuse(self, network: Budget, subject: Budget, refusal: Exception) -> None:
        network_allowed, subject_allowed = self._spend(network, subject)
        if not network_allowed:
            raise TooManyTries
        if not subject_allowed:
            raise refusal

    def _give_back(self, budgets: list[Budget]) -> None:
        now = self._clock()
        with self._database.write() as connection:
            for budget in budgets:
                self._tries.give_back(connection, budget, now)


def _looked_up_by(identifier: str) -> tuple[Column[str], str]:
    """The column and key of a user name or an e-mail."""
    if "@" in identifier:
        return store.account.c.email_key, rules.email_key(identifier)
    return store.account.c.user_name_key, rules.name_key(identifier)


def _free_name(wanted: str, taken: set[str]) -> str:
    number = 1
    while rules.name_key(rules.numbered_name(wanted, number)) in taken:
        number += 1
    return rules.numbered_name(wanted, number)


def _hashed(token: SessionToken) -> str:
    return sha256(token.encode()).hexdigest()
