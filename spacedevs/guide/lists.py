"""What the guide lists, from what the program goes by itself."""

import re
from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from typing import Any

import django_filters
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from spacedevs import environment
from spacedevs.api import moving
from spacedevs.api.extensions import Extension
from spacedevs.api.filters import NumberFilter, RelatedRowsFilter
from spacedevs.api.modes import DEFAULT, MODE_PARAM
from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.registry import resources
from spacedevs.api.versions import Version, versions
from spacedevs.mirror.run import Exit

# What a filter takes, by its class; the first that fits.
TAKES: tuple[tuple[Any, str], ...] = (
    (django_filters.BooleanFilter, "true or false"),
    (NumberFilter, "a whole number"),
    (RelatedRowsFilter, "the id of {of}; several by repeating the parameter"),
    (django_filters.ModelChoiceFilter, "the id of {of}"),
    (django_filters.CharFilter, "the whole text; case counts"),
)
MEANS = {
    "contains": "a part of the text; case counts",
    "gt": "more than that",
    "gte": "that or more",
    "lt": "less than that",
    "lte": "that or less",
}
VARIABLE = re.compile(r"<.*?(\w+)>")  # of a path


# Endpoints


@dataclass(frozen=True)
class Parameter:
    """Of a resource's filters: those of one column. `also`: further names and what each means."""

    name: str
    takes: str
    also: tuple[tuple[str, str], ...] = ()


def endpoints() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "path": f"{settings.API_ROOT}{name}/",
            "title": capfirst(str(view.queryset.model._meta.verbose_name_plural)),
            "modes": view.get_modes().names,
            "filters": list(parameters(view)),
            "search": view.search_fields,
            "ordering": view.ordering_fields,
            "examples": list(examples(view)),
        }
        for name, view in resources().items()
    ]


def parameters(view: Any) -> Iterator[Parameter]:
    """A resource's filters; those that compare one column in several ways together."""
    filters = view.filterset_class.base_filters if view.filterset_class else {}
    for _, group in groupby(sorted(filters), key=lambda name: base_of(name, filters)):
        first, *rest = group
        also = tuple((name, MEANS[filters[name].lookup_expr]) for name in rest)
        yield Parameter(first, takes(filters[first]), also)


def base_of(name: str, filters: Any) -> str:
    """`abbrev` of `abbrev__contains`, where both are filters."""
    column, _, lookup = name.rpartition("__")
    return column if column in filters and lookup in MEANS else name


def takes(filter: Any) -> str:
    words = next((words for cls, words in TAKES if isinstance(filter, cls)), "a value")
    if "{of}" in words:
        words = words.format(of=f"one of the {filter.queryset.model._meta.verbose_name_plural}")
    return f"{words}. {help}" if (help := filter.extra.get("help_text")) else words


def examples(view: Any) -> Iterator[str]:
    """Queries."""
    if view.examples.filter:
        yield f"?{view.examples.filter}"
    if view.search_fields:
        yield f"?search={view.examples.search}"
    if view.ordering_fields:
        yield f"?ordering={view.examples.ordering}"
    if other := next((name for name in view.get_modes().names if name != DEFAULT), None):
        yield f"?{MODE_PARAM}={other}"


def paging() -> dict[str, int]:
    return {"default": ResourcePagination.default_limit, "most": ResourcePagination.max_limit}


def example() -> str:
    """The path of a list that a chapter shows: of few rows, none of which runs."""
    name = min(resources(), key=lambda name: "/" not in name)
    return f"{settings.API_ROOT}{name}/"


def extensions() -> list[dict[str, Any]]:
    """What upstream does not have."""
    patterns = import_module(settings.ROOT_URLCONF).beyond_upstream
    views: list[tuple[Any, Any]] = [
        (each, getattr(getattr(each, "callback", None), "cls", object)) for each in patterns
    ]
    return [
        {
            "path": settings.API_ROOT + VARIABLE.sub(r"{\1}", str(pattern.pattern)),
            "words": code(view.words),
            "parameters": [(each.name, code(each.description)) for each in view.parameters],
        }
        for pattern, view in views
        if issubclass(view, Extension)
    ]


# Older versions


@dataclass(frozen=True)
class Shape:
    """A shape of an older version: the fields that move, those that stay, those that come."""

    name: str
    moved: list[moving.Move]
    same: list[str]
    new: list[str]


def older() -> list[dict[str, Any]]:
    """The versions that are served beside the main one, each laid beside that."""
    return [
        {
            "name": version.name,
            "root": version.root,
            "schema": reverse(version.url_name("schema")),
            "paths": list(moving.paths(version)),
            "unknown": list(moving.unknown(version)),
            "shapes": list(shapes(version)),
        }
        for version in versions()[1:]
    ]


def shapes(version: Version) -> Iterator[Shape]:
    for name, group in groupby(moving.moves(version), key=lambda move: move.shape):
        moves = list(group)
        old = [move for move in moves if move.old]
        same = [move for move in old if move.old == move.now and not move.how]
        moved = [move for move in old if move not in same]
        new = [move.now for move in moves if not move.old]
        yield Shape(name, moved, [move.old for move in same], new)


# Running


def variables() -> list[tuple[str, str, SafeString]]:
    """Names, defaults and meanings as HTML."""
    return [(each.name, each.default, code(each.meaning)) for each in environment.VARIABLES]


def code(text: str) -> SafeString:
    """Text with `marks`, as HTML."""
    parts = escape(text).split("`")
    marked = (f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
    return mark_safe("".join(marked))  # noqa: S308  # escaped above


def commands() -> list[dict[str, Any]]:
    """Those of `manage.py` that are this project's, by name, with their arguments."""
    packages = {name: str(package) for name, package in sorted(get_commands().items())}
    own = {name: package for name, package in packages.items() if is_own(package)}
    return [
        {"name": name, "words": code(command.help), "arguments": list(arguments(command))}
        for name, package in own.items()
        for command in [load_command_class(package, name)]
    ]


def is_own(package: str) -> bool:
    return package.partition(".")[0] == __name__.partition(".")[0]


def arguments(command: Any) -> Iterator[tuple[str, SafeString]]:
    """As they are written, and what they mean."""
    parser = ArgumentParser(add_help=False)
    command.add_arguments(parser)
    for action in parser._actions:
        if action.help != SUPPRESS:
            yield written(action), code(action.help or "")


def written(action: Action) -> str:
    value = action.metavar or (
        "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
    )
    if not action.option_strings:
        return str(value)
    option = action.option_strings[-1]
    if action.nargs == 0:
        return option
    return f"{option} {value}{' …' if action.nargs == '+' else ''}"


def exit_codes() -> list[tuple[int, str]]:
    """Of `manage.py mirror`."""
    return [(int(code), code.words) for code in Exit]
