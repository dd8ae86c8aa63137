"""How long the site waits for its database. `mirror`, `prepare` and other commands wait longer."""

import math
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created

STEPS = 200_000  # of SQLite's machine, between two looks at the clock: milliseconds


def limit_waits() -> None:
    """In a process that serves the site, before it asks its database for anything."""
    for config in connections.settings.values():
        limits = settings.SITE_LIMITS["sqlite" if "sqlite" in config["ENGINE"] else "postgresql"]
        options = {**config["OPTIONS"], **limits}
        if given := config["OPTIONS"].get("options"):  # PostgreSQL's; the last one counts
            options["options"] = f"{given} {limits['options']}"
        config["OPTIONS"] = options
    connection_created.connect(_limit_statements)


class Deadline:
    """When the running statement of a connection has to be over."""

    def __init__(self) -> None:
        self.end = math.inf

    def set(self, execute: Callable[..., Any], *args: Any) -> Any:
        """A wrapper of statements: Django's `execute_wrappers`."""
        self.end = time.monotonic() + settings.SITE_STATEMENT
        return execute(*args)

    def is_over(self) -> bool:
        return time.monotonic() > self.end


def _limit_statements(connection: Any, **kwargs: Any) -> None:
    """What PostgreSQL does by itself."""
    if connection.vendor != "sqlite":
        return
    if not hasattr(connection, "deadline"):
        connection.deadline = Deadline()
        connection.execute_wrappers.insert(0, connection.deadline.set)
    connection.connection.set_progress_handler(connection.deadline.is_over, STEPS)
