"""A town whose people want to hear of their bills, over a billing that a test changes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import Any

from sqlalchemy import insert, select

from app.accounts.phones import Phones
from app.accounts.preferences import CONTRACT_PREFERENCES
from app.accounts.records import Applicant, Right, SignedIn
from app.accounts.store.contracts import link_contracts
from app.clock import HOME as ZONE
from app.clock import now
from app.contracts.service import ContractService
from app.database.engine import Database
from app.invoices.service import InvoiceService
from app.messages.store import message
from app.notifications.addresses import NotificationAddresses
from app.notifications.answering import Answering
from app.notifications.composing import Composer
from app.notifications.figures import Figures
from app.notifications.finding import Finder
from app.notifications.store.told import forget_of
from app.payments.store.tables import payment_hold, payment_order
from app.wiring import wire
from config.notifications import NotificationSettings, PhoneSettings
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, Accounts, Clock
from tests.conftest import make_settings

EVERYTHING = frozenset(CONTRACT_PREFERENCES)
ALL_MAIL = frozenset(name for name in EVERYTHING if name.endswith("email"))
ADDRESS = "https://portal.example"
SECRET = "a secret of the gateways"
CODE, OTHER = "AL0000004", "AL0000001"
NEW_INVOICE = frozenset({"invoice_by_email", "invoice_by_sms"})


class Town:
    def __init__(
        self, database: Database, folder: Path, demo_file: Path, clock: Clock, **settings: Any
    ) -> None:
        self.file = folder / "town-billing.sqlite3"
        copy(demo_file, self.file)
        clock.now = now()
        self.database, self.clock = database, clock
        made = make_settings(
            folder,
            database={"url": database.url.render_as_string(hide_password=False)},
            billing={"url": f"sqlite:///{self.file}"},
            web={"address": ADDRESS},
        )
        self.services = wire(made)
        self.billing: Billing = self.services.billing
        self.accounts = Accounts(database, self.billing, clock)
        self.is_paying_on = True
        self.settings = settings
        self.phone_settings = PhoneSettings(secret=SECRET, short_code="5055")
        self.phones = Phones(self.accounts.shared, self.phone_settings)
        self.accounts.shared.when_closed.append(forget_of)

    def close(self) -> None:
        self.services.jobs.close()
        self.services.last_known.close()
        self.services.billing.close()
        self.services.database.close()

    @property
    def today(self) -> date:
        return self.clock.now.astimezone(ZONE).date()

    def finder(self, billing: Billing | None = None, *, short_code: str = "5055") -> Finder:
        return Finder(
            database=self.database,
            billing=billing or self.billing,
            settings=NotificationSettings(**self.settings),
            composer=Composer(
                preferences=self.accounts.preferences,
                pay_links=self.services.payments.links,
                is_paying_on=lambda: self.is_paying_on,
                addresses=NotificationAddresses(ADDRESS),
                short_code=short_code,
            ),
            outbox=self.accounts.shared.outbox,
            own_source="PORTALI",
            clock=self.clock,
            today=lambda: self.today,
        )

    def answering(self, **phones: Any) -> Answering:
        own = {"secret": SECRET, "short_code": "5055", **phones}
        known = self.services.last_known
        contracts = ContractService(
            billing=self.billing, last_known=known, today=lambda: self.today
        )
        invoices = InvoiceService(billing=self.billing, last_known=known, today=lambda: self.today)
        return Answering(
            database=self.database,
            settings=PhoneSettings(**own),
            phones=self.phones,
            preferences=self.accounts.preferences,
            ownership=self.accounts.ownership,
            figures=Figures(
                contracts=contracts,
                invoices=invoices,
                list_under_way=lambda codes: self.services.payments.ordering.list_under_way(
                    codes, None
                ),
            ),
            addresses=NotificationAddresses(ADDRESS),
            clock=self.clock,
        )

    def settle(
        self,
        name: str,
        *codes: str,
        wants: frozenset[str] = EVERYTHING,
        language: str = "sq",
        is_confirmed: bool = True,
    ) -> SignedIn:
        """An account with these contracts."""
        number = sum(name.encode())
        applicant = Applicant(
            contract_code=ContractCode(codes[0]),
            user_name=name,
            password="dritare77",
            phone=f"+35569{number:07}",
            email=f"{name.lower().replace(' ', '.')}@example.org",
            language=language,
        )
        some = [ContractCode(code) for code in codes]
        add = self.accounts.registration.add_account
        account = add(applicant, some, is_confirmed=is_confirmed)
        welcome = self.accounts.open_session(account, HOME)
        me = self.accounts.find_signed_in(welcome.token, all_contracts=True)
        assert me is not None
        self.accounts.preferences.set_all(me, wants, HOME)
        return me

    def let_in(self, me: SignedIn, code: str, right: Right) -> None:
        with self.database.write() as connection:
            link_contracts(
                connection,
                me.account.id,
                [ContractCode(code)],
                self.clock.now,
                right=right,
                granted_by=me.account.id,
            )

    # Billing

    def execute(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def issue(
        self,
        code: str,
        number: str,
        *,
        issued: int = 0,
        due: int = 20,
        status: str = "H",
        net: float = 1000,
    ) -> None:
        """Days from today. 1,000 without VAT is 1,300 with it and the TV fee."""
        self.execute(
            "INSERT INTO FATURE (FAT_ID, FAT_NR, KTR_ID, VIT, MUAJ, DT_LESHIM, DT_AFAT, KWH,"
            " VL_NETO, VL_TVSH, TKS_TV, KAMATE, VL_PAGUAR, STATUS)"
            " SELECT 90000000 + CAST(? AS INTEGER), ?, KTR_ID, 2026, 10, ?, ?, 100, ?, ?, 100, 0,"
            " ?, ? FROM KONTRATE WHERE KTR_KOD = ?",
            number,
            number,
            (self.today + timedelta(days=issued)).isoformat(),
            (self.today + timedelta(days=due)).isoformat(),
            net,
            net / 5,
            net * 1.2 + 100 if status == "P" else 0,
            status,
            code,
        )

    def hold(self, code: str, number: str, amount: Decimal) -> None:
        """As if it were in a payment that somebody has begun."""
        now = self.clock.now
        order = {
            "reference": f"TEST{number:0>22}",
            **dict.fromkeys(("account_id", "link_id")),
            "gateway": "bank",
            "language": "sq",
            "amount": amount,
            "currency": "ALL",
            "state": "paid",
            "asks": 0,
            **dict.fromkeys(("bank_reference", "captured_currency", "transaction"), ""),
            **dict.fromkeys(("state_at", "created_at", "expires_at", "next_ask_at"), now),
        }
        held = {"contract_code": code, "invoice_number": number, "amount": amount}
        with self.database.write() as connection:
            made = connection.execute(
                insert(payment_order).values(order).returning(payment_order.c.id)
            )
            connection.execute(insert(payment_hold).values(order_id=made.scalar_one(), **held))

    def pay(self, code: str, amount: float, *, days: int = 0, channel: str = "") -> None:
        self.execute(
            "INSERT INTO PAGESE (PAG_ID, KTR_ID, DT_PAG, VLERA, MEN_KOD, KAN_KOD, STORNO)"
            " SELECT (SELECT MAX(PAG_ID) + 1 FROM PAGESE), KTR_ID, ?, ?, 'C', ?, 'J'"
            " FROM KONTRATE WHERE KTR_KOD = ?",
            (self.today + timedelta(days=days)).isoformat(),
            amount,
            channel,
            code,
        )

    def quiet(self, code: str) -> None:
        """Nothing is owed of this contract, and nothing new is there."""
        self.execute(
            "UPDATE FATURE SET STATUS = 'P', DT_LESHIM = date(DT_LESHIM, '-1 year')"
            " WHERE KTR_ID = (SELECT KTR_ID FROM KONTRATE WHERE KTR_KOD = ?)",
            code,
        )
        self.execute(
            "UPDATE PAGESE SET DT_PAG = date(DT_PAG, '-1 year')"
            " WHERE KTR_ID = (SELECT KTR_ID FROM KONTRATE WHERE KTR_KOD = ?)",
            code,
        )

    # What was told

    def told(self, wanted: Callable[[Any], bool] = lambda _row: True) -> list[Any]:
        with self.database.read() as connection:
            rows = connection.execute(select(message).order_by(message.c.id)).all()
        return [row for row in rows if row.is_bulk and wanted(row)]

    def kinds(self) -> list[tuple[str, str, str]]:
        """Channel, kind, recipient of each."""
        return sorted((row.channel, row.kind, row.recipient) for row in self.told())
