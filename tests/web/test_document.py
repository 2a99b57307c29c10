"""The invoice's document, read back as a reader would."""

import io

import pypdfium2
import pytest
import zxingcpp

from tests.conftest import Portal


def read(content: bytes) -> tuple[str, list[str]]:
    """The page's text and what its QR codes say."""
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    assert len(document) == 1
    text = document[0].get_textpage().get_text_bounded().replace("\u00a0", " ")
    picture = document[0].render(scale=2).to_pil()
    return " ".join(text.split()), [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.fixture
def manual_pdf(portal: Portal) -> bytes:
    client = portal.signed_in("Emer Mbiemer")
    return client.get("/contracts/AL0000000/invoices/123456789.pdf").response.data


def test_manual_invoice_to_the_cent(manual_pdf: bytes) -> None:
    text, codes = read(manual_pdf)
    for part in (
        "Faturë 123456789", "EMER MBIEMER", "BULEVARDI GJERGJ FISHTA", "AL0000000", "1/2024",
        "31.01.2024", "29.02.2024", "Për t'u paguar deri më 29.02.2024", "556,00 lekë", "30 kWh",
        "Energji elektrike", "285,00", "Tarifë fikse", "95,00", "380,00 lekë", "76,00 lekë",
        "456,00 lekë", "100,00 lekë", "Kamata", "0,00 lekë", "NSLF", "NIVF", "223", "MOSTËR",
    ):  # fmt: skip
        assert part in text, part
    assert len(codes) == 1
    assert codes[0].startswith("https://efiskalizimi-app.tatime.gov.al/invoice-check/#/verify?iic=")
    assert codes[0].endswith("&prc=556.00")
    assert "%2B01:00" in codes[0]


def test_document_in_english(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer", "en")
    text, _codes = read(client.get("/contracts/AL0000000/invoices/123456789.pdf").response.data)
    assert "Invoice 123456789" in text
    assert "To be paid by 29.02.2024 556.00 lek" in text


def test_paid_invoice_says_so(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    text, _codes = read(client.get("/contracts/AL0000000/invoices/123456784.pdf").response.data)
    assert "E paguar. Shuma e faturës: 2756,20 lekë" in text
    assert "Totali për t'u paguar" not in text


def test_document_is_a_small_inline_file(manual_pdf: bytes, portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    headers = client.get("/contracts/AL0000000/invoices/123456789.pdf").response.headers
    assert headers["Content-Disposition"] == 'inline; filename="fature-123456789.pdf"'
    assert len(manual_pdf) < 30_000


def test_same_invoice_gives_the_same_bytes(portal: Portal, manual_pdf: bytes) -> None:
    client = portal.signed_in("Emer Mbiemer")
    again = client.get("/contracts/AL0000000/invoices/123456789.pdf").response.data
    assert again == manual_pdf
