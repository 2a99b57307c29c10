"""Mails that come back: the report of a mail server (RFC 3464), as it is delivered to a program."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

LONGEST = 1024 * 1024


def find_reference(content: bytes) -> str | None:
    """Which of our mails failed for good, by its name outside; None for anything else: delays,
    out-of-office notes, forged and broken mails."""
    report = message_from_bytes(content[:LONGEST], policy=policy.default)
    if not isinstance(report, EmailMessage) or not _is_failure(report):
        return None
    for part in report.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            found = re.search(r"(?im)^Message-ID:\s*<message-(\d+\.\d+)@", _text(part))
            if found:
                return found[1]
    return None


def _is_failure(report: Message) -> bool:
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            told = _text(part)
            action = re.search(r"(?im)^Action:\s*failed\b", told)
            status = re.search(r"(?im)^Status:\s*5\.\d", told)
            return bool(action and status)
    return False


def _text(part: Message) -> str:
    """Of a part that may be a mail of its own."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(str(inner) for inner in payload)
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
