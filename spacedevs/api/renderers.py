"""JSON to the letter as upstream writes it, the browsable page around it, and which of them."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.html import escape
from django.utils.safestring import mark_safe
from rest_framework import renderers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.utils.mediatypes import _MediaType


def to_json(data: Any) -> bytes:
    return orjson.dumps(data, default=str)  # str(): the lazy texts of error messages


def parsed(printed: Any) -> Any:
    """An object that is printed already, or is not, as a dict."""
    return orjson.loads(to_json(printed)) if isinstance(printed, orjson.Fragment) else printed


def exact(json: bytes) -> bytes:
    """To be kept: orjson's own takes up to twice its length in memory."""
    return bytes(memoryview(json))


class JSONRenderer(renderers.JSONRenderer):
    """Compact, UTF-8 not escaped; indented by two where the browsable page shows it."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        json = to_json(data)
        if self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            # Loaded once more: of what is printed already, orjson does not move a line.
            return orjson.dumps(orjson.loads(json), option=orjson.OPT_INDENT_2)
        return json


class BrowsablePage(renderers.BrowsableAPIRenderer):
    """DRF's page. What is long stands on it as plain text with its links.

    A browser takes half a minute to colour 100 detailed craft, of 650,000 words, and DRF's filter
    most of a second to find the links.
    """

    template = "rest_framework/api.html"
    longest = 300_000  # characters that are coloured
    _text = ""  # what is longer
    _place = "<the text>"  # which DRF escapes: it stands nowhere else
    _coloured = ' class="prettyprint"'

    def get_content(self, *args: Any, **kwargs: Any) -> Any:
        content = super().get_content(*args, **kwargs)
        if len(content) <= self.longest:
            return content
        self._text = content
        return mark_safe(self._place)  # noqa: S308  # ours

    def render(self, *args: Any, **kwargs: Any) -> Any:
        page = super().render(*args, **kwargs)
        if not self._text:
            return page
        before, _, after = page.partition(self._place)
        start, _, head = before.rpartition(self._coloured)
        return f"{start}{head}{with_links(self._text)}{after}"


def with_links(text: str) -> str:
    """`text` as HTML, and each URL in quotes a link."""
    return _QUOTED_URL.sub(r'<a href="\g<0>" rel="nofollow">\g<0></a>', escape(text))


_QUOTED_URL = re.compile(r"(?<=&quot;)https?://\S+?(?=&quot;)")


class Negotiation(DefaultContentNegotiation):
    """Of two media types of one rank, the first that `Accept` names.

    DRF keeps those of one rank in a set, and so takes one or the other by the process's hash seed:
    `application/json; indent=4, application/json; indent=2` was answered in two ways.
    """

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        found: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        accepted = request._parsed_accept_list
        if len(accepted) > 1:
            renderer = _MediaType(found[0].media_type)
            matching = (media_type for media_type in accepted if renderer.match(media_type))
            request._parsed_accept_list = [max(matching, key=lambda one: one.precedence)]
            found = super().select_renderer(request, [found[0]], found[0].format)
        return found
