"""What ends a request or a session of the test server."""


class OraError(Exception):
    """An error that the client is to be told, as ORA-<code>."""

    def __init__(self, code: int, text: str = "", *, closes_session: bool = False) -> None:
        self.code = code
        self.closes_session = closes_session
        self.text = text if text.startswith("ORA-") else f"ORA-{code:05d}: {text or 'test error'}"
        super().__init__(self.text)


class SessionClosed(Exception):
    """The connection is gone, or is to be cut now without another word."""


class Interrupted(Exception):
    """The client's break was answered already; nothing more is to be sent for this request."""


class ProtocolError(Exception):
    """The client sent what this server does not understand."""
