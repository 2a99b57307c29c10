"""Sending SMS."""

from pathlib import Path

from app.gateways.sms.folder import FolderSms
from app.gateways.sms.kannel import KannelSms
from app.gateways.sms.port import SmsGateway
from config.sending import SmsSettings


def open_sms(settings: SmsSettings, folder: Path, *, reports: str = "") -> SmsGateway:
    """folder: where SMS are written, one file each, while the settings name no gateway; reports:
    where the gateway tells what became of each, an address that goes on with `&`; "" for nowhere.
    """
    return KannelSms(settings, reports) if settings.url else FolderSms(folder)
