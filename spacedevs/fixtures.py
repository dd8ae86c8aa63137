"""The records of fixtures/, brought to a database that is empty or in use.

Each record is offered to a database once. It is left where a record of that id is here, whatever
it says; where it was offered before, and an editor has deleted it since; and where its model comes
from the mirror.
"""

import json
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import DataError, IntegrityError, transaction

from spacedevs.api.registry import record_models
from spacedevs.mirror.models import Mirrored
from spacedevs.models import OfferedFixtures

Row = dict[str, Any]


class BrokenFixture(Exception):
    """A file of fixtures/ that can't be read. Its words name it."""


class Offer:
    """What of a model's fixtures is new to this database, and what of that is loaded."""

    def __init__(self, label: str, keys: set[str]) -> None:
        rows = apps.get_model(label)._base_manager
        stored = set(map(str, rows.values_list("pk", flat=True)))
        self._offered = OfferedFixtures.objects.filter(model=label).first()
        # A model that has records already got them from an earlier release.
        by_default = keys if stored else set()
        before = set(self._offered.keys) if self._offered else by_default
        self.label, self.new, self.all = label, keys - before, keys | before
        is_mirrored = Mirrored.objects.filter(model=label).exists()
        self.loaded = set() if is_mirrored else self.new - stored

    def save(self) -> None:
        """Writes nothing where there is nothing new."""
        if self.new or self._offered is None:
            keys = {"keys": sorted(self.all)}
            OfferedFixtures.objects.update_or_create(model=self.label, defaults=keys)


def load_new_fixtures() -> Iterator[str]:
    """Loads what is new to this database, all of it or nothing; yields what it did, in sentences.

    Raises BrokenFixture.
    """
    was_empty = not any(model._base_manager.exists() for model in record_models())
    files = {path.name: _read(path) for path in sorted(settings.FIXTURES.glob("*.json"))}
    keys: dict[str, set[str]] = {}
    for row in chain.from_iterable(files.values()):
        keys.setdefault(row["model"], set()).add(str(row["pk"]))
    offers = {label: Offer(label, of_model) for label, of_model in keys.items()}

    def is_new(row: Row) -> bool:
        return str(row["pk"]) in offers[row["model"]].new

    def is_loaded(row: Row) -> bool:
        return str(row["pk"]) in offers[row["model"]].loaded

    loaded = list(filter(is_loaded, chain.from_iterable(files.values())))
    try:
        with transaction.atomic():
            _load(loaded)
            for offer in offers.values():
                offer.save()
    except IntegrityError as error:
        yield f"Nothing of fixtures/ was loaded: it names a record that is not here. {error}"
        return
    if was_empty:
        yield f"The database was empty: loaded {len(loaded)} records from fixtures/."
        return
    for name, rows in files.items():
        new, came = sum(map(is_new, rows)), sum(map(is_loaded, rows))
        if new:
            yield (
                f"fixtures/{name} has {new} new records: loaded {came}; "
                f"left {new - came}, which are here already or come from the mirror."
            )


def _read(path: Path) -> list[Row]:
    try:
        rows: list[Row] = json.loads(path.read_text())
        for row in rows:
            apps.get_model(row["model"])._meta.pk.to_python(row["pk"])
    except (OSError, ValueError, LookupError, TypeError, ValidationError) as error:
        raise BrokenFixture(f"{path} can't be loaded: {error}") from error
    return rows


def _load(rows: list[Row]) -> None:
    """By Django's loaddata, which looks at the relations once all rows are there."""
    if rows:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(rows, file)
            file.flush()
            try:
                call_command("loaddata", file.name, verbosity=0)
            except (DataError, DeserializationError) as error:
                # It names the model and the id; the file is of this moment.
                words = str(error).replace(file.name, "fixtures/")
                raise BrokenFixture(words) from error
