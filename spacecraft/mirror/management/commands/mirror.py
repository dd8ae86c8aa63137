import signal
import sys
import time
from argparse import ArgumentParser
from os import environ
from threading import Event
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from spacecraft.mirror.budget import Budget, utc_now
from spacecraft.mirror.checks import RESOURCES
from spacecraft.mirror.client import Source, SourceFault, root_of
from spacecraft.mirror.models import MirrorRun
from spacecraft.mirror.run import Busy, Calls, Exit, Mirror, Options
from spacecraft.mirror.show import Lines, Screen
from spacedevs import environment

MOST_CALLS = 100_000
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MOST_NOTES = 20


class Stopped(BaseException):
    """SIGTERM came; between two pages, the run ends."""


class Command(BaseCommand):
    help = "Fills and refreshes this server from upstream, or from any server like it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="source", metavar="URL", default="")
        parser.add_argument("--token", metavar="KEY", default="")
        parser.add_argument("--only", nargs="+", choices=sorted(RESOURCES), default=[])
        parser.add_argument("--budget", type=int, metavar="N", help="calls in an hour")
        parser.add_argument("--wait", action="store_true", help="wait when the calls are used up")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--force", action="store_true", help="believe a much smaller set")
        parser.add_argument("--every", metavar="1h", help="stay up, and run again and again")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = Event()
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        self.show = Screen(sys.stdout) if sys.stdout.isatty() else Lines(self.stdout)
        pause = seconds(options["every"]) if options["every"] else None
        while True:
            code = self.run_once(options)
            if pause is None:
                raise SystemExit(int(code))
            if self.stop.wait(pause):
                raise SystemExit(0)

    def run_once(self, options: dict[str, Any]) -> Exit:
        """One run. Whatever the source does, it ends in a sentence and a code."""
        try:
            with self.source(options) as source, self.show.reading(self.budget):
                started = time.monotonic()
                mirror = Mirror(
                    source, self.budget, self.options(options), utc_now, self.seen, self.sleep
                )
                run, code = mirror.run()
        except Busy:
            self.stderr.write("Another run of the mirror is at it; this one ends.")
            return Exit.BUSY
        except (SourceFault, DatabaseError) as fault:
            self.stderr.write(str(fault).strip())
            return Exit.FAULT
        except Stopped:
            self.stdout.write("Stopped; the next run goes on from here.")
            return Exit.OUT_OF_CALLS
        self.tell(run, mirror.notes, time.monotonic() - started)
        return code

    def tell(self, run: MirrorRun, notes: list[str], took: float) -> None:
        for note in notes[:MOST_NOTES]:
            self.stdout.write(note)
        if len(notes) > MOST_NOTES:
            self.stdout.write(f"and {len(notes) - MOST_NOTES} more like these")
        if run.message:
            self.stderr.write(run.message)
        self.show.end(run, took)

    def source(self, options: dict[str, Any]) -> Source:
        named = options["source"] or environment.text("MIRROR_FROM")
        limit = options["budget"] or environment.number("MIRROR_BUDGET", least=1, most=MOST_CALLS)
        self.budget = Budget(
            limit, Calls(str(root_of(named))), wait=options["wait"], sleep=self.sleep
        )
        return Source(
            named,
            self.budget,
            token=options["token"] or environment.text("MIRROR_TOKEN"),
            # A private address is refused unless somebody named this source outright.
            allow_private=bool(options["source"] or environ.get("MIRROR_FROM")),
            user_agent=f"spacedevs/{environment.VERSION} (self-hosted mirror)",
            sleep=self.sleep,
        )

    def options(self, options: dict[str, Any]) -> Options:
        return Options(tuple(options["only"]), options["dry_run"], options["force"])

    def sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def seen(self, resource: str, rows: int, count: int) -> None:
        self.show.page(resource, rows, count)
        if self.stop.is_set():
            raise Stopped


def seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and int(number) and unit in UNITS):
        raise CommandError(f"--every is {text!r}: write a number and s, m, h or d, like 1h.")
    return int(number) * UNITS[unit]
