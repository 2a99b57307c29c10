"""The texts as the portal knows them, and what is wrong with one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LANGUAGES = ("sq", "en")
SHIPPED = 0  # the number of the text that came with the portal


class TextName(StrEnum):
    """Also its address, and its file's name in config/content/."""

    FAQ = "faq"
    PRIVACY = "privacy"
    TERMS = "terms"
    REFUNDS = "refunds"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextKey:
    """One text in one language."""

    name: TextName
    language: str

    @property
    def elsewhere(self) -> "TextKey":
        """The same text in the other language."""
        other = next(language for language in LANGUAGES if language != self.language)
        return TextKey(name=self.name, language=other)


@dataclass(frozen=True, kw_only=True, slots=True)
class Editor:
    """Who changes a text. name: as colleagues shall read it in the history."""

    staff_id: int
    name: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """number: counts the versions of one text, from 1; SHIPPED: it came with the portal. body:
    None for "as shipped, whatever comes with the portal". restored: the number of the version
    that was taken up again."""

    key: TextKey
    number: int
    body: str | None
    at: datetime | None = None
    by: str = ""
    restored: int | None = None

    @property
    def is_shipped(self) -> bool:
        return self.body is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The text in force. body: None where there is none in this language."""

    version: Version
    body: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a public page shows. language: its own, which is the other one where the text is
    missing in the one asked for."""

    key: TextKey
    body: str
    is_fallback: bool


class FlawKind(StrEnum):
    """What keeps a text from being saved."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    NO_TITLE = "no title"
    SECOND_TITLE = "second title"
    LINK = "link"
    PICTURE = "picture"
    # Of the questions' text alone:
    NO_QUESTIONS = "no questions"
    OUTSIDE_TOPIC = "question outside a topic"
    OUTSIDE_QUESTION = "text outside a question"
    EMPTY_TOPIC = "topic without a question"
    NO_ANSWER = "question without an answer"
    AUDIENCE = "unknown kind of contract"
    AUDIENCE_TWICE = "kind of contract twice"
    HEADING = "heading in an answer"
    SLUG = "address that is none"
    SLUG_TWICE = "address twice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """line: from 1; 0 where it is about the whole text. told: the word in question."""

    kind: FlawKind
    line: int = 0
    told: str = ""


class Audience(StrEnum):
    """Whose contract an answer is about."""

    INDIVIDUAL = "individual"
    BUSINESS = "business"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """audience: None for what holds for all contracts. source: Markdown."""

    audience: Audience | None
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """slug: its address below /faq."""

    slug: str
    title: str
    answers: tuple[Answer, ...]

    def answers_for(self, audience: Audience | None) -> tuple[Answer, ...]:
        """All of them for None."""
        return tuple(
            answer
            for answer in self.answers
            if audience is None or answer.audience in (None, audience)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    title: str
    slug: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Faq:
    title: str
    intro: str
    topics: tuple[Topic, ...]

    def questions(self) -> Iterator[tuple[Topic, Question]]:
        for topic in self.topics:
            for question in topic.questions:
                yield topic, question

    def find(self, slug: str) -> tuple[Topic, Question] | None:
        return next((found for found in self.questions() if found[1].slug == slug), None)

    def only(self, audience: Audience | None) -> "Faq":
        """Without what does not concern such a contract."""
        topics = (
            Topic(
                title=topic.title,
                slug=topic.slug,
                questions=tuple(q for q in topic.questions if q.answers_for(audience)),
            )
            for topic in self.topics
        )
        return Faq(
            title=self.title,
            intro=self.intro,
            topics=tuple(topic for topic in topics if topic.questions),
        )


class ContentError(Exception):
    """The root of what the texts' service refuses."""


class TextMissing(ContentError):
    """There is no such text, or no such version, in any language."""


class NothingChanged(ContentError):
    """What is typed is in force already."""


class TextFlawed(ContentError):
    """It cannot be saved as it is."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__(", ".join(f"{flaw.kind} (line {flaw.line})" for flaw in flaws))
        self.flaws = flaws


class ChangedMeanwhile(ContentError):
    """Somebody else has saved this text since it was opened. current: what is in force now."""

    def __init__(self, current: Current) -> None:
        super().__init__(f"version {current.version.number} is in force")
        self.current = current
