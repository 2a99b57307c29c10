"""How sending fails, whatever the gateway."""


class GatewayError(Exception):
    """It was not sent. The message says why, without recipient or content."""


class GatewayUnavailable(GatewayError):
    """Not now: worth another try."""


class Unanswered(GatewayUnavailable):
    """It was handed over, and no answer was heard: the gateway may have it."""


class Refused(GatewayError):
    """Never: this recipient or this content is not accepted."""


class RecipientRefused(Refused):
    """Never to this address: there is nobody, or nobody who takes mail."""
