"""Which requests there are: the utility's file, read and checked.

A case keeps the form it was filed with as JSON (`RequestForm.model_dump_json`), so the file may
change at any time.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from app.cases.catalogue_file import (
    LONGEST_TEXT,
    FieldType,
    FileDocument,
    FileField,
    FileHead,
    FilePart,
    FileRequest,
    check_code,
    problems_of,
    shown,
)
from config.places import Places

LONGEST_FILE = 400_000
MOST_DOTS = 100  # in a line: tomllib takes memory by the square of a.b.c's parts
MOST_TOLD = 50  # problems
Kind = FieldType
REQUEST_CODE = re.compile(r"[A-Z]{1,3}[0-9]{0,3}")


class CatalogueError(Exception):
    """The file cannot be used; the message has a line for each thing that is wrong."""


class Part(BaseModel):
    """What a case keeps: read again years later, so it takes what catalogue_file.py once let in."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Text(Part):
    """The same words in both languages."""

    sq: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.sq


class FieldSpec(Part):
    """One thing that a customer fills in.

    shortest, longest: characters; least, most: of a number or an amount; decimals: at most;
    when: which days a date may be; unit: shown behind a number.
    """

    code: str
    type: Kind
    name: Text
    help: Text | None = None
    required: bool = True
    shortest: int = 0
    longest: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int = 2
    unit: str = ""
    when: Literal["any", "past", "future"] = "any"
    choices: dict[str, Text] = {}

    @property
    def limit(self) -> int:
        """The most characters that may be typed."""
        if self.longest:
            return self.longest
        return {"paragraph": LONGEST_TEXT, "text": 200, "email": 254}.get(self.type, 60)


class DocumentSpec(Part):
    """One document that a customer attaches."""

    code: str
    name: Text
    help: Text | None = None
    required: bool = True


class Deadline(Part):
    """Until when; days are counted from the day after the request was filed."""

    days: int
    count: Literal["working", "calendar"]


class RequestForm(Part):
    """One request as customers file it.

    target: what happens by the deadline. check_debt: only for who owes nothing but what is
    disputed. sensitive: not from an account whose password was recovered just now.
    """

    code: str
    kind: str
    kind_name: Text
    name: Text
    about: Text
    deadline: Deadline
    target: Text
    check_debt: bool = False
    sensitive: bool = False
    fields: tuple[FieldSpec, ...]
    documents: tuple[DocumentSpec, ...]

    def title(self, language: str) -> str:
        """`F2-Tarifim i gabuar`."""
        return f"{self.code}-{self.name.in_language(language)}"

    def has_field(self, kind: Kind) -> bool:
        return any(one.type == kind for one in self.fields)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """kinds: code -> name, in the file's order, as requests are. unused: parts no request names."""

    version: str
    kinds: Mapping[str, Text]
    requests: Mapping[str, RequestForm]
    unused: tuple[str, ...] = ()

    def of_kind(self, kind: str) -> list[RequestForm]:
        return [request for request in self.requests.values() if request.kind == kind]

    def find(self, code: str) -> RequestForm | None:
        return self.requests.get(code)


def load_catalogue(file: Path) -> Catalogue:
    """Raises: CatalogueError, one line per problem: file, line, what was found and expected."""
    text = _read_text(file)
    try:
        contents = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(_not_toml(file, text, error)) from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        told = "a number of too many digits, or too much in each other"
        raise CatalogueError(f"{file}: cannot be read as TOML: {told}") from error
    return _Reader(file, Places(text)).read(contents)


def _read_text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            text = opened.read(LONGEST_FILE + 1)
    except OSError as error:
        raise CatalogueError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        told = f"is not a text in UTF-8: byte {error.start + 1} is none of it"
        raise CatalogueError(f"{file}: {told}") from error
    if len(text) > LONGEST_FILE:
        raise CatalogueError(f"{file}: is longer than {LONGEST_FILE:,} characters")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS:
            raise CatalogueError(f"{file}:{number}: has more than {MOST_DOTS} dots in one line")
    return text


