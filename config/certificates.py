"""Settings of debt certificates."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, SealingKeys, Section


class CertificateSettings(Section):
    section = "certificates"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}CERTIFICATES_")

    automatic: bool = Field(
        default=True,
        description="Whether who owes nothing gets the certificate at once. Otherwise, and where"
        " that fails, the staff issues it.",
    )
    deadline_days: int = Field(
        default=5, ge=1, le=60, description="Calendar days in which the staff decides."
    )
    valid_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description="For how many days a certificate holds at most; the next invoice ends it"
        " before.",
    )
    applications_per_day: int = Field(
        default=20,
        ge=1,
        description="How often one account may apply within a day (UTC), refused tries included.",
    )
    contracts_at_most: int = Field(
        default=2_000,
        ge=1,
        le=10_000,
        description="How many contracts of one NIPT a certificate may be about.",
    )
    signing_file: Path | None = Field(
        default=None,
        description="File (PKCS#12) with the certificate and key that sign the papers. Empty: they"
        " are not signed. The demo makes one of its own.",
    )
    signing_password: SecretStr = Field(
        default=SecretStr(""), description="The password of that file."
    )
    keys: SealingKeys = Field(
        default=[],
        description="Keys that make what applicants type, with their identity numbers, and the"
        " papers unreadable at rest: the first encrypts, all decrypt. Make one with: openssl rand"
        " -base64 32. Empty: kept in the clear.",
    )
