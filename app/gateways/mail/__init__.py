"""Sending mail."""

from pathlib import Path

from app.gateways.mail.folder import FolderMail
from app.gateways.mail.port import MailGateway
from app.gateways.mail.smtp import SmtpGateway
from config.sending import MailSettings


def open_mail(settings: MailSettings, folder: Path) -> MailGateway:
    """folder: where mails are written, one file each, while the settings name no mail server."""
    return SmtpGateway(settings) if settings.host else FolderMail(folder)
