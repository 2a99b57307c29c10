"""Certificates: issuing, checking, ending."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app.certificates.records import ApplicationId, CertificateCode, Ended
from app.certificates.store.tables import debt_certificate, debt_certificate_contract
from legacy_adapters.records import ContractCode

c = debt_certificate.c
of = debt_certificate_contract.c


def add(
    connection: Connection, values: Mapping[str, Any], newest: Mapping[ContractCode, date | None]
) -> None:
    """newest: the contracts that it is about."""
    statement = insert(debt_certificate).values(values).returning(c.id)
    certificate_id = connection.execute(statement).scalar_one()
    connection.execute(
        insert(debt_certificate_contract),
        [
            {"certificate_id": certificate_id, "contract_code": code, "newest": day}
            for code, day in newest.items()
        ],
    )


def find_application(connection: Connection, code: CertificateCode) -> ApplicationId | None:
    found = connection.execute(select(c.application_id).where(c.code == code)).scalar()
    return None if found is None else ApplicationId(found)


def find_paper(connection: Connection, application_id: ApplicationId) -> bytes | None:
    query = select(c.paper).where(c.application_id == application_id)
    paper: bytes | None = connection.execute(query).scalar()
    return paper


def list_newest(
    connection: Connection, codes: Sequence[CertificateCode]
) -> dict[CertificateCode, dict[ContractCode, date | None]]:
    """What each certificate is about."""
    query = (
        select(c.code, of.contract_code, of.newest)
        .join(debt_certificate_contract, of.certificate_id == c.id)
        .where(c.code.in_(codes))
    )
    found: dict[CertificateCode, dict[ContractCode, date | None]] = {}
    for code, contract_code, newest in connection.execute(query):
        found.setdefault(CertificateCode(code), {})[ContractCode(contract_code)] = newest
    return found


def list_valid(
    connection: Connection, today: date, *, after: int, most: int
) -> list[tuple[int, CertificateCode]]:
    """Those that no end is known of, with their place in the order."""
    query = (
        select(c.id, c.code)
        .where(c.ended_on.is_(None), c.valid_until >= today, c.id > after)
        .order_by(c.id)
        .limit(most)
    )
    return [(row.id, CertificateCode(row.code)) for row in connection.execute(query)]


def end(connection: Connection, code: CertificateCode, on: date, why: Ended) -> bool:
    """False when it had ended before."""
    goes_on = (c.code == code) & c.ended_on.is_(None)
    statement = update(debt_certificate).where(goes_on).values(ended_on=on, ended_why=why)
    return connection.execute(statement).rowcount > 0
