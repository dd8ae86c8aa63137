import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from os import environ
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError
from django.db import Error, close_old_connections

from spacecraft.mirror.addresses import root_of
from spacecraft.mirror.budget import Budget, utc_now
from spacecraft.mirror.checks import RESOURCES
from spacecraft.mirror.client import Source
from spacecraft.mirror.faults import SourceFault
from spacecraft.mirror.models import MirrorRun
from spacecraft.mirror.run import Busy, Calls, Exit, Mirror, Options, Stopped
from spacecraft.mirror.show import Lines, Screen
from spacecraft.mirror.stop import Stop
from spacedevs import environment
from spacedevs.errors import DATABASE_AWAY

MOST_CALLS = 100_000
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
UNSAID = 1  # second: a pause that nobody has to be told of
LONGEST = 365 * 86400  # seconds
MOST_NOTES = 1000  # printed; the run's row has all


class Command(BaseCommand):
    help = "Fills and refreshes this server from upstream, or from any server like it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="source", metavar="URL", default="")
        parser.add_argument("--token", metavar="KEY", default="")
        parser.add_argument("--only", nargs="+", choices=sorted(RESOURCES), default=[])
        parser.add_argument("--budget", type=calls, metavar="N", help="calls in an hour")
        parser.add_argument("--wait", action="store_true", help="wait when the calls are used up")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--force", action="store_true", help="believe a much smaller set")
        parser.add_argument(
            "--every", type=seconds, metavar="1h", help="stay up, and run again and again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.show = Screen(sys.stdout) if sys.stdout.isatty() else Lines(self.stdout)
        try:
            least = {"least": 1, "most": MOST_CALLS}
            self.limit = options["budget"] or environment.number("MIRROR_BUDGET", **least)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        with Stop() as self.stop:
            code = self.run_once(options)
            while options["every"] and not self.stop.within(options["every"]):
                close_old_connections()  # one that broke, or that was closed while we slept
                self.run_once(options)
        raise SystemExit(0 if options["every"] else int(code))

    def run_once(self, options: dict[str, Any]) -> Exit:
        """One run. Whatever the source or the database does, it ends in a sentence and a code."""
        try:
            with self.source(options) as source, self.show.reading(self.budget):
                started = time.monotonic()
                self.mirror = Mirror(source, self.options(options), utc_now, self.seen, self.sleep)
                run, code = self.mirror.run()
        except Busy:
            self.stderr.write("Another run of the mirror is at it; this one ends.")
            return Exit.BUSY
        except SourceFault as fault:
            self.stderr.write(str(fault))
            return Exit.FAULT
        except Error as error:
            self.stderr.write(f"{DATABASE_AWAY}\n{str(error).strip()}")
            return Exit.FAULT
        self.tell(run, self.mirror.notes, time.monotonic() - started)
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
        self.budget = Budget(
            self.limit, Calls(root_of(named)), wait=options["wait"], sleep=self.sleep
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
        if seconds > UNSAID:
            until = f"{utc_now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"
            self.show.say(f"Waiting until {until} UTC. {self.mirror.left()}")
        if self.stop.within(seconds):
            raise Stopped

    def seen(self, resource: str, rows: int, count: int) -> None:
        self.show.page(resource, rows, count)
        if self.stop.within(0):
            raise Stopped


def calls(text: str) -> int:
    """For argparse, which names the option and the words of this fault."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_CALLS):
        raise ArgumentTypeError(f"{text!r} is no number of calls from 1 to {MOST_CALLS}")
    return int(text)


def seconds(text: str) -> int:
    """As calls()."""
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and unit in UNITS:
        length = int(number) * UNITS[unit]
        if 1 <= length <= LONGEST:
            return length
    raise ArgumentTypeError(f"{text!r}: write a number and s, m, h or d, like 1h; 365d at most")
