"""What every section of the settings is."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "SELFCARE_"


class Section(BaseSettings):
    """One concern's settings."""

    section: ClassVar[str]
    model_config = SettingsConfigDict(extra="forbid", frozen=True, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_empty_path(cls, value: object, info: ValidationInfo) -> object:
        """`SELFCARE_DATA_DIR=` would be the folder that the portal happens to be started in."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if value == "" and kind in (Path, Path | None):
            raise ValueError("is empty; name a file or folder, or leave it out")
        return value


def split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _check_keys(value: list[SecretStr]) -> list[SecretStr]:
    for key in value:
        try:
            is_one = len(b64decode(key.get_secret_value(), validate=True)) == 32  # noqa: PLR2004
        except ValueError:
            is_one = False
        if not is_one:
            raise ValueError("a key is 32 bytes in base64; make one with: openssl rand -base64 32")
    return value


CommaList = Annotated[list[str], NoDecode]
SealingKeys = Annotated[
    list[SecretStr], NoDecode, BeforeValidator(split_commas), AfterValidator(_check_keys)
]
