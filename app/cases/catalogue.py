"""Which requests there are: the utility's file, read and checked.

A case keeps the form it was filed with as JSON (`RequestForm.model_dump_json`), so the file may
change at any time.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.places import Places

LONGEST_FILE = 400_000
CODE = r"^[a-z][a-z0-9_]{0,39}$"
REQUEST_CODE = re.compile(r"^[A-Z]{1,3}[0-9]{0,3}$")
LONGEST_TEXT = 4_000
Kind = Literal[
    "text",
    "paragraph",
    "number",
    "money",
    "date",
    "choice",
    "yes_no",
    "phone",
    "email",
    "invoice",
    "nipt",
    "nid",
]


class CatalogueError(Exception):
    """The file cannot be used; the message has a line for each thing that is wrong."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Part):
    """The same words in both languages."""

    sq: str = Field(min_length=1, max_length=2_000)
    en: str = Field(min_length=1, max_length=2_000)

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.sq


class FieldSpec(Part):
    """One thing that a customer fills in.

    shortest, longest: characters; least, most: of a number or an amount; decimals: at most;
    when: which days a date may be; unit: shown behind a number.
    """

    code: str = Field(pattern=CODE)
    type: Kind
    name: Text
    help: Text | None = None
    required: bool = True
    shortest: int = Field(default=0, ge=0, le=LONGEST_TEXT)
    longest: int = Field(default=0, ge=0, le=LONGEST_TEXT)
    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int = Field(default=2, ge=0, le=6)
    unit: str = Field(default="", max_length=20)
    when: Literal["any", "past", "future"] = "any"
    choices: dict[str, Text] = Field(default_factory=dict, max_length=30)

    @model_validator(mode="after")
    def _fits_its_type(self) -> "FieldSpec":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a field of type choice, and no other, has choices")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least} is more than most {self.most}")
        if self.longest and self.shortest > self.longest:
            raise ValueError(f"shortest {self.shortest} is more than longest {self.longest}")
        return self

    @property
    def limit(self) -> int:
        """The most characters that may be typed."""
        if self.longest:
            return self.longest
        return {"paragraph": LONGEST_TEXT, "text": 200, "email": 254}.get(self.type, 60)


class DocumentSpec(Part):
    """One document that a customer attaches."""

    code: str = Field(pattern=CODE)
    name: Text
    help: Text | None = None
    required: bool = True


class Deadline(Part):
    """Until when; days are counted from the day after the request was filed."""

    days: int = Field(ge=1, le=366)
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
    """kinds: code -> name, in the file's order, as requests are."""

    version: str
    kinds: Mapping[str, Text]
    requests: Mapping[str, RequestForm]
    unused: tuple[str, ...] = field(default=())

    def of_kind(self, kind: str) -> list[RequestForm]:
        return [request for request in self.requests.values() if request.kind == kind]

    def find(self, code: str) -> RequestForm | None:
        return self.requests.get(code)


class _Request(Part):
    """As the file writes it: fields and documents by their codes."""

    kind: str
    name: Text
    about: Text
    deadline: Deadline
    target: Text
    check_debt: bool = False
    sensitive: bool = False
    fields: list[str] = []
    optional_fields: list[str] = []
    documents: list[str] = []
    optional_documents: list[str] = []


class _File(Part):
    version: str = Field(min_length=1, max_length=20)
    kinds: dict[str, Text] = Field(min_length=1)
    fields: dict[str, dict[str, Any]] = {}
    documents: dict[str, dict[str, Any]] = {}
    requests: dict[str, dict[str, Any]] = Field(min_length=1)


def load_catalogue(file: Path) -> Catalogue:
    """Raises: CatalogueError."""
    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > LONGEST_FILE:
            raise CatalogueError(f"{file}: is longer than {LONGEST_FILE} characters")
        contents = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{file}: is not valid TOML: {error}") from error
    return _Reader(file, Places(text)).read(contents)


