"""What the demo's settings are where nothing else is set: for `./run`, and for what an operator
types beside it."""

from config.loading import Values
from config.settings import Settings

BANK_PATH = "/sandbox-bank"
BANK_SECRET_FILE = "sandbox_secret"  # noqa: S105 - a name, not a secret
PHONES_SECRET_FILE = "phones_secret"  # noqa: S105


def demo_values(found: Settings) -> Values:
    """Marks it as a demo, and lets it pay at the play bank that `./run` serves, if it has made
    that bank's secret; and lets phones ask, if it has made their gateway's. found: the settings
    without these."""
    file = found.portal.data_dir / BANK_SECRET_FILE
    values: dict[str, dict[str, object]] = {"portal": {"demo": True}}
    phones = found.portal.data_dir / PHONES_SECRET_FILE
    if phones.is_file():
        secret = phones.read_text(encoding="ascii").strip()
        values["phones"] = {"secret": secret, "short_code": "5055", "ussd_code": "#100#"}
    if file.is_file():
        values["payments"] = {"gateway": "sandbox"}
        values["sandbox"] = {
            "address": found.public_address + BANK_PATH,
            "secret": file.read_text(encoding="ascii").strip(),
        }
    return values
