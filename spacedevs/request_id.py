"""An id for each request: the proxy's or our own, in the answer and in each line of the log."""

import random
import re
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being answered here; empty outside of one."""
    return _current.get()


def chosen(sent: str | None) -> str:
    """`sent` where a proxy is trusted to have set it and it is sane; otherwise a new id.

    Without a proxy whoever sends it could give two requests one id, or another's.
    """
    if sent and settings.BEHIND_PROXY and SANE.fullmatch(sent):
        return sent
    return f"{random.getrandbits(128):032x}"  # no secret


class RequestId:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = chosen(request.headers.get(HEADER))
        request.request_id = name  # type: ignore[attr-defined]  # for lines that Django logs after us
        token = _current.set(name)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response[HEADER] = name
        return response
