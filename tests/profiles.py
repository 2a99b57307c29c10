"""An account as its owner manages it in a browser."""

import json
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import Portal
from tests.web.client import PASSWORD, CheckedClient, Page

NAME = "Agron Hoxha"
EMAIL = "agron.hoxha@example.com"
NEW = "dritare77"
CHANGE = {"current": PASSWORD, "new": NEW, "again": NEW, "user_name": NAME}


def rows(portal: Portal, query: str) -> list[Any]:
    with portal.database.read() as connection:
        return list(connection.exec_driver_sql(query).mappings())


def write(portal: Portal, statement: str, *values: Any) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(statement, values)


def mailed(portal: Portal, kind: str) -> tuple[str, str]:
    """(to whom, the path of its link) of the newest mail of this kind."""
    found = [
        row for row in rows(portal, "SELECT * FROM message ORDER BY id") if row["kind"] == kind
    ]
    blocks = json.loads(found[-1]["body"])["blocks"]
    address = next(block["address"] for block in blocks if block["kind"] == "link")
    return found[-1]["recipient"], urlsplit(address).path


def account(portal: Portal, name: str = NAME) -> Any:
    return next(row for row in rows(portal, "SELECT * FROM account") if row["user_name"] == name)


def is_signed_in(client: CheckedClient) -> bool:
    return client.fetch("/account").status_code == 200


def change_email(client: CheckedClient, email: str, status: int = 303, **more: str) -> Page:
    data = {"action": "email", "email": email, "email_password": PASSWORD, **more}
    return client.post("/account/contact", data, status=status)


def change_phone(client: CheckedClient, phone: str, status: int = 303, **more: str) -> Page:
    data = {"action": "phone", "phone": phone, "phone_password": PASSWORD, **more}
    return client.post("/account/contact", data, status=status)
