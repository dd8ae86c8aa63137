"""The resources that are registered with the router, and the models that they are of."""

from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string


def record_models() -> list[type[Model]]:
    """Every model of the apps that the registered resources are of."""
    configs = [viewset.queryset.model._meta.app_config for viewset in resources().values()]
    return [model for config in dict.fromkeys(configs) for model in config.get_models()]


def resources() -> dict[str, Any]:
    """Each registered resource by its prefix."""
    router: Any = import_string(settings.API_ROUTER)
    return {prefix: viewset for prefix, viewset, _ in router.registry}
