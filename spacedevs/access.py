"""What is noted of each request: a line in the access log, and figures for Prometheus."""

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.views.debug import SafeExceptionReporterFilter

from spacedevs import health, metrics
from spacedevs.clients import client_ip

logger = logging.getLogger(__name__)

ENDPOINT = "spacedevs.endpoint"  # in the environ: the name of what answered
QUEUED = "spacedevs.queued"  # in the environ: seconds that the request waited for a thread
LONGEST = 2000  # characters of a URL in the log
SECRET = SafeExceptionReporterFilter.hidden_settings  # names like token, key, password
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NAMED = {health.LIVE: "health-live", health.READY: "health-ready"}


class Access:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.ACCESS_LOG and settings.METRICS_PORT is None:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start, queries, method = time.perf_counter(), metrics.Queries(), request.method or ""
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        seconds = time.perf_counter() - start
        request.META[ENDPOINT] = endpoint_of(request)
        if settings.METRICS_PORT is not None:
            metrics.observe(
                request.META[ENDPOINT],
                method if method in METHODS else "other",
                response.status_code,
                seconds,
                request.META.get(QUEUED),
                queries,
            )
        if settings.ACCESS_LOG:
            log(request, method, response, seconds)
        return response


def endpoint_of(request: HttpRequest) -> str:
    """The name of the route, of which there are only so many; never the path."""
    if match := request.resolver_match:
        return match.view_name or "unnamed"
    if request.path.startswith(settings.STATIC_URL):
        return "static"
    return NAMED.get(request.path, "unknown")


def note(
    environ: dict[str, Any], name: str, endpoint: str, status: int, size: int, began: float
) -> None:
    """Of an answer that no view made: a known one, or a refusal of the server's own.

    `name`: the request's id. `size`: bytes of the body. `began`: time.monotonic().
    """
    if not settings.ACCESS_LOG and settings.METRICS_PORT is None:
        return
    method, seconds = environ["REQUEST_METHOD"], time.monotonic() - began
    if settings.METRICS_PORT is not None:
        known = method if method in METHODS else "other"
        metrics.observe(endpoint, known, status, seconds, environ.get(QUEUED), metrics.Queries())
    if settings.ACCESS_LOG:
        response = HttpResponse(status=status, headers={"Content-Length": str(size)})
        request: Any = WSGIRequest(environ)
        request.request_id = name
        log(request, method, response, seconds)


def log(request: HttpRequest, method: str, response: HttpResponse, seconds: float) -> None:
    fields = {
        "method": method,
        "path": url_of(request),
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "bytes": length_of(method, response),
        "ip": client_ip(request) or "",
        "queue_ms": round(request.META.get(QUEUED, 0.0) * 1000, 1),
    }
    words = "%(method)s %(path)s %(status)s %(ms)sms %(bytes)sB %(ip)s queue=%(queue_ms)sms"
    logger.info(words, fields, extra={"fields": fields, "request": request})


def url_of(request: HttpRequest) -> str:
    """Path and query on one line, whatever is in them, and no value of a secret's name."""
    pairs = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    shown = [(name, "***" if SECRET.search(name) else value) for name, value in pairs]
    query = urlencode(shown, safe="*,", errors="backslashreplace")
    return f"{escape_uri_path(request.path)}{f'?{query}' if query else ''}"[:LONGEST]


def length_of(method: str, response: HttpResponse) -> int:
    """Bytes of the body that is sent."""
    if method == "HEAD" or response.status_code in (204, 304):
        return 0
    return int(
        response.get("Content-Length") or (0 if response.streaming else len(response.content))
    )
