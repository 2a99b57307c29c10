"""The local twin of a mail server: a folder of mails, for any mail program to open."""

import re
from email.message import EmailMessage
from pathlib import Path

from app.gateways.files import name_of, put_file
from app.gateways.handing import HandingOver, unnoted
from app.gateways.mail.envelope import seal


class FolderMail:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: EmailMessage, handing_over: HandingOver = unnoted) -> None:
        """Needs no point of no return: the same mail is the same file."""
        found = re.match(r"<message-(\d+\.\d+)@", str(mail["Message-ID"]))
        put_file(self._folder, ".eml", seal(mail).content, name=name_of(found[1]) if found else "")
