"""The portal's settings: typed, one class per concern.

Sources, the first that has a value wins: environment variables with the prefix
`SELFCARE_`, files in the secrets folder (`SELFCARE_SECRETS_DIR`), one TOML file
(`SELFCARE_CONFIG`, else `selfcare.toml` beside `wsgi.py` if there is one), defaults.
The TOML section of a class is its `section`; its variables are
`SELFCARE_<SECTION>_<FIELD>`; those of `[portal]` are `SELFCARE_<FIELD>`.
docs/settings.md lists them all; a test holds the two together.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.accounts import AccountSettings
from config.addresses import EVERYWHERE, is_host, own_address
from config.cards import NestpaySettings, RaiacceptSettings, SandboxSettings
from config.cases import CaseSettings
from config.certificates import CertificateSettings
from config.colours import AA_TEXT, LIGHT_SURFACE, contrast
from config.documents import DocumentSettings
from config.exports import ExportSettings
from config.jobs import JobSettings, MessageSettings
from config.notifications import NotificationSettings, PhoneSettings
from config.payments import PaymentSettings
from config.posting import PostingSettings
from config.section import PREFIX, CommaList, SealingKeys, Section, split_commas
from config.sending import MailSettings, SmsSettings
from config.staff import StaffSettings

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = ROOT / "var"
SECRET_KEY_FILE = "secret_key"  # noqa: S105 - a name, not a key


class PortalSettings(Section):
    section = "portal"
    model_config = SettingsConfigDict(env_prefix=PREFIX)

    secret_key: SecretStr = Field(
        description="Signs cookies. At least 32 characters; no default. Not set: the file"
        " `secret_key` in the data folder, which `./run` makes."
    )
    secret_key_fallbacks: Annotated[list[SecretStr], NoDecode] = Field(
        default=[], description="Older keys still accepted, while a new one is taken into use."
    )
    data_dir: Path = Field(
        default=DATA_DIR, description="Folder of everything the portal itself writes."
    )
    host: str = Field(
        default="127.0.0.1", description="Address `./run` listens on; `0.0.0.0`: on all."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port `./run` listens on.")
    workers: int = Field(default=2, ge=1, description="Web processes of `./run`.")
    demo: bool = Field(
        default=False, description="Marks pages and documents as samples. `./run` sets it."
    )

    @field_validator("secret_key_fallbacks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return split_commas(value)

    @model_validator(mode="before")
    @classmethod
    def _key_of_data_folder(cls, values: Any) -> Any:
        file = Path(values.get("data_dir") or DATA_DIR) / SECRET_KEY_FILE
        if "secret_key" not in values and file.is_file():
            return {**values, "secret_key": file.read_text(encoding="ascii").strip()}
        return values

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:  # noqa: PLR2004
            raise ValueError(
                "must have at least 32 characters; make one with: openssl rand -hex 32"
            )
        return value


class DatabaseSettings(Section):
    section = "database"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}DATABASE_")

    url: str = Field(
        default="",
        description="The portal's own database: `sqlite:///path` or `postgresql+psycopg://...`."
        " Empty: `portal.sqlite3` in the data folder, `demo-portal.sqlite3` for the demo.",
    )


class BillingSettings(Section):
    section = "billing"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}BILLING_")

    url: str = Field(
        default="",
        description="The utility's billing database, read only: `oracle+oracledb://`,"
        " `oracle+cx_oracle://`, `postgresql+psycopg://` or `sqlite:///path`."
        " Empty: the demo's, in the data folder.",
    )
    mapping: Path = Field(
        default=ROOT / "config/billing/demo.toml",
        description="The file that says where in the billing database each figure stands.",
    )
    connections: int = Field(
        default=3,
        ge=1,
        le=50,
        description="Connections per web process, and so how many of its requests may wait for"
        " billing at once. Below the server's threads per process, so that other pages go on.",
    )
    connect_seconds: float = Field(
        default=1.5, ge=0.5, le=10, description="How long connecting may take."
    )
    answer_seconds: float = Field(
        default=2.0, ge=0.5, le=60, description="How long billing may take for one question."
    )
    page_seconds: float = Field(
        default=4.0,
        ge=1,
        le=30,
        description="How long one page waits for billing in all; then it shows what was last"
        " known.",
    )
    read_only_transactions: bool = Field(
        default=True,
        description="On Oracle, ask within SET TRANSACTION READ ONLY: two more round trips per"
        " question. Needless where `flask billing check` finds that the user cannot write.",
    )
    cache_seconds: int = Field(
        default=30,
        ge=0,
        le=600,
        description="How long an answer may be shown again without asking; 0: never. What is"
        " owed for a payment and posted payments are always asked anew.",
    )


class LastKnownSettings(Section):
    section = "last_known"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}LAST_KNOWN_")

    keep_days: int = Field(
        default=30,
        ge=0,
        le=366,
        description="For how long the portal keeps what billing told of a contract, to show it"
        " while billing is away; 0: it keeps nothing.",
    )
    keys: SealingKeys = Field(
        default=[],
        description="Keys that make it unreadable at rest: the first encrypts, all decrypt."
        " Make one with: openssl rand -base64 32. Empty: kept in the clear.",
    )


class WebSettings(Section):
    section = "web"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}WEB_")

    https: bool = Field(
        default=True,
        description="Customers reach the portal over https: cookies are Secure and HSTS is sent."
        " `./run` switches it off for its plain local address.",
    )
    address: str = Field(
        default="",
        pattern=r"^$|^https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$",
        description="The portal's address as customers know it, for links in mails:"
        " `https://host`, with its path if it has one. Empty: `https://` and the first trusted"
        " host, or where `./run` listens.",
    )
    trusted_hosts: CommaList = Field(
        default=[],
        description="Host names the portal answers to, without scheme and port; `.example.al`:"
        " this and all names below it. Empty: any.",
    )
    proxy_hops: int = Field(
        default=0,
        ge=0,
        description="How many reverse proxies stand in front and set the X-Forwarded headers.",
    )
    proxy_sets_prefix: bool = Field(
        default=False,
        description="The portal lives below a path, and the proxy sets X-Forwarded-Prefix to it"
        " (and lets no visitor set it).",
    )
    max_body_bytes: int = Field(
        default=1_048_576,
        ge=65_536,
        description="Largest request accepted. Keep equal to the proxy's limit.",
    )

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return split_commas(value)

    @field_validator("trusted_hosts")
    @classmethod
    def _are_hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not is_host(host.removeprefix(".")) or ":" in host:
                raise ValueError(
                    f"{host!r} is no host name; write names alone, with commas between:"
                    " portal.example,.energy.example"
                )
        return [host.lower() for host in value]


class UtilitySettings(Section):
    section = "utility"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}UTILITY_")

    name: str = Field(default="Energjia Demo", description="The utility's name, on every page.")
    legal_name: str = Field(
        default="Energjia Demo sh.a.", description="Its registered name, on documents."
    )
    nipt: str = Field(default="", description="Its tax number, on documents.")
    address: str = Field(default="", description="Its address, on documents.")
    place: str = Field(
        default="", description="Where it writes its letters, before their date, such as `Tiranë`."
    )
    contact_email: str = Field(
        default="klienti@energjia-demo.example", description="Shown on every page."
    )
    contact_phone: str = Field(default="0800 0000", description="Shown on every page.")
    accent: str = Field(
        default="#0b5c8a",
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="Its colour. Must be readable on white (contrast 4.5); the dark theme"
        " takes a lighter shade by itself.",
    )
    logo: Path | None = Field(
        default=None, description="SVG or PNG file shown beside the name, 32 pixels high."
    )
    verification_host: str = Field(
        default="efiskalizimi-app.tatime.gov.al",
        description="Host of the tax authority's invoice check: a QR is printed for no other.",
    )

    @field_validator("accent")
    @classmethod
    def _readable(cls, value: str) -> str:
        ratio = contrast(value, LIGHT_SURFACE)
        if ratio < AA_TEXT:
            raise ValueError(
                f"{value} on white has a contrast of {ratio:.1f}; text needs {AA_TEXT}."
                " Choose a darker shade."
            )
        return value.lower()

    @field_validator("logo")
    @classmethod
    def _is_picture(cls, value: Path | None) -> Path | None:
        if value and (value.suffix.lower() not in {".svg", ".png"} or not value.is_file()):
            raise ValueError(f"{value} is not an existing .svg or .png file")
        return value


class LogSettings(Section):
    section = "log"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}LOG_")

    format: Literal["json", "text"] = Field(
        default="json", description="`json`: one object per line, for machines; `text`: for people."
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least important lines still written."
    )


SECTIONS: tuple[type[Section], ...] = (
    PortalSettings,
    DatabaseSettings,
    BillingSettings,
    PostingSettings,
    LastKnownSettings,
    WebSettings,
    UtilitySettings,
    AccountSettings,
    StaffSettings,
    JobSettings,
    MessageSettings,
    MailSettings,
    SmsSettings,
    NotificationSettings,
    PhoneSettings,
    PaymentSettings,
    NestpaySettings,
    RaiacceptSettings,
    SandboxSettings,
    DocumentSettings,
    CaseSettings,
    CertificateSettings,
    ExportSettings,
    LogSettings,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    portal: PortalSettings
    database: DatabaseSettings
    billing: BillingSettings
    posting: PostingSettings
    last_known: LastKnownSettings
    web: WebSettings
    utility: UtilitySettings
    accounts: AccountSettings
    staff: StaffSettings
    jobs: JobSettings
    messages: MessageSettings
    mail: MailSettings
    sms: SmsSettings
    notifications: NotificationSettings
    phones: PhoneSettings
    payments: PaymentSettings
    nestpay: NestpaySettings
    raiaccept: RaiacceptSettings
    sandbox: SandboxSettings
    documents: DocumentSettings
    cases: CaseSettings
    certificates: CertificateSettings
    exports: ExportSettings
    log: LogSettings
    unknown_variables: tuple[str, ...] = ()

    @property
    def database_url(self) -> str:
        """The demo's accounts live apart: nobody may know a password of real ones."""
        name = "demo-portal.sqlite3" if self.uses_demo_billing else "portal.sqlite3"
        return self.database.url or f"sqlite:///{self.portal.data_dir / name}"

    @property
    def jobs_url(self) -> str:
        """The demo's apart, as its database: nobody's job process takes another's jobs."""
        name = "demo-jobs.sqlite3" if self.uses_demo_billing else "jobs.sqlite3"
        return self.jobs.url or f"sqlite:///{self.portal.data_dir / name}"

    @property
    def billing_url(self) -> str:
        return self.billing.url or f"sqlite:///{self.demo_billing_file}"

    @property
    def posting_url(self) -> str:
        """Empty: payments are not posted."""
        if self.posting.url or not self.uses_demo_billing:
            return self.posting.url
        return f"sqlite:///{self.demo_billing_file}"

    @property
    def demo_billing_file(self) -> Path:
        return self.portal.data_dir / "demo-billing.sqlite3"

    @property
    def public_address(self) -> str:
        """Without a slash at its end."""
        if self.web.address:
            return self.web.address
        if self.web.trusted_hosts:
            scheme = "https" if self.web.https else "http"
            return f"{scheme}://{self.web.trusted_hosts[0].lstrip('.')}"
        host = own_address() if self.portal.host in EVERYWHERE else self.portal.host
        return f"http://{host}:{self.portal.port}"

    @property
    def asks_by_phone(self) -> bool:
        """Whether customers can ask by SMS and USSD."""
        return bool(self.phones.secret.get_secret_value())

    @property
    def uses_demo_billing(self) -> bool:
        return not self.billing.url
