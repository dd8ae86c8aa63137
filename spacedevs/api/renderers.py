"""JSON to the letter as upstream writes it, and the browsable page around it."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers


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
        indent = self.get_indent(accepted_media_type or "", dict(renderer_context or {}))
        # str(): the lazy texts of error messages.
        return orjson.dumps(data, default=str, option=orjson.OPT_INDENT_2 if indent else None)


class BrowsablePage(renderers.BrowsableAPIRenderer):
    template = "rest_framework/api.html"
