"""Which contracts an account has: adding, giving up, and letting others in."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts import letters, rules
from app.accounts.claims import Claims
from app.accounts.entrance import EVEN_SECONDS, evenly
from app.accounts.phone_codes import PhoneCodes
from app.accounts.records import (
    AccountId,
    AlreadyLinked,
    Claim,
    ClaimRefused,
    CodeSent,
    Delegate,
    Invitation,
    LastContract,
    Link,
    LinkGone,
    LinkToken,
    NotYours,
    Restricted,
    Right,
    SignedIn,
    TooManyTries,
    Visitor,
)
from app.accounts.registration import tell_holders
from app.accounts.shared import Shared, hashed, new_token
from app.accounts.store import contracts, people, sessions
from app.accounts.tries import Budget
from app.accounts.undoing import tell_owner
from app.audit.records import Action, Actor
from app.messages.outbox import Addressee, Purpose
from app.messages.texts import texts
from legacy_adapters.records import Contract, ContractCode

INVITATION_DAYS = 7


class Ownership:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._claims = Claims(shared)
        self._codes = PhoneCodes(shared)

    def list_links(self, account_id: AccountId) -> list[Link]:
        with self._shared.database.read() as connection:
            return contracts.list_links(connection, account_id)

    def find_right(
        self, connection: Connection, account_id: AccountId, code: ContractCode
    ) -> Right | None:
        return contracts.find_right(connection, account_id, code)

    def held_through(
        self, connection: Connection, account_id: AccountId, session_id: int, code: ContractCode
    ) -> bool:
        """Whether this session, which may have run out within the last day, was opened by who
        holds the contract now; not once somebody has ended it."""
        right = contracts.find_right(connection, account_id, code)
        return right is Right.HOLDER and sessions.is_known(connection, session_id, account_id)

    def find_restriction(self, signed_in: SignedIn) -> datetime | None:
        """Until when no contract can be added and nobody let in; None where they can."""
        try:
            self._shared.refuse_if_restricted(signed_in)
        except Restricted as error:
            return error.until
        return None

    # Adding a contract of one's own

    def add(self, signed_in: SignedIn, claim: Claim, visitor: Visitor) -> ContractCode | CodeSent:
        """The contract that was added; or a code to be typed first, where that is the proof.

        Raises: AlreadyLinked, ClaimRefused, Restricted, TooManyTries, TooBusy, BillingError.
        """
        shared, account = self._shared, signed_in.account
        shared.refuse_if_restricted(signed_in)
        self._refuse_if_linked(account.id, claim.contract_code)
        with evenly(EVEN_SECONDS), shared.entrance.enter():
            contract = self._check(claim, visitor, account.id)
            if shared.settings.ownership_proof == "phone_on_file":
                code, language = claim.contract_code, account.language
                return CodeSent(
                    token=self._codes.send(code, contract, language=language, account_id=account.id)
                )
        if contract is None:
            raise ClaimRefused
        return self._link(signed_in, contract.code, visitor)

    def _refuse_if_linked(self, account_id: AccountId, code: ContractCode) -> None:
        """A delegate sees what the other proofs ask for: only the holder's phone makes more of
        one. Raises: AlreadyLinked."""
        right = self._right(account_id, code)
        by_phone = self._shared.settings.ownership_proof == "phone_on_file"
        if right is Right.HOLDER or (right and not by_phone):
            raise AlreadyLinked

    def finish_adding(
        self, signed_in: SignedIn, token: LinkToken, code: str, visitor: Visitor
    ) -> ContractCode:
        """After the code was sent.

        Raises: ClaimRefused, Restricted, TooBusy.
        """
        self._shared.refuse_if_restricted(signed_in)
        with self._shared.entrance.enter():
            check = self._codes.use(token, code)
        if check.account_id != signed_in.account.id:
            raise ClaimRefused
        return self._link(signed_in, check.contract_code, visitor)

    def _check(self, claim: Claim, visitor: Visitor, account_id: AccountId) -> Contract | None:
        try:
            return self._claims.check(claim, visitor, account_id)
        except ClaimRefused:
            return None

    def _link(self, signed_in: SignedIn, code: ContractCode, visitor: Visitor) -> ContractCode:
        account, now = signed_in.account, self._shared.clock()
        with self._shared.change(signed_in, restricted=True) as connection:
            right = contracts.find_right(connection, account.id, code)
            if right is Right.HOLDER:
                return code  # the same form twice at once
            if right:
                contracts.raise_to_holder(connection, account.id, code, now)
            else:
                contracts.link_contracts(connection, account.id, [code], now)
            self._shared.tell_held(connection, [code])
            tell_holders(self._shared, connection, code, account)
            self._note(connection, Action.CONTRACT_ADDED, account.id, code, visitor)
        return code

    # Giving one up

    def remove(self, signed_in: SignedIn, code: ContractCode, visitor: Visitor) -> None:
        """Those whom this account let in lose it too.

        Raises: LastContract, NotYours, Restricted.
        """
        account_id = signed_in.account.id
        # The account is locked: of two removals at once one sees that only one contract is left.
        with self._shared.change(signed_in, restricted=True) as connection:
            if contracts.find_right(connection, account_id, code) is None:
                raise NotYours
            if contracts.count_contracts(connection, account_id) == 1:
                raise LastContract
            contracts.unlink_contract(connection, account_id, code)
            self._shared.tell_given_up(connection, [code])
            self._note(connection, Action.CONTRACT_REMOVED, account_id, code, visitor)

    # Letting others in

    def list_delegates(
        self, account_id: AccountId, code: ContractCode
    ) -> tuple[list[Delegate], list[Invitation]]:
        """Who is in, and who was asked."""
        with self._shared.database.read() as connection:
            return (
                contracts.list_delegates(connection, account_id, code),
                contracts.list_invitations(connection, account_id, code, self._shared.clock()),
            )

    def invite(
        self,
        signed_in: SignedIn,
        code: ContractCode,
        *,
        email: str,
        right: Right,
        visitor: Visitor,
    ) -> None:
        """Mails an invitation, whether or not the address has an account: nobody is told.

        Raises: NotYours, Restricted, TooManyTries.
        """
        shared, account, now = self._shared, signed_in.account, self._shared.clock()
        shared.refuse_if_restricted(signed_in)
        if self._right(account.id, code) is not Right.HOLDER or right is Right.HOLDER:
            raise NotYours
        budget = Budget(subject=f"invite {account.id}", limit=shared.settings.invitations_per_day)
        token, ends = new_token(), now + timedelta(days=INVITATION_DAYS)
        with shared.change(signed_in, restricted=True) as connection:
            if not shared.tries.spend(connection, budget, now):
                raise TooManyTries
            self._forget_invitations(connection, account.id, code, email)
            contracts.add_invitation(
                connection,
                {
                    "token_hash": hashed(token),
                    "account_id": account.id,
                    "contract_code": code,
                    "email": email,
                    "right": right,
                    "created_at": now,
                    "expires_at": ends,
                },
            )
            theirs = people.find_language(connection, rules.email_key(email))
            language = theirs or account.language
            _ = texts(language)
            what = letters.right_in_words(_, right)
            letter = letters.invited(
                _, account.user_name, code, what, shared.links.invitation(token)
            )
            to = Addressee(recipient=email, language=language)
            shared.outbox.post_mail(
                connection, letter, to, Purpose(kind="invitation", expires_at=ends)
            )
            self._note(connection, Action.INVITED, account.id, code, visitor, detail=right)

    def _forget_invitations(
        self, connection: Connection, account_id: AccountId, code: ContractCode, email: str
    ) -> None:
        """Only the newest to one address works: an older one must not let somebody in again
        whom the holder has put out."""
        now = self._shared.clock()
        for invitation in contracts.list_invitations(connection, account_id, code, now):
            if rules.email_key(invitation.email) == rules.email_key(email):
                contracts.delete_invitation(connection, account_id, code, invitation.id)

    def get_invitation(self, signed_in: SignedIn, token: LinkToken) -> Invitation:
        """Only for the account with the address it was sent to.

        Raises: LinkGone.
        """
        with self._shared.database.read() as connection:
            found = contracts.find_invitation(connection, hashed(token), self._shared.clock())
        if found is None or not _is_for(found, signed_in):
            raise LinkGone
        return found

    def accept(self, signed_in: SignedIn, token: LinkToken, visitor: Visitor) -> ContractCode:
        """Raises: AlreadyLinked, LinkGone, Restricted."""
        shared, account_id = self._shared, signed_in.account.id
        shared.refuse_if_restricted(signed_in)
        invitation = self.get_invitation(signed_in, token)
        code, now = invitation.contract_code, shared.clock()
        try:
            with shared.change(signed_in, restricted=True) as connection:
                if not contracts.delete_invitation(
                    connection, invitation.invited_by, code, invitation.id
                ):
                    raise LinkGone
                contracts.link_contracts(
                    connection,
                    account_id,
                    [code],
                    now,
                    right=invitation.right,
                    granted_by=invitation.invited_by,
                )
                self._tell_inviter(connection, invitation, signed_in)
                detail = f"{invitation.right} from account {invitation.invited_by}"
                self._note(
                    connection, Action.INVITATION_ACCEPTED, account_id, code, visitor, detail=detail
                )
        except IntegrityError as error:
            raise AlreadyLinked from error
        return code

    def _tell_inviter(
        self, connection: Connection, invitation: Invitation, signed_in: SignedIn
    ) -> None:
        inviter = people.get_account(connection, invitation.invited_by)
        letter = letters.invitation_accepted(
            texts(inviter.language),
            signed_in.account.user_name,
            invitation.contract_code,
            self._shared.links.delegates(invitation.contract_code),
        )
        tell_owner(self._shared, connection, inviter, letter, "invitation accepted")

    def take_back(
        self, signed_in: SignedIn, code: ContractCode, invitation_id: int, visitor: Visitor
    ) -> None:
        """Raises: NotYours."""
        with self._shared.database.write() as connection:
            account_id = signed_in.account.id
            if not contracts.delete_invitation(connection, account_id, code, invitation_id):
                raise NotYours
            self._note(connection, Action.INVITATION_TAKEN_BACK, account_id, code, visitor)

    def remove_delegate(
        self, signed_in: SignedIn, code: ContractCode, delegate: AccountId, visitor: Visitor
    ) -> None:
        """Raises: NotYours."""
        account_id = signed_in.account.id
        with self._shared.database.write() as connection:
            if not contracts.remove_delegate(connection, account_id, code, delegate):
                raise NotYours
            detail = f"account {delegate}"
            self._note(
                connection, Action.DELEGATE_REMOVED, account_id, code, visitor, detail=detail
            )

    def _right(self, account_id: AccountId, code: ContractCode) -> Right | None:
        with self._shared.database.read() as connection:
            return contracts.find_right(connection, account_id, code)

    def _note(
        self,
        connection: Connection,
        action: Action,
        account_id: AccountId,
        code: ContractCode,
        visitor: Visitor,
        *,
        detail: str = "",
    ) -> None:
        self._shared.audit.record(
            connection,
            action,
            actor=Actor.CUSTOMER,
            account_id=account_id,
            contract_code=code,
            address=visitor.address,
            detail=detail,
        )


def _is_for(invitation: Invitation, signed_in: SignedIn) -> bool:
    ours = rules.email_key(signed_in.account.email)
    not_from_us = invitation.invited_by != signed_in.account.id
    return not_from_us and rules.email_key(invitation.email) == ours
