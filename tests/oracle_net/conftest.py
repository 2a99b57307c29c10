"""A database and servers over it, for the tests of the server itself."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import oracledb
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from tests.components import java_and_h2
from tests.oracle_net import ORACLE_12_1, ORACLE_19, H2Database, OracleServer

SCHEMA = """
CREATE TABLE BILLING.CONTRACT (
    CONTRACT_ID NUMBER(12) NOT NULL, CODE CHAR(5) NOT NULL, HOLDER VARCHAR2(80),
    SIGNED DATE DEFAULT SYSDATE NOT NULL, CHANGED TIMESTAMP, NOTE CLOB,
    CONSTRAINT PK_CONTRACT PRIMARY KEY (CONTRACT_ID));
CREATE TABLE BILLING.INVOICE (
    INVOICE_NO VARCHAR2(16) NOT NULL, CONTRACT_ID NUMBER(12) NOT NULL, AMOUNT NUMBER(14,2),
    READING NUMBER, UNITS INTEGER,
    CONSTRAINT PK_INVOICE PRIMARY KEY (INVOICE_NO),
    CONSTRAINT FK_CONTRACT FOREIGN KEY (CONTRACT_ID) REFERENCES BILLING.CONTRACT (CONTRACT_ID),
    CONSTRAINT UQ_READING UNIQUE (READING));
CREATE INDEX BILLING.IX_INVOICE_CONTRACT ON BILLING.INVOICE (CONTRACT_ID, AMOUNT);
CREATE VIEW BILLING.V_OPEN AS SELECT INVOICE_NO, AMOUNT FROM BILLING.INVOICE WHERE AMOUNT > 0;
CREATE SYNONYM PORTAL.MY_INVOICE FOR BILLING.INVOICE;
COMMENT ON COLUMN BILLING.INVOICE.AMOUNT IS 'Lekë';
INSERT INTO BILLING.CONTRACT (CONTRACT_ID, CODE, HOLDER) VALUES (1, 'ATM', 'Çelë Ëngjëll');
INSERT INTO BILLING.CONTRACT (CONTRACT_ID, CODE, HOLDER) VALUES (2, 'TTZ01', NULL);
INSERT INTO BILLING.INVOICE VALUES ('F1', 1, 556.00, 0.000001, 47);
INSERT INTO BILLING.INVOICE VALUES ('F2', 1, -12345.50, -1, NULL);
INSERT INTO BILLING.INVOICE VALUES ('F3', 2, NULL, NULL, 0);
"""

Connect = Callable[..., oracledb.Connection]


@pytest.fixture(scope="session", autouse=True)
def thin_mode() -> None:
    oracledb.enable_thin_mode()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="package")
def database() -> Iterator[H2Database]:
    java_and_h2()
    with H2Database(schemas=["BILLING", "PORTAL"]) as database:
        database.script(SCHEMA)
        yield database


def _server(database: H2Database, **options: object) -> OracleServer:
    return OracleServer({"portal": "s3cret"}, database, **options)  # type: ignore[arg-type]


@pytest.fixture
def server(database: H2Database) -> Iterator[OracleServer]:
    with _server(database) as server:
        yield server


@pytest.fixture(params=[ORACLE_12_1, ORACLE_19], ids=["12.1", "19"])
def each_version(database: H2Database, request: pytest.FixtureRequest) -> Iterator[OracleServer]:
    with _server(database, version=request.param) as server:
        yield server


@pytest.fixture
def connect(server: OracleServer) -> Iterator[Connect]:
    """Connections of the driver itself, closed at the end however the test ends."""
    made: list[oracledb.Connection] = []

    def connect(**options: object) -> oracledb.Connection:
        given = {"user": "portal", "password": "s3cret", "dsn": server.dsn, **options}
        made.append(oracledb.connect(**given))
        return made[-1]

    yield connect
    server.faults.clear()
    server.drop_sessions()
    for connection in made:
        with suppress(oracledb.Error):  # a fault may have been faster
            connection.close()


@pytest.fixture
def engine(each_version: OracleServer) -> Iterator[Engine]:
    engine = create_engine(each_version.url("portal"), poolclass=NullPool)
    yield engine
    engine.dispose()
