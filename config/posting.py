"""The settings of the one place where the portal writes into billing."""

from typing import Annotated

from pydantic import Field, StringConstraints
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, Section

_NAME = r"[A-Za-z][A-Za-z0-9_$#]{0,62}"
TableName = Annotated[str, StringConstraints(pattern=rf"^({_NAME}\.)?{_NAME}$")]
LONGEST_METHOD, LONGEST_SOURCE = 40, 60


class PostingSettings(Section):
    section = "posting"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}POSTING_")

    url: str = Field(
        default="",
        description="Billing's database once more, with the user that may insert into the staging"
        " table: the same kinds of address as `SELFCARE_BILLING_URL`. Empty: the demo's while"
        " billing is the demo's; else payments are not posted.",
    )
    table: TableName = Field(
        default="PORTAL_PAYMENT",
        description="The staging table: `NAME` or `SCHEMA.NAME`, as written without quotes.",
    )
    status_view: TableName = Field(
        default="PORTAL_PAYMENT_STATUS",
        description="The view that tells what became of the rows: `NAME` or `SCHEMA.NAME`.",
    )
    method: str = Field(
        default="KARTË",
        min_length=1,
        max_length=LONGEST_METHOD,
        description="How was paid, as billing's lists of payments are to show it.",
    )
    source: str = Field(
        default="PORTALI",
        min_length=1,
        max_length=LONGEST_SOURCE,
        description="Where was paid, as billing's lists of payments are to show it.",
    )
    connect_seconds: float = Field(
        default=3.0, ge=0.5, le=30, description="How long connecting may take."
    )
    answer_seconds: float = Field(
        default=10.0,
        ge=0.5,
        le=60,
        description="How long one statement may take; writing, with connecting, no longer than"
        " both together.",
    )
