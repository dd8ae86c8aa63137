"""SIGTERM and SIGINT, as a word to stop that is heard between two pages."""

import os
import select
import signal
from typing import Any, Self

WORDS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Within it, a word to stop ends a pause at once, and nothing else.

    A signal comes at any moment. A threading.Event that its handler sets is locked for ever
    where wait() holds the lock just then; and a handler is called late where the signal comes
    just before a call that blocks. So it is the interpreter that tells, through a pipe.
    """

    def __enter__(self) -> Self:
        self.heard, woken = os.pipe()
        os.set_blocking(woken, False)  # set_wakeup_fd asks for it
        self.pipe_before = signal.set_wakeup_fd(woken)
        self.woken = woken
        self.handlers_before = {word: signal.signal(word, self.handle) for word in WORDS}
        return self

    def __exit__(self, *_: object) -> None:
        for word, handler in self.handlers_before.items():
            signal.signal(word, handler)
        signal.set_wakeup_fd(self.pipe_before)
        os.close(self.woken)
        os.close(self.heard)

    def handle(self, word: int, _: Any) -> None:
        """Who says it twice does not wait for the next page."""
        signal.signal(word, signal.SIG_DFL)

    def within(self, seconds: float) -> bool:
        """Whether the word was said, or is within these seconds."""
        return bool(select.select([self.heard], [], [], seconds)[0])
