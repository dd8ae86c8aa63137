"""A database of N craft like the real one: what the records that are there come to N times over.

    python -m bench.grow 60300       # in the database that DATA_DIR or DATABASE_URL names

Copies of all that is not a list of kinds: agencies, images, configurations, craft, launches,
landings, flights, in the proportions that they have. A copy has an id of our own, and each
generation of copies a word of its own in its names. It is no command of the site, and refuses a
database that anybody works with: one with users, with records made here, or from the mirror.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from spacecraft import models as records  # noqa: E402
from spacedevs.ids import FIRST_OWN  # noqa: E402
from spacedevs.indexes import declared  # noqa: E402
from spacedevs.mirror.models import Mirrored  # noqa: E402
from spacedevs.names import SortKeyField, sort_key  # noqa: E402

# What is copied, each after what it refers to; the other tables are lists of kinds.
COPIED: tuple[Any, ...] = (
    records.Image,
    records.ImageVariant,
    records.Agency,
    records.Agency.country.through,
    records.SpacecraftConfigFamily,
    records.SpacecraftConfiguration,
    records.SpacecraftConfiguration.family.through,
    records.Spacecraft,
    records.Launch,
    records.Landing,
    records.SpacecraftFlight,
)
AT_ONCE = 10  # generations in a transaction
SYLLABLES = [a + b for a in "bdfgklmnprtv" for b in "aeiou"]
# By kind of database: a UUID of version 5 for the copy of one of version 4, and a longer duration.
UUIDS = {
    "sqlite": "substr({0}, 1, 12) || '5' || substr({0}, 14, 11) || printf('%%08x', {1})",
    "postgresql": "(substr({0}::text, 1, 14) || '5' || substr({0}::text, 16, 13)"
    " || lpad(to_hex({1}), 8, '0'))::uuid",
}
IS_COPY = {"sqlite": "substr({0}, 13, 1) = '5'", "postgresql": "substr({0}::text, 15, 1) = '5'"}
LONGER = {"sqlite": "{0} + {1} * 1000000", "postgresql": "{0} + make_interval(secs => {1})"}


def in_use() -> str:
    """What says that somebody works with this database; empty where nothing does."""
    if get_user_model().objects.exists():
        return "it has users"
    if Mirrored.objects.exists():
        return "it has records from the mirror"
    if records.Spacecraft.objects.filter(pk__gte=FIRST_OWN).exists():
        return "it has craft that were made here"
    return "" if records.Spacecraft.objects.exists() else "it has no records to copy: run `prepare`"


def words() -> Iterator[str]:
    """A word for each generation, none of which is a part of another."""
    return ("".join(each).capitalize() for each in product(SYLLABLES, SYLLABLES, ("th", "x")))


def copy_of(column: Any, generation: int, stride: int, word: str) -> str:
    """The SQL of a column of a copy."""
    quoted, vendor = connection.ops.quote_name(column.column), connection.vendor
    own = column if column.primary_key else None
    target = column.target_field if column.is_relation else own
    if target is not None and target.model in COPIED:
        if isinstance(target, models.UUIDField):
            return UUIDS[vendor].format(quoted, generation)
        return f"{quoted} + {FIRST_OWN + (generation - 1) * stride}"
    if isinstance(column, SortKeyField):
        key = sort_key(word) if column.source == "name" else ""
        return f"substr({quoted} || '{key}', 1, {column.max_length})"
    if column.name == "name":
        return f"{quoted} || ' {word}'"
    if isinstance(column, models.DurationField):
        return LONGER[vendor].format(quoted, generation)
    return quoted


def first_of(model: Any) -> str:
    """The name of the table that has what is copied, without the copies."""
    return connection.ops.quote_name(f"first_{model._meta.db_table}")


def keep_first(model: Any) -> None:
    table, pk = model._meta.db_table, connection.ops.quote_name(model._meta.pk.column)
    is_copy = f"{pk} >= {FIRST_OWN}"
    if isinstance(model._meta.pk, models.UUIDField):
        is_copy = IS_COPY[connection.vendor].format(pk)
    with connection.cursor() as cursor:
        rows = f'SELECT * FROM "{table}" WHERE NOT ({is_copy})'
        cursor.execute(f"CREATE TEMPORARY TABLE {first_of(model)} AS {rows}")


def copy(model: Any, generation: int, stride: int, word: str, craft: int) -> None:
    """One generation of a model's rows; of no more than so many craft, and of their flights."""
    columns, quote, limit = model._meta.concrete_fields, connection.ops.quote_name, ""
    if model is records.Spacecraft:
        limit = f"ORDER BY {quote(model._meta.pk.column)} LIMIT {craft}"
    elif model is records.SpacecraftFlight:
        offset = FIRST_OWN + (generation - 1) * stride
        crafts = quote(records.Spacecraft._meta.db_table)
        flown = f"EXISTS (SELECT 1 FROM {crafts} WHERE id = spacecraft_id + {offset})"
        limit = f"WHERE spacecraft_id IS NULL OR {flown}"
    names = ", ".join(quote(column.column) for column in columns)
    values = ", ".join(copy_of(column, generation, stride, word) for column in columns)
    rows = f"SELECT {values} FROM {first_of(model)} {limit}"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {rows}", [])


def grow(craft: int, said: Callable[[str], Any] = print) -> None:
    """Copies until there are so many craft."""
    numbered = [each for each in COPIED if not isinstance(each._meta.pk, models.UUIDField)]
    largest = max(each.objects.aggregate(most=Max("pk"))["most"] or 0 for each in numbered)
    stride = 10 ** len(str(largest))
    there = records.Spacecraft.objects.count()
    begun, generations = time.monotonic(), -(-(craft - there) // there)
    named = list(enumerate(islice(words(), generations), 1))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # it is not for keeping
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -400000")  # KiB
    for model in COPIED:
        keep_first(model)
    declared.drop()  # made anew at the end, in less time
    for first in range(0, generations, AT_ONCE):
        with transaction.atomic():
            for generation, word in named[first : first + AT_ONCE]:
                for model in COPIED:
                    copy(model, generation, stride, word, min(there, craft - generation * there))
    declared.install()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does; SQLite has no such thing
    rows = sum(model.objects.count() for model in COPIED)
    said(
        f"{records.Spacecraft.objects.count()} craft in {generations} generations of copies, "
        f"{rows} rows in all; in {time.monotonic() - begun:.0f} s."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("craft", type=int, metavar="N", help="how many craft there will be")
    parser.add_argument("--force", action="store_true", help="whoever works with the database")
    arguments = parser.parse_args()
    why = in_use()
    if why and not arguments.force:
        sys.exit(f"Nothing was copied: {why}. This is for a database that is thrown away.")
    grow(arguments.craft)


if __name__ == "__main__":
    main()
