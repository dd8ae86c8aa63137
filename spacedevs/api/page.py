"""The browsable page around an answer. It is the same for everybody, and whole without a script."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.template.loader import render_to_string
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString, mark_safe
from rest_framework import renderers

from spacedevs.api.description import path_of
from spacedevs.api.filter_form import FilterForm
from spacedevs.api.page_objects import name_of, pictures_of


class BrowsablePage(renderers.BrowsableAPIRenderer):
    """DRF's, with a template, a filter form and a title of ours."""

    template = "rest_framework/api.html"
    filter_template = "rest_framework/filter_form.html"

    def get_filter_form(self, data: Any, view: Any, request: Any) -> str | None:
        """A list's; after a 400 with what was asked for, and what is wrong with it."""
        status = view.response.status_code
        if getattr(view, "detail", True) or status not in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST):
            return None
        is_fault = status == HTTPStatus.BAD_REQUEST and isinstance(data, dict)
        form = FilterForm(view, data if is_fault else {})
        return render_to_string(self.filter_template, {"form": form}, request)

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        page = super().get_context(data, accepted_media_type, renderer_context)
        answer = orjson.loads(page["content"])
        return {
            **page,
            "content": as_html(page["content"]),
            "title": self.title(answer, page),
            "pictures": pictures_of(answer),
            "json_url": self.json_url(page["view"]),
        }

    @staticmethod
    def title(answer: Any, page: Mapping[str, Any]) -> str:
        view, response = page["view"], page["response"]
        if response.status_code != HTTPStatus.OK:
            return f"{response.status_text} – {page['name']}"
        if not getattr(view, "detail", False):
            return str(page["name"])
        kind = page["name"].removesuffix(f" {view.suffix}")
        return f"{name_of(answer)} – {kind}"

    @staticmethod
    def json_url(view: Any) -> str:
        query = view.request.query_params.copy()
        query["format"] = "json"
        return f"{escape_uri_path(path_of(view))}?{query.urlencode()}"


LONGEST = 300_000  # characters that are coloured


def as_html(json: str) -> SafeString:
    """`json`, indented, as HTML: coloured, and each URL a link.

    What is long is not coloured, and each object of its list stands in an element of its own, which
    a browser does not lay out before it is scrolled to: it took seconds for 100 detailed craft.
    """
    html = json.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    is_long = len(html) > LONGEST
    html = _OBJECT.sub(_element, html) if is_long else _VALUE.sub(_coloured, html)
    return mark_safe(_URL.sub(_LINK, html))  # noqa: S308  # escaped above


def _coloured(line: re.Match) -> str:
    return f'{line["name"]}<span class="{line.lastgroup}">{line[line.lastgroup or 0]}</span>'


def _element(lines: re.Match) -> str:
    return f'<span class="object" style="--lines: {lines[0].count(chr(10)) + 1}">{lines[0]}</span>'


_VALUE = re.compile(
    r'(?P<name>^ *(?:"(?:[^"\\]|\\.)*": )?)'
    r'(?:(?P<str>".*")|(?P<lit>-?\d[^,\n]*)|(?P<kwd>[a-z]+))(?=,?$)',
    re.MULTILINE,
)
_URL = re.compile(r'(?<=")https?://[^"\\\s]+(?=")')
_LINK = r'<a href="\g<0>" rel="nofollow">\g<0></a>'
_OBJECT = re.compile(r"^    \{$.*?^    \},?$", re.MULTILINE | re.DOTALL)
