"""Settings of accounts: passwords, sessions, limits on tries, recovery, proofs."""

from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, Section


class AccountSettings(Section):
    section = "accounts"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}ACCOUNTS_")

    password_min_length: int = Field(default=6, ge=6, description="Shortest password.")
    password_max_length: int = Field(default=128, ge=12, le=512, description="Longest password.")
    password_letters_and_digits: bool = Field(
        default=True, description="A password must have a letter and a digit."
    )
    session_idle_minutes: int = Field(
        default=60,
        ge=5,
        description="A session ends after so long without a page, and without typing on one.",
    )
    session_absolute_hours: int = Field(
        default=12, ge=1, description="A session ends so long after sign-in, whatever happens."
    )
    tries_window_minutes: int = Field(
        default=15, ge=1, description="The span in which failed tries are counted."
    )
    sign_in_tries_per_account: int = Field(
        default=10,
        ge=1,
        description="Failed sign-ins for one user name from one network in a span;"
        " further ones get the same answer as a wrong password.",
    )
    sign_in_tries_per_network: int = Field(
        default=200, ge=1, description="Failed sign-ins from one network in a span; then 429."
    )
    sign_in_tries_per_day: int = Field(
        default=1000,
        ge=1,
        description="Failed sign-ins for one account in a day from all browsers that it never"
        " signed in from. Its own browsers have a budget of their own.",
    )
    register_tries_per_contract: int = Field(
        default=10,
        ge=1,
        description="Failed registrations or additions of one contract from one network in a span.",
    )
    register_tries_per_network: int = Field(
        default=50,
        ge=1,
        description="Failed registrations or additions from one network in a span; then 429.",
    )
    contract_tries_per_day: int = Field(
        default=200, ge=1, description="The same for one contract from everywhere in a day."
    )
    contract_tries_per_account: int = Field(
        default=20, ge=1, description="Failed additions by one account in a span."
    )
    wrong_contracts_per_network: int = Field(
        default=40,
        ge=1,
        description="Different contract numbers that may fail from one network in a day; after"
        " that it is taken for a walk over numbers, and none can be added from there.",
    )
    ownership_proof: Literal["none", "last_invoice", "phone_on_file"] = Field(
        default="none",
        description="What is asked for beside contract number and holder's name: nothing; number"
        " and amount of one of the twelve newest invoices; a code sent to the phone that billing"
        " has.",
    )
    recovery_delivery: Literal["screen", "email", "sms"] = Field(
        default="screen",
        description="Where a forgotten password's temporary one appears. With `sms`, by e-mail for"
        " phones that SMS are not sent to (`SELFCARE_PHONES_COUNTRIES`).",
    )
    recovery_minutes: int = Field(
        default=15, ge=5, le=60, description="How long a temporary password works."
    )
    recovery_restricted_hours: int = Field(
        default=24,
        ge=0,
        description="For how long after a recovery e-mail and phone cannot be changed and no"
        " contract can be added.",
    )
    recovery_tries_per_account: int = Field(
        default=5,
        ge=1,
        description="Recoveries tried with one name, e-mail or phone from one network in a span.",
    )
    recovery_tries_per_network: int = Field(
        default=30, ge=1, description="Recoveries tried from one network in a span."
    )
    recoveries_per_day: int = Field(
        default=5, ge=1, description="Temporary passwords for one account in a day."
    )
    invitations_per_day: int = Field(
        default=20, ge=1, description="Invitations to contracts that one account may send in a day."
    )
    entrance_places: int = Field(
        default=8,
        ge=1,
        description="How many sign-ins, registrations and recoveries one web process works on at"
        " once; the next is asked to try again. Keep it to half of the process's threads.",
    )
    hashing_threads: int = Field(
        default=1, ge=1, description="How many passwords one web process hashes at once."
    )

    @model_validator(mode="after")
    def _lengths_fit(self) -> "AccountSettings":
        if self.password_min_length > self.password_max_length:
            raise ValueError("password_min_length is above password_max_length")
        return self
