"""The whole examination: every check in turn, none stopped by another."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import chain

from sqlalchemy import Connection, Dialect, make_url
from sqlalchemy.exc import ArgumentError

from config.settings import BillingSettings
from legacy_adapters.doctor import (
    casts,
    codes,
    indexes,
    joins,
    keys,
    lines,
    money,
    plans,
    samples,
    structure,
)
from legacy_adapters.doctor.kinds import DatabaseKind
from legacy_adapters.doctor.oracle import OracleKind
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.postgresql import PostgresqlKind
from legacy_adapters.doctor.questions import FAILURES, Ask, reason
from legacy_adapters.doctor.report import Finding, Level, Report, Topic
from legacy_adapters.doctor.sqlite import SqliteKind
from legacy_adapters.engines import make_engine
from legacy_adapters.errors import BillingError, BillingUnavailable, MappingError
from legacy_adapters.guard import Guard
from legacy_adapters.mapping import Mapping, Problem, read_mapping
from legacy_adapters.statements import CATALOGUE_SECONDS

KINDS: dict[str, type[DatabaseKind]] = {
    "oracle": OracleKind,
    "postgresql": PostgresqlKind,
    "sqlite": SqliteKind,
}
QUESTION_SECONDS = 10.0  # for each of the doctor's own questions
SKEW_SECONDS = 60.0
SCAN_LIMIT = 10_000
NOT_ASKED = "billing cannot be asked: {}"
# What these look at makes pages slow, or less safe, but never wrong.
ASIDE = {Topic.INDEXES, Topic.PLANS, Topic.RIGHTS, Topic.CLOCK}


def examine(
    address: str, settings: BillingSettings, *, today: date, scan_limit: int = SCAN_LIMIT
) -> Report:
    """What there is to say about a billing database and its mapping. Writes nothing."""
    report = Report(mapping=settings.mapping, database=_without_password(address))
    mapping, problems = _read(settings, report)
    # On Oracle EXPLAIN PLAN writes rows: there must be a transaction to roll back.
    careful = settings.model_copy(update={"read_only_transactions": True})
    try:
        engine = make_engine(address, careful)
    except MappingError as error:
        _unanswered(report, str(error))
        return report
    kind = KINDS[engine.engine.dialect.name]()
    seconds = max(settings.answer_seconds, QUESTION_SECONDS)
    ask = Ask(Guard(engine), seconds, kind.limit)
    try:
        if not _answers(report, ask, engine.seconds + 1):
            return report
        _examine_server(report, kind, ask)
        if mapping is not None:
            patient = Patient(
                mapping=mapping,
                kind=kind,
                ask=ask,
                scan_limit=scan_limit,
                answer_seconds=settings.answer_seconds,
            )
            _examine_mapping(report, patient, problems, engine.engine.dialect, today)
    finally:
        engine.dispose()
    return report


def _answers(report: Report, ask: Ask, seconds: float) -> bool:
    try:
        _in_time(lambda: ask(lambda _connection: None), seconds)
    except BillingError as error:
        _unanswered(report, f"billing does not answer: {error}")
    except Exception as error:  # of a driver that such an address takes by surprise
        _unanswered(report, NOT_ASKED.format(reason(error)))
    else:
        return True
    return False


def _without_password(address: str) -> str:
    try:
        url = make_url(address)
        shown = {key: value for key, value in url.query.items() if "pass" not in key.lower()}
        return url.set(query=shown).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "(no address)"


def _unanswered(report: Report, told: str) -> None:
    report.answered = False
    report.add([Finding(level=Level.BROKEN, topic=Topic.CONNECTION, found=told)])


def _read(settings: BillingSettings, report: Report) -> tuple[Mapping | None, list[Problem]]:
    try:
        mapping, problems = read_mapping(settings.mapping)
    except MappingError as error:
        told = str(error).removeprefix(f"{settings.mapping}: ")
        place = str(settings.mapping)
        report.add([Finding(level=Level.BROKEN, topic=Topic.MAPPING, place=place, found=told)])
        return None, []
    report.add(
        Finding(
            level=Level.BROKEN,
            topic=Topic.MAPPING,
            place=mapping.place(relation, place),
            found=what,
            expected="see docs/mapping.md",
        )
        for relation, place, what in problems
    )
    return mapping, problems


def _examine_server(report: Report, kind: DatabaseKind, ask: Ask) -> None:
    report.add(_guarded(Topic.CONNECTION, lambda: kind.facts(ask)))
    report.add(_guarded(Topic.CLOCK, lambda: [_clock(kind, ask)]))


def _examine_mapping(
    report: Report, patient: Patient, problems: list[Problem], dialect: Dialect, today: date
) -> None:
    def columns(connection: Connection) -> list[Finding]:
        return structure.check(patient, problems, connection)

    checks: dict[Topic, Callable[[], Iterable[Finding]]] = {
        Topic.COLUMNS: lambda: patient.ask(columns, seconds=CATALOGUE_SECONDS),
        Topic.INDEXES: lambda: indexes.check(patient, dialect),
        Topic.SAMPLES: lambda: _samples(patient, today),
        Topic.PLANS: lambda: plans.check(patient, samples.example(patient)),
        Topic.KEYS: lambda: chain(keys.check(patient), lines.check(patient), joins.check(patient)),
        Topic.CODES: lambda: codes.check(patient),
        Topic.MONEY: lambda: money.check(patient, today),
        Topic.RIGHTS: lambda: patient.kind.rights(patient.ask, patient.tables),
    }
    for topic, check in checks.items():
        report.add(_guarded(topic, check))


def _samples(patient: Patient, today: date) -> Iterator[Finding]:
    broken = set()
    for finding in samples.check(patient, today):
        broken |= {finding.place} if finding.level is Level.BROKEN else set()
        yield finding
    for finding in casts.check(patient):
        if finding.level is not Level.BROKEN or finding.place not in broken:  # once is enough
            yield finding


def _guarded(topic: Topic, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What a check found, also when it then failed."""
    findings: list[Finding] = []
    try:
        for finding in check():
            findings.append(finding)
    except Exception as error:
        told = reason(error) if isinstance(error, FAILURES) else type(error).__name__
        level = Level.WARNING if topic in ASIDE else Level.BROKEN
        found = f"this check did not come to its end: {told}"
        findings.append(Finding(level=level, topic=topic, found=found))
    return findings


