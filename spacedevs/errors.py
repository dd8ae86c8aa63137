"""Every error under the API's root is JSON, whatever raises it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from django import db
from django.conf import settings
from django.core import exceptions
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.views import defaults
from rest_framework.views import exception_handler as drf_exception_handler

from spacedevs import outages, request_id

# gunicorn's default `limit_request_line`, which upstream runs with.
MAX_URL = 4094  # bytes
DATABASE_FAULTS = (db.OperationalError, db.InterfaceError)
NO_SUCH_TABLE = "42P01"  # PostgreSQL's, for a table that no migration has made yet
DATABASE_AWAY = (
    "The database does not answer, or has not been migrated. "
    "Start it, check DATABASE_URL, and run `manage.py migrate`."
)
RETRY_AFTER = "5"  # seconds
REFUSED: dict[type[Exception], str] = {
    exceptions.DisallowedHost: "This host is not served here.",
    exceptions.TooManyFieldsSent: "There are too many parameters.",
    exceptions.TooManyFilesSent: "There are too many files.",
    exceptions.RequestDataTooBig: "The body is too large.",
}


def error(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    if request.path.startswith(settings.API_ROOT):
        body = orjson.dumps({"detail": detail})
        return HttpResponse(body, status=status, content_type="application/json")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = f"{detail}\n\nRequest {request_id.current()}"  # for whoever reports it
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a host that is not allowed, too many parameters, and the like.

    In words of our own: Django's name its settings, and what the operator has to put into them.
    """
    words = (sentence for cls, sentence in REFUSED.items() if isinstance(exception, cls))
    return error(request, HTTPStatus.BAD_REQUEST, next(words, "Bad request."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of a path that no view answers. The words are DRF's."""
    if request.path.startswith(settings.API_ROOT):
        return error(request, HTTPStatus.NOT_FOUND, "Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR, "A server error occurred.")


# What a database's words mean, PostgreSQL's or SQLite's, and what to do.
BY_WORDS = {
    "disk is full": "The disk is full. Free some space, and try again.",
    "no space left": "The disk is full. Free some space, and try again.",
    "could not extend file": "The disk is full. Free some space, and try again.",
    "database is locked": "Another writer holds the database. Try again once it has ended.",
    "lock timeout": "Another writer holds the database. Try again once it has ended.",
    "deadlock detected": "Another writer got in the way. Try again.",
    "readonly": "The database can't be written. See who may write its file and its folder.",
    "read-only": "The database can't be written. Name one in DATABASE_URL that can.",
    "not a database": "The database's file is damaged. Restore a backup of it.",
    "malformed": "The database's file is damaged. Restore a backup of it.",
    "there is no file": "The database's file is gone. Restore a backup; `prepare` makes a new one.",
    "was replaced": "Nothing was saved: the database's file was replaced meanwhile. Try again.",
    "unable to open": "The database's file can't be opened. See DATA_DIR, and who may write there.",
}


def sentence_of(error: Exception) -> str:
    """What is wrong with the database and what to do; then the database's own words."""
    words = str(error).strip()
    found = (sentence for mark, sentence in BY_WORDS.items() if mark in words.lower())
    return f"{next(found, DATABASE_AWAY)}\n{words}"


def is_database_away(exception: Exception) -> bool:
    """Not so for every ProgrammingError: a mistake of ours in SQL is a 500."""
    missing = getattr(exception.__cause__, "sqlstate", None) == NO_SUCH_TABLE
    return isinstance(exception, DATABASE_FAULTS) or missing


def database_away(request: HttpRequest, exception: Exception) -> HttpResponse:
    """503. The log has a line for the outage, and Django adds none for each request of it."""
    outages.database.meet(exception)
    response = error(request, HTTPStatus.SERVICE_UNAVAILABLE, DATABASE_AWAY)
    response._has_been_logged = True  # type: ignore[attr-defined]
    response["Retry-After"] = RETRY_AFTER
    return response


def exception_handler(exception: Exception, context: dict[str, Any]) -> Any:
    """DRF's own, which knows nothing of a database that is away."""
    if is_database_away(exception):
        return database_away(context["request"]._request, exception)
    return drf_exception_handler(exception, context)


class Faults:
    """A database that is away is a 503 wherever it is noticed: the admin, a page's rendering."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not outages.database.open:
            return self.get_response(request)
        with db.connection.execute_wrapper(outages.database.watch):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_database_away(exception):
            return database_away(request, exception)
        return None


class LongUrls:
    """414 before anything reads the URL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The query as it was sent. The path is decoded by the server, and measured as it must be
        # written: one that escapes letters without need counts less than it had.
        query = request.META.get("QUERY_STRING", "")
        length = len(escape_uri_path(request.path)) + len(query) + bool(query)
        if length > MAX_URL:
            return error(
                request,
                HTTPStatus.REQUEST_URI_TOO_LONG,
                f"The address has {length} bytes; {MAX_URL} is the most.",
            )
        return self.get_response(request)
