"""Django's PostgreSQL, by connections that do not wait for ever: see driver.py."""

from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from spacedevs.postgresql.driver import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    # Where Django looks for connect() and for the errors.
    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})
