"""The portal's own database on a PostgreSQL that somebody else has set up."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from app.database import schema
from app.database.engine import Database
from tests.billing_schemas.copies import run_in_postgresql


def test_the_servers_style_of_dates_and_encoding_do_not_matter(
    new_postgresql_database: Callable[[], str],
) -> None:
    address = new_postgresql_database()
    name = address.rpartition("/")[2]
    run_in_postgresql(
        address,
        f"ALTER DATABASE {name} SET datestyle = 'German, DMY';"
        f"ALTER DATABASE {name} SET client_encoding = 'LATIN1'",
    )
    with closing(Database(address)) as database:
        schema.upgrade(database)
        with database.read() as connection:
            found = connection.exec_driver_sql("SELECT now(), 'Ш'").one()
        assert isinstance(found[0], datetime)
        assert found[1] == "Ш"
