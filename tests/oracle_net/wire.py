"""The lowest layer of Oracle Net: TNS packets, and the primitive fields inside of them."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.oracle_net.errors import SessionClosed

# Packet types.
CONNECT, ACCEPT, REFUSE, DATA, MARKER = 1, 2, 4, 6, 12
# Kinds of marker: the client's wish to interrupt, and the handshake after it.
BREAK, RESET, INTERRUPT = 1, 2, 3
SESSION_DATA_UNIT = 8192
_HEADER = 8
_DATA_FLAGS = 2
_LONGEST_SHORT, _CHUNKED, _NULL = 252, 254, 255
_CHUNK = 32767
_EOF_FLAG = 0x40


class Writer:
    """Builds a message; every method returns the writer, so that fields can be chained."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __bytes__(self) -> bytes:
        return bytes(self._bytes)

    def raw(self, value: bytes) -> "Writer":
        self._bytes += value
        return self

    def byte(self, value: int) -> "Writer":
        self._bytes.append(value & 0xFF)
        return self

    def zeros(self, count: int) -> "Writer":
        return self.raw(bytes(count))

    def fixed16(self, value: int) -> "Writer":
        return self.raw(struct.pack(">H", value))

    def fixed16_little(self, value: int) -> "Writer":
        return self.raw(struct.pack("<H", value))

    def fixed32(self, value: int) -> "Writer":
        return self.raw(struct.pack(">I", value))

    def number(self, *values: int) -> "Writer":
        """Each as its length in bytes, then its bytes: how TTC writes most integers."""
        for value in values:
            size = (value.bit_length() + 7) // 8
            self._bytes.append(size)
            self._bytes += value.to_bytes(size, "big")
        return self

    def octets(self, value: bytes | None) -> "Writer":
        """Bytes with their length in front; in chunks when long; NULL and empty alike."""
        if not value:
            return self.byte(0)
        if len(value) <= _LONGEST_SHORT:
            return self.byte(len(value)).raw(value)
        self.byte(_CHUNKED)
        for start in range(0, len(value), _CHUNK):
            chunk = value[start : start + _CHUNK]
            self.number(len(chunk)).raw(chunk)
        return self.number(0)

    def text(self, value: str) -> "Writer":
        """A length as number, then octets: names, keys and values."""
        encoded = value.encode()
        self.number(len(encoded))
        return self.octets(encoded) if encoded else self


class Reader:
    """Takes a request apart; asks for the next packet when the request goes on in it."""

    def __init__(self, content: bytes, more: Callable[[], bytes]) -> None:
        self._bytes = bytearray(content)
        self._position = 0
        self._more = more

    def raw(self, count: int) -> bytes:
        while len(self._bytes) - self._position < count:
            self._bytes += self._more()
        self._position += count
        return bytes(self._bytes[self._position - count : self._position])

    def byte(self) -> int:
        return self.raw(1)[0]

    def number(self) -> int:
        size = self.byte()
        value = int.from_bytes(self.raw(size & 0x7F), "big")
        return -value if size & 0x80 else value

    def numbers(self, count: int) -> list[int]:
        return [self.number() for _ in range(count)]

    def octets(self) -> bytes | None:
        size = self.byte()
        if size in (0, _NULL):
            return None
        if size != _CHUNKED:
            return self.raw(size)
        whole = b""
        while chunk := self.number():
            whole += self.raw(chunk)
        return whole

    def text(self) -> str:
        return (self.octets() or b"").decode()

    def counted_text(self) -> str:
        return self.text() if self.number() else ""

    def skip(self, layout: str) -> None:
        """Passes over fields: b is a byte, n a number, o octets, t a
        counted text; blanks are for the eye."""
        read: dict[str, Callable[[], object]] = {
            "b": self.byte,
            "n": self.number,
            "o": self.octets,
            "t": self.counted_text,
            " ": lambda: None,
        }
        for letter in layout:
            read[letter]()


class Channel:
    """Packets over one socket. From the accepted connect on, lengths take four bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._large_lengths = False
        self.closed = threading.Event()
        # A drip fault slows down what is sent: it takes the bytes and a way to send them.
        self.slow_sender: Callable[[bytes, Callable[[bytes], None]], None] | None = None

    def use_large_lengths(self) -> None:
        self._large_lengths = True

    def fileno(self) -> int:
        return self._socket.fileno()

    def _receive(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            part = self._socket.recv(count - len(received))
            if not part:
                raise SessionClosed
            received += part
        return received

    def receive(self) -> tuple[int, bytes]:
        header = self._receive(_HEADER)
        form = ">I" if self._large_lengths else ">H"
        (length,) = struct.unpack_from(form, header)
        return header[4], self._receive(length - _HEADER)

    def receive_data(self) -> bytes:
        """The content of the next data packet, when no marker can come between."""
        return self.receive()[1][_DATA_FLAGS:]

    def send(self, kind: int, content: bytes) -> None:
        length = len(content) + _HEADER
        start = struct.pack(">I", length) if self._large_lengths else struct.pack(">HH", length, 0)
        self._send_all(start + bytes([kind, 0, 0, 0]) + content)

    def _send_all(self, content: bytes) -> None:
        if self.slow_sender:
            self.slow_sender(content, self._socket.sendall)
        else:
            self._socket.sendall(content)

    def send_raw(self, content: bytes) -> None:
        self._socket.sendall(content)

    def send_data(self, message: bytes) -> None:
        size = SESSION_DATA_UNIT - _HEADER - _DATA_FLAGS
        for start in range(0, max(len(message), 1), size):
            self.send(DATA, bytes(_DATA_FLAGS) + message[start : start + size])

    def send_marker(self, kind: int) -> None:
        self.send(MARKER, bytes([1, 0, kind]))

    def reset(self) -> None:
        """Closes so that the peer sees a reset (RST) instead of an orderly end (FIN)."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def cut(self) -> None:
        """Ends the connection from another thread; whoever reads or waits here wakes up."""
        self.closed.set()
        with suppress(OSError):  # the peer may be faster
            self._socket.shutdown(socket.SHUT_RDWR)

    def peer_is_gone(self) -> bool:
        """Looks without taking anything: unread requests may lie before the end."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        self.closed.set()
        self._socket.close()


def announces_end(content: bytes) -> bool:
    """Whether a data packet says that the client goes away."""
    return bool(struct.unpack_from(">H", content)[0] & _EOF_FLAG)
