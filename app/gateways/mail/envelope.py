"""From a mail to what travels: from whom, to whom, and its bytes."""

import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError, NonASCIILocalPartDefect
from email.headerregistry import Address, BaseHeader
from email.message import EmailMessage
from email.parser import BytesHeaderParser

from app.gateways.errors import GatewayUnavailable, Refused

# Seven bits pass every mail server. With a non-ASCII address the head needs eight.
SEVEN_BITS = policy.SMTP.clone(cte_type="7bit")
UTF8 = policy.SMTPUTF8.clone(cte_type="7bit")

FOLD = re.compile(r"\r?\n(?=[ \t])")
LINE_BREAKING = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """content: with CRLF at the end of each line; needs_utf8: an address is not ASCII."""

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool


def seal(mail: EmailMessage) -> Envelope:
    """Takes nothing on trust: names and texts in a mail may come from anybody.

    Raises: Refused; GatewayUnavailable, when the sender is what is wrong.
    """
    _refuse_control_characters(mail)
    recipient = _recipient(mail)
    sender = _one_address(mail, "From")
    if sender is None:
        raise GatewayUnavailable("the mail has no usable sender")
    needs_utf8 = not (sender + recipient).isascii()
    content = _content(mail, needs_utf8)
    return Envelope(sender=sender, recipient=recipient, content=content, needs_utf8=needs_utf8)


def _refuse_control_characters(mail: EmailMessage) -> None:
    # The library lets NUL pass, and line ends that stand encoded in a header.
    written = [FOLD.sub(" ", str(value)) for _, value in mail.raw_items()]
    for value in (*written, *map(str, mail.values())):
        if LINE_BREAKING.search(value):
            raise Refused("a header of the mail holds control characters")


def _recipient(mail: EmailMessage) -> str:
    # A second address would be somebody's trick: each mail is for one customer.
    if any(mail.get_all(name) for name in ("Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")):
        raise Refused("the mail is for more than one recipient")
    recipient = _one_address(mail, "To")
    if recipient is None or not _is_well_formed(mail["To"]):
        raise Refused("the mail is not for one well-formed address")
    return recipient


def _is_well_formed(header: BaseHeader) -> bool:
    """Otherwise the header would say another address than the one that was understood."""
    return all(isinstance(defect, NonASCIILocalPartDefect) for defect in header.defects)


def _one_address(mail: EmailMessage, header: str) -> str | None:
    found: list[Address] = [a for h in mail.get_all(header, []) for a in h.addresses]
    if len(found) != 1 or not found[0].username or not found[0].domain:
        return None
    address = found[0].addr_spec
    return None if set(address) & set(' <>,;"\\()') else address


def _content(mail: EmailMessage, utf8: bool) -> bytes:
    try:
        content = mail.as_bytes(policy=UTF8 if utf8 else SEVEN_BITS)
        travelling = BytesHeaderParser(policy=policy.SMTPUTF8).parsebytes(content)
    except (MessageError, ValueError):
        raise Refused("the mail cannot be written down") from None
    loose = set(content.replace(b"\r\n", b"")) & set(b"\r\n\0")
    if loose or list(travelling.keys()) != list(mail.keys()):
        raise Refused("the mail holds what would break its lines")
    return content
