"""What an account calls its contracts, and how it groups them: for who has hundreds."""

from collections.abc import Mapping

from sqlalchemy import Connection

from app.accounts.records import AccountId, Label, SignedIn
from app.accounts.shared import Shared
from app.accounts.store import contracts, people
from legacy_adapters.records import ContractCode

LONGEST_NAME, LONGEST_GROUP = 60, 40


class Labels:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def list_of(self, connection: Connection, account_id: AccountId) -> dict[ContractCode, Label]:
        """Of all its contracts at this moment, by number, also those without a name."""
        return contracts.list_labels(connection, account_id)

    def owner(self, connection: Connection, account_id: AccountId) -> str:
        """The account's user name."""
        return people.get_account(connection, account_id).user_name

    def put(self, signed_in: SignedIn, labels: Mapping[ContractCode, Label]) -> int:
        """Returns how many changed; those of contracts that it no longer has are left out."""
        account_id, changed = signed_in.account.id, 0
        with self._shared.change(signed_in) as connection:
            before = contracts.list_labels(connection, account_id)
            for code, label in labels.items():
                if code in before and before[code] != label:
                    contracts.put_label(connection, account_id, code, label)
                    changed += 1
        return changed
