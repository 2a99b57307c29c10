"""Reads all settings: environment, secrets folder, one TOML file, defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from config.section import PREFIX, Section
from config.settings import ROOT, SECTIONS, Settings, UtilitySettings

Values = Mapping[str, dict[str, Any]]  # section -> field -> value
# Read before any class, so they belong to none.
OUTSIDE_CLASSES = frozenset({"SELFCARE_CONFIG", "SELFCARE_SECRETS_DIR"})


# What pydantic would tell in an English of its own, by the kind of its problem.
WORDS = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "int_type": "is no whole number",
    "float_parsing": "is no number",
    "float_type": "is no number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is no text",
    "path_type": "is no path",
    "list_type": "is no list",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "literal_error": "must be one of: {expected}",
}
# What the pattern of a field wants.
SHAPES = {
    "SELFCARE_WEB_ADDRESS": "https://portal.example, without a slash at its end",
    "SELFCARE_UTILITY_ACCENT": "# and six digits or letters a to f, such as #0b5c8a",
    "SELFCARE_MAIL_SENDER": "one address alone, such as portal@energjia.example",
    "SELFCARE_POSTING_TABLE": "NAME or SCHEMA.NAME: letters without marks, digits, _",
    "SELFCARE_POSTING_STATUS_VIEW": "NAME or SCHEMA.NAME: letters without marks, digits, _",
    "SELFCARE_DOCUMENTS_S3_BUCKET": "a bucket's name: letters without marks, digits, . and -",
    "SELFCARE_DOCUMENTS_S3_PREFIX": "empty, or a path with a slash at its end: documents/",
    "SELFCARE_PHONES_SHORT_CODE": "digits, with + before them or not, such as 5055",
    "SELFCARE_PHONES_USSD_CODE": "digits, * and #, such as *100#",
}


class SettingsError(Exception):
    """The settings cannot be used; the message says which, where and why."""


def variable_name(section: type[Section], field: str) -> str:
    return f"{section.model_config['env_prefix']}{field}".upper()


def load_settings(defaults: Values | None = None) -> Settings:
    """Reads and checks all settings; `defaults` go before the classes' own, after all else.

    Raises:
        SettingsError: with one line per problem, naming the variable to set.
    """
    file, contents = _read_toml_file()
    problems = [
        f"{file}: there is no section [{name}]"
        for name in contents.keys() - {s.section for s in SECTIONS}
    ]
    loaded: dict[str, Any] = {}
    for section in SECTIONS:
        values = (contents.get(section.section, {}), (defaults or {}).get(section.section, {}))
        try:
            loaded[section.section] = _load_section(section, *values)
        except ValidationError as error:
            problems += _describe(section, error)
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**loaded, unknown_variables=_unknown_variables(os.environ))


def demo_names_left(settings: Settings) -> tuple[str, ...]:
    """The fields of the utility that still are the demo's, where billing is not."""
    if settings.uses_demo_billing:
        return ()
    fields = UtilitySettings.model_fields
    names = ("name", "legal_name", "contact_email", "contact_phone")
    return tuple(n for n in names if getattr(settings.utility, n) == fields[n].default)


def _load_section(
    section: type[Section], from_file: dict[str, Any], defaults: dict[str, Any]
) -> Section:
    class Loaded(section):  # type: ignore[misc, valid-type]
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                env_settings,
                file_secret_settings,
                InitSettingsSource(settings_cls, init_kwargs=from_file),
                InitSettingsSource(settings_cls, init_kwargs=defaults),
            )

    return cast(Section, Loaded(_secrets_dir=_secrets_folder()))


def _secrets_folder() -> str | None:
    folder = os.environ.get("SELFCARE_SECRETS_DIR") or None
    if folder and not Path(folder).is_dir():
        raise SettingsError(f"SELFCARE_SECRETS_DIR: {folder} is no folder that can be read")
    return folder


def _read_toml_file() -> tuple[Path, dict[str, Any]]:
    named = os.environ.get("SELFCARE_CONFIG")
    file = Path(named) if named else ROOT / "selfcare.toml"
    if not named and not file.exists():
        return file, {}
    try:
        return file, tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}") from error


def _describe(section: type[Section], error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        field = str(problem["loc"][0]) if problem["loc"] else "password_min_length"
        if problem["type"] == "missing":
            text = "is not set and has no default"
            if field == "secret_key":
                text += "; ./run makes one in the data folder, by hand: openssl rand -hex 32"
        elif problem["type"] == "extra_forbidden":
            text = "is not a setting"
        else:
            text = _in_words(variable_name(section, field), dict(problem))
        lines.append(f"{variable_name(section, field)} ([{section.section}] {field}): {text}")
    return lines


def _in_words(name: str, problem: dict[str, Any]) -> str:
    kind = problem["type"]
    if kind == "string_pattern_mismatch":
        return f"must be {SHAPES[name]}"
    if kind in WORDS:
        return WORDS[kind].format(**problem.get("ctx", {}))
    return str(problem["msg"]).removeprefix("Value error, ")


def _unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    known = {variable_name(s, field) for s in SECTIONS for field in s.model_fields}
    return tuple(
        sorted(n for n in environ if n.startswith(PREFIX) and n not in known | OUTSIDE_CLASSES)
    )
