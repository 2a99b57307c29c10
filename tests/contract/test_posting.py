"""One suite over the staging table on every kind of database.

Oracle's driver is real; behind it is the protocol test server with H2, which hides what Oracle
enforces (grants, the check of each value's length in bytes) and how it locks.
"""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.posting import PostingSettings
from legacy_adapters.errors import MappingError
from legacy_adapters.posting import (
    PaymentId,
    PaymentPosting,
    PaymentToPost,
    PostingConflict,
    PostingStatus,
    open_posting,
)
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.staging import PAID_AT, Site, everywhere, payment, post_in_the_end


@everywhere
def test_what_is_posted_stands_there(site: Site, posting: PaymentPosting) -> None:
    posting.verify()
    assert site.count() == 0
    posting.post(payment())
    found = posting.find([PaymentId("P-1"), PaymentId("P-2")])
    assert list(found) == ["P-1"]
    there = found[PaymentId("P-1")]
    assert (there.contract_code, there.invoice_number) == ("AL0000001", "200000017")
    assert (there.status, there.reason) == (PostingStatus.WAITING, "")
    assert str(there.amount) == "1234.10"
    columns = "METHOD, SOURCE, BANK_TRANSACTION, PAID_AT, STATUS, STATUS_TEXT, PROCESSED_AT"
    ((method, source, transaction, paid_at, *rest),) = site.rows(
        f"SELECT {columns} FROM {site.settings.table}"
    )
    assert (method, source) == ("KARTË", payment().source)
    assert transaction == "b" * 80
    assert str(paid_at)[:19] == "2026-05-31 22:30:05"
    assert rest == ["N", None, None]


