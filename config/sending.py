"""The settings of the mail and SMS gateways."""

import ssl
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from config.addresses import find_web_address, is_host, is_loopback
from config.section import PREFIX, Section

DEMO_SENDER = "portal@energjia-demo.example"
SENDSMS_PATH = "/cgi-bin/sendsms"


class MailSettings(Section):
    section = "mail"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}MAIL_")

    host: str = Field(
        default="",
        description="The mail server that takes the portal's mails. Empty: none is sent; they are"
        " written into `outbox/mail` in the data folder.",
    )
    port: int = Field(
        default=587, ge=1, le=65535, description="Its port: 587 with `starttls`, 465 with `tls`."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls`: encrypted before anything is told; `tls`: from the first byte;"
        " `none`: in the clear, links and passwords for customers too, so for a mail server on the"
        " same machine or in a closed network. Never changed from one to another by itself.",
    )
    user: str = Field(default="", description="User at the mail server. Empty: signs in nowhere.")
    password: SecretStr = Field(default=SecretStr(""), description="That user's password.")
    ca_file: Path | None = Field(
        default=None,
        description="File (PEM) with the authority that signed the mail server's certificate."
        " Empty: the system's authorities.",
    )
    sender: str = Field(
        default=DEMO_SENDER,
        pattern=r"^[!-~]+@[A-Za-z0-9.-]+$",
        description="Address the portal's mails come from. To be set with `host`.",
    )
    sender_name: str = Field(
        default="", description="Name beside that address. Empty: the utility's name."
    )
    seconds: float = Field(
        default=10.0,
        ge=0.5,
        le=60,
        description="How long connecting, and each answer, may take; once connected, one mail"
        " as a whole six times that.",
    )

    @field_validator("host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if value and not is_host(value):
            raise ValueError("is the server's name or address alone; its port stands in port")
        return value

    @field_validator("user")
    @classmethod
    def _never_in_the_clear(cls, value: str, info: ValidationInfo) -> str:
        host = info.data.get("host")
        if value and host and info.data.get("security") == "none" and not is_loopback(host):
            raise ValueError(
                "would sign in over the network in the clear; set security to starttls or tls"
            )
        return value

    @field_validator("password")
    @classmethod
    def _fits_user(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        return _password_of_user(value, info)

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value:
            try:
                ssl.create_default_context(cafile=str(value))
            except OSError as error:  # ssl.SSLError is one
                raise ValueError(f"{value} cannot be read as certificates in PEM form") from error
        return value

    @field_validator("sender")
    @classmethod
    def _own_sender(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("host") and value == DEMO_SENDER:
            raise ValueError("is still the demo's; set the utility's own address")
        if set(value) & set('<>()[],;:"\\'):
            raise ValueError("is an address alone; its name stands in sender_name")
        return value

    @field_validator("sender_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of text")
        return value


class SmsSettings(Section):
    section = "sms"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}SMS_")

    url: str = Field(
        default="",
        description="Kannel's address, `http://127.0.0.1:13013` or with another path than"
        f" `{SENDSMS_PATH}`. Over http the password and the texts travel in the clear: within"
        " the machine or a closed network only. Empty: none is sent; they are written into"
        " `outbox/sms` in the data folder.",
    )
    user: str = Field(default="", description="Kannel's sendsms-user.")
    password: SecretStr = Field(default=SecretStr(""), description="That user's password.")
    sender: str = Field(
        default="",
        max_length=16,
        description="What the SMS come from: a number, or a name of 11 characters at most. To be"
        " set with `url`.",
    )
    transliterate: bool = Field(
        default=True,
        description="Write ë, ç and what else the SMS alphabet lacks without their marks, so that"
        " 160 characters fit instead of 70.",
    )
    seconds: float = Field(
        default=10.0,
        ge=0.5,
        le=60,
        description="How long connecting, and the answer, may take; once connected, one SMS as a"
        " whole twice that.",
    )

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not value:
            return value
        parts = find_web_address(value)
        if parts is None:
            raise ValueError("is not an address like http://127.0.0.1:13013")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("holds the address alone; user and password are settings of their own")
        return value if parts.path.strip("/") else value.rstrip("/") + SENDSMS_PATH

    @field_validator("password")
    @classmethod
    def _fits_user(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("url") and info.data.get("user") == "":
            raise ValueError("Kannel wants a user and a password")
        return _password_of_user(value, info)

    @field_validator("sender")
    @classmethod
    def _has_sender(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("url") and not value.strip():
            raise ValueError("is not set; Kannel refuses every SMS without one")
        return value


def _password_of_user(value: SecretStr, info: ValidationInfo) -> SecretStr:
    password, user = value.get_secret_value(), info.data.get("user", "")
    if user and not password:
        raise ValueError("is not set, but a user is")
    if password and not user:
        raise ValueError("is set, but no user is")
    if not (password + user).isascii():
        raise ValueError("user and password can have ASCII characters only")
    return value
