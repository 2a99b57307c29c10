"""What no SMS gateway is asked to send."""

import re

from app.gateways.errors import Refused


def check(to: str, text: str) -> None:
    """Raises: Refused."""
    # One number: to Kannel a second one, after a space, would be a second recipient.
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}", to):
        raise Refused("the recipient is not one phone number with its country")
    if not text.strip() or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", text):
        raise Refused("the text is empty or holds control characters")
