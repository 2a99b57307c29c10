"""What every conversation with the world outside needs: an end, and words for its failure."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def cut_off_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """Shuts the connection down when time is up, whoever waits on it then.

    A socket's own time-out starts anew with every byte: a server that sends one now and then
    would hold the sender for good.
    """
    handle = connection.dup()  # stays open when TLS takes the connection over
    timer = Timer(seconds, _shut_down, [handle])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # it has gone by itself
        connection.shutdown(socket.SHUT_RDWR)


def in_words(error: OSError) -> str:
    """Why a connection failed, for the operator; without what went over it."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or type(error).__name__}"
        case TimeoutError():
            return "no answer in time"
        case _:
            return error.strerror or type(error).__name__
