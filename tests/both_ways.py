"""Each answer of the API in all ways that it may come about: made, from fragments, kept."""

import io
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import override_settings

from spacedevs.answers import Answers, run
from spacedevs.api.versions import roots
from tests.wsgi import application

# What only an answer has that may be kept; what is each answer's own.
KEPT = {"etag", "last-modified", "cache-control", "surrogate-key", "content-length", "server"}
OWN = {"x-request-id"}


def asked_in_all_ways(request: Callable[..., Any]) -> Callable[..., Any]:
    """`request`: the method of Django's test client, which this one takes the place of."""

    def ask(client: Any, **environ: Any) -> Any:
        whole = client._base_environ(**environ)
        response = request(client, **environ)
        if (
            not whole["PATH_INFO"].startswith(roots())
            or whole["REQUEST_METHOD"] != "GET"
            or response.streaming
            or settings.THROTTLE  # each way would count
            or response.status_code >= 500
            or connection.force_debug_cursor  # somebody counts queries
        ):
            return response
        headers = {name.lower(): value for name, value in response.items()}
        left_out = OWN | KEPT | ({"date"} - headers.keys())  # the server gives it in its place
        made = response.status_code, response.content, without(headers, left_out)
        with override_settings(FRAGMENTS=0):
            plain = request(client, **environ)
        headers = {name.lower(): value for name, value in plain.items()}
        assert (plain.status_code, plain.content, without(headers, left_out)) == made
        with application() as views:
            answers = Answers(views)
            for _ in range(2):  # made, and known
                status, given, body = run(answers, {**whole, "wsgi.input": io.BytesIO(b"")})
                headers = {name.lower(): value for name, value in given}
                if vary := headers.get("vary", "").replace(", Accept-Encoding", ""):
                    headers["vary"] = vary
                assert (status, body, without(headers, left_out)) == made
        return response

    return ask


def without(headers: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}
