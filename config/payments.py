"""The settings of paying by card."""

from decimal import Decimal
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, Section

Gateway = Literal["none", "sandbox", "nestpay", "raiaccept"]


class PaymentSettings(Section):
    section = "payments"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}PAYMENTS_")

    gateway: Gateway = Field(
        default="none",
        description="The bank whose page takes the card: `nestpay`, `raiaccept`, or `none`, and"
        " nothing can be paid here. `sandbox`, the demo's play bank, is for the demo only.",
    )
    ask_first: bool = Field(
        default=True,
        description="Before something that a bank has signed counts as paid, its interface is asked"
        " whether it is so. Off: the signature alone counts; for banks without an interface.",
    )
    order_minutes: int = Field(
        default=30,
        ge=5,
        le=240,
        description="How long a payer may take at the bank. Meanwhile nobody else can begin to pay"
        " the same invoices; afterwards the bank is asked, and they are free if it took nothing.",
    )
    most_invoices: int = Field(
        default=1_000, ge=1, le=5_000, description="How many invoices one payment may hold."
    )
    most_amount: Decimal = Field(
        default=Decimal(5_000_000),
        gt=0,
        le=Decimal(9_999_999_999),
        description="The largest payment, lek; what the agreement with the bank allows.",
    )
    orders_per_hour: int = Field(
        default=30,
        ge=1,
        description="How many payments one account, or one payment link, may begin in an hour.",
    )
    unknown_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        description="After how long a payment that the bank does not decide, or that billing does"
        " not take, is shown to staff.",
    )
    link_days: int = Field(
        default=30, ge=1, le=366, description="For how long a payment link works."
    )
