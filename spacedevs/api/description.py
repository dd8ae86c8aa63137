"""The words of a page: a fold over the stages through which a request passes.

Each stage says what it does in a Section of its own, from the attribute that it works by; the
order of the sections is the order in which a request meets the stages. The titles and the
sentences are upstream's (the captured page in the contract).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Link:
    """A link in a section: what it says, and where it leads from the page that it stands on."""

    label: str
    text: str
    href: str

    def __str__(self) -> str:
        return f"{self.label} - {self.text}"

    def html(self) -> SafeString:
        return format_html('{} - <a href="{}">{}</a>', self.label, self.href, self.text)


@dataclass(frozen=True)
class Words:
    """A line of a section: a label and the names that follow it."""

    label: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.label} - {', '.join(self.names)}"

    def html(self) -> SafeString:
        names = format_html_join(", ", "<code>{}</code>", ((name,) for name in self.names))
        return format_html("{} - {}", self.label, names)


@dataclass(frozen=True)
class Sentence:
    before: str
    name: str
    after: str

    def __str__(self) -> str:
        return f"{self.before} {self.name} {self.after}"

    def html(self) -> SafeString:
        return format_html("{} <code>{}</code> {}", self.before, self.name, self.after)


Line = Link | Words | Sentence


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Examples:
    """The values that a resource's page shows: `name=value` for the filter, bare for the others."""

    filter: str = ""
    search: str = ""
    ordering: str = ""


def example(view: Any, query: str, label: str = "Example") -> Link:
    """`query` asked of the resource behind `view`, named from the API's root as upstream does."""
    root = view.version.root
    path = path_of(view) if view.request else f"{root}{view.basename}/"
    shown = f"/{path.removeprefix(root)}?{query}"
    return Link(label, shown, f"{escape_uri_path(path)}?{query}")


def path_of(view: Any) -> str:
    """The path of the request without its format suffix, which would outweigh `?format=`."""
    path: str = view.request.path
    if view.format_kwarg:
        path = path.rstrip("/").removesuffix(f".{view.format_kwarg}")
    return path if path.endswith("/") else f"{path}/"


def format_section(view: Any) -> Section:
    return Section("Format", (example(view, "format=json", "Switch to JSON output"),))


def help_section() -> Section:
    shown = urlsplit(settings.HELP_URL)
    label = "Find all the FAQs and support links on the documentation homepage"
    return Section("Help", (Link(label, shown.netloc + shown.path, settings.HELP_URL),))


def as_html(sections: Iterable[Section]) -> SafeString:
    def one(section: Section) -> SafeString:
        lines = format_html_join("", "<p>{}</p>", ((line.html(),) for line in section.lines))
        # The tag is upstream's; beneath the page's own title it is a heading of the second level.
        return format_html('<h4 aria-level="2">{}</h4>{}', section.title, lines)

    return format_html_join("", "{}", ((one(section),) for section in sections))


def as_text(sections: Iterable[Section]) -> str:
    """Markdown, for the OpenAPI document."""
    return "\n\n".join(
        "\n\n".join([f"#### {section.title}", *map(str, section.lines)]) for section in sections
    )


def describe(view: Any, html: bool = False) -> str:
    """DRF's VIEW_DESCRIPTION_FUNCTION."""
    if not hasattr(view, "sections"):
        from rest_framework import views  # which import the page, and that this

        return views.get_view_description(view, html)
    sections = view.sections()
    return as_html(sections) if html else as_text(sections)
