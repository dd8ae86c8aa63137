"""What upstream says is kept as it says it, though its schema forbids it. The rest is named."""

from typing import Any

import pytest
from django.test import Client

from spacecraft import models
from spacedevs.mirror.load import model_of
from spacedevs.mirror.run import Exit
from tests.mirror.running import CATALOGUE, Site, mirrored, site

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

__all__ = ["mirrored", "site"]  # fixtures

LISTS = (
    *CATALOGUE,
    "spacecraft_flights",
    "config/agency_types",
    "config/countries",
    "config/image_licenses",
    "config/image_variant_types",
    "config/spacecraft_configuration_types",
    "config/spacecraft_statuses",
)


def alone(site: Site, resource: str = "agencies") -> Any:
    """The id of a new row that no other body nests."""
    return site.catalogue.add(resource, name="Alone")


def answer(api: Client, resource: str, pk: Any) -> Any:
    return api.get(f"/2.3.0/{resource}/{pk}/").json()


# Null, and texts that are too long


@pytest.mark.parametrize("resource", LISTS)
def test_null_in_every_field_but_id_and_name_is_kept_and_printed_as_null(
    site: Site, api: Client, resource: str
) -> None:
    pk = alone(site, resource) if resource in CATALOGUE else site.id_of(resource)
    keep = {"id", "url", "response_mode", "name"}

    def clear(body: Any) -> None:
        for name, value in body.items():
            if name not in keep and not isinstance(value, list):
                body[name] = None

    site.change(resource, pk, clear)
    result = site.mirror(only=(resource,))
    assert (result.code, result.run.refused, result.notes) == (Exit.DONE, 0, [])
    body = answer(api, resource, pk)
    given = {name for name, value in body.items() if not isinstance(value, list | None)}
    assert given <= keep


def test_a_text_that_is_longer_than_the_schema_says_is_kept_whole(site: Site, api: Client) -> None:
    pk = site.id_of("spacecraft")
    site.catalogue.edit("spacecraft", pk, name="x" * 3000, description="y" * 10_000)
    site.mirror(only=("spacecraft",))
    body = answer(api, "spacecraft", pk)
    assert (body["name"], body["description"]) == ("x" * 3000, "y" * 10_000)


def test_a_rough_catalogue_comes_over_whole(site: Site) -> None:
    site.catalogue = type(site.catalogue)(seed=3, rough=0.5, craft=10, agencies=12, flights=11)
    site.upstream.catalogue = site.catalogue
    result = site.mirror()
    assert (result.code, result.run.refused, result.notes) == (Exit.DONE, 0, [])


@pytest.mark.parametrize("resource", ["agencies", "spacecraft_configurations"])
def test_an_object_without_a_key_keeps_what_stood_there(mirrored: Site, resource: str) -> None:
    pk = mirrored.id_of(resource)
    before = model_of(resource)._base_manager.values().get(pk=pk)
    mirrored.change(resource, pk, lambda body: [body.pop(name) for name in ("name", "image")])
    assert mirrored.mirror(only=(resource,)).run.refused == 0
    assert model_of(resource)._base_manager.values().get(pk=pk) == before


# What is refused


@pytest.mark.parametrize(
    ("resource", "values", "sentence"),
    [
        ("agencies", {"founding_year": "1958"}, "'1958' where a whole number is expected"),
        ("agencies", {"founding_year": 2**31}, "where a whole number from -2147483648 to"),
        ("agencies", {"wiki_url": 5}, "wiki_url: 5 where a text is expected"),
        ("agencies", {"featured": "yes"}, "featured: 'yes' where true or false is expected"),
        ("agencies", {"name": "a\0b"}, "where a text without NUL is expected"),
        ("spacecraft", {"time_in_space": "soon"}, "'soon' where a duration is expected"),
        ("spacecraft_configurations", {"height": "7 m"}, "height: '7 m' where a number"),
        (
            "spacecraft_configurations",
            {"maiden_flight": "1966-13-40"},
            "maiden_flight: '1966-13-40' where a date is expected",
        ),
        ("spacecraft_flights", {"mission_end": "2026-01-01"}, "where a date and time is expected"),
    ],
)
def test_what_a_column_can_not_hold_refuses_the_object_and_its_old_row_stays(
    mirrored: Site, resource: str, values: Any, sentence: str
) -> None:
    pk = mirrored.id_of(resource)
    rows = model_of(resource)._base_manager.filter(pk=pk)
    before = rows.values().get()
    mirrored.say(resource, pk, **values)
    result = mirrored.mirror(only=(resource,))
    assert (result.code, result.run.refused) == (Exit.DONE, 1)
    (field,) = values
    assert any(
        note.startswith(f"{resource} {pk}: {field}: ") and sentence in note for note in result.notes
    ), result.notes
    assert rows.values().get() == before


