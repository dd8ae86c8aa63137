from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import Error, connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from spacedevs.api.registry import record_models
from spacedevs.changes import log
from spacedevs.errors import is_database_away, sentence_of
from spacedevs.fixtures import BrokenFixture, load_new_fixtures
from spacedevs.locks import alone, in_turn

PATIENCE = 1  # second that another may take before this one says that it waits


class Command(BaseCommand):
    help = "Brings the database up to date, and loads the fixtures that are new to it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_migrations()
        if connection.vendor == "sqlite":
            self.make_data_dir()
        try:
            with in_turn(lambda: alone("prepare"), after=PATIENCE, late=self.say_why_it_waits):
                self.prepare()
        except OSError as error:
            raise CommandError(f"{error.filename} can't be used: {error.strerror}.") from error
        except BrokenFixture as error:
            raise CommandError(str(error)) from error
        except Error as error:
            if not is_database_away(error):
                raise
            raise CommandError(f"The database can't be used. {sentence_of(error)}") from error

    def prepare(self) -> None:
        if self.is_new():
            self.say("Making the tables, once: a few seconds.")
        call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
        log.prune()
        self.say("The database is up to date.")
        for sentence in load_new_fixtures():
            self.stdout.write(sentence)

    @staticmethod
    def is_new() -> bool:
        if connection.vendor == "sqlite":
            return not Path(connection.settings_dict["NAME"]).exists()
        return not connection.introspection.table_names()

    def say(self, sentence: str) -> None:
        """At once, also where a pipe is read."""
        self.stdout.write(sentence)
        self.stdout.flush()

    def say_why_it_waits(self) -> None:
        self.say("Waiting: another `prepare` or `restore` is at work on this database.")

    def check_migrations(self) -> None:
        """A column without a migration would be met as a database that can't be used."""
        loader = MigrationLoader(None)
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        labels = {model._meta.app_label for model in record_models()}
        if changed := detector.changes(loader.graph, trim_to_apps=labels):
            names = " ".join(sorted(changed))
            raise CommandError(
                f"The models of {names} have changes that no migration makes. "
                f"Run: manage.py makemigrations {names}"
            )

    def make_data_dir(self) -> None:
        try:
            settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(
                f"DATA_DIR can't be {settings.DATA_DIR}: {error.strerror}. "
                "Set it to a folder that can be written."
            ) from error
