"""The catalogue as its file writes it: what may stand in it, and what is said of the rest.

Stricter than what a case keeps (`catalogue.py`): a rule that is added here must not make the form
of an old case unreadable.
"""

import re
import reprlib
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_TEXT = 4_000  # of what a customer writes into one field
BOUND = 10**12
FieldType = Literal[
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
# What else a field may say, by its type.
LIMITS = {
    "shortest": {"text", "paragraph"},
    "longest": {"text", "paragraph"},
    "least": {"number", "money"},
    "most": {"number", "money"},
    "decimals": {"number"},
    "unit": {"number"},
    "when": {"date"},
    "choices": {"choice"},
}
Model = TypeVar("Model", bound=BaseModel)
Problem = tuple[tuple[str, ...], str]  # where, below what was read; what is wrong


def _one_line(value: object) -> object:
    """A text may be broken over lines in the file."""
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFC", re.sub(r"[ \t\r\n]+", " ", value).strip(" "))


def _harmless(value: str) -> str:
    for sign in value:
        # Cc steers a terminal, Cf turns the direction of what follows.
        if unicodedata.category(sign) in {"Cc", "Cf"}:
            raise ValueError(f"holds the invisible sign U+{ord(sign):04X}")
    return value


def _number(value: object) -> object:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value) if is_whole else value  # type: ignore[arg-type]


def _codes(value: dict[str, Any]) -> dict[str, Any]:
    for code in value:
        check_code(code)
    return value


def check_code(code: str) -> None:
    """Raises: ValueError."""
    if not CODE.fullmatch(code):
        told = "a small letter, then up to 39 small letters, digits or _"
        raise ValueError(f"{shown(code)} is no code; expected {told}")


_TIDY, _SAFE = BeforeValidator(_one_line), AfterValidator(_harmless)
Short = Annotated[str, Field(min_length=1, max_length=20), _TIDY, _SAFE]
Line = Annotated[str, Field(min_length=1, max_length=120), _TIDY, _SAFE]
Words = Annotated[str, Field(min_length=1, max_length=1_000), _TIDY, _SAFE]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=-BOUND, le=BOUND, decimal_places=6)]
Names = Annotated[list[str], Field(max_length=40)]


class FilePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FileName(FilePart):
    sq: Line
    en: Line


class FileText(FilePart):
    sq: Words
    en: Words


class FileField(FilePart):
    type: FieldType
    name: FileName
    help: FileText | None = None
    shortest: int = Field(default=0, ge=0, le=LONGEST_TEXT)
    longest: int = Field(default=0, ge=0, le=LONGEST_TEXT)
    least: Amount | None = None
    most: Amount | None = None
    decimals: int = Field(default=2, ge=0, le=6)
    unit: Short = ""
    when: Literal["any", "past", "future"] = "any"
    choices: Annotated[dict[str, FileName], AfterValidator(_codes)] = Field(
        default={}, min_length=2, max_length=30
    )

    @model_validator(mode="after")
    def _fits_its_type(self) -> "FileField":
        for limit in sorted(self.model_fields_set & LIMITS.keys()):
            if self.type not in LIMITS[limit]:
                fitting = " or ".join(sorted(LIMITS[limit]))
                raise ValueError(f"{limit} is for type {fitting}, but the type is {self.type}")
        if self.type == "choice" and not self.choices:
            raise ValueError("a field of type choice wants choices; found none")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least:f} is more than most {self.most:f}")
        if self.longest and self.shortest > self.longest:
            raise ValueError(f"shortest {self.shortest} is more than longest {self.longest}")
        return self


class FileDocument(FilePart):
    name: FileName
    help: FileText | None = None


class FileDeadline(FilePart):
    days: int = Field(ge=1, le=366)
    count: Literal["working", "calendar"]


class FileRequest(FilePart):
    """Fields and documents by their codes."""

    kind: str
    name: FileName
    about: FileText
    deadline: FileDeadline
    target: FileName
    check_debt: bool = False
    sensitive: bool = False
    fields: Names = []
    optional_fields: Names = []
    documents: Names = []
    optional_documents: Names = []


Table = dict[str, Any]


class FileHead(FilePart):
    """The whole file; what is in its larger tables is read one by one."""

    version: Short
    kinds: Annotated[dict[str, FileName], AfterValidator(_codes)] = Field(
        min_length=1, max_length=20
    )
    fields: dict[str, Table] = Field(default={}, max_length=400)
    documents: dict[str, Table] = Field(default={}, max_length=200)
    requests: dict[str, Table] = Field(min_length=1, max_length=300)


WORDS = {
    "string_type": "expected a text in quotes",
    "string_too_short": "expected a text that is not empty",
    "string_too_long": "expected at most {max_length} characters",
    "int_type": "expected a whole number",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "bool_type": "expected true or false",
    "list_type": 'expected a list, such as ["identity", "evidence"]',
    "dict_type": "expected a table of keys",
    "model_type": "expected a table of keys",
    "too_short": "expected {min_length} entries or more",
    "too_long": "expected {max_length} entries or fewer",
    "literal_error": "expected {expected}",
    "is_instance_of": "expected a number",
    "decimal_max_places": "expected at most {decimal_places} decimals",
    "finite_number": "expected a number",
}


def problems_of(error: ValidationError, part: type[BaseModel]) -> Iterator[Problem]:
    """part: what was read; it says which keys are known."""
    for problem in error.errors(include_url=False):
        kind, context = problem["type"], problem.get("ctx", {})
        where = tuple(str(step) for step in problem["loc"])
        if kind == "missing":
            yield where, "is missing"
        elif kind == "extra_forbidden":
            known = ", ".join(_known_beside(where, part))
            yield where, f"there is no such key; known are {known}"
        elif kind == "value_error":
            yield where, str(context["error"])
        else:
            told = WORDS.get(kind, "expected something else").format(**context)
            yield where, f"{told}; found {shown(problem['input'])}"


def _known_beside(where: tuple[str, ...], part: type[BaseModel]) -> Iterator[str]:
    """The keys that may stand where an unknown one was found."""
    for step in where[:-1]:
        found = part.model_fields.get(step)
        part = next(_models_in(found.annotation), part) if found else part
    yield from part.model_fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def shown(value: object) -> str:
    """What stands in the file, on one line and not longer than one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value}"[:40]
    if isinstance(value, dict | list):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)} entries"
    if not isinstance(value, str | int):
        return str(value)[:40]  # a date or a time
    brief = reprlib.Repr()
    brief.maxstring = brief.maxlong = 60
    return brief.repr(value)