@everywhere
def test_the_same_twice_is_one(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    site.do(f"UPDATE {site.settings.table} SET STATUS = 'R', STATUS_TEXT = 'Nuk gjendet.';")
    posting.post(payment(paid_at=PAID_AT + timedelta(days=1), method="TJETËR"))
    assert site.count() == 1
    there = posting.find([PaymentId("P-1")])[PaymentId("P-1")]
    assert (there.status, there.reason) == (PostingStatus.REFUSED, "Nuk gjendet.")


@everywhere
def test_another_payment_of_that_id_is_a_conflict(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    for changes in (
        {"contract_code": ContractCode("AL0000002")},
        {"invoice_number": InvoiceNumber("200000018")},
        {"amount": Decimal("1234.11")},
    ):
        with pytest.raises(PostingConflict) as caught:
            posting.post(payment(**changes))
        assert "1234" not in str(caught.value) and "AL00" not in str(caught.value)
    assert site.count() == 1
    posting.post(payment(2))
    assert site.count() == 2


@everywhere
def test_eight_at_once_are_one(site: Site, posting: PaymentPosting) -> None:
    for number in range(5):
        start = threading.Barrier(8)
        errors: list[BaseException] = []

        def work(
            wanted: PaymentToPost,
            start: threading.Barrier = start,
            errors: list[BaseException] = errors,
        ) -> None:
            start.wait()
            try:
                post_in_the_end(posting, wanted)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=[payment(number)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert site.count() == number + 1


@everywhere
@pytest.mark.parametrize("amount", ["0.01", "0.10", "556.00", "33333333.33", "9999999999.99"])
def test_amounts_are_exact(site: Site, posting: PaymentPosting, amount: str) -> None:
    wanted = payment(amount=Decimal(amount))
    posting.post(wanted)
    posting.post(wanted)  # read back and compared
    ((sums,),) = site.rows(f"SELECT SUM(AMOUNT) FROM {site.settings.table}")
    assert f"{sums:.2f}" == amount
    assert str(posting.find([wanted.payment_id])[wanted.payment_id].amount) == amount


@everywhere
def test_ids_of_forty_characters(site: Site, posting: PaymentPosting) -> None:
    longest = PaymentId("0123456789" * 4)
    wanted = payment(payment_id=longest, contract_code=ContractCode("C" * 20))
    posting.post(wanted)
    posting.post(wanted)
    assert posting.find([longest])[longest].contract_code == "C" * 20
    assert site.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_id": "x" * 41},
        {"payment_id": ""},
        {"contract_code": " AL1"},
        {"invoice_number": "1\x00"},
        {"amount": Decimal("0.00")},
        {"amount": Decimal("-1.00")},
        {"amount": Decimal("1.001")},
        {"amount": Decimal("10000000000.00")},
        {"paid_at": datetime(2026, 1, 1)},
    ],
)
def test_what_no_table_could_hold_is_refused_here(changes: dict[str, Any]) -> None:
    posting = open_posting("sqlite:////nowhere/at/all", PostingSettings())
    with pytest.raises(ValueError, match=r"amount|characters|zone"):
        posting.post(payment(**changes))


@everywhere
def test_find_takes_any_number(site: Site, posting: PaymentPosting) -> None:
    moment = "TIMESTAMP '2026-01-01 00:00:00'" if site.is_remote else "'2026-01-01 00:00:00'"
    columns = (
        "PORTAL_PAYMENT_ID, CONTRACT_CODE, INVOICE_NUMBER, AMOUNT, PAID_AT, METHOD, SOURCE,"
        " BANK_TRANSACTION, CREATED_AT"
    )
    for start in range(0, 1_100, 100):
        rows = ", ".join(
            f"('P-{n}', 'AL1', '{n}', 1, {moment}, 'K', 'P', 'b', {moment})"
            for n in range(start, start + 100)
        )
        site.do(f"INSERT INTO {site.settings.table} ({columns}) VALUES {rows};")
    assert posting.find([]) == {}
    for asked in (1, 2, 10, 11, 100, 500, 501, 1_100):
        ids = [PaymentId(f"P-{n}") for n in range(asked)]
        assert set(posting.find([*ids, PaymentId("P-X")])) == set(ids)
    assert len(posting.list_since(datetime(2026, 1, 1, tzinfo=UTC))) == 1_100


@everywhere
def test_list_since(site: Site, posting: PaymentPosting) -> None:
    before = datetime.now(UTC)
    posting.post(payment(1))
    posting.post(payment(2))
    listed = posting.list_since(before)
    assert [posted.payment_id for posted in listed] == ["P-1", "P-2"]
    assert posting.list_since(datetime.now(UTC) + timedelta(minutes=1)) == []
    at_home = before.astimezone()  # whatever zone it is told in
    assert len(posting.list_since(at_home)) == 2
    with pytest.raises(ValueError, match="zone"):
        posting.list_since(datetime.now())


@everywhere
def test_a_row_that_another_program_put_there_counts(site: Site, posting: PaymentPosting) -> None:
    with site.posting() as other:
        other.post(payment())
    posting.post(payment())
    assert site.count() == 1


@everywhere
def test_verify_tells_what_does_not_fit(site: Site) -> None:
    for missing in ("table", "status_view"):
        changes = {missing: "NOTHING_HERE"}
        told = pytest.raises(MappingError, match="NOTHING_HERE")
        with site.posting(**changes) as posting, told as caught:
            posting.verify()
        assert "SELFCARE_POSTING_TABLE and SELFCARE_POSTING_STATUS_VIEW" in str(caught.value)
        assert "docs/posting.md" in str(caught.value)
        assert "mapping" not in str(caught.value)
    schema = "BILLING." if site.is_remote else ""
    site.do(f"CREATE VIEW {schema}TOO_NARROW AS SELECT STATUS FROM {site.settings.table};")
    try:
        if site.kind == "postgresql":
            site.do(f"GRANT SELECT ON {schema}TOO_NARROW TO portal_writer")
        told = pytest.raises(MappingError, match="TOO_NARROW")
        with site.posting(status_view=f"{schema}TOO_NARROW") as posting, told:
            posting.verify()
    finally:
        site.do(f"DROP VIEW {schema}TOO_NARROW;")


@everywhere
def test_a_rule_of_the_table_refuses_without_telling_the_row(
    site: Site, posting: PaymentPosting
) -> None:
    narrower = "OTHER_PAYMENT"
    table = site.settings.table
    other = f"{table.rpartition('.')[0]}.{narrower}".lstrip(".")
    site.do(f"CREATE TABLE {other} AS SELECT * FROM {table} WHERE 1 = 0;")
    rule = "SECRET_RULE CHECK (CONTRACT_CODE <> 'AL0000001')"
    if site.kind == "sqlite":
        site.do(f"DROP TABLE {other}")
        columns = posting._statements.insert.table.columns  # type: ignore[attr-defined]
        told = ", ".join(column.name for column in columns)
        site.do(f"CREATE TABLE {other} ({told}, CONSTRAINT {rule})")
    else:
        site.do(f"ALTER TABLE {other} ADD CONSTRAINT {rule};")
    if site.kind == "postgresql":
        site.do(f"GRANT INSERT ON {other} TO portal_writer")
    try:
        with site.posting(table=other) as strict:
            for _ in range(4):  # a row that is refused does not close the way of the others
                with pytest.raises(MappingError, match="a rule of the table") as caught:
                    strict.post(payment())
                assert "AL0000001" not in str(caught.value)
            strict.post(payment(contract_code=ContractCode("AL0000002")))
    finally:
        site.do(f"DROP TABLE {other};")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("oracle://u:p@h/?service_name=X", "does not say which driver"),
        ("nonsense", "the posting address is not one"),
        ("oracle+oracledb://u:p@h:1521", "the posting address names no database"),
    ],
)
def test_wrong_addresses_are_refused_in_words(address: str, told: str) -> None:
    with pytest.raises(MappingError, match=told):
        open_posting(address, PostingSettings())
