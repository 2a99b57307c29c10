"""One client's session: from the connect packet to the end of the connection."""

import itertools
from typing import TYPE_CHECKING, Any

from tests.oracle_net import answers, requests, troubles
from tests.oracle_net.answers import Answer
from tests.oracle_net.cursors import Cursor, Result
from tests.oracle_net.errors import Interrupted, OraError, ProtocolError, SessionClosed
from tests.oracle_net.faults import Close, Fault, Refuse, Reset, Silent
from tests.oracle_net.log import Statement
from tests.oracle_net.login import Login
from tests.oracle_net.requests import BindRow, Execute, State
from tests.oracle_net.sql import bind_names
from tests.oracle_net.statements import Statements
from tests.oracle_net.values import Bind, OracleType
from tests.oracle_net.wire import (
    ACCEPT,
    BREAK,
    DATA,
    INTERRUPT,
    MARKER,
    REFUSE,
    RESET,
    Channel,
    Reader,
    announces_end,
)

if TYPE_CHECKING:
    from tests.oracle_net.server import OracleServer

_CONNECT_DATA_LENGTH = slice(16, 18)
_CONNECT_DATA_OFFSET = slice(18, 20)
_HEADER = 8
_NO_MORE_ROWS = 1403


class Session:
    """Reads requests and answers them, one at a time, until one side goes away."""

    def __init__(self, server: "OracleServer", channel: Channel, number: int) -> None:
        self.server = server
        self.channel = channel
        self.number = number
        self.user = ""
        self._login: Login | None = None
        self._statements: Statements | None = None
        self._state = State()
        self._cursors: dict[int, Cursor] = {}
        self._cursor_numbers = itertools.count(1)

    # ----- its life

    def run(self) -> None:
        try:
            if self._connect():
                while True:
                    self._request(self._next_message())
        except (SessionClosed, ProtocolError, OSError):
            pass  # how sessions end: the client left, spoke nonsense, or was cut off
        finally:
            if self._statements:
                self._statements.close()
            self.channel.close()

    def _connect(self) -> bool:
        _, packet = self.channel.receive()
        length = int.from_bytes(packet[_CONNECT_DATA_LENGTH], "big")
        offset = int.from_bytes(packet[_CONNECT_DATA_OFFSET], "big") - _HEADER
        descriptor = packet[offset : offset + length]
        if not descriptor:  # a long one comes in a packet of its own
            descriptor = self.channel.receive_data()
        self.server.log.connects.append(descriptor.decode(errors="replace"))
        if (fault := self.server.faults.at_connect()) and not self._connect_trouble(fault):
            return False
        self.channel.send(ACCEPT, answers.acceptance(self.server.protocol_version))
        self.channel.use_large_lengths()
        return True

    def _connect_trouble(self, fault: Fault) -> bool:
        """Whether the connect goes on after it."""
        match fault:
            case Refuse():
                self.channel.send(REFUSE, answers.refusal(fault.code))
            case Silent():
                return troubles.wait_in_silence(self.channel, fault)
            case Reset():
                self.channel.reset()
            case Close():
                pass
        return False

    # ----- messages

    def _next_message(self) -> bytes:
        while True:
            kind, content = self.channel.receive()
            if kind == MARKER:
                self.answer_break(content)
            elif kind == DATA:
                if announces_end(content):
                    raise SessionClosed
                return content[2:]

    def answer_break(self, marker: bytes) -> None:
        """A break is answered by a marker, the reset handshake and ORA-01013."""
        if marker[2] not in (BREAK, INTERRUPT):
            return
        self.server.log.count("breaks")
        self.channel.send_marker(BREAK)
        kind, content = self.channel.receive()
        while not (kind == MARKER and content[2] == RESET):
            kind, content = self.channel.receive()
        self.channel.send_marker(RESET)
        self._send_error(OraError(1013, "user requested cancel of current operation"))

    def _answer(self) -> Answer:
        return Answer(self.server.field_version)

    @property
    def _in_transaction(self) -> bool:
        return bool(self._statements and self._statements.in_transaction)

    def _send_error(self, error: OraError) -> None:
        end = self._answer().end(
            code=error.code, text=error.text, in_transaction=self._in_transaction
        )
        self.channel.send_data(end)

    def _send_status(self) -> None:
        self.channel.send_data(answers.status(in_transaction=self._in_transaction))

    def _request(self, message: bytes) -> None:
        r = Reader(message, self.channel.receive_data)
        kind = r.byte()
        while kind in (requests.PIGGYBACK, requests.NOTHING):
            if kind == requests.PIGGYBACK:
                requests.read_piggyback(r, self._state)
            kind = r.byte()
        if kind == requests.PROTOCOL:
            self.channel.send_data(answers.protocol(self.server.field_version))
        elif kind == requests.DATA_TYPES:
            requests.skip_data_types(r)
            self.channel.send_data(answers.data_types())
        elif kind == requests.FUNCTION:
            function = r.byte()
            r.byte()  # sequence number
            self._call(function, r)
        else:
            raise ProtocolError(f"message type {kind}")

    def _call(self, function: int, r: Reader) -> None:
        handle = {
            requests.CHALLENGE: self._challenge,
            requests.AUTHENTICATE: self._authenticate,
            requests.EXECUTE: self._execute,
            requests.REEXECUTE: self._reexecute,
            requests.REEXECUTE_QUERY: self._reexecute_query,
            requests.FETCH: self._fetch,
            requests.COMMIT: self._commit,
            requests.ROLLBACK: self._rollback,
            requests.PING: self._ping,
            requests.LOGOFF: self._logoff,
        }.get(function)
        if self._statements:
            self.server.log.count("round_trips")
        try:
            if not handle:
                raise OraError(3115, f"unsupported network datatype (function {function})")
            handle(r)
        except Interrupted:
            pass
        except OraError as error:
            self._send_error(error)
            if error.closes_session:
                raise SessionClosed from None

    # ----- log-in

    def _challenge(self, r: Reader) -> None:
        self.user = requests.read_challenge(r)
        self._login = Login(self.server.users.get(self.user))
        self.channel.send_data(self._answer().parameters(self._login.challenge()).end())

    def _authenticate(self, r: Reader) -> None:
        given = requests.read_authentication(r)
        if not self._login:
            raise ProtocolError("password before the user's name")
        try:
            self._refuse_login(is_right=self._login.is_right(given))
        except OraError:
            self.server.log.count("refused_logins")
            raise
        executor = self.server.make_executor(self.user)
        self._statements = Statements(self.server, self.user, executor, self._state)
        self.server.log.count("logins")
        pairs = [("AUTH_SVR_RESPONSE", self._login.proof(), 0)]
        pairs += [(key, value, 0) for key, value in self.server.login_facts(self.number).items()]
        self.channel.send_data(self._answer().parameters(pairs).end())

    def _refuse_login(self, *, is_right: bool) -> None:
        if fault := self.server.faults.at_login():
            raise OraError(
                fault.code, fault.text or _LOGIN_TEXTS.get(fault.code, ""), closes_session=True
            )
        if not is_right:
            raise OraError(1017, _LOGIN_TEXTS[1017], closes_session=True)

    # ----- statements

    def _execute(self, r: Reader) -> None:
        request = requests.read_execute(r, self.server.field_version)
        self._close_cursors()
        number = request.cursor
        if not number:
            number = next(self._cursor_numbers)
            self._cursors[number] = Cursor(request.sql or "")
        cursor = self._cursor(number)
        if request.defines is not None:
            cursor.define(request.defines)
            self._send_rows(self._answer(), number, cursor, request.prefetch)
            return
        if request.sql is not None:
            cursor.sql = request.sql
        if request.bind_types:
            cursor.bind_types = request.bind_types
        self._perform(number, cursor, request)

    def _perform(self, number: int, cursor: Cursor, request: Execute) -> None:
        total = self._run(cursor, request.rows, commits=request.commits)
        self._deliver(number, cursor, total, describe=True, prefetch=request.prefetch)

    def _reexecute(self, r: Reader) -> None:
        request = requests.read_reexecute(r)
        cursor = self._cursor(request.cursor)
        rows = requests.read_rows(r, cursor.bind_types, max(request.count, 1))
        total = self._run(cursor, rows, commits=request.commits)
        self._deliver(request.cursor, cursor, total, describe=False, prefetch=0)

    def _reexecute_query(self, r: Reader) -> None:
        request = requests.read_reexecute(r)
        cursor = self._cursor(request.cursor)
        rows = requests.read_rows(r, cursor.bind_types, 1)
        total = self._run(cursor, rows, commits=False)
        self._deliver(request.cursor, cursor, total, describe=False, prefetch=request.count)

    def _fetch(self, r: Reader) -> None:
        number, count = r.numbers(2)
        self._send_rows(self._answer(), number, self._cursor(number), count)

    def _cursor(self, number: int) -> Cursor:
        if number not in self._cursors:
            raise OraError(1001, "invalid cursor")
        return self._cursors[number]

    def _close_cursors(self) -> None:
        for number in self._state.closed_cursors:
            self._cursors.pop(number, None)
        self._state.closed_cursors.clear()

    def _run(self, cursor: Cursor, rows: list[BindRow], *, commits: bool) -> int:
        """Executes once for each row of binds; returns how many rows that touched."""
        total = 0
        names = bind_names(cursor.sql)
        for values in rows or [[]]:
            kinds = [bind_type.type for bind_type in cursor.bind_types]
            cursor.result = self._run_once(cursor.sql, _binds(names, kinds, values))
            total += cursor.result.row_count
        if commits:
            self._logged_in.commit()
        return total

    def _run_once(self, sql: str, binds: tuple[Bind, ...]) -> Result:
        tags = {name: value for name, value in self._state.tags.items() if value}
        self.server.log.statements.append(Statement(self.number, self.user, sql, binds, tags))
        if fault := self.server.faults.on_statement(sql):
            troubles.on_statement(self, fault)
        return self._logged_in.execute(sql, binds)

    @property
    def _logged_in(self) -> Statements:
        if not self._statements:
            raise ProtocolError("statement before the log-in")
        return self._statements

    def _deliver(
        self, number: int, cursor: Cursor, total: int, *, describe: bool, prefetch: int
    ) -> None:
        result, answer = cursor.result, self._answer()
        if result.columns is None:
            end = answer.end(cursor=number, row_count=total, in_transaction=self._in_transaction)
            self._send(end)
            return
        if describe:
            answer.describe(result.columns)
        # Texts of any length come only after the client has said as what it wants them.
        waits = cursor.holds_long_texts and not cursor.defines
        self._send_rows(answer, number, cursor, 0 if waits else prefetch)

    def _send_rows(self, answer: Answer, number: int, cursor: Cursor, count: int) -> None:
        rows = cursor.take(count)
        answer.rows(cursor.result.columns or [], rows, cursor.defines)
        over = bool(count) and cursor.is_exhausted
        end = answer.end(
            code=_NO_MORE_ROWS if over else 0,
            text="ORA-01403: no data found",
            cursor=number,
            row_count=cursor.position,
            in_transaction=self._in_transaction,
        )
        self._send(end)

    def _send(self, message: bytes) -> None:
        try:
            self.channel.send_data(message)
        finally:
            self.channel.slow_sender = None

    # ----- the rest

    def _commit(self, _: Reader) -> None:
        self._end_transaction("COMMIT")

    def _rollback(self, _: Reader) -> None:
        self._end_transaction("ROLLBACK")

    def _end_transaction(self, how: str) -> None:
        self._run_once(how, ())
        self._send_status()

    def _ping(self, _: Reader) -> None:
        self.server.log.count("pings")
        self._send_status()

    def _logoff(self, _: Reader) -> None:
        self.server.log.count("logoffs")
        self._send_status()


_LOGIN_TEXTS = {
    1017: "invalid username/password; logon denied",
    28000: "The account is locked.",
    1033: "ORACLE initialization or shutdown in progress",
}


def _binds(names: list[str], kinds: list[OracleType], values: list[Any]) -> tuple[Bind, ...]:
    return tuple(map(Bind, names, kinds, values))
