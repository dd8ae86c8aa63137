"""Every error under a root of the API is JSON, whatever raises it; at a page for people, a page."""

import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from django import db
from django.core import exceptions
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from rest_framework.views import exception_handler as drf_exception_handler

from spacedevs import outages, request_id
from spacedevs.api import versions
from spacedevs.pages import rendering

# gunicorn's default `limit_request_line`, which upstream runs with.
MAX_URL = 4094  # bytes
MAX_PARAMETERS = 1000  # in a query
DATABASE_FAULTS = (db.OperationalError, db.InterfaceError)
DATABASE_AWAY = "The database does not answer. Start it, and check DATABASE_URL."
REFUSED_STATEMENT = "The database refused a statement. Please report this."
BUSY = "The server is busy. Try again in a few seconds."
NOTHING = "There is nothing at this address."
PAGES = "pages"  # the name of the application that has them
RETRY_AFTER = "5"  # seconds
REFUSED: dict[type[Exception], str] = {
    exceptions.DisallowedHost: "This host is not served here.",
    exceptions.TooManyFieldsSent: "There are too many parameters.",
    exceptions.TooManyFilesSent: "There are too many files.",
    exceptions.RequestDataTooBig: "The body is too large.",
}


def error(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    if request.path.startswith(versions.roots()):
        body = orjson.dumps({"detail": detail})
        return HttpResponse(body, status=status, content_type="application/json")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = f"{detail}\n\nRequest {request_id.current()}"  # for whoever reports it
    match = getattr(request, "resolver_match", None)
    if match is not None and match.app_name == PAGES:
        return page(status, detail)
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


def page(status: int, detail: str) -> HttpResponse:
    """An error as a page for people. It asks no database."""
    html = rendering.page("error.html", status=HTTPStatus(status).phrase, detail=detail)
    return HttpResponse(html, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a host that is not allowed, too many parameters, and the like.

    In words of our own: Django's name its settings, and what the operator has to put into them.
    """
    words = (sentence for cls, sentence in REFUSED.items() if isinstance(exception, cls))
    return error(request, HTTPStatus.BAD_REQUEST, next(words, "Bad request."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of a path that no view answers, or of a page without a row. The API's words are DRF's."""
    if request.path.startswith(versions.roots()):
        return error(request, HTTPStatus.NOT_FOUND, "Not found.")
    about = exception.args[0] if exception.args else None  # a resolver's is no text
    return page(HTTPStatus.NOT_FOUND, about if isinstance(about, str) else NOTHING)


def server_error(request: HttpRequest) -> HttpResponse:
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR, "A server error occurred.")


# What a database's words mean, PostgreSQL's or SQLite's, and what to do. Clients read it: no path,
# and nothing of the statement.
BY_WORDS = {
    "disk is full": "The disk is full. Free some space, and try again.",
    "no space left": "The disk is full. Free some space, and try again.",
    "could not extend file": "The disk is full. Free some space, and try again.",
    "database is locked": "Another writer holds the database. Try again once it has ended.",
    "table is locked": "Another writer holds the database. Try again once it has ended.",
    "lock timeout": "Another writer holds the database. Try again once it has ended.",
    "deadlock detected": "Another writer got in the way. Try again.",
    "interrupted": "The database took too long. Ask for less, or try again later.",
    "readonly": "The database can't be written. See who may write its file and its folder.",
    "read-only": "The database can't be written. Name one in DATABASE_URL that can.",
    "not a database": "The database's file is damaged. Restore a backup of it.",
    "malformed": "The database's file is damaged. Restore a backup of it.",
    "there is no file": "The database's file is not there. Restore a backup, check DATABASE_URL, "
    "or run `manage.py prepare`, which makes a new one.",
    "was replaced": "Nothing was saved: the database's file was replaced meanwhile. Try again.",
    "unable to open": "The database's file can't be opened. See DATA_DIR, and who may write there.",
    "disk i/o error": "The database's file can't be read or written. See the disk that it is on.",
    "no such table": "The database has not been migrated. Run `manage.py migrate`.",
    "too many clients": "The database has no connection to spare. Try again later.",
    "connection slots": "The database has no connection to spare. Try again later.",
}
# PostgreSQL's words are in the language of its server: these are the ones of its SQLSTATEs.
WORDS_OF_STATE = {
    "25006": "read-only",
    "40001": "deadlock detected",  # a standby's, of a query in the way of what it replays
    "40P01": "deadlock detected",
    "42P01": "no such table",
    "53100": "disk is full",
    "53300": "too many clients",
    "55P03": "lock timeout",
    "57014": "interrupted",
    "XX001": "malformed",
    "XX002": "malformed",
}
OF_THE_SERVER = ("08", "53", "57", "58")  # classes: connection, resources, operator, system


def explain(error: BaseException | None) -> str | None:
    """What is wrong with the database, and what to do; None where a statement of ours is wrong."""
    if isinstance(error, MigrationSchemaMissing):  # it has the words of the error that it met
        error = error.__context__
    if not isinstance(error, db.Error):
        return None
    driver = error.__cause__ or error
    if state := getattr(driver, "sqlstate", None):
        if state in WORDS_OF_STATE:
            return BY_WORDS[WORDS_OF_STATE[state]]
        return DATABASE_AWAY if state.startswith(OF_THE_SERVER) else None
    is_fault = isinstance(error, DATABASE_FAULTS) or type(error) is db.DatabaseError
    words = str(error).lower()
    # SQLite's general code: a mistake in SQL, unless it is a table that no migration has made yet.
    of_sql = getattr(driver, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    if not is_fault or (of_sql and "no such table" not in words):
        return None
    found = (sentence for mark, sentence in BY_WORDS.items() if mark in words)
    return next(found, DATABASE_AWAY)


def sentence_of(error: Exception) -> str:
    """What is wrong with the database and what to do; then the database's own words."""
    return f"{explain(error) or REFUSED_STATEMENT}\n{str(error).strip()}"


def is_database_away(exception: Exception) -> bool:
    """Not so for a mistake of ours in SQL, which is a 500."""
    return explain(exception) is not None


def is_not_migrated(exception: BaseException) -> bool:
    return explain(exception) == BY_WORDS["no such table"]


def database_away(request: HttpRequest, exception: Exception) -> HttpResponse:
    """503. The log has a line for the outage, and Django adds none for each request of it."""
    outages.database.meet(exception)
    sentence = explain(exception) or DATABASE_AWAY
    return as_unavailable(error(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence))


def as_unavailable(response: HttpResponse) -> HttpResponse:
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
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
    """414 before anything reads the URL, and 400 where it has too many parameters."""

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
        if query.count("&") >= MAX_PARAMETERS:  # a form may have more: settings.py
            sentence = REFUSED[exceptions.TooManyFieldsSent]
            return error(request, HTTPStatus.BAD_REQUEST, sentence)
        return self.get_response(request)
