"""The staging table, its view and the second user's rights, as text for the DBA to read, change
and run. Nothing is created here."""

from config.posting import PostingSettings
from legacy_adapters.errors import MappingError
from legacy_adapters.posting.table import DECIMALS, DIGITS, LENGTHS, SHOWN, WRITTEN
from legacy_adapters.views import DIALECTS, LEGAL_NAME, LONGEST_NAME

COLUMNS = (*WRITTEN, "status", "status_text", "processed_at")
TEXTS = {"oracle": "VARCHAR2({} CHAR)", "postgresql": "VARCHAR({})", "sqlite": "VARCHAR({})"}
NUMBERS = {"oracle": "NUMBER", "postgresql": "NUMERIC", "sqlite": "NUMERIC"}
MOMENTS = {"oracle": "TIMESTAMP(0)", "postgresql": "TIMESTAMP(0)", "sqlite": "TIMESTAMP"}
MAY_BE_NULL = ("status_text", "processed_at")
RULES = {
    "portal_payment_id": " PRIMARY KEY",
    "amount": " NOT NULL CHECK (AMOUNT > 0)",
    "status": " DEFAULT 'N' NOT NULL CHECK (STATUS IN ('N', 'A', 'R'))",
    **dict.fromkeys(MAY_BE_NULL, ""),
}


def export_staging(dialect: str, settings: PostingSettings, user: str = "") -> str:
    """dialect: one of DIALECTS; user: the second one, who writes payments; empty: said later.

    Raises: MappingError, for a name that this kind of database cannot have.
    """
    _refuse_wrong_names(dialect, settings, user)
    parts = [_head(), *creating(dialect, settings), _grants(dialect, settings, user)]
    return "\n\n".join(parts) + "\n"


def creating(dialect: str, settings: PostingSettings) -> list[str]:
    """The statements that create: the table, its index, its view."""
    table, view = settings.table.upper(), settings.status_view.upper()
    schema, dot, name = table.rpartition(".")
    index = f"{schema}{dot}" if dialect != "postgresql" else ""  # there it goes with its table
    index += name[: LONGEST_NAME["oracle"] - len("_CREATED")] + "_CREATED"
    on = name if dialect == "sqlite" else table
    columns = ",\n".join(f"    {column.upper()} {_type(dialect, column)}" for column in COLUMNS)
    shown = ", ".join(column.upper() for column in SHOWN)
    return [
        f"CREATE TABLE {table} (\n{columns}\n);",
        f"CREATE INDEX {index} ON {on} (CREATED_AT);",
        f"CREATE VIEW {view} AS\nSELECT {shown}\nFROM {table};",
    ]


def _type(dialect: str, column: str) -> str:
    if column == "amount":
        kind = f"{NUMBERS[dialect]}({DIGITS}, {DECIMALS})"
    elif column == "status":
        kind = "CHAR(1)"
    elif column in LENGTHS:
        kind = TEXTS[dialect].format(LENGTHS[column])
    else:
        kind = MOMENTS[dialect]
    return kind + RULES.get(column, " NOT NULL")


def _grants(dialect: str, settings: PostingSettings, user: str) -> str:
    if dialect == "sqlite":
        return "-- SQLite has no users, so nothing is granted."
    table, view = settings.table.upper(), settings.status_view.upper()
    grantee = user or "the_second_user"
    written = ", ".join(column.upper() for column in WRITTEN)
    right = "READ" if dialect == "oracle" else "SELECT"
    lines = [
        f"GRANT INSERT ({written}) ON {table} TO {grantee};",
        f"GRANT {right} ON {view} TO {grantee};",
    ]
    if dialect == "postgresql":
        schemas = {name.rpartition(".")[0] for name in (table, view)} - {""}
        lines[:0] = [f"GRANT USAGE ON SCHEMA {name} TO {grantee};" for name in sorted(schemas)]
    if user:
        return "\n".join(lines)
    return "\n".join(["-- Say --user, or put it in:", *(f"-- {line}" for line in lines)])


def _head() -> str:
    lines = (
        "Payments made in the portal, until billing's own job has posted them; docs/posting.md.",
        "Moments are UTC. STATUS: N new, A accepted, R refused; STATUS, STATUS_TEXT and",
        "PROCESSED_AT are the job's. The portal inserts; it never updates or deletes.",
    )
    return "\n".join(f"-- {line}" for line in lines)


def _refuse_wrong_names(dialect: str, settings: PostingSettings, user: str) -> None:
    if dialect not in DIALECTS:
        raise MappingError(f"{dialect!r} is none of {', '.join(DIALECTS)}")
    longest = LONGEST_NAME[dialect]
    names = [*settings.table.split("."), *settings.status_view.split("."), *filter(None, [user])]
    for name in names:
        legal = name.replace("$", "_").replace("#", "_") if dialect == "oracle" else name
        if not LEGAL_NAME.fullmatch(legal) or len(name) > longest:
            told = f"letters, digits and _, a letter first, at most {longest} in all"
            raise MappingError(f"{name!r} is no name for a table, view, schema or user: {told}")
