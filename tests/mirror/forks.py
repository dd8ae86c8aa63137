"""Runs of the mirror, each a process of its own, forked from one that has imported all.

A kill at a random moment then falls into the run, and not into Python's start, which is half of it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command, load_command_class

from tests.servers import manage


class Forks:
    """The process that forks; one run at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self.begin, self.output = process.stdin, process.stdout

    def start(self, *arguments: str) -> int:
        """The pid of a run with these arguments."""
        print(*arguments, file=self.begin, flush=True)
        return int(self.output.readline())

    def wait(self) -> int:
        """The exit code of the run; the number of the signal that killed it, below zero."""
        return int(self.output.readline())


@contextmanager
def forks(env: dict[str, str]) -> Iterator[Forks]:
    with subprocess.Popen(
        manage("shell", "--no-imports", "-c", "from tests.mirror.forks import fork; fork()"),
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Forks(process)


def fork() -> None:
    """For each line of arguments: the pid of a run, and then its exit code."""
    load_command_class("spacedevs.mirror", "mirror")  # and all that it imports
    for line in sys.stdin:
        if not (pid := os.fork()):
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            try:
                call_command("mirror", *line.split())
            except SystemExit as ended:
                sys.stderr.flush()
                os._exit(int(ended.code or 0))  # what Python tidies up at its end is not the run
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
