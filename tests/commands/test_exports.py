"""flask exports ..., and that the job process makes them by itself."""

from app.work import HOUR, SOON
from tests.conftest import MakePortal


def test_status_run_and_sweep(make_portal: MakePortal) -> None:
    portal = make_portal(exports={"rows_at_once": 0})
    client = portal.signed_in("Elbasan Market")
    client.post("/exports", {"wanted": "open-invoices.csv"}, status=303)
    runner = portal.app.test_cli_runner()
    told = runner.invoke(args=["exports", "status"]).output
    assert "waiting:    1\n" in told and "ready:      0\n" in told
    told = runner.invoke(args=["exports", "run"]).output
    assert "waiting:    0\n" in told and "ready:      1\n" in told
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account_export SET expires_at = '2000-01-01'")
    assert "ready:      0\n" in runner.invoke(args=["exports", "sweep"]).output
    folder = portal.services.settings.portal.data_dir / "exports"
    assert [f for f in folder.rglob("*") if f.is_file()] == []


def test_the_job_process_makes_them(make_portal: MakePortal) -> None:
    jobs = make_portal().services.jobs
    assert jobs.apart["make_exports"][1] == SOON
    assert jobs.apart["forget_old_exports"][1] == HOUR


def test_a_database_that_is_not_ready(make_portal: MakePortal) -> None:
    portal = make_portal()
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE account_export")
    told = portal.app.test_cli_runner().invoke(args=["exports", "status"])
    assert told.exit_code == 1 and "Traceback" not in told.output
