"""The bank's own list, as an operator gets it: anything may stand there."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.gateways.cards.port import Report, Verdict
from app.payments.reconciliation import SettlementFileError, compare_bank, read_settlement_file
from app.payments.records import Order
from tests.payment_world import START, an_order

ORDER = "A" * 26


def read(folder: Path, *rows: str, head: str = "order;amount;transaction;status") -> list[Report]:
    file = folder / "bank.csv"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    return read_settlement_file(file, {})


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("556", "556"), ("556.00", "556"), ("556,5", "556.5"), ("1 234,50", "1234.5")),
        *(("1.234,50", "1234.5"), ("1,234.50", "1234.5"), ("1.234", "1234")),
    ],
)
def test_amounts_as_banks_write_them(tmp_path: Path, written: str, amount: str) -> None:
    [report] = read(tmp_path, f"{ORDER};{written};T1;paid")
    assert (report.amount, report.verdict) == (Decimal(amount), Verdict.CAPTURED)


@pytest.mark.parametrize("written", ["", "NaN", "1e9", "1_000", "٣", "=1+1", "5.5555", "9" * 40])
def test_what_is_no_amount_is_told(tmp_path: Path, written: str) -> None:
    with pytest.raises(SettlementFileError, match="line 2"):
        read(tmp_path, f"{ORDER};{written};T1;paid")


def test_money_given_back(tmp_path: Path) -> None:
    found = read(tmp_path, f"{ORDER};-5.00;T1;paid", f"{ORDER};5.00;T1;Refund")
    assert {(report.verdict, report.amount) for report in found} == {(Verdict.REVERSED, Decimal(5))}


@pytest.mark.parametrize("status", ["declined", "FAILED", "pending"])
def test_a_refusal_is_no_capture(tmp_path: Path, status: str) -> None:
    with pytest.raises(SettlementFileError, match=status.lower()):
        read(tmp_path, f"{ORDER};5.00;T1;{status}")


def test_files_that_are_no_list(tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    for content in (b"", b"\xff\xfe\x00", b'order;amount\n"' + b"x" * 200_000, b"a;b\n1;2\n"):
        file.write_bytes(content)
        with pytest.raises(SettlementFileError):
            read_settlement_file(file, {})


def test_nothing_of_a_file_writes_to_a_terminal(tmp_path: Path) -> None:
    [report] = read(tmp_path, "\x1b]0;x\x07\x00=cmd;5.00;\x1b[2J;paid".replace("]0;", "]0:"))
    assert report.reference.isprintable()
    assert report.transaction == ""


def differences(order: Order, found: list[Report]) -> list[str]:
    told = compare_bank(found, {order.reference: order}, START, START)
    return [difference.kind.name for difference in told]


def test_two_captures_of_one_order_are_seen(tmp_path: Path) -> None:
    order = an_order(reference=ORDER, captured=Decimal(5), amount=Decimal(5))
    twice = read(tmp_path, f"{ORDER};5.00;;paid", f"{ORDER};5.00;;paid")
    assert differences(order, twice) == ["TWICE_AT_BANK"]
    named = read(tmp_path, f"{ORDER};5.00;T1;paid", f"{ORDER};5.00;T1;paid")
    assert differences(order, named) == []
    other = read(tmp_path, f"{ORDER};5.00;T1;paid", f"{ORDER};6.00;T1;paid")
    assert differences(order, other) == ["BANK_AMOUNT"]
