"""One suite over every way in: the demo's schema and one that differs in everything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.clock import today
from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.demo.generator import (
    AGRON_HOXHA,
    ELBASAN_MARKET,
    FIRST_GENERATED,
    MANUAL_CODE,
    VERA_LEKA,
    contract_code,
)
from legacy_adapters.errors import BillingUnavailable, ContractNotFound, InvoiceNotFound
from legacy_adapters.port import Billing
from legacy_adapters.records import Contract, ContractCode, InvoiceNumber, Period
from tests.billing_schemas.questions import answers
from tests.billing_schemas.wide.make import code_in_wide
from tests.conftest import DEMO_MAPPING, BillingOn

LONG_AGO = date(2000, 1, 1)
CODES = [
    ContractCode(code)
    for code in (
        MANUAL_CODE,
        *AGRON_HOXHA.codes,
        *VERA_LEKA.codes,
        *ELBASAN_MARKET.codes[:20],
        *(contract_code(FIRST_GENERATED + i) for i in range(60)),
    )
]


class Way:
    """A billing and how it spells the demo's codes."""

    def __init__(self, billing: Billing, spell: Any) -> None:
        self.billing = billing
        self.spell = spell

    def code(self, code: str) -> ContractCode:
        return ContractCode(self.spell(code))


ENGINES = ["sqlite", "postgresql", "oracle-12.1", "oracle-19"]
SPELLING: dict[str, Callable[[str], str]] = {"demo": str, "wide": code_in_wide}


@pytest.fixture(
    params=[(schema, engine) for engine in ENGINES for schema in SPELLING], ids="-".join
)
def way(request: pytest.FixtureRequest, billing_on: BillingOn) -> Way:
    schema, engine = request.param
    return Way(billing_on(schema, engine), SPELLING[schema])


def test_manual_contract(way: Way) -> None:
    info = way.billing.get_contract_info(way.code(MANUAL_CODE))
    assert info.contract.subscriber == "EMER MBIEMER"
    assert info.contract.address == "BULEVARDI GJERGJ FISHTA"
    assert info.contract.phone == ""
    assert (info.region, info.instance, info.zone, info.category) == (
        *("TIRANA", "TIRANA"),
        *("AL1", "FAMILJARE"),
    )
    assert (info.connected_on, info.phases) == (date(2023, 7, 22), "1")
    assert info.connected_power == info.contracted_power == Decimal(5)


def test_manual_statement(way: Way) -> None:
    statement = way.billing.get_statement(way.code(MANUAL_CODE))
    (invoice,) = statement.open_invoices
    assert invoice.number == "123456789"
    assert invoice.period == Period(2024, 1)
    assert (invoice.principal, invoice.tv_fee) == (Decimal("456.00"), Decimal("100.00"))
    assert (invoice.interest, invoice.outstanding) == (Decimal("0.00"), Decimal("556.00"))
    assert invoice.paid == 0


def test_newest_rows_come_even_when_they_are_old(way: Way) -> None:
    code = way.code(MANUAL_CODE)
    history = way.billing.get_invoice_history(code, since=today(), at_least=5)
    assert len(history.invoices) == 5
    assert history.invoices[0].number == "123456789"
    assert len(way.billing.list_payments(code, since=today(), at_least=3)) == 3


def test_all_rows_since_a_day_come_even_when_they_are_many(way: Way) -> None:
    code = way.code(MANUAL_CODE)
    since = date(2023, 5, 29)
    history = way.billing.get_invoice_history(code, since=since, at_least=1)
    issued = [invoice.issued_on for invoice in history.invoices]
    assert len(issued) == 9
    assert issued == sorted(issued, reverse=True)
    assert issued[-1] == since


def test_unknown_contract(way: Way) -> None:
    for code in ("NONE0000", "0", "' OR 1=1 --", "99999999999999999999", ""):
        unknown = ContractCode(code)
        assert way.billing.find_contract(unknown) is None
        assert not way.billing.list_contracts([unknown])
        assert not way.billing.list_debts([unknown])
        assert way.billing.list_contracts_and_debts([unknown]) == ({}, {})
        assert not way.billing.list_statements([unknown])
        assert not way.billing.list_newest([unknown])
        assert not way.billing.list_issued([unknown], since=LONG_AGO)
        assert not way.billing.list_posted([unknown], since=LONG_AGO)
        assert not way.billing.list_contracts_of(code, at_most=5)
        assert not way.billing.list_payments(unknown, since=LONG_AGO, at_least=12)
        with pytest.raises(ContractNotFound):
            way.billing.get_statement(unknown)
        with pytest.raises(ContractNotFound):
            way.billing.get_contract_info(unknown)
        with pytest.raises(ContractNotFound):
            way.billing.get_invoice_history(unknown, since=LONG_AGO, at_least=12)
        with pytest.raises(ContractNotFound):
            way.billing.get_invoice(unknown, InvoiceNumber("123456789"))


