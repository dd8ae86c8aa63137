"""A list costs as much among many rows as among few: what it is read from, whoever wrote it.

What that comes to among 603,000 craft is measured by `make bench-growth`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client, RequestFactory
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from spacecraft.models import Country, Spacecraft, SpacecraftConfiguration
from spacedevs.api.filters import Ordering, Search
from spacedevs.api.pagination import MOST_MERGED, first_rows, like
from spacedevs.api.registry import resources
from spacedevs.ids import FIRST_OWN
from spacedevs.indexes import declared, postgresql, sqlite
from spacedevs.indexes.trigrams import having
from spacedevs.names import sort_key
from spacedevs.running import RunningDurationField, RunningValue
from tests.conftest import run, shell
from tests.servers import ROOT

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)  # of the frozen clock
DAY = timedelta(days=1)
Env = dict[str, str]
on_postgresql = pytest.mark.only_on("postgresql")
on_sqlite = pytest.mark.only_on("sqlite")
ORDERINGS = [
    (resource, ordering)
    for resource, viewset in sorted(resources().items())
    for ordering in (
        "",
        *viewset.ordering_fields,
        *(f"-{name}" for name in viewset.ordering_fields),
    )
]


def asked(resource: str, **query: str) -> tuple[Any, Request]:
    """The view and the request of a list."""
    request = Request(RequestFactory().get(f"/2.3.0/{resource}/", query))
    return resources()[resource](request=request, action="list", kwargs={}), request


def ids_of(resource: str, **query: str) -> QuerySet:
    """The query for the ids of a list."""
    view, _ = asked(resource, **query)
    return view.filter_queryset(view.queryset.all()).values_list("pk")


def plan(rows: QuerySet, *off: str) -> str:
    """How the database reads it; on PostgreSQL as among more rows than the fixtures' are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for each in ("seqscan", *off):
                cursor.execute(f"SET LOCAL enable_{each} = off")
    return rows.explain()


# Orderings


def assert_is_an_index_only(rows: QuerySet) -> None:
    found = plan(rows, "sort", "incremental_sort", "bitmapscan")
    if connection.vendor == "sqlite":
        assert "USING COVERING INDEX" in found
        assert "TEMP B-TREE" not in found
    else:
        assert "Index Only Scan" in found
        assert "Sort" not in found


@pytest.mark.parametrize(("resource", "ordering"), ORDERINGS)
@pytest.mark.parametrize("offset", [0, 600_000])
def test_an_ordering_is_read_from_an_index_alone(
    api: Client, resource: str, ordering: str, offset: int
) -> None:
    rows = ids_of(resource, ordering=ordering)
    first, *ties = rows.query.order_by
    value = getattr(first, "expression", None)
    if not isinstance(value, RunningValue):
        assert_is_an_index_only(rows[offset : offset + 10])
        return
    idle, running, _ = value.column.parts(rows, value.now)
    for part, key in (idle, running):
        ordered = part.order_by(like(first, key), *ties)
        found = plan(ordered[offset : offset + 10], "sort", "incremental_sort", "bitmapscan")
        assert "TEMP B-TREE" not in found
        assert "Sort" not in found
        assert "INDEX" in found.upper()


@pytest.mark.parametrize("resource", sorted(resources()))
def test_a_count_is_read_from_an_index_alone(api: Client, resource: str) -> None:
    table = resources()[resource].queryset.model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f'EXPLAIN QUERY PLAN SELECT count(*) FROM "{table}"')  # noqa: S608
        else:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f'EXPLAIN SELECT count(*) FROM "{table}"')  # noqa: S608
        found = str(cursor.fetchall())
    assert "COVERING INDEX" in found or "Index Only Scan" in found


@pytest.fixture
def durations(db: None) -> None:
    """Craft whose time is known or not, and runs, does not, or will; many are the same."""
    since = (None, NOON - 3 * DAY, NOON - DAY, NOON, NOON + DAY, NOON + timedelta(microseconds=1))
    settled = (None, timedelta(), DAY, DAY + timedelta(microseconds=1), 2 * DAY, 3 * DAY, 4 * DAY)
    pairs = [(one, other) for one in settled for other in since] * 2
    Spacecraft.objects.bulk_create(
        Spacecraft(pk=FIRST_OWN + n, name=str(n), time_in_space=time, in_space_since=start)
        for n, (time, start) in enumerate(pairs)
    )


