"""flask documents ..."""

from datetime import timedelta
from io import BytesIO

from sqlalchemy import update

from app.clock import now
from app.documents.store import document
from tests.conftest import Portal
from tests.documents import pdf


def test_status_and_sweep(portal: Portal) -> None:
    runner = portal.app.test_cli_runner()
    for name in ("a.pdf", "b.pdf"):
        portal.services.documents.take(BytesIO(pdf()), name=name, account_id=1)
    with portal.database.write() as connection:
        portal.services.documents.keep(connection, [1])  # type: ignore[list-item]
        connection.execute(
            update(document)
            .where(document.c.id == 2)
            .values(expires_at=now() - timedelta(seconds=1))
        )
    told = runner.invoke(args=["documents", "status"])
    assert told.exit_code == 0, told.output
    assert "kept:                  1" in told.output
    assert "held, not used yet:    1" in told.output
    told = runner.invoke(args=["documents", "sweep"])
    assert told.exit_code == 0, told.output
    assert "held, not used yet:    0" in told.output


def test_the_job_process_sweeps_by_itself(portal: Portal) -> None:
    periodic = portal.services.jobs.periodic
    assert periodic["sweep_documents"] == 300 and periodic["sweep_storage"] == 21_600
    for name in ("sweep_documents", "sweep_storage"):
        portal.services.jobs.work[name]()


def test_without_the_tables_it_fails_in_words(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE document")
    told = portal.app.test_cli_runner().invoke(args=["documents", "status"])
    assert told.exit_code == 1 and "run: flask db upgrade" in told.output
