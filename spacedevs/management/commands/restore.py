from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.db import Error, connection

from spacedevs.backups import common
from spacedevs.errors import sentence_of
from spacedevs.locks import alone, in_turn

PATIENCE = 1  # second that another may take before this one says that it waits


class Command(BaseCommand):
    help = "Puts FILE, which `backup` wrote, in the place of all that is in the database."
    requires_system_checks = ()  # those of the database are for one that is whole

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the file to read")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        backups = common.backups()
        try:
            is_older = common.check_migrations(path, backups.read_migrations(path))
            with self.alone("prepare"), self.alone("mirror"):
                backups.restore(path)
        except common.BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} can't be used: {error.strerror}.") from error
        except Error as error:
            raise CommandError(f"Nothing was restored. {sentence_of(error)}") from error
        connection.close()
        self.stdout.write(f"The database is that of {path}.")
        if is_older:
            self.stdout.write("It is of an older release, and is brought up to date:")
            call_command("prepare", stdout=self.stdout)

    def alone(self, purpose: str) -> Any:
        def late() -> None:
            self.stdout.write(f"Waiting: a `{purpose}` is at work on this database.")
            self.stdout.flush()

        return in_turn(lambda: alone(purpose), after=PATIENCE, late=late)
