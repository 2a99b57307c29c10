"""A small Oracle Net server for tests. It is not Oracle.

The real `oracledb` driver (thin mode), and through it SQLAlchemy's real Oracle dialect, log in
to it over a real socket, as they would to Oracle 12.1 or 19; their SQL runs on H2 in Oracle
mode, in this process. So tests see what the driver really does with logins, binds, paging,
time-outs and broken connections.

What passes here was run through the real driver against a protocol test server. It was not
"tested on Oracle", and nothing that passes here may be called so: H2's planner, locks, types,
date arithmetic and errors are H2's; grants are told but not enforced; the dictionary, the plans
and the rule of CHAR are imitations made for these tests.

    with H2Database(schemas=["BILLING"]) as database:
        database.script("CREATE TABLE BILLING.T (ID NUMBER(10) PRIMARY KEY);")
        with OracleServer({"portal": "secret"}, database, version=ORACLE_12_1) as server:
            engine = create_engine(server.url("portal"))
            ...
            server.log.texts                              # what reached it
            server.facts.database_role = "PHYSICAL STANDBY"   # what it tells of itself
            fault = server.faults.on("FROM t", Hang())    # what goes wrong
            ...
            fault.hits, fault.clear()

Rooms: wire (packets, fields), values (NUMBER, DATE), login, requests and answers (messages),
session (one client), statements (what Oracle adds to H2), sql (a look at its text), plan,
executor and h2 and jvm (H2), dictionary (ALL_TABLES ...), facts (V$VERSION, privileges ...),
faults and troubles (what goes wrong, and how), log, server.

What it does not know: PL/SQL, LOB locators (set oracledb.defaults.fetch_lobs = False, or use
SQLAlchemy), RETURNING INTO, database links, the protocol newer than 19c's, TLS, DRCP. And where
H2 differs in silence: SYSDATE is rounded to the second, not cut; an integer by an integer, as in
COUNT(*) / 2, gives an integer; a column that a view or subquery computes is described with a
precision, where Oracle describes a NUMBER without any.
"""

from tests.oracle_net.errors import OraError
from tests.oracle_net.facts import Facts, Grant, Version
from tests.oracle_net.faults import Close, Drip, Garbage, Hang, Ora, Refuse, Reset, Silent
from tests.oracle_net.h2 import H2Database
from tests.oracle_net.log import Log, Statement
from tests.oracle_net.server import ORACLE_12_1, ORACLE_19, OracleServer

__all__ = [
    "ORACLE_12_1",
    "ORACLE_19",
    "Close",
    "Drip",
    "Facts",
    "Garbage",
    "Grant",
    "H2Database",
    "Hang",
    "Log",
    "Ora",
    "OraError",
    "OracleServer",
    "Refuse",
    "Reset",
    "Silent",
    "Statement",
    "Version",
]
