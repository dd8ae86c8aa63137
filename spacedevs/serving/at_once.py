"""Known answers leave from the thread that has read the request, without the event loop.

granian hands each request to the event loop, which takes longer than a known answer does. It has
no public way around that: what a private function of its makes is wrapped, with a question before
it. Where another granian does not have that function, all goes by the loop, and a test says so.
"""

import logging
from collections.abc import Callable
from typing import Any

from granian import _futures

logger = logging.getLogger(__name__)

SCHEDULE = "_cbsched_aioschedule"
Answered = Callable[[Any, Any], bool]  # scope and client: whether it has been answered


def install(answered: Answered) -> None:
    """In a worker, before granian makes its scheduler."""
    by_the_loop: Any = getattr(_futures, SCHEDULE, None)
    if by_the_loop is None:
        return

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

    setattr(_futures, SCHEDULE, schedule_by)
