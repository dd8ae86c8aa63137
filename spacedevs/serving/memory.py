"""What was freed is given back to the system.

glibc keeps what lies between what is still in use: after answers of megabytes a worker had 184 MiB
where 146 were in use.
"""

import asyncio
import ctypes
from contextlib import suppress

EACH = 5.0  # seconds


def give_back_each(loop: asyncio.AbstractEventLoop) -> None:
    """Every few seconds, in a thread: it takes milliseconds, in which Python goes on."""
    with suppress(OSError, AttributeError):  # another C library, which may give back by itself
        trim = ctypes.CDLL(None).malloc_trim

        def give_back() -> None:
            loop.run_in_executor(None, trim, 0)
            loop.call_later(EACH, give_back)

        loop.call_later(EACH, give_back)
