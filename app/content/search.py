"""Finds questions by words: forgives case, marks, endings, unfinished words and one slip of the
finger. A word in a question counts more than any number of words in its answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

from app.content import faq
from app.content.markdown import render
from app.content.records import Audience, Faq, Question, Topic
from app.content.stems import WORDS_AND_ENTITIES, fold, is_fill, stem, words_of

LONGEST_QUERY = 100
MOST_WORDS = 8
SHORTEST_PREFIX = 3
SHORTEST_WITH_SLIP = 5
LEAST_SHARE = 0.5  # of the words that were typed, for a question to be found at all
TAG = "<"
# What stands for the heading of an answer.
CONTRACT_WORDS: dict[Audience | None, str] = {
    Audience.INDIVIDUAL: "individual familjar household",
    Audience.BUSINESS: "biznes business kompani company",
}


class Likeness(IntEnum):
    """How a word was found."""

    NONE = 0
    SLIP = 2  # but for one letter
    BEGINNING = 3  # the typed word begins it
    SAME = 5  # a form of the same word


class Weight(IntEnum):
    """Where: larger than all that the next one can bring."""

    QUESTION = 100
    TOPIC = 10
    ANSWER = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    topic: Topic
    question: Question


class _Entry(NamedTuple):
    found: Found
    fields: tuple[tuple[Weight, frozenset[str]], ...]


def search(body: str, query: str, language: str, audience: Audience | None) -> list[Found]:
    """The best first; as they stand in the text where they are alike. query: as typed."""
    typed = _typed(query, language)
    ranked = []
    for entry in _index(body, language, audience):
        scores = [_score(word, entry, language) for word in typed]
        hits = sum(score > 0 for score in scores)
        if typed and hits >= len(typed) * LEAST_SHARE:
            ranked.append((hits, sum(scores), entry.found))
    ranked.sort(key=lambda one: (-one[0], -one[1]))
    best = ranked[0][0] if ranked else 0
    return [found for hits, _score, found in ranked if hits == best or best < len(typed)]


def _typed(query: str, language: str) -> list[str]:
    words = words_of(query[:LONGEST_QUERY], language)
    return list(dict.fromkeys(words))[:MOST_WORDS]


@lru_cache(16)
def _index(body: str, language: str, audience: Audience | None) -> tuple[_Entry, ...]:
    read: Faq = faq.read(body)[0]
    return tuple(_entries(read, language, audience))


def _entries(read: Faq, language: str, audience: Audience | None) -> Iterator[_Entry]:
    for topic, question in read.only(audience).questions():
        answers = " ".join(
            f"{CONTRACT_WORDS.get(answer.audience, '')} {answer.source}"
            for answer in question.answers_for(audience)
        )
        texts = (
            (Weight.QUESTION, question.title),
            (Weight.TOPIC, topic.title),
            (Weight.ANSWER, answers),
        )
        fields = tuple((weight, frozenset(words_of(text, language))) for weight, text in texts)
        yield _Entry(Found(topic=topic, question=question), fields)


def _score(word: str, entry: _Entry, language: str) -> int:
    return sum(
        weight * max((likeness(word, other, language) for other in words), default=0)
        for weight, words in entry.fields
    )


@lru_cache(65_536)
def likeness(word: str, other: str, language: str) -> Likeness:
    """word: as typed, folded; other: as it stands in a text, folded."""
    wanted, there = stem(word, language), stem(other, language)
    if wanted == there:
        return Likeness.SAME
    if len(word) >= SHORTEST_PREFIX and other.startswith(word):
        return Likeness.BEGINNING
    is_long = min(len(wanted), len(there)) >= SHORTEST_WITH_SLIP
    return Likeness.SLIP if is_long and one_slip_apart(wanted, there) else Likeness.NONE


def one_slip_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or another, or two exchanged, makes the other word of it."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right
        or left == right[1:]
        or left[1:] == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[:2][::-1])
    )


def highlight(text: str | Markup, query: str, language: str) -> Markup:
    """With <mark> around the words that were searched. text: plain, or as `render` gives it."""
    typed = _typed(query, language)
    pieces = []
    for piece in _split_tags(str(escape(text))):
        pieces.append(piece if piece.startswith(TAG) else _marked(piece, typed, language))
    return Markup("".join(pieces))  # noqa: S704 - escaped above, or by `render`


def _split_tags(html: str) -> Iterator[str]:
    """Markup and text by turns: `render` writes no `<` or `>` but those of tags."""
    for piece in html.replace("<", "\0<").replace(">", ">\0").split("\0"):
        if piece:
            yield piece


def _marked(text: str, typed: list[str], language: str) -> str:
    def mark(found: object) -> str:
        word = found[0]  # type: ignore[index]
        if word.startswith("&") or is_fill(fold(word), language):
            return str(word)
        is_meant = any(likeness(one, fold(word), language) for one in typed)
        return f"<mark>{word}</mark>" if is_meant else str(word)

    return WORDS_AND_ENTITIES.sub(mark, text)


def highlighted_answer(source: str, root: str, query: str, language: str) -> Markup:
    return highlight(render(source, root), query, language)
