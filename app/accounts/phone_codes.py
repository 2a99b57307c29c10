"""The proof by a code sent to the phone that billing has of a contract's holder."""

from datetime import timedelta
from typing import Any

from app.accounts import letters, rules
from app.accounts.claims import phone_on_file
from app.accounts.passwords import hash_password, verify_password
from app.accounts.records import AccountId, ClaimRefused, LinkToken
from app.accounts.shared import Shared, hashed, new_token
from app.accounts.store import recovery
from app.accounts.store.recovery import Check
from app.messages.outbox import Addressee, Purpose
from app.messages.texts import texts
from legacy_adapters.records import Contract, ContractCode

MINUTES = 15
TRIES = 5


class PhoneCodes:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def send(
        self,
        code: ContractCode,
        contract: Contract | None,
        *,
        language: str,
        account_id: AccountId | None = None,
        applicant: dict[str, Any] | None = None,
    ) -> LinkToken:
        """contract: None when the claim was wrong; then nothing is sent, and nobody can tell.
        applicant: what to go on with once the code is right."""
        shared, token, secret = self._shared, new_token(), rules.one_time_code()
        phone = self._find_phone(contract) if contract else None
        code_hash = shared.entrance.hash(lambda: hash_password(secret))
        check = Check(
            token_hash=hashed(token),
            account_id=account_id,
            contract_code=code,
            applicant=applicant or {},
            code_hash=code_hash,
            is_right=phone is not None,
        )
        now = shared.clock()
        ends = now + timedelta(minutes=MINUTES)
        with shared.database.write() as connection:
            recovery.add_check(connection, check, tries=TRIES, created_at=now, expires_at=ends)
            if phone:
                shared.outbox.post_sms(
                    connection,
                    letters.code_sms(texts(language), secret, MINUTES),
                    Addressee(recipient=phone, language=language, account_id=account_id),
                    Purpose(kind="contract code", expires_at=ends),
                )
        return token

    def _find_phone(self, contract: Contract) -> str | None:
        """That billing has, where SMS are sent there: nobody makes us pay for dear numbers."""
        phone = phone_on_file(contract)
        return phone if phone and self._shared.is_served(phone) else None

    def use(self, token: LinkToken, typed: str) -> Check:
        """Raises: ClaimRefused, for a wrong code, too many tries, and a claim that was wrong."""
        shared = self._shared
        with shared.database.write() as connection:
            check = recovery.spend_check(connection, hashed(token), shared.clock())
        if check is None:
            raise ClaimRefused
        found = check
        is_right = shared.entrance.hash(lambda: verify_password(found.code_hash, typed[:20]))
        if not is_right or not check.is_right:
            raise ClaimRefused
        with shared.database.write() as connection:
            if not recovery.forget_check(connection, check.token_hash):
                raise ClaimRefused
        return check
