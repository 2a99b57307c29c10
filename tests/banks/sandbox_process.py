"""The test bank as a process of its own: `python -m tests.banks.sandbox_process FILE PORT DYING`.

While the file DYING exists, it dies by its own kill -9 right after a decision was committed and
before anybody hears of it.
"""

import os
import signal
import sys
from pathlib import Path

from werkzeug.serving import make_server

from app.gateways.cards.sandbox.bank import create_bank
from app.gateways.cards.sandbox.ledger import Ledger
from tests.banks.twins import SECRET

decide = Ledger.decide


def main(file: str, port: str, dying: str) -> None:
    def decide_and_die(*args: object, **named: object) -> object:
        decided = decide(*args, **named)  # type: ignore[arg-type]
        if Path(dying).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return decided

    Ledger.decide = decide_and_die  # type: ignore[method-assign, assignment]
    bank = create_bank(Path(file), SECRET, is_scripted=True)
    server = make_server("127.0.0.1", int(port), bank, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
