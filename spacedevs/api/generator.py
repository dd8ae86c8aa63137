"""All operations of a version, as one OpenAPI document."""

import threading
from typing import Any

from django.urls import get_resolver
from drf_spectacular import generators
from drf_spectacular.settings import patched_settings

from spacedevs.api.versions import Version, main

_making = threading.RLock()  # what is made depends on settings of the whole process


class Generator(generators.SchemaGenerator):
    """DRF's DEFAULT_GENERATOR_CLASS: of what stands under the root of a version.

    `settings`: of drf-spectacular, other than those of settings.py.
    """

    def __init__(self, version: Version | None = None, **settings: str) -> None:
        self.of = version or main()
        self.settings = settings
        here = [each for each in get_resolver().url_patterns if f"/{each.pattern}" == self.of.root]
        untyped: Any = super()
        untyped.__init__(patterns=here)

    def create_view(self, *args: Any, **kwargs: Any) -> Any:
        untyped: Any = super()
        view = untyped.create_view(*args, **kwargs)
        view.of_document = self.of
        return view

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        about = {
            "DESCRIPTION": f"The spacecraft endpoints of Launch Library {self.of.name}, "
            "self-hosted.",
            "VERSION": self.of.name,
            "SCHEMA_PATH_PREFIX": self.of.root,
        }
        untyped: Any = super()
        with _making, patched_settings({**about, **self.settings}):
            schema: dict[str, Any] = untyped.get_schema(request, public)
        return schema
