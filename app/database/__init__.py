"""The portal's own database: engine, transactions, tables, migrations."""
