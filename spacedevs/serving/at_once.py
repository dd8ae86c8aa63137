"""Known answers leave from the thread that has read the request, without the event loop.

granian hands each request to the event loop, which takes longer than a known answer does. It has
no public way around that: here stands what its `_futures._cbsched_aioschedule` makes, with a
question before it. Where another granian does not know that function any more, all goes by the
loop, and a test says so.
"""

import logging
from collections.abc import Callable
from typing import Any

from granian import _futures

logger = logging.getLogger(__name__)

Answered = Callable[[Any, Any], bool]  # scope and client: whether it has been answered


def install(answered: Answered) -> None:
    """In a worker, before granian makes its scheduler."""
    by_the_loop: Any = _futures._cbsched_aioschedule

    def schedule_by(loop: Any, context: Any, callback: Any) -> Callable[[Any], None]:
        schedule = by_the_loop(loop, context, callback)

        def schedule_or_answer(watcher: Any) -> None:
            try:
                if answered(watcher.scope, watcher.proto):
                    watcher.done()
                    return
            except Exception:  # the thread is granian's
                logger.exception("A known answer failed; the request goes on.")
            schedule(watcher)

        return schedule_or_answer

    _futures._cbsched_aioschedule = schedule_by