@pytest.mark.parametrize("name", [None, KeyError])
def test_a_new_object_without_a_name_is_refused(site: Site, name: Any) -> None:
    pk = alone(site)
    drop = (lambda body: body.pop("name")) if name else (lambda body: body.update(name=None))
    site.change("agencies", pk, drop)
    result = site.mirror(only=("agencies",))
    assert (result.run.refused, result.says(f"agencies {pk}: name: ")) == (1, True)
    assert not models.Agency.objects.filter(pk=pk).exists()


@pytest.mark.parametrize("value", [None, "x", 0, -1, 1.5, True, [], 2**63])
def test_an_object_without_an_id_is_refused(site: Site, value: Any) -> None:
    pk = alone(site)
    site.say("agencies", pk, id=value)
    result = site.mirror(only=("agencies",))
    assert (result.run.refused, result.says("id: ")) == (1, True)
    assert models.Agency.objects.count() == 25


def test_a_refused_object_keeps_its_old_row_though_others_nest_it(mirrored: Site) -> None:
    """Each configuration of an agency nests it, with the same new name."""
    pk = mirrored.catalogue.body("spacecraft_configurations", 0)["agency"]["id"]
    name = models.Agency.objects.get(pk=pk).name
    mirrored.catalogue.edit("agencies", pk, name="Another")
    mirrored.say("agencies", pk, founding_year="2002")
    mirrored.mirror(only=CATALOGUE)
    assert models.Agency.objects.get(pk=pk).name == name


def test_a_record_made_by_hand_is_not_taken_over(mirrored: Site) -> None:
    ours = models.Agency.objects.create(name="Ours")
    mirrored.say("agencies", mirrored.catalogue.add("agencies", name="Theirs"), id=ours.pk)
    result = mirrored.mirror(only=("agencies",))
    assert result.says(f"agency {ours.pk}: id: a record that was made by hand has it here")
    assert models.Agency.objects.get(pk=ours.pk).name == "Ours"


def test_a_record_of_another_instances_own_keeps_its_id(mirrored: Site) -> None:
    mirrored.say("agencies", mirrored.catalogue.add("agencies", name="Theirs"), id=1_000_000)
    names = []
    for _ in range(2):
        assert mirrored.mirror(only=("agencies",)).run.refused == 0
        names.append(models.Agency.objects.get(pk=1_000_000).name)
    assert names == ["Theirs", "Theirs"]


# Parts


def test_opaque_json_that_can_not_be_read_is_left_as_it_was_and_noted(mirrored: Site) -> None:
    pk = mirrored.id_of("agencies")
    rows = models.Agency.objects.filter(pk=pk)
    before = rows.get().launcher_list
    mirrored.say("agencies", pk, launcher_list=[{"id": "x"}], administrator="New")
    result = mirrored.mirror(only=("agencies",))
    assert result.says(f"agencies {pk}: launcher_list[0].id: 'x' where a whole number")
    assert (rows.get().launcher_list, rows.get().administrator) == (before, "New")


def test_a_nested_object_that_can_not_be_read_is_left_as_it_was_and_noted(mirrored: Site) -> None:
    pk = mirrored.id_of("agencies")
    rows = models.Agency.objects.filter(pk=pk)
    before = rows.get().type_id
    mirrored.say("agencies", pk, type="Government", administrator="New")
    result = mirrored.mirror(only=("agencies",))
    assert result.says(f"agencies {pk}: type: 'Government' where an object is expected")
    assert (rows.get().type_id, rows.get().administrator) == (before, "New")


