"""What somebody owes and uses, in the words of an SMS: the figures that the pages show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.accounts.records import Account
from app.contracts.service import ContractService, Owing, OwingContract
from app.formats import Formats
from app.invoices.service import InvoiceService
from app.messages import brief
from app.payments.records import UnderWay
from legacy_adapters.records import NO_MONEY, ContractCode

Translate = Callable[[str], str]
CONSUMPTION_AT_MOST = 3  # contracts whose consumption is told at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks, in the words and formats of their language."""

    account: Account
    translate: Translate
    formats: Formats
    codes: tuple[ContractCode, ...]


class Figures:
    def __init__(
        self,
        *,
        contracts: ContractService,
        invoices: InvoiceService,
        list_under_way: Callable[[Sequence[ContractCode]], Sequence[UnderWay]],
    ) -> None:
        """list_under_way: what of these contracts is in a payment now."""
        self._contracts = contracts
        self._invoices = invoices
        self._list_under_way = list_under_way

    def list_owing(self, asker: Asker) -> Owing:
        """Raises: BillingError."""
        return self._contracts.list_owing(asker.codes)

    def owed(self, asker: Asker, codes: Sequence[ContractCode]) -> str:
        owing = self._contracts.list_owing(codes)
        as_of = _as_of(asker, owing.as_of)
        _ = asker.translate
        if not owing.contracts:
            if len(codes) == 1:
                nothing = _("%(code)s owes nothing.") % {"code": codes[0]}
            else:
                nothing = _("Nothing is owed.")
            return brief.joined(nothing, as_of)
        paid = self._in_payment(asker, [one.code for one in owing.contracts])
        if len(codes) == 1:
            return brief.joined(self._of_one(asker, owing.contracts[0]), paid, as_of)
        each = [f"{one.code} {asker.formats.amount(one.debt.total)}" for one in owing.contracts]
        text = brief.joined(self.total(asker, owing), paid, as_of)
        return brief.listed(text, each)

    def _in_payment(self, asker: Asker, codes: Sequence[ContractCode]) -> str:
        """Else it would be paid once more elsewhere."""
        amount = sum((one.amount for one in self._list_under_way(codes)), NO_MONEY)
        _ = asker.translate
        told = _("Of it in a payment already: %(amount)s.")
        return told % {"amount": asker.formats.money(amount)} if amount else ""

    @staticmethod
    def total(asker: Asker, owing: Owing) -> str:
        _ = asker.translate
        told = _("Owed: %(amount)s, contracts: %(count)s.")
        amount = asker.formats.money(owing.total)
        return told % {"amount": amount, "count": len(owing.contracts)}

    @staticmethod
    def _of_one(asker: Asker, owing: OwingContract) -> str:
        _, debt = asker.translate, owing.debt
        values = {
            "code": owing.code,
            "amount": asker.formats.money(debt.total),
            "count": debt.invoices,
            "day": asker.formats.date(debt.earliest_due),
        }
        if debt.earliest_due is None:
            return _("%(code)s owes %(amount)s, invoices: %(count)s.") % values
        if owing.is_overdue:
            told = _("%(code)s owes %(amount)s, invoices: %(count)s, since %(day)s.")
        else:
            told = _("%(code)s owes %(amount)s, invoices: %(count)s, to pay by %(day)s.")
        return told % values

    def consumption(self, asker: Asker, codes: Sequence[ContractCode]) -> str:
        if len(codes) > CONSUMPTION_AT_MOST:
            return self._too_many(asker)
        return " ".join(self._consumption_of(asker, code, len(codes)) for code in codes)

    def _consumption_of(self, asker: Asker, code: ContractCode, among: int) -> str:
        """The newest months that the chart shows."""
        _, told = asker.translate, self._invoices.list_recent(code)
        found = self._invoices.get_consumption(told.answer)
        if found is None:
            return _("%(code)s: nothing was billed yet.") % {"code": code}
        known = [month for month in reversed(found.months) if month.units is not None]
        months = [
            f"{asker.formats.period(month.period)} {asker.formats.number(month.units)} kWh"
            for month in known[: 3 if among == 1 else 1]
        ]
        return brief.joined(f"{code}: {', '.join(months)}.", _as_of(asker, told.as_of))

    @staticmethod
    def _too_many(asker: Asker) -> str:
        _ = asker.translate
        return _("You have many contracts. Text 1 and the contract’s number, such as 1 AL0000000.")


def _as_of(asker: Asker, moment: datetime | None) -> str:
    if moment is None:
        return ""
    _ = asker.translate
    return _("(As of %(moment)s.)") % {"moment": asker.formats.moment(moment)}
