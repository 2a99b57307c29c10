"""flask billing export-staging, demo-post"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from legacy_adapters import open_billing, open_posting
from legacy_adapters.demo.generator import AGRON_HOXHA
from legacy_adapters.posting import PaymentId, PaymentToPost
from legacy_adapters.records import ContractCode
from tests.commands.test_flask import run
from tests.conftest import MakePortal, Portal


@pytest.mark.parametrize("dialect", ["oracle", "postgresql", "sqlite"])
def test_export_staging_prints_the_ddl(portal: Portal, dialect: str) -> None:
    done = run(portal, "billing", "export-staging", "--dialect", dialect, "--user", "WRITER")
    assert done.exit_code == 0, done.output
    assert "CREATE TABLE PORTAL_PAYMENT (" in done.output
    assert "CREATE VIEW PORTAL_PAYMENT_STATUS AS" in done.output
    grants = [line for line in done.output.splitlines() if line.startswith("GRANT")]
    if dialect == "sqlite":
        assert grants == []
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(done.output)
        return
    right = "READ" if dialect == "oracle" else "SELECT"
    insert, view = grants
    assert insert.startswith("GRANT INSERT (PORTAL_PAYMENT_ID, ") and "STATUS" not in insert
    assert view == f"GRANT {right} ON PORTAL_PAYMENT_STATUS TO WRITER;"


def test_export_staging_takes_the_names_of_the_settings(make_portal: MakePortal) -> None:
    portal = make_portal(posting={"table": "Billing.Staged", "status_view": "WEB.STAGED_STATUS"})
    done = run(portal, "billing", "export-staging", "--dialect", "postgresql")
    assert "CREATE TABLE BILLING.STAGED (" in done.output
    assert "CREATE INDEX STAGED_CREATED ON BILLING.STAGED (CREATED_AT);" in done.output
    assert "-- GRANT USAGE ON SCHEMA WEB TO the_second_user;" in done.output
    assert "\nGRANT" not in done.output
    done = run(portal, "billing", "export-staging", "--dialect", "oracle", "--user", "A;DROP")
    assert done.exit_code == 1
    assert "'A;DROP' is no name" in done.output


def test_demo_post(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    portal = make_portal(billing={"url": ""}, portal={"data_dir": folder})
    settings = portal.services.settings
    done = run(portal, "billing", "demo-post")
    assert done.exit_code == 1
    assert "demo-billing.sqlite3 is not there" in done.output
    settings.demo_billing_file.write_bytes(demo_file.read_bytes())
    code = ContractCode(AGRON_HOXHA.codes[0])
    billing = open_billing(settings.billing_url, settings.billing)
    posting = open_posting(settings.posting_url, settings.posting)
    (invoice,) = billing.get_statement(code).open_invoices
    posting.post(
        PaymentToPost(
            payment_id=PaymentId("P-1"),
            contract_code=code,
            invoice_number=invoice.number,
            amount=invoice.outstanding,
            paid_at=datetime.now(UTC),
            method=settings.posting.method,
            source=settings.posting.source,
            bank_transaction="B-1",
        )
    )
    done = run(portal, "billing", "demo-post")
    assert (done.exit_code, done.output) == (0, "Payments posted: 1; refused: 0.\n")
    assert billing.get_statement(code).open_invoices == ()
    done = run(portal, "billing", "demo-post")
    assert (done.exit_code, done.output) == (0, "Nothing to do: no payment is waiting.\n")
    posting.close()
    billing.close()


def test_demo_post_is_for_the_demo_alone(portal: Portal, demo_file: Path) -> None:
    before = demo_file.read_bytes()
    done = run(portal, "billing", "demo-post")
    assert done.exit_code == 1
    assert "Billing is not the demo's" in done.output
    assert demo_file.read_bytes() == before
