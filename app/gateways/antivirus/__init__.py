"""Looking for viruses."""

from app.gateways.antivirus.clamd import Clamd
from app.gateways.antivirus.port import Antivirus
from config.documents import DocumentSettings


def open_antivirus(settings: DocumentSettings) -> Antivirus | None:
    """None where the settings name no scanner."""
    return Clamd(settings.clamd, settings.clamd_seconds) if settings.clamd else None
