"""What upstream sends is kept and shown, also where its own schema forbids it.

Its schema says what is never null and how long a text is; its bodies hold nulls and longer texts
(contract, `observed.json`), and the bodies win.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.test import Client
from rest_framework.serializers import ListSerializer

from spacecraft.models import (
    Agency,
    Image,
    ImageLicense,
    ImageVariant,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftFlight,
)
from spacedevs.api.registry import resources
from spacedevs.history.models import Change
from tests.administration import MODELS, admin_url, errors, of_every_model, save
from tests.conftest import run, shell

TEXTS = (models.CharField, models.TextField)
NOT_UPSTREAMS = {"sort_name", "ImageVariant.image"}  # made here; an image has its variants in it


def nullable(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.null]


def texts(model: type[models.Model]) -> dict[str, str]:
    """A value for each text column, longer than the contract says."""
    fields = [f for f in model._meta.concrete_fields if isinstance(f, TEXTS) and f.editable]
    return {f.name: "x" * (f.max_length + 1) for f in fields if f.max_length}


def values(model: type[models.Model], pk: Any) -> dict[str, Any]:
    return model._default_manager.filter(pk=pk).values().get()


@pytest.fixture
def unknown(db: None) -> None:
    """Of every row nothing is known but its id and its name."""
    for model in MODELS:
        model._default_manager.update(**dict.fromkeys(nullable(model)))


# Kept


@of_every_model
def test_every_column_but_an_id_and_a_name_takes_null(model: type[models.Model]) -> None:
    never = {f.name for f in model._meta.concrete_fields if not f.null}
    never -= {name.removeprefix(f"{model.__name__}.") for name in NOT_UPSTREAMS}
    assert never <= {"id", "name"}


@of_every_model
def test_a_text_that_is_longer_than_the_contract_says_is_kept_whole(
    db: None, model: type[models.Model]
) -> None:
    long, row = texts(model), model._default_manager.all()[0]
    model._default_manager.filter(pk=row.pk).update(**long)
    stored = values(model, row.pk)
    assert {name: stored[name] for name in long} == long


def test_a_list_of_opaque_json_may_be_null(db: None) -> None:
    agency = Agency.objects.create(name="x", launcher_list=None)
    assert Agency.objects.get(pk=agency.pk).launcher_list is None


# Shown


@pytest.mark.parametrize("resource", resources())
def test_what_is_null_is_shown_as_null(api: Client, unknown: None, resource: str) -> None:
    viewset = resources()[resource]
    row = viewset.queryset.first()
    body = api.get(f"/2.3.0/{resource}/{row.pk}/").json()
    shape = viewset.get_modes().richest()()
    lists = {name for name, field in shape.fields.items() if isinstance(field, ListSerializer)}
    columns = {"id", "url", "response_mode", "name"} | {n for n in lists if body[n] is not None}
    assert list(body) == list(shape.fields)
    assert {name for name, value in body.items() if value is not None} == columns & {*body}


@pytest.mark.parametrize("resource", resources())
@pytest.mark.parametrize("ordering", ["", "-id"])
def test_a_list_of_rows_that_are_null_answers(
    api: Client, unknown: None, resource: str, ordering: str
) -> None:
    names = resources()[resource].get_modes().names or ("",)
    for mode in names:
        query = {"mode": mode, "ordering": ordering, "limit": 100}
        assert api.get(f"/2.3.0/{resource}/", query).status_code == 200


@pytest.mark.parametrize("part", ["status", "rocket", "program"])
def test_a_part_of_a_launch_that_is_null_is_shown_as_null(api: Client, part: str) -> None:
    Launch.objects.update(**{part: None})
    flight = api.get("/2.3.0/spacecraft_flights/887/").json()
    assert flight["launch"][part] is None


@pytest.mark.parametrize("key", ["duration", "turn_around_time", "launch", "spacecraft"])
def test_a_value_that_a_flight_lacks_is_shown_as_null(api: Client, key: str) -> None:
    SpacecraftFlight.objects.update(**{key: None})
    assert api.get("/2.3.0/spacecraft_flights/887/").json()[key] is None


# Edited


@of_every_model
@pytest.mark.parametrize("page", ["changelist", "change", "delete", "history"])
def test_a_page_of_rows_that_are_null_answers(
    admin_client: Client, unknown: None, model: type[models.Model], page: str
) -> None:
    args = () if page == "changelist" else (model._default_manager.all()[0].pk,)
    assert admin_client.get(admin_url(model, page, *args)).status_code == 200


@of_every_model
def test_a_row_that_is_null_and_saved_as_it_is_changes_in_nothing(
    admin_client: Client, unknown: None, model: type[models.Model]
) -> None:
    row = model._default_manager.all()[0]
    before = values(model, row.pk)
    assert save(admin_client, row).status_code == 302
    assert values(model, row.pk) == before


@of_every_model
def test_a_row_of_long_texts_saved_as_it_is_changes_in_nothing(
    admin_client: Client, model: type[models.Model]
) -> None:
    row = model._default_manager.all()[0]
    model._default_manager.filter(pk=row.pk).update(**texts(model))
    before = values(model, row.pk)
    assert save(admin_client, row).status_code == 302
    assert values(model, row.pk) == before


def test_an_inlines_long_text_is_no_reason_to_refuse_its_image(admin_client: Client) -> None:
    variant = ImageVariant.objects.all()[0]
    long = "https://example.org/" + "x" * 1024
    ImageVariant.objects.filter(pk=variant.pk).update(image_url=long, type=None)
    assert save(admin_client, variant.image, name="another").status_code == 302
    assert ImageVariant.objects.get(pk=variant.pk).image_url == long


@pytest.mark.parametrize("part", [{"id": None}, {"unheard": 1}, "a text", "", [], 0])
def test_opaque_json_that_is_not_as_its_shape_says_stays_where_it_is_untouched(
    admin_client: Client, part: Any
) -> None:
    launch = Launch.objects.all()[0]
    Launch.objects.filter(pk=launch.pk).update(status=part)
    assert save(admin_client, launch, name="another").status_code == 302
    assert Launch.objects.get(pk=launch.pk).status == part


def test_opaque_json_that_an_editor_changes_is_checked(admin_client: Client) -> None:
    page = save(admin_client, Launch.objects.all()[0], status='{"id": "3"}')
    assert errors(page)["status"][0] == "id: '3' where a whole number is expected."


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "x"])
def test_a_url_in_opaque_json_is_of_the_web(admin_client: Client, url: str) -> None:
    mission = json.dumps({"info_urls": [{"url": "https://example.org/"}, {"url": url}]})
    page = save(admin_client, Launch.objects.all()[0], mission=mission)
    assert errors(page)["mission"][0] == (
        f"info_urls[1].url: {url!r} where a URL that begins with http:// or https:// is expected."
    )


def test_a_url_in_opaque_json_that_upstream_sent_stays_where_it_is_untouched(
    admin_client: Client,
) -> None:
    launch = Launch.objects.all()[0]
    part = {"info_urls": [{"url": "javascript:alert(1)"}]}
    Launch.objects.filter(pk=launch.pk).update(mission=part)
    assert save(admin_client, launch, name="another").status_code == 302
    assert Launch.objects.get(pk=launch.pk).mission == part


def test_what_an_editor_changes_is_checked_and_the_rest_is_not(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(status=None, description="x" * 2049)
    page = save(admin_client, craft, serial_number="x" * 256)
    assert list(errors(page)) == ["serial_number"]


def test_a_value_that_the_contract_wants_cannot_be_taken_away(admin_client: Client) -> None:
    page = save(admin_client, Spacecraft.objects.all()[0], status="")
    assert errors(page) == {"status": ["This field is required."]}


def test_a_new_row_is_asked_for_what_the_contract_wants(admin_client: Client) -> None:
    page = admin_client.post(admin_url(Spacecraft, "add"), {"name": "x"})
    assert set(errors(page)) == {"status", "spacecraft_config"}


@pytest.mark.parametrize(
    ("column", "empty"), [("launchers", ""), ("administrator", None), ("description", None)]
)
def test_a_text_that_is_cleared_is_as_empty_as_the_contract_says(
    admin_client: Client, column: str, empty: str | None
) -> None:
    agency = Agency.objects.all()[0]
    Agency.objects.filter(pk=agency.pk).update(**{column: "about"})
    save(admin_client, agency, **{column: ""})
    assert values(Agency, agency.pk)[column] == empty


def test_only_what_an_editor_changed_counts_as_changed(admin_client: Client) -> None:
    launch = Launch.objects.all()[0]
    Launch.objects.filter(pk=launch.pk).update(failreason="two\nlines", program=[], slug=None)
    save(admin_client, launch, name="another")
    (change,) = Change.objects.all()
    assert list(change.pairs()) == ["name"]


def test_a_link_without_a_scheme_stays_where_it_is_untouched(admin_client: Client) -> None:
    license = ImageLicense.objects.all()[0]
    ImageLicense.objects.filter(pk=license.pk).update(link="example.org")
    save(admin_client, license, name="another")
    assert values(ImageLicense, license.pk)["link"] == "example.org"


def test_a_yes_or_no_is_a_check_box(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Image, "change", Image.objects.all()[0].pk))
    assert 'type="checkbox" name="single_use"' in page.text


def test_a_yes_or_no_that_is_null_can_be_made_no(admin_client: Client) -> None:
    Image.objects.update(single_use=None)
    image = Image.objects.all()[0]
    save(admin_client, image, single_use="false")
    assert values(Image, image.pk)["single_use"] is False


def test_a_window_that_upstream_left_out_stays_null_when_its_launch_is_saved(db: None) -> None:
    launch = Launch.objects.all()[0]
    Launch.objects.filter(pk=launch.pk).update(window_start=None, slug=None)
    launch.refresh_from_db()
    launch.save()
    assert (launch.window_start, launch.slug) == (None, None)


def test_a_flight_without_a_launch_is_saved_as_it_is(db: None) -> None:
    flight = SpacecraftFlight.objects.create(duration=timedelta(3), docking_events=None)
    flight.refresh_from_db()
    assert (flight.duration, str(flight)) == (timedelta(3), "No craft, no date")


@pytest.mark.parametrize("docking", [{}, {"docking": None}, {"docking": "soon"}, None])
def test_a_docking_without_a_time_counts_for_nothing(db: None, docking: Any) -> None:
    SpacecraftFlight.objects.filter(pk=887).update(docking_events=[])
    flight = SpacecraftFlight.objects.get(pk=887)
    before = values(Spacecraft, flight.spacecraft_id)
    flight.docking_events = [docking]
    flight.save()
    assert values(Spacecraft, flight.spacecraft_id) == before


def test_a_landing_is_found_by_the_craft_that_made_it(admin_client: Client) -> None:
    flight = SpacecraftFlight.objects.exclude(landing=None).select_related("spacecraft")[0]
    query = {"q": flight.spacecraft.name}
    page = admin_client.get(admin_url(Landing, "changelist"), query)
    assert [*page.context["cl"].result_list] == [flight.landing]


def test_every_text_in_the_admin_knows_its_contract() -> None:
    sizes = {
        field.name: admin.site.get_model_admin(model).formfield_for_dbfield(field, None).max_length
        for model in MODELS
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.editable
    }
    assert (sizes["alpha_2_code"], sizes["slug"], sizes["wiki_url"]) == (2, 2048, 200)


# Migrated


def flights_without_nulls(folder: Path) -> Path:
    """The fixtures' flights that the columns before the migration can hold."""
    rows = json.loads((settings.FIXTURES / "flights.json").read_text())
    unknown = {row["pk"] for row in rows if row["fields"].get("last_updated", "") is None}
    stored = [row for row in rows if not {row["pk"], row["fields"].get("launch")} & unknown]
    path = folder / "flights.json"
    path.write_text(json.dumps(stored))
    return path


# As a database was made before there was a migration for all tables at once.
TO_FLIGHTS = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([("spacecraft", "0002_flights")])
"""


def test_rows_that_are_there_come_through_the_migration_as_they_are(
    empty: dict[str, str], tmp_path: Path
) -> None:
    names = [path.stem for path in settings.FIXTURES.glob("*.json") if path.stem != "flights"]
    names.append(str(flights_without_nulls(tmp_path)))
    labels = [apps.get_model("spacecraft", model.__name__)._meta.label for model in MODELS]
    assert run(empty, "migrate", "contenttypes").returncode == 0
    shell(empty, TO_FLIGHTS)
    assert run(empty, "loaddata", *names).returncode == 0
    before = run(empty, "dumpdata", *labels).stdout
    assert run(empty, "migrate").returncode == 0
    assert json.loads(run(empty, "dumpdata", *labels).stdout) == json.loads(before)
