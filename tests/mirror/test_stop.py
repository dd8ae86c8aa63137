"""A word to stop is heard at whatever moment it comes."""

import os
import random
import signal
import time

import pytest

from spacedevs.mirror.stop import WORDS, Stop

AT_LENGTH = 30  # seconds: nothing here waits them out
SOON = 30e-6  # seconds: about when a pause begins
TIMES = 2_000


@pytest.mark.parametrize("word", WORDS)
def test_a_word_ends_a_pause_and_every_pause_after_it(word: signal.Signals) -> None:
    with Stop() as stop:
        assert not stop.within(0)
        os.kill(os.getpid(), word)
        assert stop.within(AT_LENGTH)
        assert stop.within(0)


def test_a_pause_that_nobody_ends_takes_its_time() -> None:
    with Stop() as stop:
        begun = time.monotonic()
        assert not stop.within(0.05)
        assert time.monotonic() - begun >= 0.05


def test_a_word_that_comes_just_as_a_pause_begins_is_heard() -> None:
    """An Event deadlocks here within some dozens; a queue's get() sleeps on in one of 30."""
    chance = random.Random(50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacedevs.mirror.stop.WORDS", (signal.SIGALRM,))
        for _ in range(TIMES):
            with Stop() as stop:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, SOON))
                assert stop.within(AT_LENGTH)


def test_who_says_it_twice_does_not_wait() -> None:
    with Stop():
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_afterwards_signals_mean_what_they_did_and_no_file_is_left_open() -> None:
    before = [signal.getsignal(word) for word in WORDS]
    files = len(os.listdir("/dev/fd"))
    with Stop():
        pass
    assert [signal.getsignal(word) for word in WORDS] == before
    assert len(os.listdir("/dev/fd")) == files
    assert signal.set_wakeup_fd(-1) == -1
