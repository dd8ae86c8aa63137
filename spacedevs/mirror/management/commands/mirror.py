import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError
from django.db import Error, close_old_connections

from spacedevs import environment
from spacedevs.api.registry import resources
from spacedevs.errors import sentence_of
from spacedevs.locks import Busy
from spacedevs.mirror.budget import MOST_CALLS, Budget, utc_now
from spacedevs.mirror.display import Lines, Screen, mute_when_closed
from spacedevs.mirror.errors import SourceError
from spacedevs.mirror.follow import Follower
from spacedevs.mirror.models import MirrorRun
from spacedevs.mirror.run import Exit, Mirror, Stopped, describe
from spacedevs.mirror.source import Gone, Source, parse_root
from spacedevs.mirror.stop import Stop

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
UNLIKE_FOLLOW = ("only", "dry_run", "every")
AGAIN, MOST_AGAIN = 5.0, 60.0  # seconds after a fault, and after many
UNSAID = 1  # second: shorter pauses are not worth a message
LONGEST = 365 * 86400  # seconds
MOST_NOTES = 1000  # printed; the run's row has all


class Command(BaseCommand):
    help = (
        "Fills and refreshes this server from upstream, or from any server like it. "
        "Exit codes: 0 done; 1 failed; 2 an option makes no sense; 3 unfinished, out of calls; "
        "4 another run is at it; 5 partly: some lists failed, the others are loaded."
    )

    requires_system_checks = ()  # a third of what an unchanged run costs; prepare and serve check

    def add_arguments(self, parser: ArgumentParser) -> None:
        lists: dict[str, Any] = {
            "nargs": "+",
            "choices": sorted(resources()),
            "default": [],
            "metavar": "LIST",
        }
        parser.add_argument(
            "--from", dest="source", metavar="URL", default="", help="in place of `MIRROR_FROM`"
        )
        parser.add_argument("--token", metavar="KEY", default="", help="in place of `MIRROR_TOKEN`")
        parser.add_argument("--only", **lists, help="read these lists alone")
        parser.add_argument(
            "--budget",
            type=calls,
            metavar="N",
            help="calls in an hour, in place of `MIRROR_BUDGET`",
        )
        parser.add_argument("--wait", action="store_true", help="wait when the calls are used up")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--force", **lists, help="load these lists, however small they are")
        parser.add_argument(
            "--every", type=seconds, metavar="1h", help="stay up, and run again and again"
        )
        parser.add_argument(
            "--follow",
            action="store_true",
            help="stay up, and take over each change of a server of this project as it is made",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.display = Screen(sys.stdout) if sys.stdout.isatty() else Lines(self.stdout)
        try:
            least = {"least": 1, "most": MOST_CALLS}
            self.limit = options["budget"] or environment.number("MIRROR_BUDGET", **least)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if options["follow"] and (other := next(filter(options.get, UNLIKE_FOLLOW), None)):
            option = other.replace("_", "-")
            raise CommandError(
                f"--follow takes over all lists until it is stopped; --{option} "
                "makes no sense beside it.",
                returncode=Exit.MISUSED,
            )
        with Stop() as self.stop:
            if options["follow"]:
                raise SystemExit(int(self.follow(options)))
            code = self.run_once(options)
            while options["every"] and not self.stop.within(options["every"]):
                close_old_connections()  # one that broke, or that was closed while we slept
                self.run_once(options)
        raise SystemExit(0 if options["every"] else int(code))

    def follow(self, options: dict[str, Any]) -> Exit:
        """Until it is told to stop: outlives every fault of the source and of the database."""
        try:
            with self.source(options):  # whose address may be none
                pause = AGAIN
        except SourceError as error:
            return self.fail(str(error))
        while not self.stop.within(0):
            code = self.run_once(options)
            source = self.mirror.source
            if code not in (Exit.FAILED, Exit.BUSY) and not source.is_own:
                return self.fail("The source is no server of this project; use --every.")
            if code is Exit.DONE and source.dump:
                self.display.say("Following: each change there is here within a second or two.")
                self.keep_up(options, source.dump.version)
                pause = AGAIN
            self.stop.within(pause)
            pause = min(2 * pause, MOST_AGAIN)
        return Exit.DONE

    def keep_up(self, options: dict[str, Any], version: str) -> None:
        """Returns where it is told to stop, and where a full run has to begin anew."""
        with self.source(options) as source:
            follower = Follower(source, self.run, version, self.stop.within, self.display.say)
            while not self.stop.within(0):
                try:
                    follower.follow()
                except Gone as error:
                    self.complain(str(error))
                    return
                except (SourceError, Busy) as error:
                    self.complain(str(error) or "Another run of the mirror is at it.")
                except Error as error:
                    self.complain(sentence_of(error))
                except Exception as error:  # it would come again with the same change
                    self.complain(describe(error))
                    return
                self.stop.within(AGAIN)

    def run_once(self, options: dict[str, Any]) -> Exit:
        """One run. Whatever happens, it ends in a sentence and a code."""
        try:
            with self.source(options) as source, self.display.reading(self.budget):
                started = time.monotonic()
                only, force = tuple(options["only"]), tuple(options["force"])
                self.mirror = Mirror(source, self.seen, only, options["dry_run"], force)
                self.run, code = self.mirror.run()
        except Busy:
            return self.fail("Another run of the mirror is at it; this one ends.", Exit.BUSY)
        except SourceError as error:
            return self.fail(str(error))
        except Error as error:
            return self.fail(sentence_of(error))
        except OSError as error:
            return self.fail(f"{error.filename or 'A file'} can't be used: {error.strerror}.")
        except Exception as error:
            return self.fail(describe(error))
        self.report(self.run, self.mirror.notes, time.monotonic() - started)
        return code

    def fail(self, sentence: str, code: Exit = Exit.FAILED) -> Exit:
        self.complain(sentence)
        return code

    @mute_when_closed()
    def complain(self, sentence: str) -> None:
        self.stderr.write(sentence)

    def report(self, run: MirrorRun, notes: list[str], took: float) -> None:
        for note in notes[:MOST_NOTES]:
            self.display.say(note)
        if len(notes) > MOST_NOTES:
            self.display.say(f"and {len(notes) - MOST_NOTES} more like these")
        if run.message:
            self.complain(run.message)
        self.display.end(run, took)

    def source(self, options: dict[str, Any]) -> Source:
        named = options["source"] or environment.text("MIRROR_FROM")
        host = parse_root(named).netloc.decode()
        self.budget = Budget(host, self.limit, wait=options["wait"], sleep=self.sleep)
        return Source(
            named,
            self.budget,
            token=options["token"] or environment.text("MIRROR_TOKEN"),
            user_agent=f"spacedevs/{environment.VERSION} (self-hosted mirror)",
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        if seconds > UNSAID:
            until = f"{utc_now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"
            self.display.say(f"Waiting until {until} UTC. {self.mirror.describe_left()}")
        if self.stop.within(seconds):
            raise Stopped

    def seen(self, resource: str, rows: int, count: int) -> None:
        self.display.page(resource, rows, count)
        if self.stop.within(0):
            raise Stopped


def calls(text: str) -> int:
    """For argparse, which names the option and prints the words of this error."""
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
