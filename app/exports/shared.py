"""What all export services work with."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

from sqlalchemy import Connection

from app.accounts.labels import Labels
from app.accounts.records import AccountId
from app.accounts.telling import Telling
from app.accounts.tries import Tries
from app.audit.service import Audit
from app.database.engine import Database
from app.exports import rules
from app.exports.making import Making
from app.exports.records import Named, Scope
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import Storage, StorageKey
from app.processes import is_alive, process_name
from config.exports import ExportSettings


@dataclass(frozen=True, kw_only=True)
class Shared:
    """folder: where files are written while they are made, on this machine. address: the
    portal's, without a slash at its end."""

    database: Database
    settings: ExportSettings
    making: Making
    storage: Storage
    labels: Labels
    telling: Telling
    audit: Audit
    tries: Tries
    address: str
    folder: Path
    clock: Callable[[], datetime]

    def list_contracts(self, connection: Connection, account_id: int, scope: Scope) -> list[Named]:
        """Those of the scope that the account has at this moment."""
        found = self.labels.list_of(connection, AccountId(account_id))
        every = (
            Named(code=code, name=label.name, group=label.group) for code, label in found.items()
        )
        return rules.within(scope, every)

    def remove(self, keys: list[StorageKey]) -> None:
        """Files that no row names any more. A storage that is away is not waited for once more
        for each: what is left is swept away later."""
        with suppress(GatewayUnavailable):
            for key in keys:
                self.storage.delete(key)

    @contextmanager
    def working_folder(self) -> Iterator[Path]:
        """A new one, gone with all that is in it at the end. Raises: OSError."""
        own = self.folder / quote(process_name(), safe="")
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=own, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def sweep_folder(self) -> None:
        """What processes of this machine have left there that died over their work."""
        if not self.folder.is_dir():
            return
        for left in self.folder.iterdir():
            if not is_alive(unquote(left.name)):
                shutil.rmtree(left, ignore_errors=True)
