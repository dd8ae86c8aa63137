"""A version of upstream's API: a namespace of URLs, with resources of its own over the same rows.

The first of `API_VERSIONS` is the main one: the mirror, the dump, the feed of changes, the pages
for people and the admin are about its resources. A URL of another is named in a namespace that is
called as the version is: `reverse("2.2.0:agencies-list")`.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Version:
    """`name`: as it stands in URLs. `router_path`: where the router of its resources is."""

    name: str
    router_path: str

    @property
    def root(self) -> str:
        return f"/{self.name}/"

    @property
    def urlconf(self) -> str:
        return self.router_path.rpartition(".")[0]

    @cached_property
    def router(self) -> Any:
        return import_string(self.router_path)

    def resources(self) -> dict[str, Any]:
        """Each registered resource by its prefix."""
        return {prefix: viewset for prefix, viewset, _ in self.router.registry}

    def url_name(self, name: str) -> str:
        """`name` as reverse() takes it."""
        return name if self == main() else f"{self.name}:{name}"

    @property
    def upstream(self) -> str:
        """Upstream's root of this version, for what is not served here."""
        before, found, after = settings.UPSTREAM_URL.rpartition(main().name)
        return f"{before}{self.name}{after}" if found else after

    def mains(self, resource: str) -> str:
        """What the main version calls this resource."""
        names: dict[str, str] = {own: name for name, own in self.router.names.items()}
        return names.get(resource, resource)

    def successor(self, path: str, resource: str | None) -> str | None:
        """The path in the main version of what stands at `path` here, where it has that."""
        if resource is None:
            return f"{main().root}{path.removeprefix(self.root)}"
        mains = self.mains(resource)
        rest = path.removeprefix(f"{self.root}{resource}")
        return f"{main().root}{mains}{rest}" if mains in main().resources() else None


@cache
def versions() -> tuple[Version, ...]:
    return tuple(Version(*item) for item in settings.API_VERSIONS.items())


def main() -> Version:
    return versions()[0]


@cache
def roots() -> tuple[str, ...]:
    return tuple(version.root for version in versions())


def version_at(path: str) -> Version | None:
    """The version whose URLs this path is one of."""
    return next((version for version in versions() if path.startswith(version.root)), None)


def api_root(request: Any) -> dict[str, str]:
    """A context processor: the root of the version that a page is of."""
    return {"api_root": (version_at(request.path) or main()).root}
