"""Whether the codes find what they name: again, once, and from one relation to the other.

All of it is bounded: the codes of the first rows are asked for again by their index. Grouping a
whole table would tell more, and read sixteen million rows of a database that others work with.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from legacy_adapters import decode
from legacy_adapters.contracts import LIST_SIZES, is_one_of, list_of_codes, list_size
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.records import ContractCode
from legacy_adapters.schema import Relation

ROWS = 1_000  # of each relation, whose codes are looked at
CODES = LIST_SIZES[-1]  # of contracts: one row each
CODES_OF_MANY = 25  # of contracts' invoices and payments: as many rows as a contract has
CODE_FIELDS = {
    "contract": "code",
    "contract_info": "contract_code",
    "invoice": "contract_code",
    "payment": "contract_code",
}
ONE_EACH = ("contract", "contract_info")
MEETING = ("invoice", "payment")
ONE_ROW = "one row for each: leave the others out by `except`, `only` or a view; no join may double"
WITHOUT = "codes as they are kept: no blanks around them, and of one type everywhere"
OWN_NUMBERS = (
    "one contract for each, unless contracts count their invoices each for itself: a join by a"
    " column that many share, such as a zone, shows customers the invoices of others"
)
ONE_SPELLING = "the codes of `contract`, spelled alike; or leave these rows out"
NUMBERED = (
    "a number for each: an invoice without one is in no history, and an open one closes its pages"
)
Codes = list[ContractCode]


def check(patient: Patient) -> Iterator[Finding]:
    keys = _Keys(patient)
    for name in CODE_FIELDS:
        yield from keys.of(name)


class _Keys:
    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._relations: dict[str, Relation] = {
            name: fitted.relation
            for name, fitted in patient.fitted.items()
            if fitted.relation is not None
            and name in CODE_FIELDS
            and fitted.relation.has(CODE_FIELDS[name])
        }

    def of(self, name: str) -> Iterator[Finding]:
        if name not in self._relations:
            return
        try:
            codes = self._sampled(name)
            if not codes:
                return  # that it has no rows is told already
            found = self._found_again(name, codes)
            yield found
            if found.expected == WITHOUT:
                return  # what is asked by such codes would tell nothing
            if name == "invoice":
                # Of contracts as they come: where the join is wrong, one may have all invoices.
                beside = self._sampled("contract") if "contract" in self._relations else []
                some = dict.fromkeys([*codes[: CODES_OF_MANY // 2], *beside])
                yield from self._numbers([*some, *codes][:CODES_OF_MANY])
            if name in MEETING:
                yield from self._meeting(name, codes)
        except FAILURES as error:
            told = f"its codes cannot be looked up: {reason(error)}"
            yield self._finding(Level.NOTE, name, told)

    def _sampled(self, name: str) -> Codes:
        """Different codes of the first rows, as the portal has them in hand."""
        field = CODE_FIELDS[name]
        statement = self._relations[name].select([field]).limit(ROWS)
        rows = self._patient.ask(lambda c: c.execute(statement).mappings().all())
        found = {decode.text(row, field): None for row in rows}
        return [ContractCode(code) for code in found if code][:CODES]

    def _counted(self, name: str, codes: Codes) -> Counter[str]:
        """How many rows each of these codes finds, asked for as pages ask."""
        relation, field = self._relations[name], CODE_FIELDS[name]
        size = list_size(len(codes))
        wanted = is_one_of(relation.field(field), size)
        rows = relation.select([field]).where(wanted).subquery("s")
        statement = select(rows.c[field], func.count().label("times")).group_by(rows.c[field])
        counted: Counter[str] = Counter()
        for row in self._ask(statement, codes):
            counted[decode.text(row, field)] += row["times"]
        return counted

    def _ask(self, statement: Select[Any], codes: Codes) -> Sequence[Any]:
        def asked(connection: Connection) -> Sequence[Any]:
            return connection.execute(statement, list_of_codes(codes)).mappings().all()

        return self._patient.ask(asked)

    def _found_again(self, name: str, codes: Codes) -> Finding:
        is_single = name in ONE_EACH
        asked = codes if is_single else codes[:CODES_OF_MANY]
        counted = self._counted(name, asked)
        if lost := [code for code in asked if not counted[code]]:
            told = f"{len(lost)} of {len(asked)} codes, asked for again, find nothing"
            return self._finding(Level.BROKEN, name, told, WITHOUT)
        if is_single and (doubled := [code for code in asked if counted[code] > 1]):
            told = f"{len(doubled)} of {len(asked)} codes come out more than once"
            return self._finding(Level.BROKEN, name, told, ONE_ROW)
        told = f"{len(asked)} codes, asked for again, are found"
        return self._finding(Level.OK, name, f"{told}{', each once' if is_single else ''}")

    def _numbers(self, codes: Codes) -> Iterator[Finding]:
        """Cancelled invoices may have the number of what replaced them: no page shows them."""
        invoice = self._relations["invoice"]
        if not (invoice.has("number") and invoice.has("status")):
            return
        wanted = is_one_of(invoice.field("contract_code"), list_size(len(codes)))
        rows = (
            invoice.select(["contract_code", "number"])
            .where(wanted, invoice.differs("status", "cancelled"))
            .subquery("s")
        )
        statement = select(*rows.c, func.count().label("times")).group_by(*rows.c)
        counted: Counter[tuple[str, str]] = Counter()
        nameless = 0
        for row in self._ask(statement, codes):
            if number := decode.text(row, "number"):
                counted[decode.text(row, "contract_code"), number] += row["times"]
            else:
                nameless += row["times"]
        if nameless:
            told = f"{nameless} invoices of {len(codes)} contracts have no number"
            yield self._finding(Level.BROKEN, "invoice", told, NUMBERED, "number")
        doubled = sum(1 for count in counted.values() if count > 1)
        if doubled:
            told = f"{doubled} of {len(counted)} numbers come out more than once in a contract"
            yield self._finding(Level.BROKEN, "invoice", told, ONE_ROW, "number")
            return
        contracts_of = Counter(number for _code, number in counted)
        if shared := sum(1 for times in contracts_of.values() if times > 1):
            told = f"{shared} of {len(contracts_of)} numbers stand in several contracts"
            yield self._finding(Level.WARNING, "invoice", told, OWN_NUMBERS, "number")
        told = f"{len(counted)} numbers of {len(codes)} contracts come out once each"
        yield self._finding(Level.OK, "invoice", told, field="number")

    def _meeting(self, name: str, codes: Codes) -> Iterator[Finding]:
        if "contract" not in self._relations:
            return
        known = self._counted("contract", codes)
        missing = [code for code in codes if not known[code]]
        told = f"{len(missing)} of {len(codes)} codes are in no row of `contract`"
        if not missing:
            told = f"{len(codes)} codes are in `contract`"
            yield self._finding(Level.OK, name, told)
        elif len(missing) < len(codes) or self._is_met(name):
            yield self._finding(Level.WARNING, name, told, ONE_SPELLING)
        else:
            yield self._finding(Level.BROKEN, name, told, ONE_SPELLING)

    def _is_met(self, name: str) -> bool:
        """Whether contracts have such rows after all: the first may be of contracts long gone."""
        codes = self._sampled("contract")[:CODES_OF_MANY]
        return bool(codes and self._counted(name, codes))

    def _finding(
        self, level: Level, name: str, found: str, expected: str = "", field: str = ""
    ) -> Finding:
        place = f"columns.{field or CODE_FIELDS[name]}"
        return Finding(
            level=level,
            topic=Topic.KEYS,
            place=self._patient.place(name, place),
            found=found,
            expected=expected,
        )
