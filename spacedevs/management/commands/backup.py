from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import Error, connection
from django.template.defaultfilters import filesizeformat

from spacedevs.backups import common
from spacedevs.errors import sentence_of


class Command(BaseCommand):
    help = "Writes the whole database to FILE, while the site runs; `restore` reads it."
    requires_system_checks = ()  # a database can be saved whatever the code declares

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the file to write")
        parser.add_argument("--force", action="store_true", help="replace FILE where it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.exists() and not (options["force"] and path.is_file()):
            raise CommandError(f"{path} is there already. Name another file, or add --force.")
        database = Path(connection.settings_dict["NAME"])
        if path.exists() and database.exists() and path.samefile(database):
            raise CommandError(f"{path} is the database itself. Name another file.")
        try:
            with common.draft_of(path) as draft:
                common.backups().write(draft)
                draft.chmod(0o600)
                common.flush(draft)
                draft.replace(path)
        except common.BackupError as error:
            raise CommandError(str(error)) from error
        except Error as error:
            raise CommandError(f"No backup was made. {sentence_of(error)}") from error
        size = filesizeformat(path.stat().st_size).replace("\xa0", " ")
        self.stdout.write(f"{path}: the whole database, {size}.")
