"""Pages that are declared of what is not there stop the start."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist

from spacedevs.api.registry import resources
from spacedevs.pages.declared import RecordPages, declared, field_at


def check_pages(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(message, obj=pages, id="spacedevs.check_pages")
        for pages in declared().values()
        for message in check_declaration(pages)
    ]


def check_declaration(pages: type[RecordPages]) -> Iterator[str]:
    if pages.resource not in resources():
        yield f"resource is {pages.resource!r}, which is not registered."
        return
    for attribute in ("pictures", "notes", "facts", "figures", "texts", "names"):
        for column in getattr(pages, attribute):
            try:
                field_at(pages.model(), column)
            except FieldDoesNotExist as error:
                yield f"{attribute} names {column!r}: {error}."
