"""A declaration that contradicts itself stops the start."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured
from django.db.models import Model
from django_filters.exceptions import FieldLookupError

from spacedevs.api.modes import DEFAULT
from spacedevs.api.plans import Plan, plan_of
from spacedevs.api.viewsets import ResourceViewSet, resources


def check_resources(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return list(chain.from_iterable(check_resource(viewset) for viewset in resources().values()))


def check_resource(viewset: type[ResourceViewSet]) -> list[CheckMessage]:
    checks = (check_modes, check_filters, check_search, check_ordering)
    return [
        Error(message, obj=viewset, id=f"spacedevs.{check.__name__}")
        for check in checks
        for message in check(viewset)
    ]


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
    for path, below in plan.fetched.items():
        if not below.model._meta.ordering:
            yield f"modes nests {path}, and {below.model.__name__} has no ordering."
        yield from _unordered(below)


def check_filters(viewset: type[ResourceViewSet]) -> Iterator[str]:
    given = viewset.examples.filter
    if viewset.filterset_class is None:
        if given:
            yield f"examples.filter is {given!r}, and there are no filters."
        return
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
        if not _has_column(viewset.queryset.model, name):
            yield f"search_fields names {name!r}, which is no column."
    if bool(viewset.search_fields) != bool(viewset.examples.search):
        yield "search_fields and examples.search go together."


def check_ordering(viewset: type[ResourceViewSet]) -> Iterator[str]:
    for name in viewset.ordering_fields:
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
