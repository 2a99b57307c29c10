"""Makes faults happen to a session."""

import os
import selectors
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.oracle_net.errors import Interrupted, OraError, SessionClosed
from tests.oracle_net.faults import Close, Drip, Fault, Garbage, Hang, Ora, Reset
from tests.oracle_net.wire import DATA, MARKER, Channel

if TYPE_CHECKING:
    from tests.oracle_net.session import Session

# How long a fault that was cleared, or a server that stops, may go unnoticed.
_GLANCE = 0.02
_UNKNOWN_MESSAGE = bytes([0, 0, 0xEE]) + b"\xba\xad" * 40


def on_statement(session: "Session", fault: Fault) -> None:
    """Returns where the statement is to be executed after all."""
    channel = session.channel
    match fault:
        case Ora():
            raise OraError(fault.code, fault.text, closes_session=fault.closes_session)
        case Hang():
            _hang(session, fault)
        case Drip():
            channel.slow_sender = _slow_sender(channel, fault)
        case Garbage():
            _send_garbage(channel, fault)
        case Reset():
            channel.reset()
            raise SessionClosed
        case Close():
            raise SessionClosed


def wait_in_silence(channel: Channel, fault: Fault) -> bool:
    """Whether the fault was cleared; otherwise the connection has ended."""
    while not fault.cleared.is_set():
        if channel.closed.wait(_GLANCE) or channel.peer_is_gone():
            return False
    return True


def _hang(session: "Session", fault: Hang) -> None:
    channel = session.channel
    if not fault.honours_break:
        if not wait_in_silence(channel, fault):
            raise SessionClosed
        return
    # Not select.select: it takes no more than 1,024 files of a process.
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while not fault.cleared.is_set():
            if channel.closed.is_set():
                raise SessionClosed
            if selector.select(_GLANCE):
                kind, content = channel.receive()
                if kind == MARKER:
                    session.answer_break(content)
                    raise Interrupted


def _send_garbage(channel: Channel, fault: Garbage) -> None:
    if fault.framed:
        channel.send(DATA, _UNKNOWN_MESSAGE)
        raise Interrupted
    channel.send_raw(b"\x00\x00\x00\x40" + os.urandom(40))  # less than it announces
    raise SessionClosed


def _slow_sender(channel: Channel, fault: Drip) -> Callable[[bytes, Callable[[bytes], None]], None]:
    def send(content: bytes, send_all: Callable[[bytes], None]) -> None:
        sent = 0
        while sent < len(content) and not fault.cleared.is_set():
            if channel.closed.is_set():
                raise SessionClosed
            send_all(content[sent : sent + 1])
            sent += 1
            fault.cleared.wait(fault.milliseconds / 1000)
        send_all(content[sent:])

    return send
