"""What ./run does once its environment stands: prepares the databases and serves.

Exit codes: 2 settings, 3 the portal's database, 4 billing, 5 the port.
"""

import secrets
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.clock import today
from app.database import schema
from app.database.engine import DatabaseError
from app.demo import (
    PASSWORD,
    STAFF,
    STAFF_PASSWORD,
    USERS,
    add_demo_staff,
    add_demo_users,
    refuse_demo_users,
)
from app.factory import make_app
from app.gateways.cards.sandbox.bank import create_bank
from app.jobs.child import Child
from app.jobs.process import LEAVE_SECONDS, work_until_told
from app.processes import keep_private
from app.services import Services
from app.web.logs import init_logs
from app.wiring import wire
from config.addresses import EVERYWHERE
from config.demo import BANK_PATH, BANK_SECRET_FILE, PHONES_SECRET_FILE, demo_values
from config.loading import SettingsError, Values, demo_names_left, load_settings
from config.settings import SECRET_KEY_FILE, Settings
from legacy_adapters.demo.generator import (
    UTILITY_NIPT,
    DemoNotMade,
    DemoSize,
    describe,
    make_demo,
    read_description,
)
from legacy_adapters.errors import BillingError, MappingError

BAD_SETTINGS, BAD_DATABASE, BAD_BILLING, BAD_PORT = 2, 3, 4, 5
# For a plain local address; whatever is set anywhere goes before them.
LOCAL: Values = {"web": {"https": False}, "log": {"format": "text"}}
DEMO: Values = {
    **LOCAL,
    "utility": {"nipt": UTILITY_NIPT, "address": "Rruga e Dritës 1, Tiranë"},
}
BANK_FILE = "demo-bank.sqlite3"
NO_KEY = "no key has been chosen for this portal yet"


def main() -> None:
    keep_private()
    settings = read_settings()
    check_port(settings)
    if settings.uses_demo_billing:
        prepare_demo_billing(settings)
    prepare_databases(settings)
    LocalServer(settings).run()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def stop(code: int, *lines: str) -> NoReturn:
    print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
    sys.exit(code)


def read_settings() -> Settings:
    """With a key of the data folder's own where none is set, and marked as a demo if it is."""
    try:
        found = load_settings({**LOCAL, "portal": {"secret_key": NO_KEY}})
        if found.portal.secret_key.get_secret_value() == NO_KEY:
            make_secret(found.portal.data_dir / SECRET_KEY_FILE)
        if not found.uses_demo_billing:
            return load_settings(LOCAL)
        make_secret(found.portal.data_dir / BANK_SECRET_FILE)
        make_secret(found.portal.data_dir / PHONES_SECRET_FILE)
        return load_settings({**DEMO, **demo_values(found)})
    except SettingsError as error:
        stop(BAD_SETTINGS, "The settings cannot be used:", str(error))
    except OSError as error:
        told = f"{error.filename}: {error.strerror}."
        stop(BAD_SETTINGS, "The data folder cannot be written:", told, "Check SELFCARE_DATA_DIR.")


