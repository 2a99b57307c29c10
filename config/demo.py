"""What the demo's settings are where nothing else is set: for `./run`, and for what an operator
types beside it."""

from config.loading import Values
from config.settings import Settings

BANK_PATH = "/sandbox-bank"
BANK_SECRET_FILE = "sandbox_secret"  # noqa: S105 - a name, not a secret


def demo_values(found: Settings) -> Values:
    """Marks it as a demo, and lets it pay at the play bank that `./run` serves, if it has made
    that bank's secret. found: the settings without these."""
    file = found.portal.data_dir / BANK_SECRET_FILE
    values: dict[str, dict[str, object]] = {"portal": {"demo": True}}
    if file.is_file():
        values["payments"] = {"gateway": "sandbox"}
        values["sandbox"] = {
            "address": found.public_address + BANK_PATH,
            "secret": file.read_text(encoding="ascii").strip(),
        }
    return values
