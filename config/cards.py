"""The settings of the banks that take card payments."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from config.addresses import find_web_address, is_host, is_loopback
from config.section import PREFIX, Section

ONLY_HTTPS = "must be https; http is for the same machine only"


def _any_address(value: str) -> str:
    parts = find_web_address(value) if value else None
    if value and (not parts or parts.username is not None or parts.query or parts.fragment):
        raise ValueError("is not an address like https://bank.example/path")
    return value.rstrip("/")


def is_safe_address(value: str) -> bool:
    """Whether what goes there cannot be read on the way."""
    parts = find_web_address(value)
    return not parts or parts.scheme == "https" or is_loopback(str(parts.hostname))


def _bank_address(value: str) -> str:
    if not is_safe_address(value):
        raise ValueError(ONLY_HTTPS)
    return _any_address(value)


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line of text")
    return value


def _one_secret_line(value: SecretStr) -> SecretStr:
    _one_line(value.get_secret_value())
    return value


Address = Annotated[str, AfterValidator(_bank_address)]
Line = Annotated[str, AfterValidator(_one_line)]
Secret = Annotated[SecretStr, AfterValidator(_one_secret_line)]


class CardSection(Section):
    """One bank's. With its first field empty the bank is not used; else all others are needed."""

    @property
    def is_set(self) -> bool:
        return bool(getattr(self, next(iter(type(self).model_fields))))

    @field_validator("*")
    @classmethod
    def _is_whole(cls, value: object, info: ValidationInfo) -> object:
        first = next(iter(cls.model_fields))
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text == "" and info.data.get(first):
            raise ValueError(f"is not set, but {first} is")
        return value


class NestpaySettings(CardSection):
    section = "nestpay"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}NESTPAY_")

    client_id: Line = Field(
        default="",
        description="The merchant's number at the bank. Empty: this bank is not used; otherwise"
        " every field of this section must be set.",
    )
    store_key: Secret = Field(
        default=SecretStr(""),
        description="The key that signs what goes to the bank's page and what comes back.",
    )
    gate_url: Address = Field(
        default="",
        description="The bank's payment page, for BKT `https://pgw.bkt.com.al/fim/est3Dgate`.",
    )
    api_url: Address = Field(
        default="",
        description="Where the bank is asked what became of an order, for BKT"
        " `https://pgw.bkt.com.al/fim/api`.",
    )
    api_user: Line = Field(default="", description="The user with whom it is asked.")
    api_password: Secret = Field(default=SecretStr(""), description="That user's password.")
    callback_answer: Line = Field(
        default="Approved",
        min_length=1,
        max_length=100,
        description="What the bank wants to read after it told an outcome: `Approved`; some banks"
        " want `ACTION=POSTAUTH`.",
    )
    seconds: float = Field(
        default=8.0, ge=0.5, le=60, description="How long one question to the bank may take in all."
    )


class RaiacceptSettings(CardSection):
    section = "raiaccept"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}RAIACCEPT_")

    user: Line = Field(
        default="",
        description="The interface's user at the bank. Empty: this bank is not used.",
    )
    password: Secret = Field(
        default=SecretStr(""),
        description="That user's password. A wrong one is tried again after five minutes at the"
        " soonest: the bank locks the account after too many.",
    )
    auth_url: Address = Field(
        default="https://auth.raiaccept.com", description="Where the portal signs in at the bank."
    )
    api_url: Address = Field(
        default="https://trapi.raiaccept.com", description="Where orders are made and asked for."
    )
    payment_host: str = Field(
        default="raiaccept.com",
        description="Host of the bank's payment page, or the end of its name. Customers are sent"
        " nowhere else, whatever the interface answers.",
    )
    seconds: float = Field(
        default=8.0,
        ge=0.5,
        le=60,
        description="How long making an order, or asking for one, may take in all, signing in"
        " included.",
    )

    @field_validator("payment_host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if not is_host(value) or value.endswith("."):
            raise ValueError("is not a host's name")
        return value.lower()


class SandboxSettings(CardSection):
    section = "sandbox"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}SANDBOX_")

    # The demo shows its own over http to its network; any other is refused where it is opened.
    address: Annotated[str, AfterValidator(_any_address)] = Field(
        default="",
        description="Where the test bank is, as browsers and the portal reach it. It moves no"
        " money; for trying out only. Empty: it is not used.",
    )
    secret: Secret = Field(
        default=SecretStr(""),
        description="The secret that the portal and the test bank share.",
    )
    seconds: float = Field(
        default=8.0, ge=0.5, le=60, description="How long one question to it may take in all."
    )
