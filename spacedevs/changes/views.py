"""`changes/?since=VERSION`: which objects have changed, for who keeps a copy of them."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from spacedevs import clock
from spacedevs.api import fragments
from spacedevs.api.extensions import Extension
from spacedevs.api.making import Making
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.registry import resources
from spacedevs.api.snapshots import snapshot
from spacedevs.api.whole_objects import whole_objects
from spacedevs.changes import feed, log
from spacedevs.changes.log import Version

SINCE, OBJECTS = "since", "objects"
BEGIN_ANEW = (
    "The log does not say what has changed since {}. Begin anew: take the dump or all lists, and "
    "ask for what has changed since the version that is named here."
)


class ChangesView(Extension):
    """Without `since`: the version from which on a copy that is made now can be kept."""

    summary = "What has changed"
    words = (
        "The objects whose answers changed after a version, each once, in the order of the "
        "commits; also those that show another which changed. Ask `next` until it is null, and "
        "then with `version`. 410 where the log does not go back so far."
    )
    parameters = (
        OpenApiParameter(SINCE, str, description="A version that an earlier answer has named."),
        OpenApiParameter(
            OBJECTS, bool, description="`true`: each object in its richest mode is shown as well."
        ),
    )
    answers = {(200, "application/json"): OpenApiTypes.OBJECT}

    def get(self, request: Request, **kwargs: Any) -> Response:
        given = request.query_params.get(SINCE)
        with snapshot() as began:
            cache = fragments.cache_of_snapshot(request, began)
            if given is None:
                return Response(self._page(feed.Page(log.version(), [], True), cache))
            since = self._version(given)
            try:
                return Response(self._page(feed.page_since(since.number, since.token), cache))
            except feed.TooOld:
                return self._begin_anew(given)

    def _version(self, given: str) -> Version:
        try:
            return Version.parse(given)
        except ValueError:
            raise ValidationError({SINCE: [f'"{given}" is no version of the data.']}) from None

    def _begin_anew(self, given: str) -> Response:
        gone = {
            "detail": BEGIN_ANEW.format(given),
            "version": str(log.version()),
            "dump": reverse("dump", request=self.request),
        }
        return Response(gone, status=HTTPStatus.GONE)

    def _page(self, page: feed.Page, cache: Any) -> dict[str, Any]:
        following = None
        if not page.is_last:
            query = {**self.request.query_params.dict(), SINCE: str(page.version)}
            following = self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")
        return {
            "version": str(page.version),
            "next": following,
            "results": list(self._results(page.entries, cache)),
        }

    def _results(self, entries: list[feed.Entry], cache: Any) -> Any:
        urls = ObjectUrls(self.request, with_format=False)
        shown = self.request.query_params.get(OBJECTS, "").lower() in ("true", "1")
        objects = self._objects(entries, urls, cache) if shown and entries else {}
        for name, pk, kind, commit in entries:
            yield {
                "resource": name,
                "id": pk,
                "url": urls.of(name, pk),
                "kind": kind,
                "version": f"{commit.number}-{commit.token}",
                "time": f"{datetime.fromtimestamp(commit.at, UTC):%Y-%m-%dT%H:%M:%SZ}",
                **objects.get((name, pk), {}),
            }

    def _objects(self, entries: list[feed.Entry], urls: ObjectUrls, cache: Any) -> dict[Any, Any]:
        making = Making(urls, clock.lives(self.request), cache)
        found: dict[Any, Any] = {}
        for name in resources():
            ids = [entry.pk for entry in entries if entry.resource == name]
            found |= {(name, pk): each for pk, each in whole_objects(name, ids, making).items()}
        return found
