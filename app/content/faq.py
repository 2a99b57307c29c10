"""The questions' text, read:

    # Title
    ## Topic
    ### Question {#its-address}
    What holds for everybody.
    #### Individual
    #### Business

Whatever can be shown is; what is wrong is told beside it, so that a file edited by hand never
takes the page away. No database, no web.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from app.content.markdown import blocks_of
from app.content.records import Answer, Audience, Faq, Flaw, FlawKind, Question, Topic
from app.content.stems import WORD, fold

ADDRESS = re.compile(r"(.*?)\s*\{#([^}]*)\}\s*")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
TOPIC, QUESTION, ANSWER = 2, 3, 4  # the headings' levels
# How the heading of an answer begins, in either language.
AUDIENCES = {
    "individ": Audience.INDIVIDUAL,
    "famil": Audience.INDIVIDUAL,
    "household": Audience.INDIVIDUAL,
    "biznes": Audience.BUSINESS,
    "busines": Audience.BUSINESS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A heading and what stands below it, up to the next one. line: the heading's, from 1."""

    level: int
    title: str
    line: int
    body: str

    @property
    def address(self) -> tuple[str, str | None]:
        """The title without `{#address}`, and that."""
        found = ADDRESS.fullmatch(self.title)
        return (found[1], found[2]) if found else (self.title, None)


@lru_cache(16)
def read(body: str) -> tuple[Faq, tuple[Flaw, ...]]:
    reader = _Reader()
    parts, nested = _parts(body)
    title, intro = "", ""
    if parts and parts[0].level == 1:
        title, intro = parts[0].title, parts[0].body
    for part in parts[1:] if title else parts:
        reader.take(part)
    reader.end_topic()
    flaws = [*reader.flaws, *(Flaw(kind=FlawKind.HEADING, line=line) for line in nested)]
    if not title:
        flaws.append(Flaw(kind=FlawKind.NO_TITLE, line=1))
    if not reader.slugs:
        flaws.append(Flaw(kind=FlawKind.NO_QUESTIONS))
    flaws.sort(key=lambda flaw: flaw.line)
    return Faq(title=title, intro=intro, topics=tuple(reader.topics)), tuple(flaws)


def _parts(body: str) -> tuple[list[Part], list[int]]:
    """By headings, and the lines of those that stand within a list or a quotation."""
    lines, tokens = body.split("\n"), blocks_of(body)
    places: list[tuple[int, str, int, int]] = []
    nested = []
    for number, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None:
            continue
        if token.level:
            nested.append(token.map[0] + 1)
        else:
            start, end = token.map
            places.append((int(token.tag[1]), tokens[number + 1].content, start, end))
    if not places:
        return [], nested
    ends = [start for _level, _title, start, _end in places[1:]] + [len(lines)]
    parts = [
        Part(level=level, title=title, line=start + 1, body="\n".join(lines[end:until]).strip())
        for (level, title, start, end), until in zip(places, ends, strict=True)
    ]
    return parts, nested


def slug_of(title: str) -> str:
    """An address made of the words."""
    return "-".join(WORD.findall(fold(title)))[:LONGEST_SLUG].strip("-")


@dataclass
class _Reader:
    topics: list[Topic] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    slugs: set[str] = field(default_factory=set)
    _topic: Part | None = None
    _questions: list[Question] = field(default_factory=list)
    _question: Part | None = None
    _answers: list[Answer] = field(default_factory=list)

    def take(self, part: Part) -> None:
        if part.level == TOPIC:
            self._begin_topic(part)
        elif part.level == QUESTION:
            self._begin_question(part)
        elif part.level == ANSWER:
            self._take_answer(part)
        elif part.level == 1:
            self._complain(FlawKind.SECOND_TITLE, part)
        else:
            self._complain(FlawKind.HEADING, part)

    def _begin_topic(self, part: Part) -> None:
        self.end_topic()
        self._topic = part
        if part.body:
            self._complain(FlawKind.OUTSIDE_QUESTION, part)

    def end_topic(self) -> None:
        self._end_question()
        if self._topic is None:
            return
        title, slug = self._topic.address
        if self._questions:
            questions = tuple(self._questions)
            self.topics.append(Topic(title=title, slug=slug or slug_of(title), questions=questions))
        else:
            self._complain(FlawKind.EMPTY_TOPIC, self._topic)
        self._topic, self._questions = None, []

    def _begin_question(self, part: Part) -> None:
        self._end_question()
        if self._topic is None:
            self._complain(FlawKind.OUTSIDE_TOPIC, part)
            return
        self._question = part
        self._answers = [Answer(audience=None, source=part.body)] if part.body else []

    def _end_question(self) -> None:
        part, self._question = self._question, None
        if part is None:
            return
        title, given = part.address
        slug = slug_of(title) if given is None else given
        if not self._answers:
            self._complain(FlawKind.NO_ANSWER, part)
        elif not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
            self._complain(FlawKind.SLUG, part, slug)
        elif slug in self.slugs:
            self._complain(FlawKind.SLUG_TWICE, part, slug)
        else:
            self.slugs.add(slug)
            self._questions.append(Question(slug=slug, title=title, answers=tuple(self._answers)))

    def _take_answer(self, part: Part) -> None:
        audience = next(iter(_audiences(part.title)), None)
        if self._question is None:
            self._complain(FlawKind.OUTSIDE_QUESTION, part)
        elif audience is None:
            self._complain(FlawKind.AUDIENCE, part, part.title)
        elif audience in {answer.audience for answer in self._answers}:
            self._complain(FlawKind.AUDIENCE_TWICE, part, part.title)
        elif not part.body:
            self._complain(FlawKind.NO_ANSWER, part)
        else:
            self._answers.append(Answer(audience=audience, source=part.body))

    def _complain(self, kind: FlawKind, part: Part, told: str = "") -> None:
        self.flaws.append(Flaw(kind=kind, line=part.line, told=told))


def _audiences(title: str) -> Iterator[Audience]:
    for word in WORD.findall(fold(title)):
        for beginning, audience in AUDIENCES.items():
            if word.startswith(beginning):
                yield audience
