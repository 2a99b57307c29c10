"""Filing and following requests as a customer's browser does."""

from io import BytesIO
from typing import Any

from tests.documents import pdf, picture
from tests.web.client import CheckedClient, Page

CODE = "AL0000000"
NEW = f"/contracts/{CODE}/cases/new"
LIST = f"/contracts/{CODE}/cases"
INVOICE, PAID_INVOICE = "123456789", "123456788"  # of Emer Mbiemer's
IDENTITY = ("d-identity", "karta.jpg")
INVOICE_COPY = ("d-invoice_copy", "fatura.pdf")
F2 = {"f-invoice": INVOICE, "f-tariff": "household", "f-note": "Jam klient familjar."}


def file_of(name: str) -> tuple[BytesIO, str]:
    """What a browser sends of a file with this name: a picture or a PDF."""
    return BytesIO(pdf() if name.endswith(".pdf") else picture()), name


def draft_of(page: Page) -> str:
    return str(page.field("draft").get("value"))


def form_of(page: Page, request: str = "F2", **typed: Any) -> dict[str, Any]:
    """What the page's form sends, with what was typed."""
    return {"draft": draft_of(page), "shown": request, "request": request, "kind": "", **typed}


def send_f2(client: CheckedClient, status: int = 303, **more: Any) -> Page:
    """A whole complaint about a tariff, with both documents that it needs."""
    page = client.get(f"{NEW}?request=F2")
    documents = {field: file_of(name) for field, name in (IDENTITY, INVOICE_COPY)}
    data = {**form_of(page), **F2, **documents, "agreed": "yes", "do": "send", **more}
    return client.post(NEW, data, status=status)


def number_of(page: Page) -> str:
    """The number that a page of a filed request leads on to."""
    return page.response.location.partition("filed=")[2].partition("#")[0]


def file_f2(client: CheckedClient) -> str:
    """Files it, and gives its number."""
    return number_of(send_f2(client))
