"""The pages of files to take away."""

from pathlib import Path

import pytest

from app.exports.records import Note
from app.web.export_words import NOTES, ON_ITS_WAY
from legacy_adapters.errors import BillingUnavailable
from tests.conftest import MakePortal, Portal
from tests.export_pages import NONE, ask, order, portal, shop
from tests.web.client import CheckedClient

__all__ = ["portal", "shop"]


def test_a_small_list_comes_at_once(portal: Portal) -> None:
    page = ask(portal.signed_in("Agron Hoxha"), "open-invoices.csv")
    headers = page.response.headers
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"].startswith("attachment; filename=faturat-e-papaguara-")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Kodi i kontratës" in page.response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("open-invoices.pdf", "application/pdf"),
        (
            "open-invoices.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_kinds_of_files(portal: Portal, told: str, kind: str) -> None:
    page = ask(portal.signed_in("Agron Hoxha"), told)
    assert page.response.mimetype == kind
    assert int(page.response.headers["Content-Length"]) == len(page.response.data)


def test_a_large_one_from_the_press_to_the_file(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    page = shop.get(address)
    assert page.heading == "Skedari juaj po përgatitet"
    assert '<meta http-equiv="refresh"' in page.text, "it goes on without scripts"
    assert "data-live" in page.text and "<progress" in page.text
    assert "Po përgatitet" in shop.get("/exports").text
    portal.services.exports.worker.run()
    page = shop.get(address)
    assert page.heading == "Skedari juaj është gati"
    assert "refresh" not in page.text and "data-live" not in page.text
    taken = shop.get(f"{address}/file", buffered=True)
    assert taken.response.headers["Content-Disposition"].startswith("attachment; filename=faturat-")
    assert taken.response.data.startswith("\ufeffKodi".encode())
    listed = shop.get("/exports").text
    assert f'href="{address}/file"' in listed and "Gati deri më" in listed
    shop.post(f"{address}/delete", {}, status=303)
    shop.get(address, status=404)


def test_how_far_it_is(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account_export SET state='running', done=12, total=40")
    page = shop.get(address)
    assert "12 nga 40 kontrata" in page.text
    [bar] = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("12", "40")


@pytest.mark.parametrize("note", [n for n in Note if n and n is not Note.TOO_OFTEN])
def test_what_happened_to_it(portal: Portal, shop: CheckedClient, note: Note) -> None:
    address = order(shop)
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account_export SET state='failed', note=?, ended_at=created_at,"
            " expires_at='2100-01-01'",
            (note,),
        )
    with portal.app.test_request_context():
        told = str(NOTES[note])
        assert note not in ON_ITS_WAY or str(ON_ITS_WAY[note])
    page = shop.get(address)
    assert page.heading == "Skedari nuk u përgatit dot" and told in page.text.replace("&#39;", "'")
    assert "Nuk u përgatit" in shop.get("/exports").text


def test_cancelled(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    shop.post(f"{address}/cancel", {}, status=303)
    portal.services.exports.worker.run()
    assert shop.get(address).heading == "Skedari u anulua"
    shop.get(f"{address}/file", status=404)


def test_one_at_a_time(shop: CheckedClient) -> None:
    address = order(shop)
    again = ask(shop, "payments.csv", 303)
    assert again.response.headers["Location"] == address
    assert "po përgatitet tashmë" in shop.get(address).text


def test_anothers_and_none(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    portal.services.exports.worker.run()
    other = portal.signed_in("Vera Leka")
    for path in (address, f"{address}/file", f"/exports/{NONE}", f"/exports/{NONE}/file"):
        other.get(path, status=404)
    for path in (f"{address}/cancel", f"{address}/delete"):
        other.post(path, {}, status=303)
    assert shop.fetch(f"{address}/file").data


def test_a_file_of_a_contract_that_was_lost(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    portal.services.exports.worker.run()
    with portal.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM account_contract WHERE contract_code = 'AL0000009'")
    page = shop.get(f"{address}/file", status=403)
    assert "nuk janë më në listën tuaj" in page.problems[0]


def test_a_file_that_is_gone(portal: Portal, shop: CheckedClient) -> None:
    address = order(shop)
    portal.services.exports.worker.run()
    folder = portal.services.settings.portal.data_dir / "exports"
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"half")
    page = shop.get(f"{address}/file", status=410)
    assert "nuk është më aty" in page.problems[0]


# What was typed wrongly


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"wanted": ""}, "Zgjidhni çfarë"),
        ({"wanted": "open-invoices.zip"}, "Zgjidhni çfarë"),
        ({"wanted": "everything.csv"}, "Zgjidhni çfarë"),
        ({"contracts": "contract:AL0000004"}, "Zgjidhni kontrata"),
        ({"contracts": "group:Tiranë"}, "Zgjidhni kontrata"),
        ({"contracts": "AL0000001"}, "Zgjidhni kontrata"),
        ({"since": "yesterday"}, "Shkruani një datë"),
        ({"since": "2026-02-30"}, "Shkruani një datë"),
        ({"since": "0001-01-01"}, "Nuk kemi asgjë"),
        ({"until": "9999-12-31"}, "Nuk kemi asgjë"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "mbaron para se"),
        ({"since": "2001-01-01", "until": "2026-02-01"}, "dhjetë vjet"),
        ({"until": "\x00"}, "Shkruani një datë"),
    ],
)
def test_what_cannot_be_asked_for(portal: Portal, fields: dict[str, str], problem: str) -> None:
    client = portal.signed_in("Agron Hoxha")
    typed = {"wanted": "invoices.csv", "contracts": "contract:AL0000002", "since": "2026-01-31"}
    page = client.post("/exports", {**typed, **fields}, status=400)
    assert [p for p in page.problems if problem in p], page.problems
    shown = fields.get("since", "2026-01-31")
    assert f'value="{shown}"' in page.text, "what was typed is kept"
    if "contracts" not in fields:
        assert '<option value="contract:AL0000002" selected>' in page.text