@pytest.mark.parametrize("ordering", ["time_in_space", "-time_in_space"])
def test_what_runs_is_merged_with_what_does_not(durations: None, ordering: str) -> None:
    rows = ids_of("spacecraft", ordering=ordering)
    everything = list(rows)
    for end in range(len(everything) + 2):
        begin = max(0, end - 10)
        assert list(first_rows(rows, end)[begin:end]) == everything[begin:end]


def test_a_page_is_of_the_rows_that_are_counted(api: Client, durations: None) -> None:
    page = json.loads(api.get("/2.3.0/spacecraft/?ordering=-time_in_space&limit=3").content)
    assert (page["count"], len(page["results"])) == (Spacecraft.objects.count(), 3)


def test_what_is_ordered_by_more_or_far_down_is_sorted_as_ever(api: Client) -> None:
    several = ids_of("spacecraft", ordering="time_in_space,-flights_count")
    assert first_rows(several, 10) is several
    one = ids_of("spacecraft", ordering="time_in_space")
    assert first_rows(one, MOST_MERGED + 1) is one


# Search

# Letters whose capitals, small letters and folds differ, and what LIKE and FTS5 read as signs.
LETTERS = "aAbiIıİsSſkKKßẞσςΣµμΜéÉeთთᲗǆǅǄᾳᾼͅι𐐨𐐀ﬀ%_\\'*^():-+. 1"


@pytest.fixture
def hypothesis_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    yield
    set_hypothesis_home_dir(None)


def test_trigrams_find_what_is_found_without(api: Client, hypothesis_home: None) -> None:
    texts = st.text(LETTERS, max_size=12)

    @hypothesis.settings(deadline=None, max_examples=150, database=None)
    @hypothesis.given(texts, texts, st.text(LETTERS, min_size=3, max_size=5))
    def holds(before: str, after: str, word: str) -> None:
        for text in (f"{before}{word}{after}", before + after, f"{word.swapcase()}{after}"):
            Country.objects.filter(pk=1).update(name=text)
            rows = Country.objects.order_by("pk")
            plain = list(rows.filter(name__icontains=word))
            assert list(having(rows, ["name"], [word])) == plain

    holds()


@pytest.mark.parametrize(
    ("resource", "search"),
    [
        ("spacecraft", "endeavour"),
        ("spacecraft", "dragon end"),
        ("spacecraft", "dragon d"),  # a word without a trigram
        ("spacecraft", "s m"),
        ("spacecraft", "soyuz tma 12"),
        ("spacecraft", '"crew dragon"'),
        ("spacecraft", "---"),
        ("spacecraft", "soyuz soyuz progress mir tma dragon endeavour"),
        ("agencies", "nasa"),
        ("agencies", "space agency"),
        ("spacecraft_configurations", "spacex dragon"),
        ("spacecraft_configuration_families", "northrop"),
        ("spacecraft_flights", "soyuz station"),
        ("config/countries", "land"),
    ],
)
def test_search_finds_what_drfs_own_finds(api: Client, resource: str, search: str) -> None:
    view, request = asked(resource, search=search)
    found = [
        set(stage().filter_queryset(request, view.queryset.all(), view))
        for stage in (Search, SearchFilter)
    ]
    assert found[0] == found[1]


def test_words_that_a_relation_to_many_leads_to_meet_in_one_row(api: Client) -> None:
    view, request = asked("spacecraft", search="soyuz station")
    view.search_fields = ("name", "flights__destination")
    rows = view.queryset.all()
    plain = SearchFilter().filter_queryset(request, rows, view)
    assert set(Search().filter_queryset(request, rows, view)) == set(plain) != set()


@pytest.mark.parametrize(
    "resource", ["agencies", "spacecraft", "spacecraft_configurations", "spacecraft_flights"]
)
def test_no_search_reads_all_rows(api: Client, resource: str) -> None:
    found = plan(ids_of(resource, search="endeavour", ordering="id")[:10], "indexscan", "sort")
    if connection.vendor == "sqlite":
        scans = re.findall(r"SCAN (\w+)", found)
        assert scans
        assert all(scan.startswith("spacedevs_search_") for scan in scans)
    else:
        assert f"Bitmap Index Scan on {postgresql.GIN}" in found.replace('"', "")
        assert "Seq Scan" not in found


