"""The site's views, asked as WSGI asks them, without a server and within a test's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from spacedevs import wsgi


@contextmanager
def application() -> Iterator[Any]:
    """As Django's test client asks it: the end of a request does not close the connection, and
    with it the transaction, which PostgreSQL's would do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield wsgi.views  # answers would be kept of what is rolled back
    finally:
        for signal in signals:
            signal.connect(close_old_connections)
