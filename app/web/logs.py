"""One line per event, for machines or for people, on standard error."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config.settings import LogSettings

# Whatever finds its way into a line: an exception's text, a reason that a server gave.
EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
PHONE = re.compile(r"\+\d[\d ]{7,16}\d")
SECRETS = re.compile(r"password|token|secret|cookie|code$|phone|email", re.IGNORECASE)


def hide_personal_data(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if SECRETS.search(key):
            event[key] = "(hidden)"
        elif isinstance(value, str):
            event[key] = PHONE.sub("(phone)", EMAIL.sub("(e-mail)", value))
        elif not isinstance(value, int | float | None):  # a record would tell all that it holds
            event[key] = f"({type(value).__name__})"
    return event


def init_logs(settings: LogSettings) -> None:
    as_json = settings.format == "json"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if as_json
            else structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.level)),
        logger_factory=lambda *_names: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
