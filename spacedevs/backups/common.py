"""What a backup is, of either database: a file that holds all of it, as of one moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, cast

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from spacedevs.api.registry import record_models

Migrations = set[tuple[str, str]]  # app and name


class BackupError(Exception):
    """A backup can't be made, or can't be restored. Its words say why, and what to do."""


class Backups(Protocol):
    """What each kind of database does. All raise BackupError, and what the database raises."""

    def write(self, path: Path) -> None:
        """Makes the backup in a file that is not there yet."""

    def read_migrations(self, path: Path) -> Migrations:
        """The migrations that the backup has had. It is whole, or this raises."""

    def restore(self, path: Path) -> None:
        """Puts the backup in the place of all that is in the database, at once."""


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """A file on the disk of `path`, to be moved to it once it is whole, and else thrown away."""
    try:
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            yield Path(folder) / path.name
    except OSError as error:
        raise BackupError(f"{path} can't be written: {error.strerror}.") from error


def check_migrations(path: Path, found: Migrations) -> bool:
    """Whether the release that is here has migrations that the backup has not had.

    Raises BackupError where the backup is not of this program, or of a newer release.
    """
    graph = MigrationLoader(None)
    known = set(graph.disk_migrations)
    replaced = {each for one in graph.disk_migrations.values() for each in one.replaces}
    if not {model._meta.app_label for model in record_models()} <= {app for app, _ in found}:
        raise BackupError(f"{path} is not a backup of this program: it lacks its tables.")
    if newer := sorted(found - known - replaced):
        names = ", ".join(f"{app}.{name}" for app, name in newer)
        raise BackupError(
            f"{path} is of a newer release, whose migrations are not here: {names}. "
            "Install that release, or restore an older backup."
        )
    return bool(known - found)


def backups() -> Backups:
    """Those of the database that is set."""
    found: Any = import_module(f"spacedevs.backups.{connection.vendor}")
    return cast("Backups", found)


def flush(path: Path) -> None:
    """To the disk, before its name stands for a whole file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
