"""Sends the test bank's callbacks, as long as it takes, from a thread of each process."""

import os
import sqlite3
import time
from threading import Event, Lock, Thread
from urllib.parse import urlencode

from app.gateways.cards.sandbox.ledger import Ledger, Letter
from app.gateways.errors import GatewayUnavailable
from app.gateways.http import HttpDoor

ANSWER_SECONDS = 8.0
LEASE_SECONDS = 20.0  # more than one try can take
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)  # then it is given up
LOOK_SECONDS = 2.0  # another process may have written a callback and died
WANTED = b"OK"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Postman:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._door = HttpDoor(ANSWER_SECONDS)
        self._lock = Lock()
        self._pid, self._is_over = 0, False
        self._wake = Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """There may be something to send. Starts the thread, also anew after a fork."""
        if self._pid != os.getpid():
            self._start()
        self._wake.set()

    def close(self) -> None:
        self._is_over = True
        self._wake.set()
        if self._thread and self._pid == os.getpid():
            self._thread.join(ANSWER_SECONDS + LOOK_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid() and not self._is_over:
                self._pid, self._wake = os.getpid(), Event()
                self._thread = Thread(target=self._work, name="callbacks", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while not self._is_over:
            pause = LOOK_SECONDS
            try:
                self._send_all()
                due = self._ledger.next_letter_at()
                pause = pause if due is None else min(pause, max(due - time.time(), 0.01))
            except sqlite3.Error:
                pass  # a full disk, a locked file: the letters are where they were
            self._wake.wait(pause)
            self._wake.clear()

    def _send_all(self) -> None:
        while not self._is_over and (letter := self._ledger.take_letter(LEASE_SECONDS)):
            if self._is_taken(letter):
                self._ledger.end(letter, is_delivered=True)
            elif letter.tries <= len(PAUSES):
                self._ledger.put_back(letter, PAUSES[letter.tries - 1])
            else:
                self._ledger.end(letter, is_delivered=False)

    def _is_taken(self, letter: Letter) -> bool:
        body = urlencode(dict(letter.fields)).encode()
        try:
            answer = self._door.ask("POST", letter.address, body=body, headers=FORM)
        except GatewayUnavailable:
            return False
        return answer.is_ok and answer.body.strip() == WANTED
