"""Settings of the utility's own people: their passwords, sessions and limits on tries."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from config.section import PREFIX, SealingKeys, Section


class StaffSettings(Section):
    section = "staff"
    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}STAFF_")

    password_min_length: int = Field(
        default=15, ge=15, le=64, description="Shortest password of a staff member."
    )
    first_password_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        description="How long the first password, which an operator hands over, works. It works"
        " once.",
    )
    session_idle_minutes: int = Field(
        default=30,
        ge=5,
        le=240,
        description="A session ends after so long without a page, and without typing on one.",
    )
    session_absolute_hours: int = Field(
        default=10,
        ge=1,
        le=24,
        description="A session ends so long after sign-in, whatever happens.",
    )
    tries_window_minutes: int = Field(
        default=15, ge=1, description="The span in which failed tries are counted."
    )
    tries_per_member: int = Field(
        default=10,
        ge=1,
        description="Failed sign-ins for one name from one network, or from one browser that it"
        " has signed in from, in a span; further ones get the same answer as a wrong password.",
    )
    tries_per_network: int = Field(
        default=30,
        ge=1,
        description="Failed sign-ins from one network in a span; then 429. Browsers that a member"
        " has signed in from do not count, and are not kept out.",
    )
    tries_per_day: int = Field(
        default=200,
        ge=1,
        description="Failed sign-ins for one name in a day from all browsers that it never signed"
        " in from, and from each of its own.",
    )
    keys: SealingKeys = Field(
        default=[],
        description="Keys that make second factors unreadable at rest: the first encrypts, all"
        " decrypt; each factor follows to a new first key at its next sign-in. Make one with:"
        " openssl rand -base64 32. Empty: kept in the clear.",
    )