def test_a_nested_object_of_a_new_row_that_can_not_be_read_is_null(site: Site) -> None:
    pk = alone(site)
    site.say("agencies", pk, type={"id": 3, "name": 4})
    assert site.mirror(only=("agencies",)).run.refused == 0
    assert models.Agency.objects.get(pk=pk).type_id is None


def test_a_part_of_opaque_json_may_be_null(site: Site, api: Client) -> None:
    flight = site.catalogue.body("spacecraft_flights", 0)
    flight["launch"]["mission"]["orbit"] = flight["launch"]["rocket"] = None
    site.say("spacecraft_flights", flight["id"], launch=flight["launch"])
    assert site.mirror(only=("spacecraft_flights",)).notes == []
    launch = answer(api, "spacecraft_flights", flight["id"])["launch"]
    assert (launch["mission"]["orbit"], launch["rocket"]) == (None, None)


def test_a_parent_whose_name_is_nobodys_is_null_and_noted(site: Site) -> None:
    pk = alone(site)
    site.say("agencies", pk, parent="Nobody")
    result = site.mirror(only=("agencies",))
    assert result.says(f"agency {pk}: parent: 'Nobody' is the name of none")
    assert models.Agency.objects.get(pk=pk).parent is None


def test_a_parent_that_is_here_already_is_found(mirrored: Site) -> None:
    child, parent = mirrored.id_of("agencies", 0), mirrored.id_of("agencies", 9)
    mirrored.catalogue.edit("agencies", child, parent=parent)
    mirrored.mirror(only=("agencies",))
    assert models.Agency.objects.get(pk=child).parent_id == parent


def test_an_unknown_key_is_left_out_and_named_once(site: Site) -> None:
    site.change("spacecraft", None, lambda body: body.update(colour="red"))
    notes = site.mirror(only=("spacecraft",)).notes
    assert notes == ["spacecraft.colour is no key of the contract; left out."]


# Lists


def test_countries_keep_the_order_in_which_they_are_given(site: Site, api: Client) -> None:
    pk = site.id_of("agencies")
    countries = [site.id_of("config/countries", index) for index in (7, 2, 11, 3)]
    site.catalogue.edit("agencies", pk, country=countries)
    site.mirror(only=("agencies",))
    assert [each["id"] for each in answer(api, "agencies", pk)["country"]] == countries


def test_another_order_of_the_same_countries_is_a_change(mirrored: Site, api: Client) -> None:
    pk = mirrored.id_of("agencies")
    for order in ((7, 2, 11), (2, 11, 7)):
        countries = [mirrored.id_of("config/countries", index) for index in order]
        mirrored.catalogue.edit("agencies", pk, country=countries)
        mirrored.mirror(only=("agencies",))
        assert [each["id"] for each in answer(api, "agencies", pk)["country"]] == countries


def test_families_keep_the_order_in_which_they_are_given(site: Site, api: Client) -> None:
    pk = site.id_of("spacecraft_configurations")
    families = [site.id_of("spacecraft_configuration_families", index) for index in (5, 1, 3)]
    site.catalogue.edit("spacecraft_configurations", pk, family=families)
    site.mirror()
    body = answer(api, "spacecraft_configurations", pk)
    assert [each["id"] for each in body["family"]] == families


def test_a_landing_may_be_that_of_two_flights(site: Site) -> None:
    bodies = [site.catalogue.body("spacecraft_flights", index) for index in range(33)]
    landing = next(body["landing"] for body in bodies if body["landing"])
    one, other = (body["id"] for body in bodies[:2])
    site.change(
        "spacecraft_flights",
        None,
        lambda body: body.update(landing=landing) if body["id"] in (one, other) else None,
    )
    assert site.mirror(only=("spacecraft_flights",)).notes == []
    flights = models.SpacecraftFlight.objects.filter(pk__in=(one, other))
    assert {*flights.values_list("landing_id", flat=True)} == {landing["id"]}
