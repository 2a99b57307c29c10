"""A case's papers, as its customer and the utility's people fetch them."""

import io
import re

import pypdfium2
import pytest

from app.cases.records import CaseNumber, State
from app.cases.shared import Move
from tests.conftest import Portal
from tests.documents import pdf
from tests.web.client import CheckedClient
from tests.web.test_round_trips import round_trips

NEW = "/contracts/AL0000000/cases/new"
REMARK = "klient i vështirë"
ANSWER = "Fatura u rillogarit.\n\nDiferenca zbritet nga fatura e radhës."


def read(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).replace("\u00a0", " ").split())


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


@pytest.fixture
def number(emer: CheckedClient) -> str:
    """Of a case that was filed on the page, with two documents."""
    page = emer.get(f"{NEW}?request=F2")
    filled = {
        "draft": str(page.field("draft").get("value")),
        "shown": "F2",
        "request": "F2",
        "f-invoice": "123456789",
        "f-tariff": "household",
        "f-note": "Tarifa është e biznesit; unë jam familje.",
        "d-identity": (io.BytesIO(pdf("karta")), "karta ime.pdf"),
        "d-invoice_copy": (io.BytesIO(pdf("fatura")), "fatura.pdf"),
        "agreed": "yes",
        "do": "send",
    }
    emer.post(NEW, filled, status=303, content_type="multipart/form-data")
    found = re.search(r"F2\d{9}", emer.get("/contracts/AL0000000/cases").content)
    assert found is not None
    return found[0]


def answer(portal: Portal, number: str) -> None:
    handling, by = portal.services.cases.handling, portal.services.members.get("agjent")
    handling.note(CaseNumber(number), REMARK, by=by)
    version = handling.get(CaseNumber(number)).case.version
    step = Move(to=State.DONE, note="Shihni përgjigjen.", remark=REMARK, answer=ANSWER)
    handling.move(CaseNumber(number), step, version=version, by=by)


def test_the_file_holds_each_fact(portal: Portal, emer: CheckedClient, number: str) -> None:
    answer(portal, number)
    response = emer.fetch(f"/cases/{number}/file.pdf")
    assert response.status_code == 200 and response.mimetype == "application/pdf"
    told = read(response.data)
    for part in (
        "Dosja e kërkesës", number, "AL0000000", "EMER MBIEMER", "F2-Tarifim i gabuar",
        "Ditë pune: 10", "Përgjigje deri më", "123456789", "Familjar",
        "Tarifa është e biznesit; unë jam familje.", "karta ime.pdf", "fatura.pdf",
        "Fatura u rillogarit.", "Shihni përgjigjen.", "MOSTËR", "Faqja 1 nga",
    ):  # fmt: skip
        assert part in told, part
    documents = portal.services.cases.handling.get(CaseNumber(number)).documents
    assert len(documents) == 2
    assert all(one.document.sha256 in told.replace(" ", "") for one in documents)
    assert REMARK not in told and "agjent" not in told


def test_staff_gets_what_the_customer_gets(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    answer(portal, number)
    agent = portal.staff("agjent")
    for name in ("file", "answer"):
        theirs = read(agent.fetch(f"/staff/cases/{number}/{name}.pdf").data)
        ours = read(emer.fetch(f"/cases/{number}/{name}.pdf").data)
        minutes = re.compile(r"\d\d:\d\d")  # the moment of printing
        assert minutes.sub("", theirs) == minutes.sub("", ours)
        assert REMARK not in theirs
    agent.get(f"/staff/cases/{number[:-1]}9/file.pdf", status=404)


def test_the_answer_is_a_letter_once_it_is_given(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    agent = portal.staff("agjent")
    emer.get(f"/cases/{number}/answer.pdf", status=404)
    agent.get(f"/staff/cases/{number}/answer.pdf", status=404)
    page = emer.get(f"/cases/{number}")
    assert f"/cases/{number}/answer.pdf" not in page.text
    answer(portal, number)
    page = emer.get(f"/cases/{number}")
    assert f'href="/cases/{number}/file.pdf"' in page.text
    assert f'href="/cases/{number}/answer.pdf"' in page.text
    told = read(emer.fetch(f"/cases/{number}/answer.pdf").data)
    for part in (
        "Përgjigje për kërkesën tuaj F2-Tarifim i gabuar", f"Nr. {number}", "EMER MBIEMER",
        "Fatura u rillogarit. Diferenca zbritet nga fatura e radhës.", "Energjia Demo sh.a.",
    ):  # fmt: skip
        assert part in told, part
    assert "agjent" not in told
    emer.post(f"/cases/{number}/reopen", {"words": "Nuk jam dakord."}, status=303)
    emer.get(f"/cases/{number}/answer.pdf", status=404)
    assert "para se kërkesa të hapej përsëri" in read(emer.fetch(f"/cases/{number}/file.pdf").data)


def test_papers_are_another_s_to_nobody(portal: Portal, emer: CheckedClient, number: str) -> None:
    answer(portal, number)
    vera, nobody = portal.signed_in("Vera Leka"), portal.client()
    for name in ("file", "answer"):
        there, missing = f"/cases/{number}/{name}.pdf", f"/cases/F2999999999/{name}.pdf"
        vera.get(there, status=404)
        vera.get(missing, status=404)
        nobody.get(there, status=303)
        for client in (vera, nobody, emer):  # nobody's customers are staff
            page = client.get(f"/staff{there}", status=303)
            assert page.response.location.startswith("/staff/login")
        portal.staff("agjent").get(there, status=303)


def test_papers_are_served_like_an_invoice(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    answer(portal, number)
    headers = emer.fetch(f"/cases/{number}/file.pdf").headers
    assert headers["Content-Disposition"] == f'inline; filename="kerkesa-{number}.pdf"'
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    invoice = emer.fetch("/contracts/AL0000000/invoices/123456789.pdf").headers
    assert headers["Content-Security-Policy"] == invoice["Content-Security-Policy"]
    headers = emer.fetch(f"/cases/{number}/answer.pdf").headers
    assert headers["Content-Disposition"] == f'inline; filename="pergjigje-{number}.pdf"'


def test_papers_in_english(portal: Portal, number: str) -> None:
    client = portal.signed_in("Emer Mbiemer", "en")
    response = client.fetch(f"/cases/{number}/file.pdf")
    assert f'filename="request-{number}.pdf"' in response.headers["Content-Disposition"]
    told = read(response.data)
    for part in ("Case file", "F2-Wrong tariff", "Household", "Working days: 10", "Filed customer"):
        assert part.lower() in told.lower(), part


def test_round_trips_of_papers(portal: Portal, emer: CheckedClient, number: str) -> None:
    answer(portal, number)
    agent = portal.staff("agjent")
    # | session, case, its documents, what they are, its events
    for name in ("file", "answer"):
        assert round_trips(portal, emer, f"/cases/{number}/{name}.pdf") == (0, 5)
        assert round_trips(portal, agent, f"/staff/cases/{number}/{name}.pdf") == (0, 5)