def _not_toml(file: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    told, _, place = str(error).rpartition(" (at ")
    found = re.match(r"line (\d+)", place)
    line = found[1] if found else str(text.rstrip().count("\n") + 1)
    twice = re.fullmatch(r"Cannot declare \((.*?),?\) twice", told)
    if twice:
        name = ".".join(re.findall(r"'([^']*)'", twice[1]))
        told = f"[{name}] stands twice"
    return f"{file}:{line}: is not valid TOML: {told}"


Model = TypeVar("Model", bound=FilePart)
Record = TypeVar("Record", FieldSpec, DocumentSpec)


class _Reader:
    def __init__(self, file: Path, places: Places) -> None:
        self._file = file
        self._places = places
        self._problems: dict[str, int] = {}  # words -> line
        self._named: set[str] = set()  # also what is wrong in itself: who uses it is not
        self._used: set[str] = set()

    def read(self, contents: dict[str, Any]) -> Catalogue:
        head = self._parse(FileHead, "", contents)
        if head is None:
            raise self._error()
        kinds = {code: _text(name) for code, name in head.kinds.items()}
        known: dict[str, Mapping[str, Any]] = {
            "fields": self._parse_each(FileField, FieldSpec, "fields", head.fields),
            "documents": self._parse_each(FileDocument, DocumentSpec, "documents", head.documents),
        }
        requests = {
            code: request
            for code, values in head.requests.items()
            if (request := self._request(code, values, kinds, known))
        }
        if self._problems:
            raise self._error()
        return Catalogue(
            version=head.version,
            kinds=kinds,
            requests=requests,
            unused=tuple(self._unused(known, kinds, requests)),
        )

    def _unused(
        self,
        known: Mapping[str, Mapping[str, Any]],
        kinds: Mapping[str, Text],
        requests: Mapping[str, RequestForm],
    ) -> Iterator[str]:
        for section, parts in known.items():
            names = [f"{section}.{code}" for code in parts]
            yield from (name for name in names if name not in self._used)
        taken = {request.kind for request in requests.values()}
        yield from (f"kinds.{code}" for code in kinds if code not in taken)

    def _request(
        self,
        code: str,
        values: dict[str, Any],
        kinds: Mapping[str, Text],
        known: Mapping[str, Mapping[str, Any]],
    ) -> RequestForm | None:
        path = f"requests.{code}"
        if not REQUEST_CODE.fullmatch(code):
            told = "one to three capitals, then up to three digits, such as F2"
            self._wrong(path, f"{shown(code)} is no code; expected {told}")
        parsed = self._parse(FileRequest, path, values)
        if parsed is None:
            return None
        fields = self._chosen(path, known, "fields", parsed.fields, parsed.optional_fields)
        documents = self._chosen(
            path, known, "documents", parsed.documents, parsed.optional_documents
        )
        if parsed.kind not in kinds:
            expected = ", ".join(kinds)
            self._wrong(f"{path}.kind", f"expected one of {expected}; found {shown(parsed.kind)}")
            return None
        return RequestForm(
            code=code,
            kind=parsed.kind,
            kind_name=kinds[parsed.kind],
            name=_text(parsed.name),
            about=_text(parsed.about),
            deadline=Deadline.model_validate(parsed.deadline.model_dump()),
            target=_text(parsed.target),
            check_debt=parsed.check_debt,
            sensitive=parsed.sensitive,
            fields=fields,
            documents=documents,
        )

    def _chosen(
        self,
        path: str,
        known: Mapping[str, Mapping[str, Any]],
        section: str,
        must: list[str],
        may: list[str],
    ) -> tuple[Any, ...]:
        """The parts a request names, in its order."""
        named, found = Counter(must + may), []
        for key, codes in ((section, must), (f"optional_{section}", may)):
            for code in codes:
                part = known[section].get(code)
                if f"{section}.{code}" not in self._named:
                    told = f"there is no [{section}.{shown(code)[1:-1]}]"
                    self._wrong(f"{path}.{key}", told, entry=code)
                elif named[code] > 1:
                    self._wrong(f"{path}.{key}", f"{code} is named {named[code]} times", entry=code)
                elif part is not None:
                    found.append(part.model_copy(update={"required": key == section}))
                self._used.add(f"{section}.{code}")
        return tuple(found)

    def _parse_each(
        self,
        part: type[FilePart],
        record: type[Record],
        section: str,
        each: Mapping[str, dict[str, Any]],
    ) -> dict[str, Record]:
        parsed: dict[str, Record] = {}
        for code, values in each.items():
            path = f"{section}.{code}"
            self._named.add(path)
            try:
                check_code(code)
            except ValueError as error:
                self._wrong(path, str(error))
            found = self._parse(part, path, values)
            if found is not None:
                parsed[code] = record.model_validate({"code": code, **found.model_dump()})
        return parsed

    def _parse(self, part: type[Model], path: str, values: dict[str, Any]) -> Model | None:
        try:
            return part.model_validate(values)
        except ValidationError as error:
            for where, told in problems_of(error, part):
                self._wrong(".".join([path, *where]).strip("."), told)
        return None

    def _wrong(self, path: str, told: str, *, entry: str = "") -> None:
        line = self._places.line_of_entry(path, entry) if entry else self._places.line(path)
        named = path if path.isprintable() else shown(path)[1:-1]
        self._problems[f"{self._file}:{line}: {named[:120]}: {told}"] = line

    def _error(self) -> CatalogueError:
        told = sorted(self._problems, key=self._problems.__getitem__)
        left = len(told) - MOST_TOLD
        if left > 0:
            told[MOST_TOLD:] = [f"{self._file}: and {left:,} more"]
        return CatalogueError("\n".join(told))


def _text(words: FilePart) -> Text:
    return Text.model_validate(words.model_dump())
