"""What billing told last of a contract goes with its last account, and before a new holder."""

from typing import NoReturn

import pytest

from app.database.engine import DatabaseUnavailable
from tests.conftest import Portal
from tests.web.test_ownership import add, rows, vera


def test_what_was_last_known_is_told_to_nobody_new(portal: Portal) -> None:
    portal.signed_in("Agron Hoxha").get("/contracts/AL0000001/pay")
    portal.services.last_known.flush()
    kept = "SELECT count(*) FROM last_known WHERE contract_code = 'AL0000001'"
    assert rows(portal, kept) != [(0,)]
    add(vera(portal))
    assert rows(portal, kept) == [(0,)]


def test_nobody_new_holds_a_contract_while_what_was_told_of_it_is_kept(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.signed_in("Agron Hoxha").get("/contracts/AL0000001/pay")
    portal.services.last_known.flush()

    def fail(*_: object) -> NoReturn:
        raise DatabaseUnavailable

    client = vera(portal)
    monkeypatch.setattr("app.last_known.store.forget_contract", fail)
    add(client, 503)
    client.get("/contracts/AL0000001/pay", status=404)
    monkeypatch.undo()
    add(client)


def test_what_was_last_known_of_a_contract_goes_with_its_last_account(portal: Portal) -> None:
    last_known = portal.services.last_known
    agron, newcomer = portal.signed_in("Agron Hoxha"), vera(portal)
    add(newcomer)
    kept = "SELECT DISTINCT contract_code FROM last_known WHERE contract_code < 'AL0000003'"
    for code in ("AL0000001", "AL0000002"):
        agron.get(f"/contracts/{code}/pay")  # not written yet when the contracts go
        agron.post(f"/contracts/{code}/remove", {}, status=303)
    last_known.flush()
    assert rows(portal, kept) == [("AL0000001",)]  # somebody else has it
    newcomer.post("/contracts/AL0000001/remove", {}, status=303)
    last_known.flush()
    assert rows(portal, kept) == []


def test_what_was_last_known_and_could_not_be_deleted_is_swept(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise DatabaseUnavailable

    client, last_known = portal.signed_in("Agron Hoxha"), portal.services.last_known
    for code in ("AL0000001", "AL0000002"):
        client.get(f"/contracts/{code}/pay")
    last_known.flush()
    monkeypatch.setattr("app.last_known.store.forget_unlinked", fail)
    client.post("/contracts/AL0000001/remove", {}, status=303)
    last_known.flush()
    monkeypatch.undo()
    kept = "SELECT DISTINCT contract_code FROM last_known WHERE contract_code < 'AL0000003'"
    assert len(rows(portal, kept)) == 2
    portal.services.jobs.work["sweep_last_known"]()
    assert rows(portal, kept) == [("AL0000002",)]
