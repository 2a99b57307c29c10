"""A customer's case after it was filed: what is seen of it, and what can still be done."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import text

from app.cases.records import CaseNumber, State
from app.cases.shared import Move
from app.clock import now
from app.staff.records import Member
from tests import case_desk
from tests.accounts import posted
from tests.case_form import documents_on, value
from tests.cases import CODE, F2, LIST, NEW, PAID_INVOICE, file_f2, file_of, form_of
from tests.conftest import MakePortal, Portal
from tests.web import client as html
from tests.web.client import CheckedClient, Page


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


@pytest.fixture
def number(emer: CheckedClient) -> str:
    return file_f2(emer)


def clerk(portal: Portal) -> Member:
    return portal.services.members.get("agjent")


def move(portal: Portal, number: str, to: State, note: str = "", **more: str) -> None:
    """What the utility does."""
    handling, found = portal.services.cases.handling, CaseNumber(number)
    version = handling.get(found).case.version
    handling.move(found, Move(to=to, note=note, **more), version=version, by=clerk(portal))


def version_of(page: Page) -> str:
    return str(page.field("version").get("value"))


def links(page: Page) -> list[str]:
    return [str(a.get("href")) for a in page.all("a")]


def test_an_empty_list_leads_to_the_form(emer: CheckedClient) -> None:
    page = emer.get(LIST)
    assert "Ende nuk keni dërguar" in page.content
    assert NEW in links(page)


def test_the_list_has_pages(portal: Portal, emer: CheckedClient) -> None:
    file_f2(emer)
    with portal.database.write() as connection:
        columns = [
            row.name
            for row in connection.execute(text("PRAGMA table_info(service_case)"))
            if row.name not in ("id", "number", "draft_key")
        ]
        same = ", ".join(columns)
        for n in range(2, 32):
            connection.exec_driver_sql(
                f"INSERT INTO service_case (number, draft_key, {same})"
                f" SELECT 'F2{n:09}', 'DRAFT{n}', {same} FROM service_case WHERE id = 1"
            )
    assert len(emer.get(LIST).table()) == 25
    last = emer.get(f"{LIST}?page=2")
    assert [row[0] for row in last.table()][-1] == "F2000000001"
    assert emer.get(f"{LIST}?page=99").table() == last.table()


def test_another_account_finds_nothing(portal: Portal, number: str) -> None:
    vera = portal.signed_in("Vera Leka")
    missing = vera.get("/cases/F2999999999", status=404).content
    for address in ("", "/history", "/documents/1"):
        assert vera.get(f"/cases/{number}{address}", status=404).content == missing
    for address in ("", "/documents", "/answer", "/withdraw", "/reopen"):
        vera.post(f"/cases/{number}{address}", {"words": "e imja"}, status=404)
    assert portal.services.cases.handling.get(CaseNumber(number)).case.state is State.WAITING


def test_documents_come_back_as_they_were_taken(emer: CheckedClient, number: str) -> None:
    page = emer.get(f"/cases/{number}")
    addresses = [link for link in links(page) if "/documents/" in link]
    assert len(addresses) == 2
    picture, document = (emer.fetch(address) for address in addresses)
    assert picture.mimetype == "image/jpeg" and picture.data.startswith(b"\xff\xd8")
    assert document.mimetype == "application/pdf" and document.data.startswith(b"%PDF-")
    for answer in (picture, document):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"] or answer is document
        assert answer.headers["Cache-Control"] == "no-store"
    emer.get(f"/cases/{number}/documents/999", status=404)


def test_details_can_be_changed_while_nobody_works_on_it(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    page = emer.get(f"/cases/{number}")
    changed = {**F2, "f-tariff": "business", "f-invoice": PAID_INVOICE, "f-note": "Ndryshova."}
    emer.post(f"/cases/{number}", {"version": version_of(page), **changed}, status=303)
    again = emer.get(f"/cases/{number}")
    assert value(again, "f-tariff") == "business"
    assert value(again, "f-note") == "Ndryshova."
    assert "U ndryshuan detajet" in emer.get(f"/cases/{number}/history").content
    move(portal, number, State.IN_PROGRESS)
    page = emer.get(f"/cases/{number}")
    assert not [e for e in page.all("textarea") if e.get("name") == "f-note"]
    assert "Ndryshova." in page.content and "Biznes" in page.content
    refused = emer.post(f"/cases/{number}", {"version": "99", **F2}, status=409)
    assert "nuk mund të ndryshohet më" in refused.problems[0]


def test_bad_changes_keep_what_was_typed(emer: CheckedClient, number: str) -> None:
    page = emer.get(f"/cases/{number}")
    bad = {**F2, "f-invoice": "1", "f-note": "Kjo mbetet."}
    refused = emer.post(f"/cases/{number}", {"version": version_of(page), **bad}, status=400)
    assert [p.partition(":")[0] for p in refused.problems] == ["Fatura"]
    assert value(refused, "f-note") == "Kjo mbetet."
    assert value(emer.get(f"/cases/{number}"), "f-note") == F2["f-note"]


def test_two_tabs_do_not_overwrite_each_other(emer: CheckedClient, number: str) -> None:
    old = version_of(emer.get(f"/cases/{number}"))
    emer.post(f"/cases/{number}", {"version": old, **F2, "f-note": "e para"}, status=303)
    refused = emer.post(f"/cases/{number}", {"version": old, **F2, "f-note": "e dyta"}, status=409)
    assert value(refused, "f-note") == "e dyta"
    fresh = version_of(refused)
    emer.post(f"/cases/{number}", {"version": fresh, **F2, "f-note": "e dyta"}, status=303)
    assert value(emer.get(f"/cases/{number}"), "f-note") == "e dyta"


def panel(page: Page) -> str:
    """Our answer, as the request's own page shows it."""
    found = [e for e in page.all("section") if e.get("aria-labelledby") == "answer-head"]
    return html.words(found[0]) if found else ""


