"""What every section of the settings is."""

from typing import Annotated, ClassVar

from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "SELFCARE_"


class Section(BaseSettings):
    """One concern's settings."""

    section: ClassVar[str]
    model_config = SettingsConfigDict(extra="forbid", frozen=True, validate_default=True)


def split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


CommaList = Annotated[list[str], NoDecode]
