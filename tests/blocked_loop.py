"""An RSGI application whose event loop stands still from its first request on."""

import time
from typing import Any

from spacedevs.serving import at_once

BLOCKED = 10  # seconds


def taken(watcher: Any) -> bool:
    if watcher.scope.path == "/fault":
        raise ValueError("a known answer that fails")
    if watcher.scope.path == "/known":
        watcher.proto.response_bytes(200, [("content-type", "text/plain")], b"known")
        watcher.done()
    return bool(watcher.scope.path == "/known")


class Site:
    async def __rsgi__(self, scope: Any, client: Any) -> None:
        client.response_bytes(200, [("content-type", "text/plain")], b"made")
        if scope.path == "/block":
            time.sleep(BLOCKED)  # what this is for


site = Site()
at_once.install(taken)
