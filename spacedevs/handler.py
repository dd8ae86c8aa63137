"""Django's handler, which looks among the routes once for each path."""

from functools import lru_cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.urls import ResolverMatch, get_resolver

PATHS = 4096  # of which is known where they lead to
LONGEST = 200  # characters of such a path: an id may be as long as an address


@lru_cache(maxsize=PATHS)
def match_of(path: str) -> ResolverMatch:
    """Raises Resolver404, which is kept for no path."""
    return get_resolver().resolve(path)


class Handler(WSGIHandler):
    """Django tries some fifty patterns each time: a fifth of a list of ten from fragments."""

    def resolve_request(self, request: Any) -> ResolverMatch:
        path = request.path_info
        if len(path) > LONGEST or hasattr(request, "urlconf"):  # the latter: a middleware's choice
            return super().resolve_request(request)
        request.resolver_match = match = match_of(path)
        return match
