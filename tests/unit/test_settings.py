"""Settings: where they come from, and what is refused."""

import re
from datetime import date
from pathlib import Path

import pytest

from config.colours import DARK_SURFACE, contrast, lighten_until_readable
from config.loading import SHAPES, SettingsError, load_settings, variable_name
from config.settings import SECTIONS

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the environment or of this folder."""
    (tmp_path / "empty.toml").touch()
    monkeypatch.setenv("SELFCARE_CONFIG", str(tmp_path / "empty.toml"))
    monkeypatch.setenv("SELFCARE_DATA_DIR", str(tmp_path / "data"))


def test_no_secret_key_no_start() -> None:
    with pytest.raises(SettingsError, match=r"SELFCARE_SECRET_KEY .* is not set"):
        load_settings()


def test_short_secret_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", "dev")
    with pytest.raises(SettingsError, match="at least 32 characters"):
        load_settings()


def test_key_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secret_key").write_text(KEY + "\n")
    assert load_settings().portal.secret_key.get_secret_value() == KEY


def test_environment_goes_before_secrets_before_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, secrets = tmp_path / "selfcare.toml", tmp_path / "secrets"
    file.write_text(
        f'[portal]\nsecret_key = "{KEY}"\nport = 1000\n[utility]\nname = "File"\n'
        'contact_phone = "1"\n[web]\ntrusted_hosts = ["a.example"]\n'
    )
    secrets.mkdir()
    (secrets / "selfcare_utility_name").write_text("Secret")
    (secrets / "selfcare_utility_contact_phone").write_text("2")
    monkeypatch.setenv("SELFCARE_CONFIG", str(file))
    monkeypatch.setenv("SELFCARE_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("SELFCARE_UTILITY_NAME", "Environment")
    settings = load_settings()
    assert settings.utility.name == "Environment"
    assert settings.utility.contact_phone == "2"
    assert settings.portal.port == 1000
    assert settings.web.trusted_hosts == ["a.example"]


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_WEB_TRUSTED_HOSTS", "a.example, b.example,")
    assert load_settings().web.trusted_hosts == ["a.example", "b.example"]


@pytest.mark.parametrize("given", ["https://a.al", "a.al b.al", "a.al:443", "a.al/x", ".", "::1"])
def test_trusted_hosts_are_names_alone(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_WEB_TRUSTED_HOSTS", given)
    with pytest.raises(SettingsError, match=r"TRUSTED_HOSTS .*'.+' is no host name; write names"):
        load_settings()
    monkeypatch.setenv("SELFCARE_WEB_TRUSTED_HOSTS", "Portal.Example,.energy.example,10.0.0.7")
    hosts = load_settings().web.trusted_hosts
    assert hosts == ["portal.example", ".energy.example", "10.0.0.7"]


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('[web]\nhtps = true\n[wbe]\nx = 1\n[portal]\nport = "x"\n')
    monkeypatch.setenv("SELFCARE_CONFIG", str(file))
    with pytest.raises(SettingsError) as caught:
        load_settings()
    told = str(caught.value)
    assert "there is no section [wbe]" in told
    assert "([web] htps): is not a setting" in told
    assert "SELFCARE_PORT ([portal] port)" in told
    assert "SELFCARE_SECRET_KEY" in told


@pytest.mark.parametrize(
    "name", ["SELFCARE_DATA_DIR", "SELFCARE_BILLING_MAPPING", "SELFCARE_UTILITY_LOGO"]
)
def test_an_empty_path_is_not_the_folder_of_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv(name, "")
    with pytest.raises(SettingsError, match=rf"^{name} .*: is empty; name a file or folder"):
        load_settings()


def test_misspelt_variables_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_WEB_HTPS", "false")
    assert load_settings().unknown_variables == ("SELFCARE_WEB_HTPS",)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    assert KEY not in repr(load_settings())


@pytest.mark.parametrize("accent", ["#0b5c8a", "#000000", "#7a1f5c", "#b3261e"])
def test_dark_theme_keeps_the_hue_and_reads(accent: str) -> None:
    assert contrast(lighten_until_readable(accent, DARK_SURFACE), DARK_SURFACE) >= 4.5


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


MAIL_AND_SMS = [
    ("MAIL_HOST=mail.example:25", "MAIL_HOST .* its port stands in port"),
    ("MAIL_HOST=smtp://mail.example", "MAIL_HOST "),
    ("MAIL_HOST=mail.example", "MAIL_SENDER .* is still the demo's"),
    ("MAIL_SENDER=Energjia <portal@energjia.example>", "MAIL_SENDER "),
    ("MAIL_SENDER=a@x.example,b@y.example", "MAIL_SENDER "),
    ("MAIL_SENDER_NAME=a\nBcc: x", "MAIL_SENDER_NAME .* one line"),
    ("MAIL_USER=portal", "MAIL_PASSWORD .* is not set, but a user is"),
    ("MAIL_PASSWORD=x", "MAIL_PASSWORD .* is set, but no user is"),
    ("MAIL_USER=a MAIL_PASSWORD=ë", "MAIL_PASSWORD .* ASCII"),
    (
        "MAIL_HOST=10.0.0.1 MAIL_SECURITY=none MAIL_USER=a MAIL_PASSWORD=b",
        "MAIL_USER .* in the clear",
    ),
    ("MAIL_CA_FILE=/nowhere.pem", "MAIL_CA_FILE .* cannot be read as certificates"),
    ("MAIL_CA_FILE=pyproject.toml", "MAIL_CA_FILE .* cannot be read as certificates"),
    ("MAIL_SECURITY=off", "MAIL_SECURITY "),
    ("SMS_URL=127.0.0.1:13013", "SMS_URL .* is not an address like"),
    ("SMS_URL=http://", "SMS_URL .* is not an address like"),
    ("SMS_URL=http://[::1", "SMS_URL .* is not an address like"),
    ("SMS_URL=http://a:99999", "SMS_URL .* is not an address like"),
    ("SMS_URL=http://a:secret@b", "SMS_URL .* the address alone"),
    ("SMS_URL=http://b/?username=a", "SMS_URL .* the address alone"),
    ("SMS_URL=http://b", "SMS_PASSWORD .* wants a user"),
    ("SMS_URL=http://b SMS_USER=a SMS_PASSWORD=b", "SMS_SENDER .* is not set"),
]


@pytest.mark.parametrize(("given", "told"), MAIL_AND_SMS)
def test_mail_and_sms_are_refused_in_words(
    given: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    for variable in re.split(r" (?=MAIL|SMS)", given):
        name, _, value = variable.partition("=")
        monkeypatch.setenv(f"SELFCARE_{name}", value)
    with pytest.raises(SettingsError, match=f"SELFCARE_{told}") as caught:
        load_settings()
    assert "secret@" not in str(caught.value)


def test_mail_and_sms_as_utilities_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "MAIL_HOST": "::1",
        "MAIL_SECURITY": "none",
        "MAIL_USER": "a",
        "MAIL_PASSWORD": "b",
        "MAIL_SENDER": "portal@energjia.local",
        "SMS_URL": "http://127.0.0.1:13013/",
        "SMS_USER": "a",
        "SMS_PASSWORD": "b",
        "SMS_SENDER": "Energjia",
        "SECRET_KEY": KEY,
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"SELFCARE_{name}", value)
    assert load_settings().sms.url == "http://127.0.0.1:13013/cgi-bin/sendsms"
    monkeypatch.setenv("SELFCARE_SMS_URL", "https://sms.example/send")
    assert load_settings().sms.url == "https://sms.example/send"
    monkeypatch.setenv("SELFCARE_MAIL_USER", "")
    monkeypatch.setenv("SELFCARE_MAIL_PASSWORD", "")
    monkeypatch.setenv("SELFCARE_MAIL_HOST", "relay.energjia.local")
    assert load_settings().mail.security == "none", "a relay of a closed network"


def test_days_are_read_as_they_are_documented(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_CASES_HOLIDAYS", "2026-12-24, 2027-03-10,")
    assert load_settings().cases.holidays == [date(2026, 12, 24), date(2027, 3, 10)]
    monkeypatch.setenv("SELFCARE_CASES_HOLIDAYS", "")
    assert load_settings().cases.holidays == []
    file = tmp_path / "days.toml"
    file.write_text('[cases]\nworking_days = [2026-12-26, "2027-01-09"]\n')
    monkeypatch.setenv("SELFCARE_CONFIG", str(file))
    assert load_settings().cases.working_days == [date(2026, 12, 26), date(2027, 1, 9)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("24.12.2026", "'24.12.2026' is no date; write 2026-12-24 for 24 December 2026"),
        ("2026-02-30", "'2026-02-30' is no date"),
        ("2026-12-24;2026-12-25", "is no date"),
        ("1764547200", "'1764547200' is no date"),
        ("20261224", "'20261224' is no date"),
        ("2026-12-26", "2026-12-26 stands in holidays as well"),
    ],
)
def test_days_are_refused_in_words(
    given: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_CASES_HOLIDAYS", "2026-12-26")
    monkeypatch.setenv("SELFCARE_CASES_WORKING_DAYS", given)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("SELFCARE_CASES_WORKING_DAYS ([cases] working_days): ")
    assert told in str(caught.value)
    assert "Input should" not in str(caught.value)
    file = tmp_path / "days.toml"
    file.write_text("[cases]\nholidays = 2026-12-24\n")
    monkeypatch.delenv("SELFCARE_CASES_HOLIDAYS")
    monkeypatch.setenv("SELFCARE_CASES_WORKING_DAYS", "")
    monkeypatch.setenv("SELFCARE_CONFIG", str(file))
    with pytest.raises(SettingsError, match="is a list of dates, such as"):
        load_settings()


DOCUMENTS = [
    ({"MAX_REQUEST_BYTES": "1000000"}, "MAX_REQUEST_BYTES .* is below max_bytes"),
    ({"STORAGE": "s3"}, "S3_BUCKET .* is not set, but storage is s3"),
    ({"STORAGE": "s3", "S3_BUCKET": "a"}, "S3_SECRET_KEY .* is not set"),
    ({"S3_ENDPOINT": "http://storage.example"}, "S3_ENDPOINT .* must be https"),
    ({"S3_ENDPOINT": "https://a:secret@b"}, "S3_ENDPOINT .* is not an address"),
    ({"S3_PREFIX": "documents"}, "S3_PREFIX "),
    ({"CLAMD": "localhost"}, "CLAMD .* is neither"),
    ({"CLAMD": "localhost:99999"}, "CLAMD .* is neither"),
    ({"CLAMD": "http://localhost:3310"}, "CLAMD .* is neither"),
]


@pytest.mark.parametrize(("given", "told"), DOCUMENTS)
def test_documents_are_refused_in_words(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    for name, value in given.items():
        monkeypatch.setenv(f"SELFCARE_DOCUMENTS_{name}", value)
    with pytest.raises(SettingsError, match=f"SELFCARE_DOCUMENTS_{told}") as caught:
        load_settings()
    assert "secret@" not in str(caught.value)


@pytest.mark.parametrize("place", ["127.0.0.1:3310", "[::1]:3310", "/run/clamav/clamd.ctl", ""])
def test_places_of_clamd(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_DOCUMENTS_CLAMD", place)
    assert load_settings().documents.clamd == place


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("WEB_ADDRESS=portal.example", "must be https://portal.example, without a slash"),
        ("UTILITY_ACCENT=blue", "must be # and six digits"),
        ("MAIL_SENDER=Energjia", "must be one address alone"),
        ("POSTING_TABLE=a b", "must be NAME or SCHEMA.NAME"),
        ("POSTING_STATUS_VIEW=a.b.c", "must be NAME or SCHEMA.NAME"),
        ("DOCUMENTS_S3_PREFIX=x", "must be empty, or a path with a slash at its end"),
        ("PORT=abc", "is no whole number"),
        ("PORT=0", "must be at least 1"),
        ("PORT=70000", "must be at most 65535"),
        ("WEB_HTTPS=perhaps", "is neither true nor false"),
        ("POSTING_CONNECT_SECONDS=x", "is no number"),
        ("ACCOUNTS_OWNERSHIP_PROOF=x", "must be one of: 'none', "),
    ],
)
def test_what_is_refused_is_told_in_words(
    given: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    name, _, value = given.partition("=")
    monkeypatch.setenv(f"SELFCARE_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert told in str(caught.value)
    for foreign in ("pattern", "Input should", "^", "[A-Z"):
        assert foreign not in str(caught.value)


def test_every_pattern_has_words() -> None:
    with_pattern = {
        variable_name(section, name)
        for section in SECTIONS
        for name, field in section.model_fields.items()
        if any(getattr(rule, "pattern", None) for rule in field.metadata)
    }
    assert with_pattern == set(SHAPES)


def test_a_secrets_folder_that_is_missing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SELFCARE_SECRET_KEY", KEY)
    monkeypatch.setenv("SELFCARE_SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"SELFCARE_SECRETS_DIR: .*none is no folder"):
        load_settings()
