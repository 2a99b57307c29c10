"""What an account wants to hear of, by which channel, of all its contracts or of one; and how
one likes to pay."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from app.accounts import rules
from app.accounts.records import AccountId, LinkGone, LinkToken, SignedIn, SwitchOff, Visitor
from app.accounts.shared import Shared, hashed
from app.accounts.store import choices, contracts, people
from app.accounts.store.choices import Since
from app.accounts.store.tables import switch_off_link
from app.audit.records import Action, Actor
from app.clock import HOME
from app.codes import new_code
from app.database.clearing import delete_all
from legacy_adapters.records import ContractCode

# What is told, and by which channel; used by what tells it.
OF_CONTRACTS = ("invoice", "reminder", "payment")
NOTIFICATIONS = (*OF_CONTRACTS, "case")
CHANNELS = ("email", "sms")
PAYING = ("select_all", "receipt_by_email")


def preference(what: str, channel: str) -> str:
    return f"{what}_by_{channel}"


def _all(notifications: Sequence[str]) -> list[str]:
    return [preference(what, channel) for what in notifications for channel in CHANNELS]


CONTRACT_PREFERENCES = frozenset(_all(OF_CONTRACTS))
TOLD = frozenset([*_all(NOTIFICATIONS), "receipt_by_email"])
PREFERENCES = frozenset([*_all(NOTIFICATIONS), *PAYING])
BY_SMS = frozenset(name for name in PREFERENCES if name.endswith("_by_sms"))
LINK_DAYS = 400  # for who looks for a way out in last year's mail


class Preferences:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def set_all(self, signed_in: SignedIn, chosen: frozenset[str], visitor: Visitor) -> None:
        """Of all contracts that have no choice of their own. chosen: of PREFERENCES; what is not
        in it is off."""
        account_id = signed_in.account.id
        with self._shared.database.write() as connection:
            contracts.lock_account(connection, account_id)
            before = people.get_profile(connection, account_id, self._shared.clock())
            since = rules.since_when(chosen & PREFERENCES, before.preferences_since, self._today())
            self._put(connection, account_id, since)
            self._note(connection, account_id, Actor.CUSTOMER, address=visitor.address)

    def find_of_contract(self, account_id: AccountId, code: ContractCode) -> frozenset[str] | None:
        """None: as of the others."""
        with self._shared.database.read() as connection:
            found = choices.find_of_contract(connection, account_id, code)
        return None if found is None else frozenset(found)

    def list_of_contracts(self, account_id: AccountId) -> list[ContractCode]:
        """Those with a choice of their own."""
        with self._shared.database.read() as connection:
            return list(choices.list_of(connection, account_id))

    def set_of_contract(
        self,
        signed_in: SignedIn,
        code: ContractCode,
        chosen: frozenset[str] | None,
        visitor: Visitor,
    ) -> None:
        """chosen: of CONTRACT_PREFERENCES; None: as of the others. Nothing, where the account no
        longer has the contract."""
        account_id = signed_in.account.id
        with self._shared.database.write() as connection:
            contracts.lock_account(connection, account_id)
            if contracts.find_right(connection, account_id, code) is None:
                return
            since = None
            if chosen is not None:
                wanted = chosen & CONTRACT_PREFERENCES
                before = self._since(connection, account_id, code)
                since = rules.since_when(wanted, before, self._today())
            choices.put_of_contract(connection, account_id, code, since)
            self._note(connection, account_id, Actor.CUSTOMER, address=visitor.address, code=code)

    # Links that end it

    def make_link(
        self,
        connection: Connection,
        account_id: AccountId,
        name: str,
        code: ContractCode | None = None,
    ) -> str:
        """The address that ends this preference, for one message; in the caller's transaction."""
        link = SwitchOff(account_id=account_id, contract_code=code, preference=name)
        return self.make_links(connection, [link])[0]

    def make_links(self, connection: Connection, links: Sequence[SwitchOff]) -> list[str]:
        """In one statement."""
        tokens = [new_code() for _ in links]
        if links:
            ends = self._shared.clock() + timedelta(days=LINK_DAYS)
            hashes = [hashed(token) for token in tokens]
            choices.add_links(connection, list(zip(hashes, links, strict=True)), ends)
        return [self._shared.links.switch_off(LinkToken(token)) for token in tokens]

    def find_link(self, token: LinkToken) -> SwitchOff:
        """Raises: LinkGone."""
        with self._shared.database.read() as connection:
            found = choices.find_link(connection, hashed(token), self._shared.clock())
        if found is None:
            raise LinkGone
        return found

    def use_link(self, token: LinkToken, *, everything: bool) -> SwitchOff:
        """Ends what the link is for, or all that is told by this channel. Raises: LinkGone."""
        link = self.find_link(token)
        with self._shared.database.write() as connection:
            if everything:
                channel = link.preference.rpartition("_by_")[2]
                names = frozenset(n for n in TOLD if n.endswith(f"_by_{channel}"))
                self.switch_off(connection, link.account_id, names, actor=Actor.CUSTOMER)
            elif link.contract_code is None:
                names = frozenset([link.preference])
                self.switch_off(connection, link.account_id, names, actor=Actor.CUSTOMER)
            else:
                self._switch_off_of_contract(connection, link)
        return link

    def _switch_off_of_contract(self, connection: Connection, link: SwitchOff) -> None:
        account_id, code = link.account_id, link.contract_code
        contracts.lock_account(connection, account_id)
        if code is None or contracts.find_right(connection, account_id, code) is None:
            return
        since = self._since(connection, account_id, code)
        if since.pop(link.preference, None) is not None:
            choices.put_of_contract(connection, account_id, code, since)
            self._note(connection, account_id, Actor.CUSTOMER, code=code)

    def switch_off(
        self, connection: Connection, account_id: AccountId, names: frozenset[str], *, actor: Actor
    ) -> bool:
        """Of all contracts, also those with a choice of their own; in the caller's transaction.
        False when all of it was off."""
        contracts.lock_account(connection, account_id)
        profile = people.get_profile(connection, account_id, self._shared.clock())
        is_changed = bool(profile.preferences & names)
        if is_changed:
            kept = {n: d for n, d in profile.preferences_since.items() if n not in names}
            self._put(connection, account_id, kept)
        for code, since in choices.list_of(connection, account_id).items():
            left = {name: day for name, day in since.items() if name not in names}
            if left != since:
                choices.put_of_contract(connection, account_id, code, left)
                is_changed = True
        if is_changed:
            self._note(connection, account_id, actor)
        return is_changed

    def is_wanted(
        self, account_id: AccountId, name: str, code: ContractCode | None, recipient: str
    ) -> bool:
        """Whether this may still be told there: it may have waited for hours since it was written,
        and the address, the contract or the choice may be another's or gone."""
        with self._shared.database.read() as connection:
            if choices.find_enabled(connection, account_id, name, recipient) is None:
                return False
            if code is None or name not in CONTRACT_PREFERENCES:
                profile = people.get_profile(connection, account_id, self._shared.clock())
                return name in profile.preferences
            is_linked = contracts.find_right(connection, account_id, code) is not None
            return is_linked and name in self._since(connection, account_id, code)

    def forget_old_links(self) -> None:
        expired = switch_off_link.c.expires_at <= self._shared.clock()
        delete_all(self._shared.database, switch_off_link, expired)

    def _since(self, connection: Connection, account_id: AccountId, code: ContractCode) -> Since:
        """What is on for this contract now, by its own choice or with the others."""
        own = choices.find_of_contract(connection, account_id, code)
        if own is not None:
            return own
        profile = people.get_profile(connection, account_id, self._shared.clock())
        since = profile.preferences_since
        return {name: since[name] for name in CONTRACT_PREFERENCES & since.keys()}

    @staticmethod
    def _put(connection: Connection, account_id: AccountId, since: Since) -> None:
        people.update_account(
            connection, account_id, preferences=sorted(since), preferences_since=since
        )

    def _today(self) -> date:
        return self._shared.clock().astimezone(HOME).date()

    def _note(
        self,
        connection: Connection,
        account_id: AccountId,
        actor: Actor,
        *,
        address: str = "",
        code: ContractCode | None = None,
    ) -> None:
        self._shared.audit.record(
            connection,
            Action.PREFERENCES_CHANGED,
            actor=actor,
            account_id=account_id,
            contract_code=code,
            address=address,
        )