def _clock(kind: DatabaseKind, ask: Ask) -> Finding:
    def asked(connection: Connection) -> float | None:
        before = datetime.now(UTC)
        theirs = kind.utc_now(connection)
        after = datetime.now(UTC)
        return (
            None if theirs is None else (theirs - (before + (after - before) / 2)).total_seconds()
        )

    try:
        skew = ask(asked)
    except FAILURES as error:
        told = f"its clock cannot be read: {reason(error)}"
        return Finding(level=Level.NOTE, topic=Topic.CLOCK, found=told)
    if skew is None:
        return Finding(level=Level.OK, topic=Topic.CLOCK, found="this machine's own")
    told = f"billing's clock differs from this machine's by {skew:+.1f} s"
    if abs(skew) <= SKEW_SECONDS:
        return Finding(level=Level.OK, topic=Topic.CLOCK, found=told)
    return Finding(
        level=Level.WARNING,
        topic=Topic.CLOCK,
        found=told,
        expected=f"at most {SKEW_SECONDS:g} s: let both take their time from one server",
    )


def _in_time(call: Callable[[], None], seconds: float) -> None:
    """A listener that accepts and stays silent would keep the driver for good."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # it belongs to whoever asked
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    started = time.monotonic()
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise BillingUnavailable(f"no answer within {time.monotonic() - started:.1f} s")
    if errors:
        raise errors[0]
