"""What somebody asks by SMS: pure."""

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

from app.accounts.rules import normal_contract_code
from legacy_adapters.records import ContractCode

LOOKED_AT = 100  # characters of a text; a question is short


class Question(Enum):
    OWED = auto()
    CONSUMPTION = auto()
    STOP = auto()
    HELP = auto()


WORDS = {
    "0": Question.OWED,
    "O": Question.OWED,  # the letter, as it is often typed
    "1": Question.CONSUMPTION,
    "STOP": Question.STOP,
    "NDAL": Question.STOP,
    "NDALO": Question.STOP,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """code: the contract it is about, where one was named."""

    question: Question
    code: ContractCode | None = None


def read(text: str) -> Asked:
    """`0`, `1`, `stop`, in any case, with dots, quotes and marks; what is none of them asks for
    help. Behind 0 and 1 a contract's number may stand."""
    words = _plain(text[:LOOKED_AT]).split()
    if not words:
        return Asked(question=Question.HELP)
    question = WORDS.get(words[0], Question.HELP)
    if len(words) == 1 or question is Question.STOP:
        return Asked(question=question)
    if question in {Question.OWED, Question.CONSUMPTION}:
        code = normal_contract_code("".join(words[1:]))
        if code:
            return Asked(question=question, code=code)
    return Asked(question=Question.HELP)


def _plain(text: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", text)
    kept = (c if c.isalnum() else " " for c in taken_apart if not unicodedata.combining(c))
    return "".join(kept).upper()
