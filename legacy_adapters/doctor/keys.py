"""Whether the codes find what they name: again, once, and from one relation to the other.

All of it is bounded: the codes of the first rows are asked for again by their index. Grouping a
whole table would tell more, and read sixteen million rows of a database that others work with.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, bindparam, func, select

from legacy_adapters import decode
from legacy_adapters.contracts import is_one_of, list_size
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import (
    CODE_FIELDS,
    CODES_OF_MANY,
    ROWS,
    Codes,
    ask_by,
    codes_of,
    relations,
    some_contracts,
)
from legacy_adapters.records import ContractCode
from legacy_adapters.schema import Relation

ASKED_AGAIN = 10  # of what is found one by one
ONE_EACH = ("contract", "contract_info")
ONE_ROW = "one row for each: leave the others out by `except`, `only` or a view; no join may double"
WITHOUT = "codes as they are kept: no blanks around them, and of one type everywhere"
OWN_NUMBERS = (
    "one contract for each, unless contracts count their invoices each for itself: a join by a"
    " column that many share, such as a zone, shows customers the invoices of others"
)
REFUSED = (
    "one spelling everywhere: this column takes capitals and small letters for one, and pages on"
    " which another's rows come out are refused"
)
ONE_SPELLING = "the codes of `contract`, spelled alike; or leave these rows out"
SAME_CODES = "the codes of `contract`, spelled alike, a row for each: else their info page is blank"
ONE_TAX_ID = (
    "one spelling without blanks everywhere: a holder's contracts are looked up by the number of"
    " one of them, and a debt on those that spell it in another way is not seen"
)
NUMBERED = (
    "a number for each: an invoice without one is in no history, and an open one closes its pages"
)


def check(patient: Patient) -> Iterator[Finding]:
    keys = _Keys(patient)
    for name in CODE_FIELDS:
        yield from keys.of(name)


def _is_there(
    relation: Relation, field: str, pair: tuple[str, str], connection: Connection
) -> bool:
    """pair: a contract's code and the field's value."""
    code = relation.field(CODE_FIELDS[relation.name])
    wanted = (code == bindparam("code"), relation.field(field) == bindparam("value"))
    statement = relation.select([field]).where(*wanted).limit(1)
    values = {"code": pair[0], "value": pair[1]}
    return connection.execute(statement, values).first() is not None


class _Keys:
    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._relations = relations(patient)

    def of(self, name: str) -> Iterator[Finding]:
        if name not in self._relations:
            return
        try:
            codes = codes_of(self._patient, self._relations[name])
            if not codes:
                return  # that it has no rows is told already
            found = self._found_again(name, codes)
            yield found
            if found.expected == WITHOUT:
                return  # what is asked by such codes would tell nothing
            yield from self._more(name, codes)
        except FAILURES as error:
            told = f"its codes cannot be looked up: {reason(error)}"
            yield self._finding(level_of(error), name, told)

    def _more(self, name: str, codes: Codes) -> Iterator[Finding]:
        """codes: the relation's own."""
        if name == "contract":
            yield from self._found_by("contract", "tax_id")
        elif name == "contract_info":
            yield from self._has_all(name, codes)
        elif name == "invoice":
            yield from self._numbers(some_contracts(self._patient))
            yield from self._found_by("invoice", "number")
        if name not in ONE_EACH:
            yield from self._meeting(name, codes)

    def _counted(self, name: str, codes: Codes) -> Counter[str]:
        """How many rows each of these codes finds, asked for as pages ask."""
        relation, field = self._relations[name], CODE_FIELDS[name]
        size = list_size(len(codes))
        wanted = is_one_of(relation.field(field), size)
        rows = relation.select([field]).where(wanted).subquery("s")
        statement = select(rows.c[field], func.count().label("times")).group_by(rows.c[field])
        counted: Counter[str] = Counter()
        for row in ask_by(self._patient, statement, codes):
            counted[decode.text(row, field)] += row["times"]
        return counted

    def _found_by(self, name: str, field: str) -> Iterator[Finding]:
        """Whether what pages ask for by this field too is found by it."""
        relation = self._relations[name]
        if not relation.has(field):
            return
        fields = dict.fromkeys([CODE_FIELDS[name], field])
        rows = self._patient.ask(
            lambda c: c.execute(relation.select(fields).limit(ROWS)).mappings().all()
        )
        pairs = {(decode.text(r, CODE_FIELDS[name]), decode.text(r, field)): None for r in rows}
        some = [pair for pair in pairs if all(pair)][:ASKED_AGAIN]
        lost = sum(not self._patient.ask(partial(_is_there, relation, field, p)) for p in some)
        if lost:
            told = f"{lost} of {len(some)}, asked for again, find nothing"
            # An odd tax number hides its own holder's other contracts alone.
            is_odd = field == "tax_id" and lost < len(some)
            level = Level.WARNING if is_odd else Level.BROKEN
            yield self._finding(level, name, told, WITHOUT, field)
        if field == "tax_id":
            yield from self._spelled([tax_id for _code, tax_id in pairs if tax_id])

    def _spelled(self, tax_ids: list[str]) -> Iterator[Finding]:
        if odd := sum(not _is_plain(tax_id) for tax_id in tax_ids):
            told = (
                f"{odd} of {len(tax_ids)} are spelled with blanks, or in capitals and small letters"
            )
            yield self._finding(Level.WARNING, "contract", told, ONE_TAX_ID, "tax_id")

    def _found_again(self, name: str, codes: Codes) -> Finding:
        is_single = name in ONE_EACH
        asked = codes if is_single else codes[:CODES_OF_MANY]
        counted = self._counted(name, asked)
        if odd := len(counted.keys() - set(asked)):
            told = f"{odd} of {len(asked)} codes are found under another spelling"
            return self._finding(Level.BROKEN, name, told, REFUSED)
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
        for row in ask_by(self._patient, statement, codes):
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
        if self._is_spelled_otherwise(name, missing):
            told += ", but found by its spelling"
            yield self._finding(Level.BROKEN, name, told, REFUSED)
        elif not missing:
            told = f"{len(codes)} codes are in `contract`"
            yield self._finding(Level.OK, name, told)
        elif len(missing) < len(codes) or self._is_met(name):
            yield self._finding(Level.WARNING, name, told, ONE_SPELLING)
        else:
            yield self._finding(Level.BROKEN, name, told, ONE_SPELLING)

    def _is_spelled_otherwise(self, name: str, codes: Codes) -> bool:
        """Whether these, which no contract has, come out where one in capitals is asked about."""
        asked = [ContractCode(code.upper()) for code in codes[:CODES_OF_MANY]]
        return bool(asked and self._counted(name, asked).keys() - set(asked))

    def _has_all(self, name: str, own: Codes) -> Iterator[Finding]:
        """Whether contracts find their rows, which have one each; own: the relation's codes."""
        if "contract" not in self._relations:
            return
        codes = codes_of(self._patient, self._relations["contract"])
        known = self._counted(name, codes) if codes else {}
        if missing := sum(code not in known for code in codes):
            told = f"{missing} of {len(codes)} codes of `contract` are in no row"
            # Old contracts may have none: only where none of both meets is the spelling wrong.
            meets = missing < len(codes) or self._counted("contract", own)
            yield self._finding(Level.WARNING if meets else Level.BROKEN, name, told, SAME_CODES)

    def _is_met(self, name: str) -> bool:
        """Whether contracts have such rows after all: the first may be of contracts long gone."""
        codes = codes_of(self._patient, self._relations["contract"])[:CODES_OF_MANY]
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


def _is_plain(tax_id: str) -> bool:
    """All others of the same holder are found by it, and it by them (contracts.spelled)."""
    text = "".join(tax_id.split())
    return tax_id in (text.upper(), text.lower())
