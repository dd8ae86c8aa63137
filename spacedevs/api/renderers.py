"""JSON to the letter as upstream writes it, and whether it or the page around it is asked for."""

from collections.abc import Mapping
from typing import Any

import orjson
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