def make_secret(file: Path) -> None:
    """Whole or not at all: half a key would stop every later start."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(secrets.token_hex(32), encoding="ascii")
    unfinished.replace(file)


def check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.portal.host, settings.portal.port))
        except OSError as error:
            stop(
                BAD_PORT,
                f"Port {settings.portal.port} cannot be used: {error.strerror}.",
                "Choose another: SELFCARE_PORT=8001 ./run",
            )


def prepare_demo_billing(settings: Settings) -> None:
    """Made when it is missing, of an older version, or not up to today."""
    found = read_description(settings.demo_billing_file)
    default = DemoSize()
    size = DemoSize(
        contracts=int(found.get("DEMO_CONTRACTS", default.contracts)),
        seed=int(found.get("DEMO_SEED", default.seed)),
        months=int(found.get("DEMO_MONTHS", default.months)),
    )
    if found != describe(size, today()):
        say("Making the demo billing database, up to today ...")
        try:
            make_demo(settings.demo_billing_file, size=size, today=today(), tell=say)
        except DemoNotMade as error:
            stop(BAD_BILLING, "The demo's billing database cannot be made:", str(error))


def prepare_databases(settings: Settings) -> None:
    try:
        services = wire(settings)
        if not schema.is_current(services.database):
            say("Preparing the portal's database ...")
            schema.upgrade(services.database)
        refuse_demo_users(services)
        check_billing(settings, services)
        if settings.uses_demo_billing:
            add_demo_users(services.registration)
            add_demo_staff(services.members)
        services.billing.close()
        services.database.close()
    except DatabaseError as error:
        stop(
            BAD_DATABASE,
            "The portal's database cannot be used:",
            str(error),
            "Check SELFCARE_DATABASE_URL.",
        )
    except MappingError as error:
        stop(
            BAD_BILLING,
            "The billing database cannot be read as the mapping says:",
            str(error),
            "Check SELFCARE_BILLING_URL and SELFCARE_BILLING_MAPPING; see docs/mapping.md.",
        )


def check_billing(settings: Settings, services: Services) -> None:
    try:
        services.billing.verify()
    except MappingError:
        raise
    except BillingError as error:
        stop(
            BAD_BILLING,
            "The billing database does not answer:",
            str(error),
            "Check SELFCARE_BILLING_URL and that the database is there.",
        )


class LocalServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with the portal's own settings instead of its command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        portal = self.settings.portal
        options = {
            "bind": f"{portal.host}:{portal.port}",
            "workers": portal.workers,
            "worker_class": "gthread",
            "threads": 16,
            "loglevel": "warning",
            "graceful_timeout": 5,
            "control_socket_disable": True,
            "when_ready": self._announce,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        LocalArbiter(self).run()

    def work(self, parent: int) -> None:
        """What the job process does."""
        # Mail goes out whatever billing's state.
        work_until_told(wire(self.settings, for_command=True).jobs, parent=parent)

    def load(self) -> Any:
        portal = make_app(self.settings, wire(self.settings))
        if not self.settings.uses_demo_billing or self.settings.payments.gateway != "sandbox":
            return portal
        secret = self.settings.sandbox.secret.get_secret_value()
        bank = create_bank(self.settings.portal.data_dir / BANK_FILE, secret)
        return DispatcherMiddleware(portal, {BANK_PATH: bank})

    def _announce(self, _server: Any) -> None:
        portal, address = self.settings.portal, self.settings.public_address
        here = "127.0.0.1" if portal.host in EVERYWHERE else portal.host
        say(f"\n  {self.settings.utility.name} is ready: http://{here}:{portal.port}/")
        if portal.host in EVERYWHERE:
            say(f"  For others in its network, and in links: {address}/")
            say("  If that is another network's, say which: SELFCARE_WEB_ADDRESS")
        if demo_names_left(self.settings):
            say("  Its papers bear the demo's name: see [utility] in docs/settings.md")
        if self.settings.uses_demo_billing:
            say(f"\n  Sign in as one of these, with the password {PASSWORD}:")
            for user in USERS:
                say(f"    {user.name:15} {user.about}")
            say(f"\n  Staff sign in at /staff/login, with the password {STAFF_PASSWORD}")
            names = ", ".join(member.name for member in STAFF)
            say(f"  and the code that the page shows: {names}.")
        say("\n  Stop with Ctrl-C. README.md says where to go next.\n")


class LocalArbiter(Arbiter):  # type: ignore[misc]
    """Keeps the job process beside the web's."""

    def __init__(self, server: LocalServer) -> None:
        init_logs(server.settings.log)
        self.job_process = Child(partial(self._work, server))
        super().__init__(server)

    def _work(self, server: LocalServer, parent: int) -> None:
        for listener in self.LISTENERS:
            listener.sock.close()  # the port is the web's
        server.work(parent)

    def manage_workers(self) -> None:
        super().manage_workers()
        self.job_process.keep()

    def stop(self, graceful: bool = True) -> None:
        self.job_process.tell_to_stop()
        super().stop(graceful)
        self.job_process.wait(LEAVE_SECONDS + 1)


if __name__ == "__main__":
    main()
