"""The local twin of a mail server: a folder of mails, for any mail program to open."""

from email.message import EmailMessage
from pathlib import Path

from app.gateways.files import put_file
from app.gateways.mail.envelope import seal


class FolderMail:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: EmailMessage) -> None:
        put_file(self._folder, ".eml", seal(mail).content)
