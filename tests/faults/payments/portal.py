"""The portal's processes as the test starts them, over the settings of the environment:

    python -m tests.faults.payments.portal web|jobs FOLDER [MISTAKE ...]

web: as ./run serves it, with its job process beside; jobs: one more job process. Each process
leaves a file of its kind and id in FOLDER, so that it can be killed.
"""

import os
import sys
from pathlib import Path
from typing import Any

from app import work
from app.jobs import child
from app.jobs.process import work_until_told
from app.local import LocalServer
from app.web.logs import init_logs
from app.wiring import wire
from config.loading import load_settings
from tests.faults.payments.mistakes import MISTAKES


class MarkedServer(LocalServer):
    folder: Path

    def work(self, parent: int) -> None:
        mark(self.folder, "job")
        super().work(parent)

    def load(self) -> Any:
        mark(self.folder, "web")
        return super().load()


def mark(folder: Path, kind: str) -> None:
    (folder / f"{kind}-{os.getpid()}").touch()


def main(role: str, folder: str, *mistakes: str) -> None:
    # What is done every quarter of a minute is done each second: a run lasts a minute.
    work.OFTEN, child.PAUSE_SECONDS = 1.0, 0.5
    for name in mistakes:
        MISTAKES[name](setattr)
    settings = load_settings({"web": {"https": False}, "portal": {"demo": True}})
    if role == "web":
        MarkedServer.folder = Path(folder)
        MarkedServer(settings).run()
    else:
        mark(Path(folder), "job")
        init_logs(settings.log)
        work_until_told(wire(settings, for_command=True).jobs)


if __name__ == "__main__":
    main(*sys.argv[1:])
