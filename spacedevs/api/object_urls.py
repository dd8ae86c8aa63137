"""URLs of objects: here, where this server serves the resource, and upstream's elsewhere."""

import re
from typing import Any
from urllib.parse import urlencode

from rest_framework.settings import api_settings

from spacedevs.api import versions

# An object of any Launch Library server: its host and version, then its path there, without the
# slash or the format suffix that ends it.
_OBJECT = re.compile(r"https?://[^/?#]+/\d+\.\d+\.\d+/(?P<path>[^?#.]*[^?#./])")


class ObjectUrls:
    """The URLs in one answer: absolute, with the request's version and `?format=` (contract).

    `suffix` is the request's format suffix, "json" in `spacecraft.json`, or None. The URLs
    have it too: DRF's HyperlinkedRelatedField, which upstream's `url` is, does so. Without
    `with_format` they have neither.
    """

    def __init__(
        self, request: Any, suffix: str | None = None, *, with_format: bool = True
    ) -> None:
        version = (versions.version_at(request.path) if request else None) or versions.main()
        root = version.root
        self.own_root = request.build_absolute_uri(root) if request else root
        self.served, self.elsewhere = version.resources().keys(), version.upstream
        self.names = version.router.names
        given = request.GET if request else {}
        name = api_settings.URL_FORMAT_OVERRIDE
        is_given = with_format and name in given
        query = f"?{urlencode({name: given[name]})}" if is_given else ""
        self.end = f"{f'.{suffix}' if suffix else '/'}{query}"
        self.key = self.own_root, self.end  # of two that are alike

    @classmethod
    def under(cls, root: str) -> "ObjectUrls":
        """Those of the server with this root of the API."""
        urls = cls(None)
        urls.own_root, urls.key = root, (root, urls.end)
        return urls

    def of(self, resource: str, pk: Any) -> str:
        return f"{self._root(resource)}{resource}/{pk}{self.end}"

    def moved(self, url: str) -> str:
        """A URL that another server gave, as this one gives it."""
        found = _OBJECT.match(url)
        if not found:
            return url
        resource, slash, pk = found["path"].rpartition("/")
        resource = self.names.get(resource, resource)
        return f"{self._root(resource)}{resource}{slash}{pk}{self.end}"

    def _root(self, resource: str) -> str:
        return self.own_root if resource in self.served else self.elsewhere


def object_urls_of(context: Any) -> ObjectUrls:
    """Those of the answer that a serializer's context belongs to."""
    if "object_urls" not in context:
        context["object_urls"] = ObjectUrls(context.get("request"), context.get("format"))
    known: ObjectUrls = context["object_urls"]
    return known
