"""A small schema, whose columns tests give types and values that no such column should have."""

from collections.abc import Callable
from datetime import date

from legacy_adapters.records import ContractCode

EARLIEST, LARGE = date(2020, 1, 1), ContractCode("4200000001")
SCHEMA = """
CREATE TABLE con (nr {number}, who TEXT, since DATE);
CREATE INDEX con_nr ON con (nr);
CREATE TABLE inv (nr {number}, no {number}, made DATE, due TIMESTAMP, net {money}, state TEXT);
CREATE INDEX inv_nr ON inv (nr);
INSERT INTO con VALUES (4200000001, 'ANA', '2020-01-01'), (2, 'BEN', '2020-01-01');
INSERT INTO inv VALUES
    (4200000001, 202610000123, '2026-10-05', '2026-10-30 23:59:59', {net}, 'open'),
    (2, 1, '2026-09-05', '2026-09-30', {net}, 'open');
"""
MAPPING = """
[contract]
table = "con"
columns = { code = "nr", subscriber = "who", address = "who" }
[contract_info]
table = "con"
columns = { contract_code = "nr", connected_on = "since" }
[invoice]
table = "inv"
[invoice.columns]
contract_code = "nr"
number = "no"
status = "state"
period = { month_of = "made" }
issued_on = "made"
due_on = "due"
units = { value = 1 }
principal = "net"
tv_fee = { value = 0 }
interest = { value = 0 }
outstanding = "net"
[payment]
table = "inv"
columns = { contract_code = "nr", paid_on = "made", amount = "net" }
"""
Run = Callable[[str], None]