def test_every_field_that_is_searched_has_trigrams(api: Client) -> None:
    columns = [column for columns in declared.searched().values() for column in columns]
    assert {str(column) for column in columns} >= {
        "spacecraft.Spacecraft.name",
        "spacecraft.SpacecraftConfiguration.name",
        "spacecraft.SpacecraftFlight.destination",
        "spacecraft.Agency.abbrev",
    }
    if connection.vendor == "postgresql":
        gin = [each for each in declared.indexes() if each.startswith(postgresql.GIN)]
        assert len(gin) == len(columns)


# Whoever writes


def found(word: str) -> list[int]:
    rows = having(Spacecraft.objects.order_by("pk"), ["name", "spacecraft_config__name"], [word])
    return list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize("write", ["save", "update", "bulk_update", "sql", "delete", "move", "new"])
def test_the_trigrams_follow_what_is_written(api: Client, write: str) -> None:
    craft = Spacecraft.objects.create(name="Before")
    pk, craft.name = craft.pk, "Quixotry"
    if write == "save":
        craft.save()
    elif write == "update":
        Spacecraft.objects.filter(pk=craft.pk).update(name=craft.name)
    elif write == "bulk_update":
        Spacecraft.objects.bulk_update([craft], ["name"])
    elif write == "new":
        craft.delete()
        Spacecraft.objects.bulk_create([Spacecraft(pk=pk, name=craft.name)])
    else:
        with connection.cursor() as cursor:
            statement = {
                "sql": "UPDATE spacecraft_spacecraft SET name = 'Quixotry' WHERE id = %s",
                "move": "UPDATE spacecraft_spacecraft SET name = 'Quixotry', id = id + 5 "
                "WHERE id = %s",
                "delete": "DELETE FROM spacecraft_spacecraft WHERE id = %s",
            }[write]
            cursor.execute(statement, [pk])
    moved = pk + 5 if write == "move" else pk
    assert found("quixotry") == ([] if write == "delete" else [moved])
    assert found("before") == []


