"""The settings of the job process and of the messages it sends."""

import re

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, Section


class JobSettings(Section):
    section = "jobs"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}JOBS_")

    url: str = Field(
        default="",
        description="Where pages leave what the job process is to do at once: `sqlite:///path`,"
        " `redis://...`, `rediss://...` or `postgresql://...`. More than one machine needs one of"
        " the last three, which no other portal shares. Empty: `jobs.sqlite3` in the data folder,"
        " `demo-jobs.sqlite3` for the demo.",
    )

    @field_validator("url")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value and not re.match(r"sqlite:///.|rediss?://.|postgresql://.", value):
            raise ValueError("use sqlite:///path, redis://..., rediss://... or postgresql://...")
        return value


class MessageSettings(Section):
    section = "messages"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}MESSAGES_")

    keep_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="For how long it is kept that a mail or SMS was sent or given up, and to"
        " whom. What a sent one said is forgotten at once.",
    )
