"""Records that lack something: a filter of their list, and how many there are.

A page in the admin declares in `missing` the columns without which its records are incomplete.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, Model, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.text import capfirst

PARAMETER = "missing"


def lacks(model: type[Model], column: str) -> Q:
    """No value, or an empty text."""
    field: Any = model._meta.get_field(column)
    empty = Q(**{f"{column}__isnull": True})
    return empty | Q(**{column: ""}) if field.empty_strings_allowed else empty


def counts(
    columns: Mapping[type[Model], Iterable[str]],
) -> dict[tuple[type[Model], str], int]:
    """How many rows of each model lack each of its columns. One query."""
    wanted = [(model, column) for model, names in columns.items() for column in names]
    first, *others = (
        model._base_manager.filter(lacks(model, column))
        .order_by()
        .values(number=Value(number, IntegerField()))
        .annotate(count=Count("*"))
        .values_list("number", "count")
        for number, (model, column) in enumerate(wanted)
    )
    found = dict(first.union(*others, all=True))
    return {each: found.get(number, 0) for number, each in enumerate(wanted)}


class MissingFilter(admin.SimpleListFilter):
    title = "what is missing"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        meta = model_admin.opts
        return [
            (column, capfirst(meta.get_field(column).verbose_name))
            for column in model_admin.missing
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        column = self.value()
        known = column in dict(self.lookup_choices)
        return queryset.filter(lacks(queryset.model, str(column))) if known else queryset
