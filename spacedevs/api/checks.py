"""A declaration that is missing, or that contradicts itself, stops the start."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured
from django.db.models import Model
from django_filters.exceptions import FieldLookupError
from rest_framework.serializers import BaseSerializer

from spacedevs.api.filters import BEGINS, FilterSet
from spacedevs.api.modes import DEFAULT
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.plans import Plan, plan_of
from spacedevs.api.registry import viewsets
from spacedevs.api.versions import Version, versions
from spacedevs.api.viewsets import ResourceViewSet

# What a view set can't do without, as it is written.
DECLARATIONS = {
    "queryset": "queryset = models.Thing.objects.all()",
    "modes": "modes = (things.ThingNormal, things.ThingDetailed)",
    "examples": 'examples = Examples(search="name", ordering="-name")',
}


def check_resources(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    found = list(chain.from_iterable(map(check_resource, viewsets())))
    if not found:
        found += [Error(message, id="spacedevs.check_components") for message in check_components()]
    return found + [
        Error(message, id="spacedevs.check_registered") for message in check_registered()
    ]


def check_registered() -> Iterator[str]:
    """Every view set beside the registered ones, that is of rows, is registered itself."""
    registered = list(viewsets())
    urls = {
        viewset.__module__: f"{version.urlconf.replace('.', '/')}.py"
        for version in versions()
        for viewset in version.resources().values()
    }
    for viewset in ResourceViewSet.__subclasses__():
        rows = getattr(viewset, "queryset", None)
        if rows is not None and viewset.__module__ in urls and viewset not in registered:
            plural = rows.model._meta.verbose_name_plural.replace(" ", "_")
            yield (
                f"{viewset.__name__} is not registered. Write in {urls[viewset.__module__]}: "
                f'router.register("{plural}", views.{viewset.__name__})'
            )


def check_components() -> Iterator[str]:
    """A name in an OpenAPI document is one shape's; a second would replace it in silence."""
    for version in versions():
        yield from _components_of(version)


def _components_of(version: Version) -> Iterator[str]:
    shapes: dict[str, Any] = {}
    for viewset in version.resources().values():
        for shape in chain.from_iterable(map(_shapes_within, viewset.modes)):
            name = shape.__name__.removesuffix("Serializer")
            other = shapes.setdefault(name, shape)
            if other is not shape:
                yield (
                    f"Two shapes are the component {name}: {other.__module__}.{other.__name__} "
                    f"and {shape.__module__}.{shape.__name__}. Rename one."
                )


def _shapes_within(shape: Any) -> Iterator[type[BaseSerializer]]:
    yield shape
    for field in fields_of(shape).values():
        if part := nested_shape_of(field):
            yield from _shapes_within(part)


def check_resource(viewset: type[ResourceViewSet]) -> list[CheckMessage]:
    missing = [name for name in DECLARATIONS if getattr(viewset, name, None) is None]
    if missing:
        lines = "; ".join(DECLARATIONS[name] for name in missing)
        return [Error(f"Write in it: {lines}", obj=viewset, id="spacedevs.check_declarations")]
    checks = (check_rows, check_modes, check_filters, check_search, check_ordering)
    return [
        Error(message, obj=viewset, id=f"spacedevs.{check.__name__}")
        for check in checks
        for message in check(viewset)
    ]


def check_rows(viewset: type[ResourceViewSet]) -> Iterator[str]:
    model = viewset.queryset.model
    if not model._meta.ordering:
        yield (
            f"queryset is of {model.__name__}, which has no ordering. "
            'Write in its class Meta: ordering = ("id",), or let that extend NamedModel.Meta.'
        )


def check_modes(viewset: type[ResourceViewSet]) -> Iterator[str]:
    names = viewset.get_modes().names
    if len(set(names)) < len(names):
        yield f"modes names one twice: {', '.join(names)}."
    if len(viewset.modes) > 1 and (len(names) < len(viewset.modes) or DEFAULT not in names):
        yield f"modes needs a response_mode in each serializer, and {DEFAULT!r} in one."
    for serializer_class in viewset.modes:
        try:
            yield from _unordered(plan_of(serializer_class))
        except ImproperlyConfigured as error:
            yield str(error)


def _unordered(plan: Plan) -> Iterator[str]:
    """Rows that are fetched for a list need an order, or each database gives its own."""
    for path, below in plan.prefetched.items():
        if not below.model._meta.ordering:
            yield f"modes nests {path}, and {below.model.__name__} has no ordering."
        yield from _unordered(below)


def check_filters(viewset: type[ResourceViewSet]) -> Iterator[str]:
    given = viewset.examples.filter
    if viewset.filterset_class is None:
        if given:
            yield f"examples.filter is {given!r}, and there are no filters."
        return
    if not issubclass(viewset.filterset_class, FilterSet):
        yield "filterset_class has to extend the FilterSet of spacedevs.api.filters."
    name, _, value = given.partition("=")
    known = viewset.filterset_class.base_filters
    if name not in known:
        yield f"examples.filter is {given!r}; the filters are {', '.join(known)}."
    elif not _accepts(known[name].field, value):
        yield f"examples.filter is {given!r}, which {name} refuses or ignores."


def _accepts(field: forms.Field, value: str) -> bool:
    if isinstance(field, forms.ModelChoiceField):
        return value.isdigit()  # which rows there are is not known at the start
    try:
        data = field.widget.value_from_datadict({"value": value}, {}, "value")
        return field.clean(data) not in field.empty_values
    except forms.ValidationError:
        return False


def check_search(viewset: type[ResourceViewSet]) -> Iterator[str]:
    for name in viewset.search_fields:
        if not _has_column(viewset.queryset.model, name.lstrip(BEGINS)):
            yield f"search_fields names {name!r}, which is no column."
    if bool(viewset.search_fields) != bool(viewset.examples.search):
        yield "search_fields and examples.search go together."


def check_ordering(viewset: type[ResourceViewSet]) -> Iterator[str]:
    for name in (*viewset.ordering_fields, *viewset.ordering):
        if not _has_column(viewset.queryset.model, name):
            yield f"ordering_fields names {name!r}, which is no column."
    shown = viewset.examples.ordering
    if bool(viewset.ordering_fields) != bool(shown):
        yield "ordering_fields and examples.ordering go together."
    elif shown and shown.removeprefix("-") not in viewset.ordering_fields:
        known = ", ".join(viewset.ordering_fields)
        yield f"examples.ordering is {shown!r}; the fields are {known}."


def _has_column(model: type[Model], path: str) -> bool:
    try:
        model._default_manager.order_by().values(path).query.get_compiler("default").as_sql()
    except (FieldDoesNotExist, FieldError, FieldLookupError):
        return False
    return True