@pytest.mark.parametrize("length", [1, 2, 5, 6, 26, 60])
def test_lists_of_every_length_hold_what_was_asked_for(way: Way, length: int) -> None:
    codes = [way.code(contract_code(FIRST_GENERATED + n)) for n in range(length)]
    assert set(way.billing.list_contracts(codes)) == set(codes)
    debts = way.billing.list_debts(codes)
    both = (way.billing.list_contracts(codes), debts)
    assert way.billing.list_contracts_and_debts(codes) == both
    statements = way.billing.list_statements(codes)
    for code in codes:
        assert statements[code] == way.billing.get_statement(code)
        owed = statements[code].open_invoices
        found = debts.get(code)
        assert (found.total if found else 0) == sum(invoice.outstanding for invoice in owed)


def test_anothers_invoice_is_not_found(way: Way) -> None:
    with pytest.raises(InvoiceNotFound):
        way.billing.get_invoice(way.code(VERA_LEKA.codes[0]), InvoiceNumber("123456789"))


def test_debts_are_the_sums_of_the_statements(way: Way) -> None:
    codes = [way.code(code) for code in CODES]
    debts = way.billing.list_debts(codes)
    for code in codes:
        owed = way.billing.get_statement(code).open_invoices
        if not owed:
            assert code not in debts
            continue
        assert debts[code].total == sum(invoice.outstanding for invoice in owed)
        assert debts[code].invoices == len(owed)
        assert debts[code].earliest_due == min(i.due_on for i in owed if i.due_on)


def test_the_newest_invoice_of_each(way: Way) -> None:
    codes = [way.code(code) for code in CODES]
    newest = way.billing.list_newest(codes)
    for code in codes:
        history = way.billing.get_invoice_history(code, since=LONG_AGO, at_least=1)
        issued = [invoice.issued_on for invoice in history.invoices]
        assert newest.get(code) == (issued[0] if issued else None)


