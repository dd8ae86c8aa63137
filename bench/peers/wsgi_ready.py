"""What WSGI can give at most: a function that looks up bytes, under granian.

`application` sends the headers that our server sent too; `body_alone` two of its own.
"""

from collections.abc import Iterable
from typing import Any

from bench.peers.ready import HEADERS, LISTS, RECORDS

ROOT = "/2.3.0/spacecraft/"
ANSWERS = {(ROOT, f"in_space=false&limit={limit}"): body for limit, body in LISTS.items()}
ANSWERS |= {(f"{ROOT}{pk}/", ""): body for pk, body in RECORDS.items()}


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return answered(environ, start_response, HEADERS)


def body_alone(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return answered(environ, start_response, [("content-type", "application/json")])


def answered(environ: dict[str, Any], start_response: Any, headers: Any) -> Iterable[bytes]:
    body = ANSWERS.get((environ["PATH_INFO"], environ["QUERY_STRING"]))
    if body is None:
        start_response("404 Not Found", [("content-length", "0")])
        return [b""]
    start_response("200 OK", [*headers, ("content-length", str(len(body)))])
    return [body]
