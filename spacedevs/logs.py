"""Lines of the log: for people, or in JSON. Each names the request that it belongs to."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from spacedevs import request_id


def request_of(record: logging.LogRecord) -> str:
    """The id of the request that a line is about; empty where it is about none."""
    # Django logs a 4xx or 5xx once every middleware is left, and hands the request over.
    request = getattr(record, "request", None)
    return getattr(request, "request_id", "") or request_id.current()


class People(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        name = request_of(record)
        return f"{super().formatMessage(record)}{f' [{name}]' if name else ''}"


class JSON(logging.Formatter):
    """One object a line. What a line says in `extra={"fields": …}` stands in it key by key."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := request_of(record):
            line["request_id"] = name
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # Not orjson, which refuses the halves of a surrogate pair.
        return json.dumps(line, default=str)


def configuration(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING; granian's lines come in the same form. `form`: people, or json."""
    to_stderr = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"people": {"()": People}, "json": {"()": JSON}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "django": {**to_stderr, "level": level.upper()},
            # A client's 4xx is its own affair; a 5xx is logged as an error.
            "django.request": {**to_stderr, "level": "ERROR"},
            "django.security": {**to_stderr, "level": "CRITICAL"},
            "spacedevs.access": {**to_stderr, "level": "INFO"},  # ACCESS_LOG turns it off
            "_granian": {**to_stderr, "level": "INFO"},
        },
    }
