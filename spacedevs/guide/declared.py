"""The chapters of the guide, declared: a title, a template, and what that lists."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

# What a template lists: by its names, functions that make it from the declarations.
Lists = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Chapter:
    """`slug`: its last part in URLs; the first chapter has none. `words`: of the table of contents.

    The template is the body as HTML. An `<h2>` in it is a heading to which others can link.
    """

    slug: str
    title: str
    words: str
    template: str
    lists: Lists = field(default_factory=dict)

    @property
    def url(self) -> str:
        return reverse("guide-chapter", args=(self.slug,)) if self.slug else reverse("guide")


@dataclass(frozen=True)
class Refusal:
    """An answer that is no 200. `when` is HTML.

    `path`, from the API's root, and further `options` of curl are answered so, with the `body`, in
    which … stands for what differs. Without a path it takes more than one request alone.
    """

    status: HTTPStatus
    when: str
    path: str = ""
    body: str = ""
    options: str = ""


@cache
def chapters() -> tuple[Chapter, ...]:
    """Those of settings.GUIDE, in their order."""
    return tuple(import_string(name) for name in settings.GUIDE)
