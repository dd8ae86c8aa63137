"""What needs no event loop goes past it: from the thread that has read the request, at once.

granian hands each request to the event loop, which takes longer than a known answer does; of a new
one it took a quarter. It has no public way around that: what a private function of its makes is
wrapped, with a question before it. Where another granian does not have that function, all goes by
the loop, and a test says so.
"""

import logging
from collections.abc import Callable
from typing import Any

from granian import _futures

logger = logging.getLogger(__name__)

SCHEDULE = "_cbsched_aioschedule"
# Of granian's watcher, with a request's `scope` and `proto`: whether it is taken care of, and its
# done() or err() called once that has ended.
Taken = Callable[[Any], bool]


def install(taken: Taken) -> None:
    """In a worker, before granian makes its scheduler."""
    by_the_loop: Any = getattr(_futures, SCHEDULE, None)
    if by_the_loop is None:
        return

    def schedule_by(loop: Any, context: Any, callback: Any) -> Callable[[Any], None]:
        schedule = by_the_loop(loop, context, callback)

        def schedule_or_take(watcher: Any) -> None:
            try:
                if taken(watcher):
                    return
            except Exception:  # the thread is granian's
                logger.exception("A request could not be taken; it goes on by the event loop.")
            schedule(watcher)

        return schedule_or_take

    setattr(_futures, SCHEDULE, schedule_by)
