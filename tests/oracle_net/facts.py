"""What H2 cannot know of the database that it plays: version, role, NLS, privileges.

All of it belongs to a server and can be changed by a test at any time; sessions see it in
V$VERSION, NLS_DATABASE_PARAMETERS, USER_SYS_PRIVS and so on at their next query.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

Version = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Relation:
    """A small table: columns with their H2 types, and rows."""

    columns: dict[str, str]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Grant:
    """A privilege on somebody's table or view."""

    owner: str
    table: str
    privilege: str = "SELECT"
    grantor: str = ""
    grantable: bool = False


def _nls() -> dict[str, str]:
    return {
        "NLS_CHARACTERSET": "AL32UTF8",
        "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
        "NLS_LANGUAGE": "AMERICAN",
        "NLS_TERRITORY": "AMERICA",
        "NLS_DATE_FORMAT": "DD-MON-RR",
        "NLS_NUMERIC_CHARACTERS": ".,",
        "NLS_LENGTH_SEMANTICS": "BYTE",
        "NLS_SORT": "BINARY",
        "NLS_COMP": "BINARY",
    }


def _nls_of_session() -> dict[str, str]:
    of_database_only = ("NLS_CHARACTERSET", "NLS_NCHAR_CHARACTERSET")
    return {name: value for name, value in _nls().items() if name not in of_database_only}


@dataclass
class Facts:
    version: Version
    banner: str | None = None  # None: made from the version
    database_name: str = "BILLDB"
    instance_name: str = "BILL1"
    service_name: str = "BILLING"
    host_name: str = "billing-db"
    database_role: str = "PRIMARY"
    open_mode: str = "READ WRITE"
    nls_database: dict[str, str] = field(default_factory=_nls)
    nls_session: dict[str, str] = field(default_factory=_nls_of_session)
    parameters: dict[str, str] = field(default_factory=dict)  # compatible: from the version
    # By user:
    system_privileges: dict[str, list[str]] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    grants: dict[str, list[Grant]] = field(default_factory=dict)

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))

    def relations(self, user: str) -> dict[str, Relation]:
        """Everything of this as the user's tables."""
        privileges = self.system_privileges.get(user, ["CREATE SESSION"])
        roles = self.roles.get(user, [])
        return {
            **self._of_database(),
            "USER_SYS_PRIVS": _texts(
                "USERNAME PRIVILEGE ADMIN_OPTION", [(user, p, "NO") for p in privileges]
            ),
            "SESSION_PRIVS": _texts("PRIVILEGE", [(p,) for p in privileges]),
            "SESSION_ROLES": _texts("ROLE", [(r,) for r in roles]),
            "USER_ROLE_PRIVS": _texts(
                "USERNAME GRANTED_ROLE ADMIN_OPTION", [(user, r, "NO") for r in roles]
            ),
            "USER_TAB_PRIVS": self._grants(user, "OWNER"),
            "ALL_TAB_PRIVS": self._grants(user, "TABLE_SCHEMA"),
        }

    def _of_database(self) -> dict[str, Relation]:
        edition = f"Oracle Database {self.version[0]}c Enterprise Edition"
        banner = self.banner or f"{edition} Release {self.version_text} - Production"
        compatible = f"{self.version[0]}.{self.version[1]}.0"
        parameters = {"compatible": compatible, **self.parameters}
        version = self.version_text
        return {
            "V$VERSION": _texts("BANNER BANNER_FULL", [(banner, f"{banner}\nVersion {version}")]),
            "PRODUCT_COMPONENT_VERSION": _texts(
                "PRODUCT VERSION STATUS", [(edition, version, "Production")]
            ),
            "V$INSTANCE": _texts(
                "INSTANCE_NAME HOST_NAME VERSION STATUS DATABASE_STATUS",
                [(self.instance_name, self.host_name, version, "OPEN", "ACTIVE")],
            ),
            "V$DATABASE": _texts(
                "NAME DB_UNIQUE_NAME DATABASE_ROLE OPEN_MODE",
                [(self.database_name, self.database_name, self.database_role, self.open_mode)],
            ),
            "V$PARAMETER": _texts("NAME VALUE", list(parameters.items())),
            "NLS_DATABASE_PARAMETERS": _texts("PARAMETER VALUE", list(self.nls_database.items())),
            "NLS_SESSION_PARAMETERS": _texts("PARAMETER VALUE", list(self.nls_session.items())),
        }

    def _grants(self, user: str, owner_column: str) -> Relation:
        rows = [
            (
                *(user, g.owner, g.table, g.grantor or g.owner, g.privilege),
                *("YES" if g.grantable else "NO", "NO"),
            )
            for g in self.grants.get(user, [])
        ]
        names = f"GRANTEE {owner_column} TABLE_NAME GRANTOR PRIVILEGE GRANTABLE HIERARCHY"
        return _texts(names, rows)


def _texts(columns: str, rows: Iterable[tuple[object, ...]]) -> Relation:
    return Relation(dict.fromkeys(columns.split(), "VARCHAR(4000)"), tuple(rows))