def test_days_as_people_write_them(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = ask(
        client,
        "invoices.csv",
        contracts="contract:AL0000002",
        since="1.9.2026",
        until="30.09.2026",
    )
    assert "2026-09-01_2026-09-30.csv" in page.response.headers["Content-Disposition"]


def test_nothing_to_put_into_it(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    for told in ("documents.pdf", "invoices.csv", "payments.xlsx", "consumption.xml"):
        page = ask(client, told, 400, since="1999-01-01", until="1999-01-31")
        assert page.problems == [page.error_of("until")] != [""]
        assert 'value="1999-01-31"' in page.text, "what was typed is kept"
        with portal.app.test_request_context():
            assert page.problems == [str(NOTES[Note.NO_ROWS])]


def test_a_link_may_choose_beforehand(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    assert (
        '<option value="contract:AL0000002" selected>'
        in client.get("/exports?contract=AL0000002").text
    )
    client.get("/exports?contract=AL0000004")
    client.get("/exports?group=%3Cb%3E")


def test_one_contract_needs_no_choice(portal: Portal) -> None:
    client = portal.signed_in("Vera Leka")
    page = client.get("/exports")
    assert page.find("select") is None
    assert ask(client, "invoices.csv", since="2026-09-01", until="2026-10-31").response.data


def test_a_long_list_offers_groups(portal: Portal, shop: CheckedClient) -> None:
    options = [option.get("value") for option in shop.get("/exports").all("option")]
    assert len(options) <= 51 and "all" in options
    page = shop.get("/exports?contract=AL0000009")
    assert '<option value="contract:AL0000009" selected>' in page.text


def test_a_form_of_elsewhere(shop: CheckedClient) -> None:
    page = shop.post("/exports", {"wanted": "open-invoices.csv", "csrf_token": "x"}, status=400)
    assert page.problems


def test_asked_for_too_often(make_portal: MakePortal) -> None:
    client = make_portal(exports={"asked_per_hour": 1}).signed_in("Vera Leka")
    ask(client, "open-invoices.csv")
    page = ask(client, "open-invoices.csv", 429)
    assert "prisni një orë" in page.problems[0]


def test_the_names_page_says_when_billing_is_away(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    client.get("/contracts/names")
    portal.services.last_known.flush()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "legacy_adapters.billing.SqlBilling.list_contracts",
            lambda *_: (_ for _ in ()).throw(BillingUnavailable("no answer")),
        )
        assert "Po shihni të dhënat e datës" in client.get("/contracts/names").text


def test_the_disk_is_full(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.exports.making.Making.make", full)
    client = portal.signed_in("Vera Leka")
    page = ask(client, "open-invoices.csv", 507)
    assert page.response.mimetype == "text/html"


def test_the_history_may_be_taken_along(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    text = client.get("/contracts/AL0000001/history").text
    for told in ("invoices.xlsx", "invoices.csv", "payments.xlsx", "payments.csv"):
        assert f'name="wanted" value="{told}"' in text
    assert 'href="/exports?contract=AL0000001"' in text


def test_files_of_the_first_start_are_in_their_folder(portal: Portal, tmp_path: Path) -> None:
    client = portal.signed_in("Agron Hoxha")
    ask(client, "open-invoices.xlsx")
    working = portal.services.settings.portal.data_dir / "working"
    assert [f for f in working.rglob("*") if f.is_file()] == []
