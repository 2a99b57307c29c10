"""The settings of what customers are told without asking, and of what their phones may ask."""

import re
from datetime import time
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.addresses import find_web_address
from config.section import PREFIX, CommaList, Section, split_commas

SHORTEST_SECRET = 16


def _in_order(value: list[int]) -> list[int]:
    if any(not 0 <= days <= 60 for days in value):  # noqa: PLR2004
        raise ValueError("names days from 0 to 60, with commas between them")
    return sorted(set(value))


Days = Annotated[list[int], NoDecode, BeforeValidator(split_commas), AfterValidator(_in_order)]


class NotificationSettings(Section):
    section = "notifications"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}NOTIFICATIONS_")

    every_minutes: int = Field(
        default=30,
        ge=0,
        le=1440,
        description="How often the job process looks into billing for what customers want to hear"
        " of; 0: only `flask notify run` does.",
    )
    look_back_days: int = Field(
        default=7,
        ge=1,
        le=60,
        description="How many days before the last look an invoice or a payment may be dated and"
        " still be told: for what billing enters late.",
    )
    reminder_days_before: Days = Field(
        default=[3], description="So many days before the last day to pay a reminder is sent."
    )
    reminder_days_after: Days = Field(
        default=[3],
        description="So many days after the last day to pay a reminder is sent of what is owed"
        " still.",
    )
    quiet_from: time = Field(
        default=time(21),
        description="From then on no SMS is sent that nobody waits for, by the customers' clock.",
    )
    quiet_to: time = Field(
        default=time(8), description="Until then; the same as `quiet_from`: there is no such time."
    )
    bounces_at_most: int = Field(
        default=3,
        ge=1,
        le=20,
        description="After so many mails that an address did not take, it gets no more of these"
        " until its owner confirms it again.",
    )


class PhoneSettings(Section):
    section = "phones"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}PHONES_")

    secret: SecretStr = Field(
        default=SecretStr(""),
        description="What the SMS and USSD gateways show when they come: `key` in the address, at"
        f" least {SHORTEST_SECRET} characters. Empty: nobody can ask by SMS or USSD, and no"
        " delivery reports are taken. Make one with: openssl rand -hex 16.",
    )
    gateways: CommaList = Field(
        default=["127.0.0.0/8", "::1/128"],
        description="Addresses and networks that those gateways come from.",
    )
    portal_url: str = Field(
        default="",
        description="The portal as the SMS gateway reaches it, such as `http://127.0.0.1:8000`;"
        " with it delivery reports are asked for. Empty: none are.",
    )
    short_code: str = Field(
        default="",
        max_length=16,
        pattern=r"^[+0-9]*$",
        description="The number that customers text their questions to. Empty: it is not told.",
    )
    ussd_code: str = Field(
        default="",
        max_length=16,
        pattern=r"^[*#0-9]*$",
        description="What customers dial for the menu, such as `#100#`. Empty: it is not told.",
    )
    countries: CommaList = Field(
        default=["+355"],
        description="Beginnings of numbers that SMS are sent to; `+` alone: to any. Others cannot"
        " be confirmed, so that nobody makes us pay for SMS to dear numbers.",
    )
    codes_a_day: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many codes one account, and one number, may ask for in a day.",
    )
    codes_an_hour: int = Field(
        default=500, ge=1, description="How many codes are sent in an hour in all."
    )
    answers_a_day: int = Field(
        default=20, ge=1, le=1000, description="How many questions of one number are answered."
    )
    strangers_an_hour: int = Field(
        default=100,
        ge=0,
        description="How many questions of numbers that nobody has confirmed are answered in all.",
    )

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (len(text) < SHORTEST_SECRET or not text.isascii()):
            raise ValueError(f"needs {SHORTEST_SECRET} ASCII characters; try openssl rand -hex 16")
        return value

    @field_validator("gateways", "countries", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return split_commas(value)

    @field_validator("gateways")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for one in value:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} is no address and no network like 10.1.0.0/16") from None
        return value

    @field_validator("portal_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        parts = find_web_address(value) if value else None
        if value and (parts is None or parts.query or parts.fragment):
            raise ValueError("is not an address like http://127.0.0.1:8000")
        return value.rstrip("/")

    @field_validator("countries")
    @classmethod
    def _are_beginnings(cls, value: list[str]) -> list[str]:
        if not all(re.fullmatch(r"\+[0-9]*", one) for one in value):
            raise ValueError("are beginnings of numbers such as +355, with commas between them")
        return value
