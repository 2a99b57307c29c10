"""flask payments ...: what an operator sees, and the comparison of the three books."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from app.clock import today
from legacy_adapters.demo.posting_job import run_posting_job
from tests.commands.test_flask import run
from tests.conftest import MakePortal, Portal
from tests.paying import CODE, NUMBER, Bank, begin, pay_whole, to_the_bank

DAY = f"{today():%Y-%m-%d}"


def paid_and_booked(paying: Portal, bank: Bank, billing_file: Path) -> str:
    address = pay_whole(paying.signed_in("Emer Mbiemer"), bank)
    assert "payments posted:     1" in run(paying, "payments", "poll").output
    run_posting_job(f"sqlite:///{billing_file}")
    assert "payments decided:    1" in run(paying, "payments", "poll").output
    return address.rpartition("/")[2]


def test_three_books_that_agree(paying: Portal, bank: Bank, billing_file: Path) -> None:
    reference = paid_and_booked(paying, bank, billing_file)
    done = run(paying, "payments", "reconcile", "--since", DAY)
    assert done.exit_code == 0, done.output
    assert "differences: 0" in done.output
    shown = run(paying, "payments", "show", reference).output
    assert f"{reference}  booked  556.00 ALL" in shown
    assert f"{CODE}  {NUMBER}  556.00  accepted" in shown
    assert "at bank  by payer" in shown
    assert run(paying, "payments", "show", "1").output == shown
    for missing in ("A" * 26, "2", "9" * 30):
        assert run(paying, "payments", "show", missing).exit_code == 1


def test_each_kind_of_difference_is_named(paying: Portal, bank: Bank, billing_file: Path) -> None:
    reference = paid_and_booked(paying, bank, billing_file)
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE PORTAL_PAYMENT SET AMOUNT = 55.6")
        connection.execute(
            "INSERT INTO PORTAL_PAYMENT SELECT 'SOMEBODY-ELSES', CONTRACT_CODE, INVOICE_NUMBER,"
            " AMOUNT, PAID_AT, METHOD, SOURCE, BANK_TRANSACTION, CREATED_AT, STATUS, STATUS_TEXT,"
            " PROCESSED_AT FROM PORTAL_PAYMENT"
        )
    done = run(paying, "payments", "reconcile", "--since", DAY)
    assert done.exit_code == 1
    assert f"{reference}-1: portal and billing have different amounts" in done.output
    assert "SOMEBODY-ELSES: billing has a payment that the portal did not make" in done.output
    with sqlite3.connect(billing_file) as connection:
        connection.execute("DELETE FROM PORTAL_PAYMENT")
    done = run(paying, "payments", "reconcile", "--since", DAY)
    assert f"{reference}-1: billing does not have it (556.00 ALL, it was posted)" in done.output


def test_what_nobody_told_is_found_and_counted(
    paying: Portal, bank: Bank, billing_file: Path
) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    reference = to_the_bank(emer, bank, begin(emer, CODE, NUMBER))
    bank.decide(reference, "approve_silently")
    done = run(paying, "payments", "reconcile", "--since", DAY)
    assert f"{reference}: the bank took money that the portal does not count" in done.output
    done = run(paying, "payments", "reconcile", "--since", DAY, "--settle")
    assert "counted now: 1" in done.output
    assert "billing does not have it (556.00 ALL, still to be posted)" in done.output


def test_the_banks_own_file(paying: Portal, bank: Bank, billing_file: Path, tmp_path: Path) -> None:
    reference = paid_and_booked(paying, bank, billing_file)
    transaction = bank.captures()[0]["transaction"]
    file = tmp_path / "settlement.csv"
    rows = f"Porosia;Shuma;transaction\n{reference};556,00;{transaction}\n"
    file.write_text(rows, encoding="utf-8-sig")
    words = ["payments", "reconcile", "--since", DAY, "--settlement-file", str(file)]
    assert "no column “order”" in run(paying, *words).output
    words += ["--column", "order=Porosia", "--column", "amount=Shuma"]
    done = run(paying, *words)
    assert done.exit_code == 0, done.output
    file.write_text(rows.replace("556,00", "55,60"), encoding="utf-8")
    assert "bank and portal have different amounts" in run(paying, *words).output
    file.write_text(f"{rows}{'A' * 26};10,00;T\n", encoding="utf-8")
    assert "for an order that the portal does not know" in run(paying, *words).output
    file.write_text("Porosia;Shuma;transaction\nX;shumë;T\n", encoding="utf-8")
    assert "line 2: no amount: 'shumë'" in run(paying, *words).output
    file.write_text("Porosia;Shuma;transaction\n", encoding="utf-8")
    assert "counts as paid what the bank does not list" in run(paying, *words).output


def test_without_an_end_the_days_are_those_until_yesterday(paying: Portal, bank: Bank) -> None:
    yesterday, before = (today() - timedelta(days=days) for days in (1, 7))
    assert f"{yesterday} to {yesterday}\n" in run(paying, "payments", "reconcile").output
    told = run(paying, "payments", "reconcile", "--since", f"{before}").output
    assert f"{before} to {yesterday}\n" in told
    told = run(paying, "payments", "reconcile", "--since", DAY).output
    assert f"{DAY} to {DAY}\n" in told, "today alone, where somebody asks for it"
    told = run(paying, "payments", "reconcile", "--until", f"{before}").output
    assert "--until is before --since" in told


def test_columns_without_a_file_are_refused(paying: Portal, bank: Bank) -> None:
    done = run(paying, "payments", "reconcile", "--column", "order=Porosia")
    assert done.exit_code == 2 and "pass the file too" in done.output


def test_status_counts_what_waits_and_what_was_refused(paying: Portal, bank: Bank) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    pay_whole(emer, bank)
    for _ in range(3):
        paying.app.test_client().post("/payments/callback/sandbox", data={"x": "y"})
    told = run(paying, "payments", "status").output
    assert "payments waiting in billing: 1" in told
    assert "orders that need a person: 0" in told
    assert "from sandbox: 3 times" in told


def test_the_staging_table_is_checked(
    paying: Portal, make_portal: MakePortal, billing_file: Path
) -> None:
    assert run(paying, "payments", "check-posting").exit_code == 0
    with sqlite3.connect(billing_file) as connection:
        connection.execute("DROP VIEW PORTAL_PAYMENT_STATUS")
    done = run(paying, "payments", "check-posting")
    assert done.exit_code == 1 and "Error:" in done.output
    done = run(make_portal(), "payments", "check-posting")
    assert "SELFCARE_POSTING_URL" in done.output


def test_a_link_by_hand(paying: Portal) -> None:
    told = run(paying, "payments", "link", CODE).output.strip()
    assert "/p/" in told
    paying.client().get("/p/" + told.rpartition("/")[2])
    assert "links revoked: 1" in run(paying, "payments", "link", CODE, "--revoke").output
    paying.client().get("/p/" + told.rpartition("/")[2], status=404)
    assert run(paying, "payments", "link", "NONE0000").exit_code == 1


def test_without_a_bank(portal: Portal) -> None:
    assert "No bank is configured" in run(portal, "payments", "reconcile", "--since", DAY).output
    assert run(portal, "payments", "poll").exit_code == 0


def test_money_never_posted_is_shown_to_staff(
    paying: Portal, bank: Bank, billing_file: Path
) -> None:
    pay_whole(paying.signed_in("Emer Mbiemer"), bank)
    billing_file.rename(billing_file.with_suffix(".away"))
    run(paying, "payments", "poll")
    with paying.database.write() as connection:
        past = paying.services.payments.ordering.now() - timedelta(hours=30)
        connection.execute(text("UPDATE payment_posting SET created_at = :at"), {"at": past})
    run(paying, "payments", "poll")
    assert "not taken by billing" in run(paying, "payments", "status").output
