"""The public pages of a resource, declared: what its list and its records show.

A page's URL is the API's without the API's root, and takes the same parameters: `/spacecraft/35/`
shows `/2.3.0/spacecraft/35/`, `/spacecraft/?search=Soyuz` the list of that search.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.text import capfirst

from spacedevs.api.registry import resources
from spacedevs.front import Section

SEPARATOR = "__"


class RecordPages:
    """The pages of one resource.

    A column is a path from its row, as in a query: `spacecraft_config__agency`. The queries follow
    from the columns. `pictures`: the first that a row has is the row's. `notes` stand below its
    name in a list. `facts`, `figures` and `texts` are on its page, but for those that are empty.
    `names`: of columns whose own are not for people. `choices`: names of lists, and what each of
    them asks for. `sections`: functions of a row and the request.
    """

    resource: ClassVar[str]
    pictures: ClassVar[tuple[str, ...]] = ()
    notes: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[tuple[str, ...]] = ()
    figures: ClassVar[tuple[str, ...]] = ()
    texts: ClassVar[tuple[str, ...]] = ()
    names: ClassVar[Mapping[str, str]] = {}
    choices: ClassVar[Mapping[str, str]] = {}
    sections: ClassVar[tuple[Callable[[Any, HttpRequest], Section | None], ...]] = ()

    @classmethod
    def viewset(cls) -> Any:
        return resources()[cls.resource]

    @classmethod
    def model(cls) -> type[Model]:
        model: type[Model] = cls.viewset().queryset.model
        return model

    @classmethod
    def title(cls) -> str:
        return capfirst(str(cls.model()._meta.verbose_name_plural))

    @classmethod
    def name_of(cls, column: str) -> str:
        return capfirst(str(cls.names.get(column) or field_at(cls.model(), column).verbose_name))

    @classmethod
    def list_url(cls) -> str:
        return reverse(f"pages:{cls.resource}-list")

    @classmethod
    def for_list(cls, rows: QuerySet) -> QuerySet:
        licenses = (f"{picture}__license" for picture in cls.pictures)
        return with_columns(rows, *cls.pictures, *licenses, *cls.notes)

    @classmethod
    def for_record(cls, rows: QuerySet) -> QuerySet:
        return with_columns(cls.for_list(rows), *cls.facts, *cls.figures)


@cache
def declared() -> dict[str, type[RecordPages]]:
    """Those of settings.PAGES, by their resource."""
    pages: list[type[RecordPages]] = [import_string(name) for name in settings.PAGES]
    return {each.resource: each for each in pages}


def page_url(row: Model) -> str:
    """The URL of a row's page, or "" where its resource has none."""
    for resource, pages in declared().items():
        if isinstance(row, pages.model()):
            return reverse(f"pages:{resource}-detail", args=(row.pk,))
    return ""


# Columns


def value_at(row: Any, column: str) -> Any:
    """None where the path ends on its way."""
    for name in column.split(SEPARATOR):
        row = getattr(row, name, None)
    return row


def field_at(model: type[Model], column: str) -> Any:
    """Raises FieldDoesNotExist."""
    *relations, name = column.split(SEPARATOR)
    for relation in relations:
        related: Any = model._meta.get_field(relation).related_model
        if related is None:
            raise FieldDoesNotExist(f"{relation} leads nowhere")
        model = related
    return model._meta.get_field(name)


def with_columns(rows: QuerySet, *columns: str) -> QuerySet:
    """The rows with all that these columns reach, and without what no page shows."""
    for column in columns:
        for path, field in _steps(rows.model, column):
            if field.many_to_many:
                rows = rows.prefetch_related(path)
            elif field.is_relation:
                rows = rows.select_related(path).defer(*_heavy(field.related_model, path))
    return rows.defer(*_heavy(rows.model))


def _steps(model: type[Model], column: str) -> Iterator[tuple[str, Any]]:
    """Each part of the path, with its field."""
    parts = column.split(SEPARATOR)
    for end in range(1, len(parts) + 1):
        path = SEPARATOR.join(parts[:end])
        yield path, field_at(model, path)


def _heavy(model: type[Model], *path: str) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if getattr(field, "heavy", False):
            yield SEPARATOR.join((*path, field.name))
