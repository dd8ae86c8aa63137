"""What the throttle says on an answer."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from spacedevs.throttle.decisions import IN_ENVIRON, give_back


class RateLimitHeaders:
    """`RateLimit-*` on what was counted. A 304 is not: its client has asked for nothing new."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if decision := request.META.get(IN_ENVIRON):
            if response.status_code == HTTPStatus.NOT_MODIFIED:
                decision = give_back(decision)
            for name, value in decision.headers():
                response[name] = value
        return response
