"""The settings of the files that customers take away."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, Section


class ExportSettings(Section):
    section = "exports"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}EXPORTS_")

    rows_at_once: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="A list with no more rows is made while its page is waited for; a longer one"
        " by the job process, with its progress on a page.",
    )
    documents_at_once: int = Field(
        default=6,
        ge=0,
        le=100,
        description="The same for files of whole invoices: each takes a question to billing and"
        " some hundredths of a second.",
    )
    asked_per_hour: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="How many files one account may ask for within an hour.",
    )
    keep_hours: int = Field(
        default=72,
        ge=1,
        le=720,
        description="For how long a file that the job process has made can be downloaded.",
    )
    most_kept: int = Field(
        default=10,
        ge=1,
        le=100,
        description="How many such files an account may have; a further one replaces the oldest.",
    )
    pdf_rows_at_most: int = Field(
        default=20_000,
        ge=100,
        le=200_000,
        description="Longest list as a PDF, which memory holds as a whole; spreadsheets have no"
        " such limit.",
    )
    pdf_invoices_at_most: int = Field(
        default=1_000,
        ge=10,
        le=10_000,
        description="Most invoices in one PDF, which memory holds as a whole.",
    )
    archive_invoices_at_most: int = Field(
        default=20_000,
        ge=10,
        le=200_000,
        description="Most invoices in one archive; each takes about 24 kB, on the disk of the job"
        " process and in the storage.",
    )
    wait_minutes: int = Field(
        default=60,
        ge=1,
        le=1440,
        description="How long a file that is being made waits for billing to come back.",
    )
