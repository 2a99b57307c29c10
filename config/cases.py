"""Settings of requests and complaints."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.section import PREFIX, SealingKeys, Section, split_commas

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _to_days(value: object) -> object:
    days = split_commas(value)
    if not isinstance(days, list):
        raise ValueError("is a list of dates, such as 2026-12-24, 2027-03-10")
    return [_to_day(day) for day in days]


def _to_day(value: object) -> date:
    """Only as it is documented: a number would be read as seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = str(value).strip()
    try:
        if ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{text[:40]!r} is no date; write 2026-12-24 for 24 December 2026")


Days = Annotated[list[date], NoDecode, BeforeValidator(_to_days)]


class CaseSettings(Section):
    section = "cases"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}CASES_")

    catalogue: Path = Field(
        default=Path(__file__).parent / "cases.toml",
        description="The file that says which requests there are, with their fields, documents"
        " and deadlines; `flask cases check` reads it.",
    )
    reopen_days: int = Field(
        default=30,
        ge=0,
        le=366,
        description="For how long after its end a customer may reopen a case; 0: never.",
    )
    draft_days: int = Field(
        default=7,
        ge=1,
        le=60,
        description="How long a request that was begun and not sent is kept.",
    )
    open_per_account: int = Field(
        default=50, ge=1, description="How many cases one account may have open at once."
    )
    filed_per_day: int = Field(
        default=50,
        ge=1,
        description="How many cases one account may file within 24 hours, also if it withdraws"
        " some.",
    )
    drafts_per_account: int = Field(
        default=30, ge=1, description="How many requests one account may have begun and not sent."
    )
    files_per_day: int = Field(
        default=200,
        ge=1,
        description="How many files one account may send within a day (UTC), taken or refused.",
    )
    holidays: Days = Field(
        default=[],
        description="Further days on which nobody works, beside weekends and the public holidays"
        " of Albania, `2026-12-24,2027-03-10`: such as those of Bajram, once they are known.",
    )
    working_days: Days = Field(
        default=[],
        description="Days on which the utility works although the calendar says otherwise, such"
        " as a Saturday for a bridge.",
    )
    keys: SealingKeys = Field(
        default=[],
        description="Keys that make what customers and clerks write in cases unreadable at rest:"
        " the first encrypts, all decrypt. Make one with: openssl rand -base64 32. Empty: kept in"
        " the clear.",
    )

    @field_validator("working_days")
    @classmethod
    def _not_both(cls, value: list[date], info: ValidationInfo) -> list[date]:
        for day in sorted({*value} & {*info.data.get("holidays", [])}):
            raise ValueError(f"{day} stands in holidays as well")
        return value
