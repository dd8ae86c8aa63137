"""The throttle as DRF asks for it: before the view, with DRF's own words and status."""

from typing import Any

from django.conf import settings
from rest_framework import authentication, throttling
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from spacedevs.clients import client_ip
from spacedevs.throttle.decisions import IN_ENVIRON, Decision, decide
from spacedevs.throttle.models import Token, find


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token KEY`, as DRF reads it; a wrong one is 401.

    With the throttle off there is nothing to lift, and nothing is read: a client that shows
    upstream's key here is answered as one that shows none.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return super().authenticate(request) if settings.THROTTLE else None

    def authenticate_credentials(self, key: str) -> tuple[None, Token]:
        token = find(key)
        if token is None:
            raise AuthenticationFailed("Invalid token.")
        token.touch()
        return None, token


class CallThrottle(throttling.BaseThrottle):
    decision: Decision

    def allow_request(self, request: Request, view: Any) -> bool:
        if not settings.THROTTLE:
            return True
        decision = request.META.get(IN_ENVIRON)
        if decision is None:
            token: Any = request.auth
            decision = decide(client_ip(request._request), token)
            request.META[IN_ENVIRON] = decision
        self.decision = decision
        return self.decision.admitted

    def wait(self) -> float:
        return self.decision.wait
