"""The staging table and its view: fixed columns, and the statements over them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Insert,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    bindparam,
    cast,
    false,
    insert,
    null,
    quoted_name,
    select,
)
from sqlalchemy.dialects import oracle, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

DIGITS, DECIMALS = 12, 2  # of an amount
# What the portal writes; the lengths are those of the texts.
WRITTEN = (
    *("portal_payment_id", "contract_code", "invoice_number", "amount", "paid_at"),
    *("method", "source", "bank_transaction", "created_at"),
)
SHOWN = (
    *("portal_payment_id", "contract_code", "invoice_number", "amount"),
    *("status", "status_text", "created_at"),
)
LENGTHS = {
    "portal_payment_id": 40,
    "contract_code": 20,
    "invoice_number": 40,
    "method": 40,
    "source": 60,
    "bank_transaction": 80,
    "status": 1,
    "status_text": 200,
}
# How many ids a question may hold: few statements instead of one for each length.
FIND_SIZES = (1, 10, 100, 500)
ID_PARAMETERS = [f"id_{place}" for place in range(FIND_SIZES[-1])]


class Money(TypeDecorator[Decimal]):
    """Exact where the database is; SQLite takes it as text and keeps what number it can."""

    impl = Numeric
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(DIGITS, DECIMALS)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(String() if is_sqlite else Numeric(DIGITS, DECIMALS))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return str(value) if dialect.name == "sqlite" and value is not None else value


# UTC, to the second, without a zone: cx_Oracle would bind one wrongly.
MOMENT: TypeEngine[Any] = (
    DateTime()
    .with_variant(oracle.TIMESTAMP(), "oracle")
    .with_variant(sqlite.DATETIME(truncate_microseconds=True), "sqlite")  # type: ignore[no-untyped-call]
)


def type_of(name: str) -> TypeEngine[Any]:
    if name == "amount":
        return Money()
    return String(LENGTHS[name]) if name in LENGTHS else MOMENT


def named(name: str, columns: Sequence[str]) -> Table:
    """name: NAME or SCHEMA.NAME, checked by the settings; never quoted."""
    schema, _dot, plain = name.lower().rpartition(".")
    return Table(
        quoted_name(plain, quote=False),
        MetaData(),
        *(Column(column, type_of(column)) for column in columns),
        schema=quoted_name(schema, quote=False) if schema else None,
    )


class Statements:
    """All that is ever asked of the table and the view, built once."""

    def __init__(self, table: str, status_view: str) -> None:
        written, shown = named(table, WRITTEN), named(status_view, SHOWN)
        self.insert: Insert = insert(written).values(
            {name: bindparam(name, type_=type_of(name)) for name in WRITTEN}
        )
        # Parsed and checked as any other, for no row at all.
        nothing = select(*(cast(null(), type_of(name)) for name in WRITTEN)).where(false())
        self.insert_nothing: Insert = insert(written).from_select(list(WRITTEN), nothing)
        ids = shown.c.portal_payment_id
        self.find: dict[int, Select[Any]] = {
            size: select(shown).where(ids.in_([bindparam(n) for n in ID_PARAMETERS[:size]]))
            for size in FIND_SIZES
        }
        self.since: Select[Any] = (
            select(shown)
            .where(shown.c.created_at >= bindparam("since", type_=MOMENT))
            .order_by(shown.c.created_at, ids)
        )


def list_of_ids(ids: Sequence[str]) -> dict[str, str]:
    """The parameters for the shortest list that holds these; the last stands there repeatedly."""
    size = next(size for size in FIND_SIZES if size >= len(ids))
    padded = [*ids, *[ids[-1]] * (size - len(ids))]
    return dict(zip(ID_PARAMETERS[:size], padded, strict=True))
