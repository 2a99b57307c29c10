"""What the doctor found, as text for a DBA and as JSON for a program."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

JSON_FORMAT = 1  # raise it when a key changes its meaning or goes away


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"  # worth knowing
    WARNING = "warning"  # pages are slow, wrong in places, or less safe than they could be
    BROKEN = "broken"  # pages fail or tell something wrong


class Topic(StrEnum):
    """In the order in which the report tells them."""

    CONNECTION = "connection"
    MAPPING = "mapping"
    COLUMNS = "columns"
    INDEXES = "indexes"
    PLANS = "plans"
    SAMPLES = "samples"
    KEYS = "keys"
    CODES = "codes"
    MONEY = "money"
    RIGHTS = "rights"
    CLOCK = "clock"
    TIMES = "times"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """place: `file:line [relation] columns.field`, a statement's name, or "".
    expected: what to do or what should have been there; "" when all is well.
    """

    level: Level
    topic: Topic
    place: str = ""
    found: str
    expected: str = ""


@dataclass(kw_only=True)
class Report:
    """database: its address without password. answered: billing could be asked at all."""

    mapping: Path
    database: str
    answered: bool = True
    findings: list[Finding] = field(default_factory=list)

    def add(self, findings: Iterable[Finding]) -> None:
        self.findings.extend(findings)

    @property
    def is_broken(self) -> bool:
        return any(finding.level is Level.BROKEN for finding in self.findings)

    def count(self, level: Level) -> int:
        return Counter(finding.level for finding in self.findings)[level]

    def of(self, topic: Topic) -> list[Finding]:
        return [finding for finding in self.findings if finding.topic is topic]

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": JSON_FORMAT,
                "mapping": str(self.mapping),
                "database": self.database,
                "answered": self.answered,
                "broken": self.is_broken,
                "counts": {level.value: self.count(level) for level in Level},
                "findings": [asdict(f) for topic in Topic for f in self.of(topic)],
            },
            ensure_ascii=False,
            indent=2,
        )

    def to_text(self) -> str:
        lines = [f"Billing: {self.database}", f"Mapping: {self.mapping}"]
        for topic in Topic:
            if findings := self.of(topic):
                lines += ["", topic.value.upper()]
                for finding in findings:
                    lines += self._lines(finding)
        return "\n".join([*lines, "", self.conclusion])

    @property
    def conclusion(self) -> str:
        broken, warnings = self.count(Level.BROKEN), self.count(Level.WARNING)
        counted = (_counted(warnings, "warning"), _counted(self.count(Level.NOTE), "note"))
        told = ", ".join((f"{broken} broken", *counted)) + "."
        if broken:
            return f"The portal cannot read billing like this: {told}"
        if warnings:
            return f"The portal can read billing; look at the warnings: {told}"
        return f"The portal can read billing: {told}"

    def _lines(self, finding: Finding) -> list[str]:
        # The file's folder stands at the top already.
        place = finding.place.replace(f"{self.mapping}:", f"{self.mapping.name}:")
        told = f"{place}: {finding.found}" if place else finding.found
        lines = [f"  {finding.level.value:8}{told}"]
        if finding.expected:
            lines.append(f"          -> {finding.expected}")
        return lines


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
