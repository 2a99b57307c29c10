"""What may come as an upload: all good kinds are taken, nothing hostile is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.database import schema
from app.database.engine import Database
from app.documents.records import Document, DocumentRefused, Refusal
from app.documents.service import Documents
from tests.documents import GOOD, docx, make_documents, pdf, picture, relation
from tests.hostile_files import SCRIPT, hostile

MEDIA = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    folder = tmp_path_factory.mktemp("corpus")
    database = Database(f"sqlite:///{folder}/portal.sqlite3")
    schema.upgrade(database)
    yield make_documents(
        database,
        folder / "documents",
        max_bytes=2_000_000,
        inspections_at_once=4,
        inspection_seconds=60,
        max_files_per_case=100,
    )
    database.close()


@pytest.fixture(scope="module")
def folder(documents: Documents) -> Path:
    return documents._storage._folder  # type: ignore[attr-defined,no-any-return]


def take(documents: Documents, name: str, content: bytes) -> Document | Refusal:
    try:
        return documents.take(BytesIO(content), name=name, account_id=1)
    except DocumentRefused as refused:
        return refused.reason


def taken(documents: Documents, name: str, content: bytes) -> tuple[Document, bytes]:
    document = take(documents, name, content)
    assert isinstance(document, Document), f"{name}: {document}"
    with documents.open(document) as kept:
        return document, kept.read()


def test_nothing_hostile_is_taken(
    documents: Documents, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = list(hostile())
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: take(documents, one[0], one[1]), corpus))
    accepted = [name for (name, *_), got in zip(corpus, found, strict=True)
                if isinstance(got, Document)]  # fmt: skip
    otherwise = [
        (name, got) for (name, _content, wanted), got in zip(corpus, found, strict=True)
        if got not in wanted
    ]  # fmt: skip
    with capsys.disabled():
        print(f"\nuploads: {len(corpus)} hostile files tried, {len(accepted)} accepted wrongly")
    assert len(corpus) > 120
    assert accepted == []
    assert otherwise == []
    assert [file for file in folder.rglob("*") if file.is_file()] == []


def test_every_good_kind_is_taken(documents: Documents, capsys: pytest.CaptureFixture[str]) -> None:
    found = {name: take(documents, name, content) for name, content in GOOD.items()}
    refused = {name: got for name, got in found.items() if isinstance(got, Refusal)}
    with capsys.disabled():
        print(f"\nuploads: {len(found)} good files tried, {len(refused)} refused wrongly")
    assert refused == {}


def test_pdf_and_word_are_kept_as_they_came(documents: Documents) -> None:
    for name in ("fatura.pdf", "ankesë.docx"):
        document, content = taken(documents, name, GOOD[name])
        assert (document.name, content) == (name, GOOD[name])


def test_what_word_itself_writes_is_taken(documents: Documents) -> None:
    links = relation("hyperlink", "https://energjia.example/ankesa")
    links += relation("hyperlink", "mailto:x@y.example").replace("r9", "r8")
    links += relation("attachedTemplate", "file:///C:\\Users\\a\\x.dotx").replace("r9", "r7")
    field = "<w:instrText> PAGE \\* MERGEFORMAT </w:instrText>"
    more = {"docProps/app.xml": "<x/>", "word/fonts/font1.odttf": b"x", "word/media/": b""}
    taken(documents, "a.docx", docx(relations=links, text=field, members=more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("IMG_0001.HEIC", "IMG_0001.jpg"),
        ("IMG_0001.heif", "IMG_0001.jpg"),
        ("IMG_0001.jpg", "IMG_0001.jpg"),
        ("IMG_0001", "IMG_0001.jpg"),
    ],
)
def test_heic_becomes_jpeg_whatever_a_phone_calls_it(
    documents: Documents, name: str, wanted: str
) -> None:
    document, content = taken(documents, name, picture("HEIF", (120, 80)))
    assert (document.name, document.media_type) == (wanted, "image/jpeg")
    with Image.open(BytesIO(content)) as kept:
        assert (kept.format, kept.size) == ("JPEG", (120, 80))
        left, right = kept.getpixel((10, 40)), kept.getpixel((110, 40))
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]  # type: ignore[index]


def _secretive(format: str, turned: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "A Phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 19.0, 49.0), 3: "E", 4: (19.0, 49.0, 7.0)})
    return picture(format, exif=exif.tobytes())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "HEIF"])
def test_only_pixels_survive(documents: Documents, format: str) -> None:
    """Neither place nor device, nor what else hides in a picture or after it."""
    more = {"comment": SCRIPT} if format == "JPEG" else {}
    plain = picture(format, icc_profile=SCRIPT * 20, **more)  # type: ignore[arg-type]
    for sent in (_secretive(format), plain, picture(format) + b"PK\x03\x04" + SCRIPT):
        _document, content = taken(documents, f"a.{format.lower().replace('f', 'c')[:4]}", sent)
        assert b"A Phone" not in content and b"Exif" not in content and b"PK\x03" not in content
        assert SCRIPT not in content and b"eXIf" not in content and b"iCCP" not in content
        with Image.open(BytesIO(content)) as kept:
            assert not kept.getexif()


@pytest.mark.parametrize("turned", range(1, 9))
def test_pictures_stand_upright(documents: Documents, turned: int) -> None:
    _document, content = taken(documents, "a.jpg", _secretive("JPEG", turned))
    with Image.open(BytesIO(content)) as kept:
        assert kept.size == ((64, 48) if turned < 5 else (48, 64))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_mode(documents: Documents, mode: str) -> None:
    deep = Image.new("I", (20, 20), 200 * 256).convert("I;16")
    drawn = deep if mode == "I;16" else Image.new("RGB", (20, 20), (210,) * 3).convert(mode)
    if mode == "1":
        drawn = Image.new("1", (20, 20), 1)
    written = BytesIO()
    drawn.save(written, "PNG")
    _document, content = taken(documents, "a.png", written.getvalue())
    with Image.open(BytesIO(content)) as kept:
        assert abs(int(kept.convert("L").getpixel((5, 5))) - 200) < 60  # type: ignore[arg-type]


def test_cmyk_as_scanners_write_it(documents: Documents) -> None:
    _document, content = taken(documents, "a.jpg", picture("JPEG", mode="CMYK"))
    with Image.open(BytesIO(content)) as kept:
        assert kept.mode == "RGB"


def test_a_broken_note_of_the_camera_does_not_matter(documents: Documents) -> None:
    sent = picture("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\xff" + b"\x01\x12\xff\xff" * 20)
    taken(documents, "a.jpg", sent)


def test_a_picture_just_within_the_limit(documents: Documents) -> None:
    for side, taken_in in ((7_000, True), (7_100, False)):
        written = BytesIO()
        Image.new("1", (side, side), 1).save(written, "PNG")
        got = take(documents, "a.png", written.getvalue())
        assert isinstance(got, Document) if taken_in else got is Refusal.PICTURE_TOO_LARGE


def test_the_largest_file(documents: Documents) -> None:
    at_most = pdf() + b"\n" * (2_000_000 - len(pdf()))
    assert take(documents, "a.pdf", at_most) is Refusal.BROKEN  # its end is far from its end
    assert take(documents, "a.pdf", at_most + b"\n") is Refusal.TOO_LARGE
