"""A mapping's last resort: what is built from it, and what is refused."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, MetaData, Numeric, String, Table, create_engine, select
from sqlalchemy.pool import StaticPool

from legacy_adapters.expressions import Expression, Refused
from legacy_adapters.operations import Wrong, parse

BILLS = Table(
    "BILLS",
    MetaData(),
    Column("AMOUNT", Numeric(asdecimal=False)),
    Column("TAX", Numeric(asdecimal=False)),
    Column("STATE", String),
    Column("DATE", String),
    Column("DUE", Date),
)
COLUMNS = {f"b.{column.name}": column for column in BILLS.columns}


def lookup(name: str) -> Column[object]:
    try:
        return {key.lower(): column for key, column in COLUMNS.items()}[name.lower()]
    except KeyError:
        raise Wrong(f"no column {name}") from None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("b.AMOUNT + NVL(b.TAX, 0)", 100),
        ("b.amount * 1.2 - 20", 100),
        ("ROUND(b.AMOUNT / 3, 2)", 33.33),
        ("-b.AMOUNT", -100),
        ("(b.AMOUNT + 1) * 2", 202),
        ("CASE WHEN b.STATE = 'P ' THEN 1 ELSE 2 END", 1),
        ("CASE b.STATE WHEN 'X' THEN 1 END", None),
        ("DECODE(b.STATE, 'X', 'one', 'P ', 'two', 'other')", "two"),
        ("DECODE(b.STATE, 'X', 'one', 'other')", "other"),
        ("TRIM(b.STATE)", "P"),
        ("RTRIM(b.STATE) || '-' || SUBSTR(b.\"DATE\", 1, 4)", "P-2026"),
        ("b.STATE || b.TAX || '-' || b.AMOUNT || '.'", "P -100."),
        ("b.TAX || 'x'", "x"),
        ("(b.AMOUNT + b.TAX) || 'x' || 5", "x5"),
        ("NVL2(b.TAX, 'taxed', 'free')", "free"),
        ("COALESCE(b.TAX, NULL, 7)", 7),
        ("NULLIF(b.AMOUNT, 100)", None),
        ("ABS(0 - b.AMOUNT)", 100),
        ("UPPER('ab') || LOWER('CD')", "ABcd"),
        ("CASE WHEN b.TAX IS NULL AND b.STATE IN ('P ', 'Q') THEN 'y' ELSE 'n' END", "y"),
        ("CASE WHEN NOT b.AMOUNT BETWEEN 1 AND 99 OR b.TAX > 1 THEN 'y' END", "y"),
        ("CASE WHEN b.AMOUNT <> 5 AND b.AMOUNT >= 1 AND b.AMOUNT < 200 THEN 'y' END", "y"),
        ("CAST(b.AMOUNT AS INTEGER)", 100),
        ('CAST(b."DATE" AS VARCHAR2(4))', "2026"),
        ("CAST('12.345' AS NUMBER(10, 2))", Decimal("12.35")),
        ("CAST('12.5' AS NUMBER(10))", 13),
        ("CAST('0.123456' AS NUMBER) * 1000", Decimal("123.456")),
        ("'it''s 100 % ë'", "it's 100 % ë"),
    ],
)
def test_expression_means_what_it_says(text: str, value: object) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        BILLS.metadata.create_all(connection)
        connection.execute(
            BILLS.insert(), {"AMOUNT": 100, "TAX": None, "STATE": "P ", "DATE": "2026-01-31"}
        )
        expression = Expression(text)
        assert connection.execute(select(expression.build(lookup))).scalar() == value
    engine.dispose()


HOSTILE = [
    "(SELECT password FROM dba_users)",
    "b.AMOUNT FROM dual UNION SELECT 1",
    "b.AMOUNT IN (SELECT 1 FROM dual)",
    "1 = 1 OR EXISTS (SELECT 1 FROM dual)",
    "CURSOR(SELECT 1 FROM dual)",
    "utl_http.request('http://x')",
    "utl_inaddr.get_host_name('x')",
    "dbms_lock.sleep(10)",
    "pg_sleep(10)",
    "load_extension('x')",
    "dbms_xmlgen.getxml('select 1 from dual')",
    "XMLTYPE('<!DOCTYPE x>')",
    "SYS_CONTEXT('USERENV', 'DB_NAME')",
    "b.AMOUNT; DROP TABLE x",
    "b.AMOUNT --",
    "b.AMOUNT /* x */",
    "b.AMOUNT@dblink",
    "sys.b.AMOUNT",
    ":bind",
    "?",
    "SUM(b.AMOUNT)",
    "COUNT(*)",
    "ROW_NUMBER() OVER (ORDER BY b.AMOUNT)",
    "*",
    "b.*",
    "SYSDATE",
    "b.STATE LIKE '%'",
    "b.STATE COLLATE nocase",
    "TRIM(BOTH 'x' FROM b.STATE)",
    "CAST(b.STATE AS XMLTYPE)",
    "INTERVAL '1' DAY",
    "1e400",
    "x'00'",
    "b.STATE \\ 1",
    "((((((1",
    "",
    "NVL(" * 200 + "1" + ",1)" * 200,
    "(" * 400 + "1" + ")" * 400,
    "1" * 2000,
    "DECODE(b.STATE)",
    "'' - b.AMOUNT",
    "b.AMOUNT / 'x'",
    "(b.AMOUNT = 1) * 2",
    "(b.AMOUNT = 1) || 'x'",
    "-(b.AMOUNT = 1)",
    "-'x'",
    "NOT 'x'",
    "b.AMOUNT > NULL",
    "NULL = b.AMOUNT",
    "CASE b.STATE WHEN NULL THEN 1 END",
    "SUBSTR(b.STATE, -2)",
    "SUBSTR(b.STATE, 0, 2)",
    "SUBSTR(b.STATE, b.AMOUNT)",
    "SUBSTR(b.STATE)",
    "NVL(b.AMOUNT)",
    "COALESCE(b.AMOUNT)",
    "NULLIF(b.AMOUNT)",
    "CAST(b.STATE AS NUMBER(*, 2))",
    "CAST(b.STATE AS VARCHAR2(b.AMOUNT))",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30])
def test_hostile_expression_is_refused_when_the_file_is_read(text: str) -> None:
    with pytest.raises(Wrong, match="the expression is refused"):
        parse({"expr": text})


@pytest.mark.parametrize("text", ["USER", "ROWNUM", "b.PASSWORD", "c.AMOUNT", "AMOUNT"])
def test_only_columns_that_exist_can_be_named(text: str) -> None:
    operation = parse({"expr": text})
    with pytest.raises(Wrong, match="no column"):
        operation.build(lookup)


@pytest.mark.parametrize("text", ["b.AMOUNT - b.STATE", "b.STATE + 1", "-b.STATE", "NOT b.STATE"])
def test_what_the_columns_are_is_looked_at(text: str) -> None:
    operation = parse({"expr": text})
    with pytest.raises(Wrong, match=r"the expression is refused: .* has a text in it"):
        operation.build(lookup)


@pytest.mark.parametrize(
    "text",
    [
        *("b.DUE + 1", "b.DUE - b.DUE", "2 * b.DUE", "-b.DUE", "b.DUE || 'x'"),
        *("CAST(b.DUE AS NUMBER)", "CAST(b.DUE AS VARCHAR2(10))"),
    ],
)
def test_nobody_counts_with_days(text: str) -> None:
    operation = parse({"expr": text})
    with pytest.raises(Wrong, match=r"the expression is refused: .* has a day in it"):
        operation.build(lookup)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CASE WHEN b.DUE > '01.01.2026' THEN 1 END", "a day beside a text"),
        ("b.DUE = 20260101", "a day beside a number"),
        ("b.DUE BETWEEN '2026-01-01' AND '2026-12-31'", "a day beside a text"),
        ("b.DUE IN ('2026-01-01')", "a day beside a text"),
        ("b.STATE = 1", "a number beside a text"),
        ("b.AMOUNT <> '1'", "a number beside a text"),
        ("CASE b.STATE WHEN 1 THEN 1 END", "a number beside a text"),
        ("CASE WHEN b.TAX IS NULL THEN 'none' ELSE b.TAX END", "a number beside a text"),
        ("DECODE(b.STATE, 1, 2)", "a number beside a text"),
        ("DECODE(b.STATE, 'X', 'one', 2)", "a number beside a text"),
        ("NVL(b.TAX, '')", "a number beside a text"),
        ("NVL2(b.TAX, b.TAX, '')", "a number beside a text"),
        ("NULLIF(b.DUE, '')", "a day beside a text"),
    ],
)
def test_only_one_kind_is_compared_or_chosen_from(text: str, told: str) -> None:
    with pytest.raises(Wrong, match=rf"the expression is refused: .* has {told}"):
        parse({"expr": text}).build(lookup)


KINDS = ["'x'", "1.5", "(1 = 1)", "NULL", "b.STATE", "b.AMOUNT", "b.DUE"]


@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "||", "=", "<>", "<", "AND", "OR"])
def test_any_two_kinds_of_value_are_built_or_refused(left: str, sign: str, right: str) -> None:
    with suppress(Refused):  # a warning of SQLAlchemy's is an error here
        Expression(f"{left} {sign} {right}").build(lookup)


@settings(max_examples=300, deadline=None)
@example("''-b")
@given(
    st.lists(
        st.sampled_from(
            [
                *"()+-*/,.'|=<>b",
                " ",
                "b.AMOUNT",
                "SELECT",
                "FROM",
                "CASE",
                "WHEN",
                "END",
                "NVL(",
                "1",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_whatever_is_written_is_built_or_refused(text: str) -> None:
    try:
        built = str(Expression(text).build(lookup))
    except (Refused, Wrong):
        return
    assert "SELECT" not in built and "FROM" not in built
