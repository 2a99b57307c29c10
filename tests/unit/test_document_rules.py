"""What documents are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.records import DocumentRefused, Kind, Refusal
from app.documents.rules import clean_name, unknown

NAMES = [
    ("fatura.pdf", "fatura.pdf"),
    ("FATURA.PDF", "FATURA.pdf"),
    ("Kontratë e çelësit – 2026.pdf", "Kontratë e çelësit – 2026.pdf"),
    ("nr. 5", "nr. 5.pdf"),
    ("12.03.2026", "12.03.2026.pdf"),
    ("12.03.2026.pdf", "12.03.2026.pdf"),
    ("fatura", "fatura.pdf"),
    ("fatura.pdf.pdf", "fatura.pdf.pdf"),
    ("fatura.pdf ", "fatura.pdf"),
    ("fatura.pdf...", "fatura.pdf"),
    ("../../etc/passwd.pdf", "passwd.pdf"),
    ("..\\..\\x.pdf", "x.pdf"),
    ("C:\\Users\\Arta\\fatura.pdf", "fatura.pdf"),
    ("/etc/passwd", "passwd.pdf"),
    ("<b>x</b>.pdf", "b.pdf"),
    ('"><img src=x onerror=alert(1)>.pdf', "img src x onerror alert(1).pdf"),
    ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
    ("a\0b.pdf", "ab.pdf"),
    ("fa\u202etura.pdf", "fatura.pdf"),
    ("fa\u200btura\ufeff.pdf", "fatura.pdf"),
    ("a\u00a0\u2003b.pdf", "a b.pdf"),
    ("e\u0308.pdf", "ë.pdf"),
    ("", "document.pdf"),
    (".pdf", "document.pdf"),
    ("...", "document.pdf"),
    ("\u202e", "document.pdf"),
    ("CON.pdf", "_CON.pdf"),
    ("lpt1.pdf", "_lpt1.pdf"),
    ("-rf.pdf", "rf.pdf"),
    ("~x.pdf", "x.pdf"),
    ("$(reboot).pdf", "(reboot).pdf"),
    ("`reboot`.pdf", "reboot.pdf"),
    ("=cmd.pdf", "cmd.pdf"),
    ("a%00.pdf", "a 00.pdf"),
    ("x" * 10_000 + ".pdf", "x" * 116 + ".pdf"),
    ("fatura.exe", None),
    ("fatura.pdf.exe", None),
    ("fatura.jpg", None),
    ("fatura\u202efdp.exe", None),
    ("x.7z", None),
]


@pytest.mark.parametrize(("given_name", "wanted"), NAMES)
def test_names(given_name: str, wanted: str | None) -> None:
    if wanted is None:
        with pytest.raises(DocumentRefused) as caught:
            clean_name(given_name, Kind.PDF)
        assert caught.value.reason is Refusal.NOT_WHAT_ITS_NAME_SAYS
    else:
        assert clean_name(given_name, Kind.PDF) == wanted


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.jpeg", "a.JPE", "a.jfif", "a.png", "a.heic", "a.HEIF"]
)
@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.HEIC])
def test_pictures_may_have_each_others_extensions(name: str, kind: Kind) -> None:
    assert clean_name(name, kind) == ("a.png" if kind is Kind.PNG else "a.jpg")


def test_what_is_unknown_under_a_name_that_promises_is_not_that() -> None:
    assert unknown("a.pdf").reason is Refusal.NOT_WHAT_ITS_NAME_SAYS
    for name in ("a.txt", "a", "", "pdf", "a.pdf.txt"):
        assert unknown(name).reason is Refusal.UNKNOWN_KIND


@given(st.text(max_size=300), st.sampled_from([*Kind]))
def test_whatever_is_given_a_name_is_safe(name: str, kind: Kind) -> None:
    try:
        cleaned = clean_name(name, kind)
    except DocumentRefused as refused:
        assert refused.reason is Refusal.NOT_WHAT_ITS_NAME_SAYS
        return
    assert 5 <= len(cleaned) <= 121 and cleaned == cleaned.strip()
    assert not set(cleaned) & set("/\\<>&\"'`:|?*%;$=\0\r\n")
    assert all(unicodedata.category(c)[0] != "C" for c in cleaned)
    assert cleaned.rpartition(".")[2] in {"pdf", "jpg", "png", "docx"}
    assert cleaned[0] not in ".-~"
    assert cleaned.encode("utf-8")
    assert clean_name(cleaned, kind) == cleaned, "cleaned once for all"
