"""The local twin of an SMS gateway: a folder of SMS, one JSON file each."""

import json
from pathlib import Path

from app.clock import now
from app.gateways.files import name_of, put_file
from app.gateways.handing import HandingOver, unnoted
from app.gateways.sms.checks import check


class FolderSms:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(
        self, *, to: str, text: str, reference: str, handing_over: HandingOver = unnoted
    ) -> None:
        """Needs no point of no return: the same SMS is the same file."""
        check(to, text)
        sms = {"to": to, "text": text, "sent_at": now().isoformat(), "reference": reference}
        content = json.dumps(sms, ensure_ascii=False, indent=2).encode()
        put_file(self._folder, ".json", content, name=name_of(reference))
