"""The moment from which a gateway may have a message, whatever is heard of it afterwards."""

from collections.abc import Callable

# Called right before a gateway is told the last of a message: whoever dies later may have sent it.
# What it raises keeps the message from being sent.
HandingOver = Callable[[], None]


def unnoted() -> None:
    """For who does not need to know."""
