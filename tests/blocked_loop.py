"""An RSGI application whose event loop stands still from its first request on."""

import time
from typing import Any

from spacedevs.serving import at_once

BLOCKED = 10  # seconds


def answered(scope: Any, client: Any) -> bool:
    if scope.path == "/fault":
        raise ValueError("a known answer that fails")
    if scope.path == "/known":
        client.response_bytes(200, [("content-type", "text/plain")], b"known")
    return bool(scope.path == "/known")


class Site:
    async def __rsgi__(self, scope: Any, client: Any) -> None:
        client.response_bytes(200, [("content-type", "text/plain")], b"made")
        if scope.path == "/block":
            time.sleep(BLOCKED)  # what this is for


site = Site()
at_once.install(answered)
