"""The resources that are registered with the routers, and the models that they are of."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model

from spacedevs.api import versions


def record_models() -> list[type[Model]]:
    """Every model of the apps that the registered resources are of."""
    configs = [viewset.queryset.model._meta.app_config for viewset in resources().values()]
    return [model for config in dict.fromkeys(configs) for model in config.get_models()]


def resources() -> dict[str, Any]:
    """Each resource of the main version by its prefix."""
    return versions.main().resources()


def viewsets() -> Iterator[Any]:
    """The resources of all versions."""
    for version in versions.versions():
        yield from version.resources().values()
