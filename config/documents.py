"""The settings of the files that customers and staff hand in."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from config.addresses import find_web_address, is_host, is_loopback
from config.section import PREFIX, Section

MEGABYTE = 1024 * 1024
MOST_PORT = 65535


class DocumentSettings(Section):
    section = "documents"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}DOCUMENTS_")

    max_bytes: int = Field(
        default=10 * MEGABYTE,
        ge=10_000,
        le=200 * MEGABYTE,
        description="Largest file. clamd's `StreamMaxLength` must not be below it.",
    )
    max_request_bytes: int = Field(
        default=32 * MEGABYTE,
        ge=20_000,
        description="Largest request of a page that takes files, all its files together. The"
        " proxy's limit must not be below it for those pages.",
    )
    max_files_per_case: int = Field(
        default=10, ge=1, le=100, description="How many files may belong to one case."
    )
    max_pixels: int = Field(
        default=50_000_000,
        ge=1_000_000,
        le=200_000_000,
        description="Largest picture, width times height; 50 million take today's phones' 48"
        " megapixels. A higher one wants more `inspection_megabytes`: about 16 per million.",
    )
    hold_days: int = Field(
        default=14,
        ge=1,
        le=90,
        description="For how long a file is kept that was handed in and belongs to nothing yet."
        " Longer than `SELFCARE_CASES_DRAFT_DAYS`, or drafts outlive their documents.",
    )
    inspection_seconds: float = Field(
        default=30.0,
        ge=1,
        le=120,
        description="How long looking into one file may take; what takes longer is refused.",
    )
    inspection_megabytes: int = Field(
        default=1024,
        ge=256,
        le=16_384,
        description="How much memory looking into one file may take (address space); what wants"
        " more is refused.",
    )
    inspections_at_once: int = Field(
        default=2,
        ge=1,
        le=32,
        description="How many files one web process looks into at once; the next waits for"
        " seconds, then is asked to try again.",
    )
    storage: Literal["folder", "s3"] = Field(
        default="folder",
        description="Where files are kept: `folder`, `documents` in the data folder, or `s3`. More"
        " than one machine needs `s3`, or a data folder that all share.",
    )
    s3_bucket: str = Field(
        default="",
        max_length=63,
        pattern=r"^[A-Za-z0-9.-]*$",
        description="The bucket, for `s3`; it must be there, and open to nobody else.",
    )
    s3_endpoint: str = Field(
        default="",
        description="Address of a storage that speaks S3. Empty: Amazon's own.",
    )
    s3_region: str = Field(default="us-east-1", min_length=1, description="The bucket's region.")
    s3_access_key: SecretStr = Field(
        default=SecretStr(""), description="The key's name. It may put, get, delete and list."
    )
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="The key itself.")
    s3_prefix: str = Field(
        default="documents/",
        max_length=200,
        pattern=r"^([A-Za-z0-9_.-]+/)*$",
        description="What the files' names in the bucket begin with, ending in a slash. Nothing"
        " else may lie below it: what no row of the portal names is deleted there.",
    )
    s3_seconds: float = Field(
        default=15.0, ge=1, le=120, description="How long the storage may take for each answer."
    )
    clamd: str = Field(
        default="",
        description="The virus scanner: `host:port` or the path of its socket. Empty: files are"
        " not scanned.",
    )
    clamd_seconds: float = Field(
        default=20.0, ge=0.5, le=300, description="How long scanning one file may take."
    )

    @field_validator("max_request_bytes")
    @classmethod
    def _takes_one_file(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("max_bytes", 0):
            raise ValueError("is below max_bytes: such a file could never be sent")
        return value

    @field_validator("s3_bucket")
    @classmethod
    def _has_bucket(cls, value: str, info: ValidationInfo) -> str:
        return _needed(value, info)

    @field_validator("s3_endpoint")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not value:
            return value
        parts = find_web_address(value)
        if parts is None or parts.username is not None or parts.query or parts.fragment:
            raise ValueError("is not an address like https://storage.example")
        if parts.scheme != "https" and not is_loopback(str(parts.hostname)):
            raise ValueError("must be https; http is for the same machine only")
        return value.rstrip("/")

    @field_validator("s3_access_key", "s3_secret_key")
    @classmethod
    def _has_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        _needed(value.get_secret_value(), info)
        return value

    @field_validator("clamd")
    @classmethod
    def _is_place(cls, value: str) -> str:
        if not value or value.startswith("/"):
            return value
        host, _, port = value.rpartition(":")
        usable = port.isascii() and port.isdigit() and 0 < int(port) <= MOST_PORT
        if not usable or not is_host(host.strip("[]")):
            raise ValueError("is neither host:port nor the path of a socket")
        return value


def _needed(value: str, info: ValidationInfo) -> str:
    if info.data.get("storage") == "s3" and not value:
        raise ValueError("is not set, but storage is s3")
    return value
