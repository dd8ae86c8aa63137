"""What WSGI can give at most: a function that looks up bytes, under granian."""

from collections.abc import Iterable
from typing import Any

from bench.peers.ready import LISTS, RECORDS

ROOT = "/2.3.0/spacecraft/"
ANSWERS = {(ROOT, f"in_space=false&limit={limit}"): body for limit, body in LISTS.items()}
ANSWERS |= {(f"{ROOT}{pk}/", ""): body for pk, body in RECORDS.items()}


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = ANSWERS.get((environ["PATH_INFO"], environ["QUERY_STRING"]))
    if body is None:
        start_response("404 Not Found", [("content-length", "0")])
        return [b""]
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
