"""What becomes of a debt certificate, as whoever holds the paper reads it."""

from datetime import timedelta

from sqlalchemy import text

from app.certificates.records import Ended
from app.clock import today
from tests.certificate_desk import (
    HOUSEHOLD,
    LIST,
    NEW,
    Desk,
    applied,
    code_on,
    desk,
    paper_of,
    rows,
)

__all__ = ["desk"]


def test_the_next_invoice_ends_it_also_one_that_is_paid(desk: Desk) -> None:
    page = applied(desk.agron)
    code = code_on(paper_of(desk.agron, page))
    desk.issue_invoice()
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie nuk vlen më"
    assert "u lëshua fatura tjetër" in checked.content
    assert rows(desk.portal, "SELECT ended_on FROM debt_certificate")[0].ended_on is None
    assert desk.portal.services.certificates.checking.end_outdated() == 1
    assert desk.portal.services.certificates.checking.end_outdated() == 0
    [row] = rows(desk.portal, "SELECT ended_why FROM debt_certificate")
    assert row.ended_why == Ended.INVOICE
    assert "nuk vlen më" in desk.agron.get(LIST).table()[0][4]


def test_a_debt_that_was_paid_makes_it_not_valid_again(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 3")
    assert desk.portal.services.certificates.checking.end_outdated() == 1
    desk.billing("UPDATE FATURE SET STATUS = 'P' WHERE KTR_ID = 3")
    assert "ka detyrime" in desk.portal.client().get(f"/verify/{code}").content


def test_a_cancelled_invoice_is_no_newer_one(desk: Desk) -> None:
    desk.issue_invoice()
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("UPDATE FATURE SET STATUS = 'A' WHERE FAT_NR = '999999999'")
    assert desk.portal.client().get(f"/verify/{code}").heading.endswith("dhe vlen")
    assert desk.portal.services.certificates.checking.end_outdated() == 0


def test_of_a_contract_that_vanished_nobody_says_that_it_owes_nothing(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("DELETE FROM FATURE WHERE KTR_ID = 3")
    page = desk.portal.client().get(f"/verify/{code}")
    assert "nuk mund të kontrollohet" in page.content


def test_a_holder_with_the_fathers_name(desk: Desk) -> None:
    desk.billing("UPDATE ABONENT SET EMERTIM = 'HOXHA AGRON PETRIT' WHERE EMERTIM = 'AGRON HOXHA'")
    applied(desk.agron)
    applied(desk.agron, 400, father="Ilir")


def test_its_time_ends(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    with desk.portal.database.write() as connection:
        yesterday = today() - timedelta(days=1)
        connection.execute(text("UPDATE debt_certificate SET valid_until = :d"), {"d": yesterday})
    assert "i mbaroi koha" in desk.portal.client().get(f"/verify/{code}").content


def test_while_billing_is_away(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    page = desk.agron.get(NEW)
    desk.billing("ALTER TABLE FATURE RENAME TO AWAY")
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie është i vërtetë"
    assert "nuk mund të kontrollohet" in checked.content
    key = str(page.field("key").get("value"))
    refused = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=503)
    assert refused.field("father").get("value") == "Petrit"
    assert desk.portal.services.certificates.checking.end_outdated() == 0
    assert len(rows(desk.portal, "SELECT id FROM debt_application")) == 1
    desk.billing("ALTER TABLE AWAY RENAME TO FATURE")


def test_codes_are_compared_as_they_are_printed(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    assert len(code) == 26, "130 bits"
    typed = f"  {code[:8].lower()} {code[8:]} "
    assert desk.portal.client().get(f"/verify?code={typed}", status=303)
    assert desk.portal.client().get(f"/verify/{code.lower()}").heading.endswith("dhe vlen")


def test_the_whole_address_may_be_typed_and_what_was_typed_stays(desk: Desk) -> None:
    code = "A" * 26
    stranger = desk.portal.client()
    for typed in (f"https://mein.example/verify/{code.lower()}", f"/verify/{code}/?x=1", code):
        found = stranger.get("/verify", query_string={"code": typed}, status=303)
        assert found.response.location == f"/verify/{code}"
    assert stranger.get(f"/verify/{code}", status=404).field("code").get("value") == code
    for typed in ("a/b", "..", "https://mein.example/verify/ABC"):
        found = stranger.get("/verify", query_string={"code": typed}, status=404)
        assert found.field("code").get("value") == typed
        assert "Nuk njohim" in found.content


def test_guesses_are_answered_alike_and_counted(desk: Desk) -> None:
    stranger = desk.portal.client()
    unknown = stranger.get("/verify/" + "A" * 26, status=404).content
    for guess in ("B" * 26, "x", "' OR 1=1", "VD000000001"):
        assert stranger.get(f"/verify/{guess}", status=404).content == unknown
    for _ in range(25):
        stranger.get("/verify/" + "C" * 26, status=404)
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    stranger.get("/verify/" + "D" * 26, status=429)
    stranger.get(f"/verify/{code}", status=429)