def test_an_answer_without_a_letter_stands_on_the_request_s_own_page(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    move(portal, number, State.IN_PROGRESS, "Po punojmë.")
    assert panel(emer.get(f"/cases/{number}")) == ""
    move(portal, number, State.DONE, "Tarifa është korrigjuar.", remark="për kolegët")
    page = emer.get(f"/cases/{number}")
    assert panel(page) == "Përgjigjja jonë Tarifa është korrigjuar."
    assert not [link for link in links(page) if link.endswith("answer.pdf")]
    emer.post(f"/cases/{number}/reopen", {"words": "Jo."}, status=303)
    assert panel(emer.get(f"/cases/{number}")) == ""
    move(portal, number, State.REFUSED, "Shihni letrën.", answer="Tarifa është e drejtë.")
    page = emer.get(f"/cases/{number}")
    assert "Shihni letrën. Tarifa është e drejtë." in panel(page)
    assert [link for link in links(page) if link.endswith("answer.pdf")]


def test_documents_of_the_utility_are_marked(portal: Portal, number: str) -> None:
    portal.services.cases.handling.add_document(
        CaseNumber(number), file_of("kontrata.pdf")[0], name="kontrata.pdf", by=clerk(portal)
    )
    emer = portal.signed_in("Emer Mbiemer", "en")
    for state in (State.WAITING, State.DONE):
        if state is State.DONE:
            move(portal, number, State.DONE, "Po.")
        page = emer.get(f"/cases/{number}")
        files = [html.words(li) for e in page.all("ul") if e.get("class") == "files" for li in e]
        marked = [file.split()[0] for file in files if file.endswith(", added by us")]
        assert marked == ["kontrata.pdf"] and len(files) == 3, (state, files)


def test_the_way_of_a_case(portal: Portal, emer: CheckedClient, number: str) -> None:
    """Asked for a document, given, answered, reopened, withdrawn: each with its clock and mail."""
    move(portal, number, State.WAITING_INFORMATION, "Na duhet kontrata.", remark="për kolegët")
    page = emer.get(f"/cases/{number}")
    assert "Tani është radha juaj" in page.content
    assert "Na duhet kontrata." in page.content
    assert "afati është ndalur" in page.content and "10 ditë pune" in page.content
    data = {"d-other": file_of("kontrata.pdf")}
    emer.post(f"/cases/{number}/documents", data, status=303)
    assert documents_on(emer.get(f"/cases/{number}"))[-1] == "kontrata.pdf"
    emer.post(f"/cases/{number}/answer", {"words": "E shtova kontratën."}, status=303)
    page = emer.get(f"/cases/{number}")
    assert "Në Proces" in page.content and "përgjigje deri më" in page.content
    emer.post(f"/cases/{number}/documents", {"d-other": file_of("x.pdf")}, status=409)
    move(portal, number, State.DONE, answer="Tarifa u ndryshua.\nFatura u korrigjua.")
    page = emer.get(f"/cases/{number}")
    assert "Tarifa u ndryshua." in page.content and "E Përfunduar" in page.content
    emer.post(f"/cases/{number}/answer", {}, status=409)
    emer.post(f"/cases/{number}/withdraw", {}, status=409)
    refused = emer.post(f"/cases/{number}/reopen", {"words": " "}, status=400)
    assert "pse doni" in refused.problems[0]
    emer.post(f"/cases/{number}/reopen", {"words": "Fatura është ende gabim."}, status=303)
    assert "edhe 10 ditë pune" in emer.get(f"/cases/{number}").content
    emer.post(f"/cases/{number}/withdraw", {}, status=303)
    page = emer.get(f"/cases/{number}/history")
    steps = [" ".join("".join(li.itertext()).split()) for li in page.all("li")]
    told = [step for step in steps if "2026" in step or "20" in step]
    words = " | ".join(told)
    for step in (
        "U regjistrua",
        "Në Pritje Të Informacionit",
        "Na duhet kontrata.",
        "U shtua dokument",
        "E shtova kontratën.",
        "E Përfunduar",
        "U rihap",
        "E Tërhequr",
    ):
        assert step in words, step
    assert "për kolegët" not in words and "agjent" not in words
    mails = posted(portal.database, "case")
    assert len(mails) == 6  # filed, asked, answered, done, reopened, withdrawn
    for mail in mails:
        assert not any(word in mail["subject"] for word in (number, CODE, "Emer", "kontrat"))
    assert "Na duhet kontrata." in mails[1]["text"]


def test_a_document_that_was_asked_for_stands_first(
    portal: Portal, emer: CheckedClient, number: str, agent: CheckedClient
) -> None:
    def places(page: Page) -> list[tuple[str, str]]:
        found = [li for li in page.all("li") if li.get("data-place")]
        return [(str(li.get("data-place")), html.words(li)) for li in found]

    before = [code for code, _words in places(emer.get(f"/cases/{number}"))]
    assert before[:2] == ["identity", "invoice_copy"]
    wants = ["invoice_copy", before[-2]]
    asking = {"to": "waiting information", "wants": wants, "note": "Dhe diçka tjetër."}
    case_desk.step(agent, number, **asking)
    page = emer.get(f"/cases/{number}")
    shown = places(page)
    assert [code for code, _words in shown[:2]] == wants
    for _code, told in shown[:2]:  # also what was there before it was asked for
        assert "jua kërkojmë këtë" in told and "jo e detyrueshme" not in told
    assert "jua kërkojmë këtë" not in shown[2][1]
    [others] = [d for d in page.all("details") if d.get("class") == "others"]
    assert others.get("open") is not None, "the rest may be asked for in the note"
    assert page.text.index("documents-head") < page.text.index('id="filled-in"')
    data = {f"d-{wants[1]}": file_of("ekstrakt.pdf")}
    emer.post(f"/cases/{number}/documents", data, status=303)
    shown = places(emer.get(f"/cases/{number}"))
    assert "jua kërkojmë këtë" in shown[0][1] and "jua kërkojmë këtë" not in shown[1][1]
    emer.post(f"/cases/{number}/answer", {"words": "E shtova."}, status=303)
    assert "jua kërkojmë këtë" not in emer.get(f"/cases/{number}").content


def test_reopening_has_an_end(portal: Portal, emer: CheckedClient, number: str) -> None:
    move(portal, number, State.REFUSED, "Nuk ka bazë.")
    assert "Kërkoni rishqyrtim" in emer.get(f"/cases/{number}").content
    with portal.database.write() as connection:
        long_ago = now() - timedelta(days=31)
        connection.execute(text("UPDATE service_case SET closed_at = :at"), {"at": str(long_ago)})
    assert "Kërkoni rishqyrtim" not in emer.get(f"/cases/{number}").content
    emer.post(f"/cases/{number}/reopen", {"words": "Megjithatë."}, status=409)


def test_a_bad_document_leaves_the_case_as_it_was(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    bad = {"d-other": (BytesIO(b"MZ\x90\x00"), "program.pdf")}
    refused = emer.post(f"/cases/{number}/documents", bad, status=400)
    assert "program.pdf" in refused.problems[0]
    assert documents_on(emer.get(f"/cases/{number}")) == ["karta.jpg", "fatura.pdf"]
    refused = emer.post(f"/cases/{number}/documents", {}, status=400)
    assert refused.problems == ["Zgjidhni më parë një skedar."]


def test_no_form_without_its_token(emer: CheckedClient, number: str) -> None:
    bad = {"csrf_token": "wrong", "words": "Kjo mbetet."}
    for address in ("", "/documents", "/answer", "/withdraw", "/reopen"):
        page = emer.post(f"/cases/{number}{address}", bad, status=400)
        assert page.problems


def test_an_old_case_keeps_its_form(
    portal: Portal, emer: CheckedClient, number: str, make_portal: MakePortal
) -> None:
    """Whatever the catalogue says meanwhile."""
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE case_form SET body = replace(body, 'Tarifim i gabuar', 'Emri i vjetër')"
        )
    page = emer.get(f"/cases/{number}")
    assert "F2-Emri i vjetër" in page.content
    assert "F2-Tarifim i gabuar" in emer.get(f"{NEW}?request=F2").content


def test_what_cannot_be_read_any_more_breaks_no_page(
    portal: Portal, emer: CheckedClient, number: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE service_case SET answers = x'01AAAA'")
    assert emer.get(f"/cases/{number}").status == 200
    assert "SELFCARE_CASES_KEYS" in capfd.readouterr().err


def test_all_of_ones_cases_are_in_ones_data(emer: CheckedClient, number: str) -> None:
    page = emer.post("/account/data", {"password": "Provo2024"})
    [case] = page.response.get_json()["cases"]
    assert case["number"] == number and case["answers"]["note"] == F2["f-note"]


def test_closing_the_account_leaves_the_case_with_the_utility(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    page = emer.get(f"{NEW}?request=F2")
    emer.post(NEW, {**form_of(page), **F2, "do": "keep"})
    emer.post("/account/close", {"password": "Provo2024", "sure": "yes"}, status=303)
    file = portal.services.cases.handling.get(CaseNumber(number))
    assert file.case.account_id is None and len(file.documents) == 2
    move(portal, number, State.DONE, "U krye.")  # and nobody is left to be told
    with portal.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM case_draft")).scalar_one() == 0


def lose_contract(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM account_contract WHERE contract_code = '{CODE}'")


def test_who_lost_the_contract_reads_the_case_and_no_more(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    version = version_of(emer.get(f"/cases/{number}"))
    lose_contract(portal)
    page = emer.get(f"/cases/{number}")
    assert PAID_INVOICE not in page.text, "another's invoices by now"
    assert not page.all("select") and not page.all("textarea")
    for address, data in (
        ("", {"version": version, **F2, "f-note": "Ndryshova."}),
        ("/documents", {"d-other": file_of("x.pdf")}),
        ("/withdraw", {}),
    ):
        emer.post(f"/cases/{number}{address}", data, status=409)
    move(portal, number, State.WAITING_INFORMATION, "Na duhet kontrata.")
    emer.post(f"/cases/{number}/answer", {"words": "Ja."}, status=409)
    move(portal, number, State.DONE, "U krye.")
    emer.post(f"/cases/{number}/reopen", {"words": "Sërish."}, status=409)
    file = portal.services.cases.handling.get(CaseNumber(number))
    assert file.case.answers["note"] == F2["f-note"] and file.case.state is State.DONE


def test_a_freshly_recovered_account_leaves_sensitive_requests_as_they_are(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    with portal.database.write() as connection:  # as of a request for a refund
        connection.exec_driver_sql(
            "UPDATE case_form SET body = replace(body, '\"sensitive\":false', '\"sensitive\":true')"
        )
        connection.exec_driver_sql("UPDATE account SET restricted_until = '2999-01-01 00:00:00'")
    version = version_of(emer.get(f"/cases/{number}"))
    changed = {"version": version, **F2, "f-note": "Paguani te tjetri."}
    refused = emer.post(f"/cases/{number}", changed, status=409)
    assert value(refused, "f-note") == "Paguani te tjetri."
    emer.post(f"/cases/{number}/documents", {"d-other": file_of("x.pdf")}, status=409)
    emer.post(f"/cases/{number}/withdraw", {}, status=409)
    move(portal, number, State.DONE, "U krye.")
    emer.post(f"/cases/{number}/reopen", {"words": "Sërish."}, status=409)
    file = portal.services.cases.handling.get(CaseNumber(number))
    assert file.case.answers["note"] == F2["f-note"] and len(file.documents) == 2


def test_reopening_counts_as_one_more(make_portal: MakePortal) -> None:
    portal = make_portal(cases={"open_per_account": 1})
    client = portal.signed_in("Emer Mbiemer")
    first = file_f2(client)
    move(portal, first, State.DONE, "U krye.")
    file_f2(client)
    client.post(f"/cases/{first}/reopen", {"words": "Sërish."}, status=409)


def test_all_that_is_written_is_unreadable_at_rest_with_a_key(make_portal: MakePortal) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = make_portal(cases={"keys": keys})
    client = portal.signed_in("Emer Mbiemer")
    number = file_f2(client)
    move(portal, number, State.WAITING_INFORMATION, "fjalë e nëpunësit", remark="për kolegët")
    client.post(f"/cases/{number}/answer", {"words": "fjalë e klientit"}, status=303)
    move(portal, number, State.DONE, answer="letra e përgjigjes")
    with portal.database.read() as connection:
        rows = [
            *connection.execute(text("SELECT note, remark FROM case_event")),
            *connection.execute(text("SELECT answer, answers FROM service_case")),
        ]
    for words in ("nëpunësit", "kolegët", "klientit", "përgjigjes", "familjar"):
        assert words not in repr(rows)
    page = portal.staff("agjent").get(f"/staff/cases/{number}").content
    assert all(w in page for w in ("nëpunësit", "kolegët", "klientit", "letra e përgjigjes"))
    assert "letra e përgjigjes" in client.get(f"/cases/{number}").content
