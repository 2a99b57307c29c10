"""Documents that are handed in with a request's form."""

from io import BytesIO

import pytest

from tests.case_form import count, documents_on, emer, value
from tests.cases import (
    F2,
    NEW,
    file_of,
    form_of,
)
from tests.conftest import MakePortal, Portal
from tests.documents import pdf
from tests.web.client import CheckedClient

__all__ = ["emer"]


def test_documents_are_added_and_removed_one_by_one(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {**form_of(page), **F2, "d-identity": file_of("karta.jpg"), "do": "add"}
    page = emer.post(NEW, data)
    assert documents_on(page) == ["karta.jpg"]
    assert value(page, "f-note") == F2["f-note"]
    [button] = [b for b in page.all("button") if str(b.get("value")).startswith("remove-")]
    page = emer.post(NEW, {**form_of(page), **F2, "do": button.get("value")})
    assert documents_on(page) == []
    # A second press finds nothing to remove, and says nothing.
    emer.post(NEW, {**form_of(page), **F2, "do": button.get("value")})
    emer.post(NEW, {**form_of(page), **F2, "do": "remove-99999999999999"})


def test_a_bad_document_is_refused_and_the_rest_is_kept(
    portal: Portal, emer: CheckedClient
) -> None:
    page = emer.get(f"{NEW}?request=F2")
    files = {
        "d-identity": (BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "<b>karta</b>.jpg"),
        "d-invoice_copy": file_of("fatura.pdf"),
    }
    data = {**form_of(page), **F2, **files, "agreed": "yes", "do": "send"}
    refused = emer.post(NEW, data, status=400)
    assert len(refused.problems) == 1
    assert "&lt;b&gt;karta&lt;/b&gt;.jpg" in refused.text
    assert documents_on(refused) == ["fatura.pdf"]
    assert value(refused, "f-note") == F2["f-note"]
    assert count(portal, "service_case") == 0


def test_no_more_documents_than_allowed(make_portal: MakePortal) -> None:
    few = make_portal(documents={"max_files_per_case": 2}).signed_in("Emer Mbiemer")
    page = few.get(f"{NEW}?request=F2")
    files = [file_of(f"foto{n}.jpg") for n in range(2)]
    page = few.post(NEW, {**form_of(page), "d-other": files, "do": "add"})
    more = {**form_of(page), "d-other": file_of("foto2.jpg"), "do": "add"}
    page = few.post(NEW, more, status=400)
    assert documents_on(page) == ["foto0.jpg", "foto1.jpg"]
    assert "foto2.jpg" in page.problems[0]


def test_so_many_files_at_once_are_not_even_looked_into(
    portal: Portal, emer: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(portal.services.documents, "take", lambda *file, **_of: looked.append(file))
    page = emer.get(f"{NEW}?request=F2")
    files = [(BytesIO(b"%PDF-broken"), f"{n}.pdf") for n in range(40)]
    data = {**form_of(page), **F2, "d-other": files, "do": "add"}
    refused = emer.post(NEW, data, status=400)
    assert len(refused.problems) == 1 and value(refused, "f-note") == F2["f-note"]
    emer.http.delete_cookie("selfcare_session")
    again = {
        **data,
        "csrf_token": "x",
        "d-other": [(BytesIO(b"%PDF-"), "a.pdf") for _ in range(40)],
    }
    emer.post(NEW, again, status=303)
    assert looked == []


def test_too_large_a_request_is_refused_in_words(make_portal: MakePortal) -> None:
    small = make_portal(documents={"max_request_bytes": 60_000, "max_bytes": 50_000})
    client = small.signed_in("Emer Mbiemer")
    page = client.get(f"{NEW}?request=F2")
    huge = {**form_of(page), "d-other": (BytesIO(b"x" * 70_000), "e madhe.pdf"), "do": "add"}
    refused = client.post(NEW, huge, 413, headers={"Referer": f"http://localhost{NEW}?request=F2"})
    assert "Kjo është tepër e madhe" in refused.heading
    links = [a.get("href") for a in refused.all("a")]
    assert f"{NEW}?request=F2" in links, links


def test_a_form_that_is_sent_again_adds_its_files_once(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    content = pdf()
    for _ in range(2):
        again = {
            "d-identity": file_of("karta.jpg"),
            "d-invoice_copy": (BytesIO(content), "fatura.pdf"),
        }
        page = emer.post(NEW, {**form_of(page), **F2, **again, "do": "add"})
    assert documents_on(page) == ["karta.jpg", "fatura.pdf"]


def test_a_file_chosen_beside_another_request_is_looked_into(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    bad = {**F2, "request": "M1", "d-identity": (BytesIO(b"MZ"), "x.pdf"), "do": "choose"}
    refused = emer.post(NEW, {**form_of(page), **bad}, status=400)
    assert "x.pdf" in refused.problems[0] and value(refused, "f-note") == F2["f-note"]