P = TypeVar("P", bound=Part)


class _Reader:
    def __init__(self, file: Path, places: Places) -> None:
        self._file = file
        self._places = places
        self._problems: list[str] = []
        self._used: set[str] = set()

    def read(self, contents: dict[str, Any]) -> Catalogue:
        found = self._parse(_File, "", contents)
        if found is None:
            raise CatalogueError("\n".join(self._problems))
        fields = self._parse_each(FieldSpec, "fields", found.fields)
        documents = self._parse_each(DocumentSpec, "documents", found.documents)
        requests = {
            code: request
            for code, values in found.requests.items()
            if (request := self._request(code, values, found.kinds, fields, documents))
        }
        if self._problems:
            raise CatalogueError("\n".join(self._problems))
        known = [
            *(f"fields.{code}" for code in fields),
            *(f"documents.{code}" for code in documents),
        ]
        empty = [f"kinds.{k}" for k in found.kinds if all(r.kind != k for r in requests.values())]
        unused = tuple([name for name in known if name not in self._used] + empty)
        return Catalogue(version=found.version, kinds=found.kinds, requests=requests, unused=unused)

    def _request(
        self,
        code: str,
        values: dict[str, Any],
        kinds: Mapping[str, Text],
        fields: Mapping[str, FieldSpec],
        documents: Mapping[str, DocumentSpec],
    ) -> RequestForm | None:
        path = f"requests.{code}"
        if not REQUEST_CODE.match(code):
            self._wrong(path, f"{code!r} is no code: one to three capitals, up to three digits")
        parsed = self._parse(_Request, path, values)
        if parsed is None:
            return None
        if parsed.kind not in kinds:
            found = ", ".join(kinds)
            self._wrong(f"{path}.kind", f"there is no kind {parsed.kind!r}; there are: {found}")
            return None
        return RequestForm(
            code=code,
            kind=parsed.kind,
            kind_name=kinds[parsed.kind],
            **parsed.model_dump(include={"check_debt", "sensitive"}),
            name=parsed.name,
            about=parsed.about,
            deadline=parsed.deadline,
            target=parsed.target,
            fields=tuple(
                self._chosen(path, "fields", fields, parsed.fields, parsed.optional_fields)
            ),
            documents=tuple(
                self._chosen(
                    path, "documents", documents, parsed.documents, parsed.optional_documents
                )
            ),
        )

    def _chosen(
        self, path: str, what: str, known: Mapping[str, Any], must: list[str], may: list[str]
    ) -> Iterator[Any]:
        """The parts a request names, in its order."""
        twice = {code for code in must + may if (must + may).count(code) > 1}
        for code in sorted(twice):
            self._wrong(f"{path}.{what}", f"{code} is named twice")
        for code in must + may:
            if code not in known:
                self._wrong(f"{path}.{what}", f"there is no [{what}.{code}]")
                continue
            self._used.add(f"{what}.{code}")
            yield known[code].model_copy(update={"required": code in must})

    def _parse_each(
        self, part: type[P], section: str, each: Mapping[str, dict[str, Any]]
    ) -> dict[str, P]:
        parsed = {
            code: self._parse(part, f"{section}.{code}", {"code": code, **values})
            for code, values in each.items()
        }
        return {code: found for code, found in parsed.items() if found is not None}

    def _parse(self, part: type[P], path: str, values: dict[str, Any]) -> P | None:
        try:
            return part.model_validate(values)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                where = ".".join([path, *map(str, problem["loc"])]).strip(".")
                self._wrong(where, _words(problem))
        return None

    def _wrong(self, path: str, what: str) -> None:
        self._problems.append(f"{self._file}:{self._places.line(path)}: {path}: {what}")


def _words(problem: Any) -> str:
    match problem["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not known here"
    found = str(problem.get("input"))[:60]
    return f"{problem['msg'].removeprefix('Value error, ')}; found: {found}"
