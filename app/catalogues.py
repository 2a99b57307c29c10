"""The catalogues of what customers read: collected from code and templates, kept in
app/translations, and compiled so that a deployment needs no build step."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

APP = Path(__file__).parent
TRANSLATIONS = APP / "translations"
TEMPLATES = ("templates/**.html", "templates/mails/**.txt")
METHODS = [("**.py", "python"), *((files, "jinja2.ext.babel_extract") for files in TEMPLATES)]
OPTIONS = {files: {"trimmed": "true", "silent": "false"} for files in TEMPLATES}
KEYWORDS = {"_": None, "_l": None, "ngettext": (1, 2)}
SOURCE_LANGUAGE = "en"  # the texts in code and templates are English


def collect() -> Catalog:
    """Every text that code and templates may show."""
    found = Catalog(fuzzy=False)
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(APP), METHODS, OPTIONS, KEYWORDS
    ):
        found.add(message)
    return found


def read(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """The language's catalogue with new texts added and unused ones dropped."""
    catalogue = read(language) if po_file(language).exists() else Catalog(locale=language)
    catalogue.update(collect(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    if language == SOURCE_LANGUAGE:
        for message in catalogue:
            if message.id:
                message.string = message.id
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    return [str(m.id) for m in catalogue if m.id and not _is_whole(m.string)]


def _is_whole(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def compiled(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def save(language: str, catalogue: Catalog) -> None:
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        write_po(file, catalogue, no_location=True, sort_output=True, omit_header=False, width=100)
    mo_file(language).write_bytes(compiled(read(language)))


def po_file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")
