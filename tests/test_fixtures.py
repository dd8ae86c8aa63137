"""What `manage.py prepare` makes of fixtures/ in a database that is in use."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Spacecraft, SpacecraftStatus
from spacedevs.fixtures import BrokenFixture, load_new_fixtures
from spacedevs.mirror.models import Mirrored
from spacedevs.models import OfferedFixtures

STATUS = "spacecraft.spacecraftstatus"
CRAFT = "spacecraft.spacecraft"


@pytest.fixture
def folder(db: None, tmp_path: Path, settings: Any) -> Path:
    """A folder of fixtures; the database has met those of the project."""
    assert list(load_new_fixtures()) == []
    settings.FIXTURES = tmp_path
    return tmp_path


def write(folder: Path, rows: dict[int, str], model: str = STATUS) -> None:
    """A file of these records: their names by their ids."""
    new = [{"model": model, "pk": pk, "fields": {"name": name}} for pk, name in rows.items()]
    (folder / "statuses.json").write_text(json.dumps(new))


def statuses() -> dict[int, str]:
    return dict(SpacecraftStatus.objects.filter(pk__gt=5).values_list("pk", "name"))


def test_a_database_of_an_earlier_release_keeps_what_it_has(db: None) -> None:
    Spacecraft.objects.filter(status=5).update(status=None)
    SpacecraftStatus.objects.get(pk=5).delete()
    OfferedFixtures.objects.all().delete()
    assert list(load_new_fixtures()) == []
    assert SpacecraftStatus.objects.count() == 4


def test_a_new_fixture_reaches_a_database_in_use(folder: Path) -> None:
    write(folder, {1: "Something else", 6: "Lost"})
    assert list(load_new_fixtures()) == [
        "fixtures/statuses.json has 1 new records: loaded 1; "
        "left 0, which are here already or come from the mirror."
    ]
    assert statuses() == {6: "Lost"}
    assert SpacecraftStatus.objects.get(pk=1).name == "Active"


def test_a_record_that_is_here_is_left_as_it_is(folder: Path) -> None:
    SpacecraftStatus.objects.create(pk=6, name="Ours")
    write(folder, {6: "Lost", 7: "Sold"})
    assert list(load_new_fixtures()) == [
        "fixtures/statuses.json has 2 new records: loaded 1; "
        "left 1, which are here already or come from the mirror."
    ]
    assert statuses() == {6: "Ours", 7: "Sold"}


def test_a_record_that_an_editor_deleted_does_not_come_back(folder: Path) -> None:
    write(folder, {6: "Lost"})
    list(load_new_fixtures())
    SpacecraftStatus.objects.get(pk=6).delete()
    assert list(load_new_fixtures()) == []
    assert statuses() == {}


def test_a_list_that_comes_from_the_mirror_is_left_to_it(folder: Path) -> None:
    Mirrored.objects.create(model=STATUS, key="1")
    write(folder, {6: "Lost"})
    assert "loaded 0; left 1, " in "".join(load_new_fixtures())
    assert statuses() == {}


def test_a_model_without_records_that_was_never_offered_any_gets_them(folder: Path) -> None:
    OfferedFixtures.objects.filter(model=STATUS).delete()
    Spacecraft.objects.update(status=None)
    SpacecraftStatus.objects.all().delete()
    write(folder, {6: "Lost"})
    assert "loaded 1; left 0, " in "".join(load_new_fixtures())


def test_a_record_that_names_one_that_is_gone_leaves_all_as_it_was(folder: Path) -> None:
    rows = [
        {"model": STATUS, "pk": 6, "fields": {"name": "Lost"}},
        {"model": CRAFT, "pk": 99999, "fields": {"name": "x", "status": 777}},
    ]
    (folder / "more.json").write_text(json.dumps(rows))
    (sentence,) = load_new_fixtures()
    assert sentence.startswith("Nothing of fixtures/ was loaded: it names a record that is not")
    assert statuses() == {}


@pytest.mark.parametrize("text", ["{", '[{"model": "spacecraft.nothing", "pk": 1}]', '[{"a": 1}]'])
def test_a_file_that_can_not_be_read_is_named(folder: Path, text: str) -> None:
    (folder / "broken.json").write_text(text)
    with pytest.raises(BrokenFixture, match=r"broken\.json can't be loaded"):
        list(load_new_fixtures())


def test_a_record_with_a_field_that_is_none_is_named(folder: Path) -> None:
    rows = [{"model": STATUS, "pk": 6, "fields": {"name": "Lost", "colour": "red"}}]
    (folder / "more.json").write_text(json.dumps(rows))
    with pytest.raises(
        BrokenFixture, match=r"fixtures/.*SpacecraftStatus has no field named 'colour'"
    ):
        list(load_new_fixtures())
    assert statuses() == {}


def test_a_database_that_has_met_all_is_only_read(folder: Path) -> None:
    write(folder, {6: "Lost"})
    list(load_new_fixtures())
    with CaptureQueriesContext(connection) as queries:
        assert list(load_new_fixtures()) == []
    kinds = {query["sql"].split()[0] for query in queries}
    assert kinds <= {"SELECT", "SAVEPOINT", "RELEASE"}