@on_sqlite
def test_a_row_that_is_written_with_the_same_text_writes_no_trigrams(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM spacedevs_search_spacecraft_spacecraft_data")
        before = cursor.fetchone()
        for craft in Spacecraft.objects.all()[:50]:
            craft.save()
        cursor.execute("SELECT count(*) FROM spacedevs_search_spacecraft_spacecraft_data")
        assert cursor.fetchone() == before


@on_sqlite
def test_what_was_written_past_a_trigger_is_found_after_a_migrate(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER spacedevs_search_update_spacecraft_spacecraft")
        Spacecraft.objects.filter(pk=39).update(name="Quixotry")
        assert found("quixotry") == [39]  # all rows are read
        declared.install()
        assert found("quixotry") == [39]
    assert "VIRTUAL TABLE" in plan(ids_of("spacecraft", search="quixotry"))


@on_sqlite
def test_an_sqlite_without_trigrams_is_told_and_finds_the_same(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "is_possible", lambda: False)
    declared.install()
    Spacecraft.objects.filter(pk=39).update(name="Quixotry")
    assert found("quixotry") == [39]
    (warning,) = declared.check_trigrams(databases=["default"])
    assert "a search finds the same and reads every row" in warning.msg


@on_postgresql
def test_a_postgresql_without_trigrams_is_told_and_finds_the_same(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE growth_nobody")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO growth_nobody")
        cursor.execute("SET LOCAL ROLE growth_nobody")
        (warning,) = declared.check_trigrams(databases=["default"])
        assert "a search finds the same and reads every row" in warning.msg
        assert not postgresql.has_extension(cursor)
        assert not [each for each in declared.indexes() if each.startswith(postgresql.GIN)]
        assert found("endeavour")
        cursor.execute("RESET ROLE")
        assert declared.check_trigrams(databases=["default"]) == []
        declared.install()
        assert "gin" in plan(ids_of("spacecraft", search="endeavour")[:9], "indexscan")


def test_migrate_makes_what_is_missing_and_drops_what_nothing_asks_for(db: None) -> None:
    with connection.cursor() as cursor:
        before = declared.names_there(cursor)
        cursor.execute(f'DROP INDEX "{min(before)}"')
        cursor.execute("CREATE INDEX spacedevs_index_old ON spacecraft_spacecraft (serial_number)")
        declared.install()
        assert declared.names_there(cursor) == before == declared.indexes().keys()


def test_a_column_that_is_indexed_and_searched_can_be_migrated_away(prepared: Env) -> None:
    code = """
from django.db import connection, migrations
from django.db.migrations.state import ProjectState
from django.apps import apps
from spacedevs.indexes import declared
migration = migrations.Migration("0099_gone", "spacecraft")
migration.operations = [
    migrations.RemoveField("spacecraftflight", "destination"),
    migrations.RemoveField("agency", "pending_launches"),
]
declared.drop_before_migrations(plan=[(migration, False)])
with connection.schema_editor() as editor:
    migration.apply(ProjectState.from_apps(apps), editor)
print("gone")
"""
    assert shell(prepared, code) == "gone\n"


RESTORED = """
from pathlib import Path
from django.db import connection
from spacedevs.backups import postgresql
from spacedevs.indexes import declared
from spacedevs.indexes.postgresql import GIN
with connection.cursor() as cursor:
    cursor.execute("DROP EXTENSION pg_trgm CASCADE")
    connection.close()
    if {lacks}:
        postgresql.has_extension = lambda cursor: False
    postgresql.restore(Path({path!r}))
with connection.cursor() as cursor:
    print(sum(name.startswith(GIN) for name in declared.names_there(cursor)))
    declared.install()
    print(declared.names_there(cursor) == declared.indexes().keys())
"""


@on_postgresql
@pytest.mark.parametrize(("lacks", "restored"), [(False, 12), (True, 0)])
def test_a_backup_with_trigrams_comes_back_where_there_may_be_none(
    prepared: Env, tmp_path: Path, lacks: bool, restored: int
) -> None:
    path = tmp_path / "backup"
    assert run(prepared, "backup", str(path)).returncode == 0
    output = shell(prepared, RESTORED.format(path=str(path), lacks=lacks))
    assert output.split() == [str(restored), "True"]


def test_no_name_is_longer_than_postgresql_takes(db: None) -> None:
    assert max(map(len, declared.indexes())) <= 63


def test_an_order_that_runs_has_one_column_for_what_runs() -> None:
    fields = [
        field
        for model, columns in declared.ordered().items()
        for field in columns
        if isinstance(field, RunningDurationField)
    ]
    assert [field.since for field in fields] == ["docked_since", "in_space_since"]


def test_nulls_are_said_only_where_there_can_be_any() -> None:
    assert Ordering.column(Spacecraft, "-id", None).nulls_first is None
    assert Ordering.column(SpacecraftConfiguration, "name", None).nulls_last is None
    assert Ordering.column(Spacecraft, "flights_count", None).nulls_last is True


# The database of N craft

GROWN = """
from spacecraft.models import Spacecraft, SpacecraftFlight, Agency
from spacedevs.names import sort_key
crafts = Spacecraft.objects.select_related("spacecraft_config")
copies = [craft for craft in crafts if craft.pk >= 1000000]
print(len(crafts), len(copies))
print(all(craft.sort_name == sort_key(craft.name) for craft in crafts))
print(all(craft.spacecraft_config_id is None or craft.spacecraft_config_id > 1000000
    for craft in copies))
print(all(flight.launch.flights.count() == 1
    for flight in SpacecraftFlight.objects.filter(pk__gte=1000000, launch__isnull=False)))
"""


def grow(env: Env, craft: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.grow", str(craft)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_a_database_grows_in_its_proportions_and_only_once(prepared: Env) -> None:
    assert "603 craft in 2 generations of copies" in grow(prepared, 603).stdout
    assert shell(prepared, GROWN).split() == ["603", "339", "True", "True", "True"]
    again = grow(prepared, 603)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Nothing was copied: it has craft that were made here.")


def test_a_database_with_users_does_not_grow(prepared: Env) -> None:
    run({**prepared, "DJANGO_SUPERUSER_PASSWORD": "x"}, "createsuperuser", "--noinput",
        "--username=ann", "--email=ann@example.org")  # fmt: skip
    assert grow(prepared, 603).stderr.startswith("Nothing was copied: it has users.")


def test_the_word_of_a_generation_is_in_no_other() -> None:
    code = (
        "from itertools import islice; from bench.grow import words; print(*islice(words(), 900))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    words = done.stdout.lower().split()
    assert len(words) == 900
    assert not [(a, b) for a in words for b in words if a != b and a in b]
    assert all(sort_key(word) == word for word in words)
