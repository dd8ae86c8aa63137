"""`/health/live` and `/health/ready`: what a container's check and Kubernetes' probes ask."""

import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from spacedevs.api.registry import resources
from spacedevs.bounded import Bounded
from spacedevs.errors import explain

LIVE, READY = "/health/live", "/health/ready"
WAIT = 3.0  # seconds for the database
FRESH = 1.0  # seconds that an answer of a process is kept: anybody may ask, as often as they like

SLOW = f"The database has not answered for {WAIT:.0f} seconds."
NOT_MIGRATED = "The database has not been migrated. Run `manage.py prepare`."
NO_DATA = "There is no data. Run `manage.py prepare` or `manage.py mirror`."


@cache
def migrations() -> frozenset[tuple[str, str]]:
    """App and name of each, as they lie in the code."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _missing() -> list[str]:
    if migrations() - MigrationRecorder(connection).applied_migrations().keys():
        return [NOT_MIGRATED]
    rows = (viewset.queryset.model._default_manager.all() for viewset in resources().values())
    return [] if any(each.exists() for each in rows) else [NO_DATA]


class Health:
    """Answers before everything else: no session, no throttle, and no database for `live`.

    Any `Host` is taken, since a probe sends the pod's IP, which nobody could put into
    ALLOWED_HOSTS; nothing in the answer is made from it. Plain HTTP is taken too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.ask = Bounded(_missing, WAIT)
        self.cached: tuple[float, list[str]] = (-FRESH, [])

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in (LIVE, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        missing = self.missing() if request.path == READY else []
        response = JsonResponse(
            {"status": "unavailable", "missing": missing} if missing else {"status": "ok"},
            status=HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK,
        )
        response["Cache-Control"] = "no-store"
        response["Content-Length"] = str(len(response.content))
        response._has_been_logged = True  # type: ignore[attr-defined]  # who asks sees it
        return response

    def missing(self) -> list[str]:
        """A sentence for each thing without which the API can't answer."""
        moment, known = self.cached
        if time.monotonic() - moment >= FRESH:
            known = self._asked()
            self.cached = (time.monotonic(), known)
        return known

    def _asked(self) -> list[str]:
        try:
            return self.ask()
        except TimeoutError:
            return [SLOW]
        except Exception as error:
            if sentence := explain(error):
                return [sentence]
            raise