def test_what_was_issued_since_a_day(way: Way) -> None:
    codes = [way.code(code) for code in CODES]
    everything = way.billing.list_issued(codes, since=LONG_AGO)
    days = sorted({issued.invoice.issued_on for issued in everything if issued.invoice.issued_on})
    for since in (LONG_AGO, days[len(days) // 2], days[-1]):
        found = way.billing.list_issued(codes, since=since)
        for code in codes:
            history = way.billing.get_invoice_history(code, since=LONG_AGO, at_least=1)
            wanted = [i for i in history.invoices if i.issued_on and i.issued_on >= since]
            theirs = [issued for issued in found if issued.contract_code == code]
            assert [issued.invoice for issued in theirs] == wanted[::-1]
            owed = {i.number: i.outstanding for i in way.billing.get_statement(code).open_invoices}
            for issued in theirs:
                assert issued.outstanding == owed.get(issued.invoice.number, 0)
    assert not way.billing.list_issued(codes, since=days[-1] + timedelta(days=1))


def test_what_was_paid_since_a_day(way: Way) -> None:
    codes = [way.code(code) for code in CODES]
    everything = way.billing.list_posted(codes, since=LONG_AGO)
    days = sorted({posted.payment.paid_on for posted in everything if posted.payment.paid_on})
    for since in (LONG_AGO, days[len(days) // 2], days[-1]):
        found = way.billing.list_posted(codes, since=since)
        for code in codes:
            paid = way.billing.list_payments(code, since=LONG_AGO, at_least=1)
            wanted = [payment for payment in paid if payment.paid_on and payment.paid_on >= since]
            theirs = [posted.payment for posted in found if posted.contract_code == code]
            assert sorted(theirs, key=str) == sorted(wanted, key=str)
    assert not way.billing.list_posted(codes, since=days[-1] + timedelta(days=1))


def test_contracts_of_a_tax_number(way: Way) -> None:
    business = way.billing.find_contract(way.code(ELBASAN_MARKET.codes[0]))
    assert business is not None and business.tax_id
    found = way.billing.list_contracts_of(business.tax_id, at_most=1_000)
    codes = [contract.code for contract in found]
    assert set(codes) >= {way.code(code) for code in ELBASAN_MARKET.codes}
    assert codes == sorted(codes)
    assert {contract.tax_id for contract in found} == {business.tax_id}
    assert found[:2] == way.billing.list_contracts_of(business.tax_id, at_most=2)
    assert way.billing.list_contracts_of("  ", at_most=5) == ()
    assert way.billing.list_contracts_of(f"{business.tax_id}x", at_most=5) == ()


def test_more_contracts_than_one_list_takes(way: Way) -> None:
    codes = [way.code(contract_code(index)) for index in range(2_000)]
    assert len(way.billing.list_contracts(codes)) == FIRST_GENERATED + 60
    statements = way.billing.list_statements(codes)
    assert len(statements) == FIRST_GENERATED + 60
    debts = way.billing.list_debts(codes)
    for code, statement in statements.items():
        assert statement.outstanding == (debts[code].total if code in debts else 0)


def test_invoice_detail_adds_up(way: Way) -> None:
    for code in CODES[:30]:
        history = way.billing.get_invoice_history(way.code(code), since=LONG_AGO, at_least=0)
        for listed in history.invoices[:3]:
            invoice = way.billing.get_invoice(way.code(code), listed.number)
            assert invoice.net + invoice.vat == invoice.principal
            assert invoice.amount == listed.amount == invoice.principal + invoice.tv_fee
            assert invoice.reading_after is not None and invoice.reading_before is not None
            assert invoice.reading_after - invoice.reading_before == invoice.units == listed.units
            if invoice.lines:
                assert sum(line.net for line in invoice.lines) == invoice.net
                assert [line.kind for line in invoice.lines][-1] == "fixed_fee"


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize("schema", list(SPELLING))
def test_every_engine_tells_the_same(billing_on: BillingOn, schema: str, engine: str) -> None:
    """Every question of the port, of every kind of contract and of none at all."""
    some = [*CODES[:6], *CODES[15:20], *CODES[-12:], "NONE0000"]
    codes = [SPELLING[schema](code) if code != "NONE0000" else code for code in some]
    since = today() - timedelta(days=365)
    expected = answers(billing_on(schema, "sqlite"), codes, since)
    found = answers(billing_on(schema, engine), codes, since)
    differing = [question for question in expected if expected[question] != found[question]]
    print(f"| {engine} | {schema} | {len(expected)} | {len(differing)} |")  # ./test ... -rP
    assert len(expected) > 200
    assert differing == []


def test_both_schemas_tell_the_same(demo_billing: Billing, wide_billing: Billing) -> None:
    """Every question about every kind of contract, asked of both; only the codes differ."""
    asked = 0
    for code in CODES:
        mine, theirs = code, ContractCode(code_in_wide(code))
        since = today() - timedelta(days=365)
        pairs: list[tuple[Any, Any]] = [
            (demo_billing.find_contract(mine), wide_billing.find_contract(theirs)),
            (demo_billing.get_contract_info(mine), wide_billing.get_contract_info(theirs)),
            (demo_billing.get_statement(mine), wide_billing.get_statement(theirs)),
            (
                demo_billing.get_invoice_history(mine, since=since, at_least=12),
                wide_billing.get_invoice_history(theirs, since=since, at_least=12),
            ),
            (
                sorted(demo_billing.list_payments(mine, since=since, at_least=12), key=str),
                sorted(wide_billing.list_payments(theirs, since=since, at_least=12), key=str),
            ),
            (
                list(demo_billing.list_debts([mine]).values()),
                list(wide_billing.list_debts([theirs]).values()),
            ),
        ]
        for listed in demo_billing.get_invoice_history(mine, since=since, at_least=1).invoices:
            one = demo_billing.get_invoice(mine, listed.number)
            other = wide_billing.get_invoice(theirs, listed.number)
            pairs.append((replace(one, lines=()), other))  # the wide schema has no lines
        for one, other in pairs:
            assert _with_code(one, theirs) == other
            asked += 1
    assert asked > 1_000


def _with_code(record: Any, code: str) -> Any:
    """The same record as the other schema would spell its contract."""
    if isinstance(record, Contract):
        return record._replace(code=ContractCode(code))
    if hasattr(record, "contract"):
        return replace(record, contract=_with_code(record.contract, code))
    return record


def test_missing_file_is_unavailable_and_is_not_created(tmp_path: Path) -> None:
    file = tmp_path / "nothing.sqlite3"
    billing = open_billing(f"sqlite:///{file}", BillingSettings(mapping=DEMO_MAPPING))
    with pytest.raises(BillingUnavailable):
        billing.verify()
    assert not file.exists()


def test_billing_cannot_be_written(demo_billing: Any) -> None:
    with pytest.raises(Exception, match="readonly"), demo_billing.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE FATURE SET KAMATE = 0")
