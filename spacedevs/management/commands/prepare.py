from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from spacedevs.api.viewsets import resources
from spacedevs.errors import DATABASE_FAULTS


class Command(BaseCommand):
    help = "Brings the database up to date, and loads the fixtures if it holds no records."

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "sqlite":
            self.make_data_dir()
        try:
            call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
            self.stdout.write("The database is up to date.")
            self.load_fixtures()
        except DATABASE_FAULTS as error:
            raise CommandError(
                f"The database can't be used: {str(error).strip()}\n"
                "Start it, or set DATABASE_URL to one that answers."
            ) from error

    def make_data_dir(self) -> None:
        try:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(
                f"DATA_DIR can't be {settings.DATA_DIR}: {error.strerror}. "
                "Set it to a folder that can be written."
            ) from error

    def load_fixtures(self) -> None:
        if any(viewset.queryset.exists() for viewset in resources().values()):
            return
        names = [path.stem for path in sorted(settings.FIXTURES.glob("*.json"))]
        call_command("loaddata", *names, verbosity=0)
        rows = sum(viewset.queryset.count() for viewset in resources().values())
        self.stdout.write(f"The database was empty: loaded {rows} records from fixtures/.")
