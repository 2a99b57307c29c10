CREATE TABLE customers (
    contract_no INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, street TEXT, house TEXT,
    mobile TEXT, landline TEXT, vat_no TEXT, region TEXT, office TEXT, since TEXT, zone TEXT,
    kind INTEGER, phases INTEGER, watts INTEGER, watts_agreed INTEGER
);
CREATE TABLE bills (
    contract_no INTEGER, bill_no TEXT, state TEXT, yyyymm INTEGER, issued TEXT, due TEXT,
    kwh INTEGER, principal_minor INTEGER, vat_minor INTEGER, tv_minor INTEGER,
    interest_minor INTEGER, paid_minor INTEGER, from_day TEXT, to_day TEXT, meter_no TEXT,
    read_a INTEGER, read_b INTEGER, iic TEXT, fic TEXT, qr TEXT
);
CREATE TABLE receipts (
    contract_no INTEGER, paid_day TEXT, minor INTEGER, how TEXT, whence TEXT, reversed INTEGER
);
CREATE INDEX bills_contract ON bills (contract_no);
CREATE INDEX receipts_contract ON receipts (contract_no);
