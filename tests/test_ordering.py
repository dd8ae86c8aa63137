"""The order of rows: as a person sorts names, the same on both databases, every row once."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from spacecraft.models import Agency, Spacecraft, SpacecraftConfiguration
from spacedevs import clock
from spacedevs.api.registry import resources
from spacedevs.names import sort_fields, sort_key
from spacedevs.running import RunningDurationField

ORDERINGS = [
    (resource, ordering)
    for resource, viewset in sorted(resources().items())
    for field in viewset.ordering_fields
    for ordering in (field, f"-{field}")
]
DEFAULTS = [(resource, "") for resource in sorted(resources())]


def walk(api: Client, resource: str, ordering: str, limit: int) -> list[int]:
    """The ids on all pages, by the links from page to page."""
    url: str | None = f"/2.3.0/{resource}/?limit={limit}&mode=list&ordering={ordering}"
    ids: list[int] = []
    while url:
        page = json.loads(api.get(url).content)
        ids += [row["id"] for row in page["results"]]
        url = page["next"]
    return ids


def in_order(resource: str, ordering: str) -> list[int]:
    """The ids in the order that is asked for, worked out without any database's ORDER BY."""
    model = resources()[resource].queryset.model
    default = "name" if "name" in sort_fields(model) else "id"
    name, descending = ordering.lstrip("-") or default, ordering.startswith("-")

    def key(row: Any) -> Any:
        field = model._meta.get_field(name)
        if isinstance(field, RunningDurationField):
            return field.at(row, clock.now())
        value = getattr(row, name)
        return sort_key(value) if value is not None and name in sort_fields(model) else value

    rows = list(model.objects.order_by("id"))
    nulls = [row.pk for row in rows if key(row) is None]
    known = [row for row in rows if key(row) is not None]
    known.sort(key=key, reverse=descending)  # stable both ways: ties stay by id
    ids = [row.pk for row in known]
    return nulls + ids if descending else ids + nulls


@pytest.mark.parametrize(("resource", "ordering"), DEFAULTS + ORDERINGS)
def test_the_pages_of_an_ordering_hold_each_row_once_in_order(
    api: Client, resource: str, ordering: str
) -> None:
    assert walk(api, resource, ordering, limit=13) == in_order(resource, ordering)


def test_several_terms_order_one_after_another(api: Client) -> None:
    rows = json.loads(
        api.get("/2.3.0/agencies/?ordering=featured,-total_launch_count&mode=detailed").content
    )["results"]
    pairs = [(row["featured"], -row["total_launch_count"]) for row in rows]
    assert pairs == sorted(pairs)


def test_an_unknown_term_is_ignored(api: Client) -> None:
    assert walk(api, "agencies", "description,-id", 100) == walk(api, "agencies", "-id", 100)


def test_only_unknown_terms_leave_the_default_order(api: Client) -> None:
    assert walk(api, "agencies", "sort_name,-description", 100) == walk(api, "agencies", "", 100)


@pytest.mark.parametrize(
    "names",
    [
        ("Space Rider", "SpaceShipTwo", "Space Shuttle"),
        ("Progress-M1", "Progress-M (modified)", "Progress-MS"),
        ("Aeronautics Institute", "Aérospatiale", "Aevum"),
        ("Orbital", "Ørsted", "Ostrava"),
        ("straße 1", "STRASSE 2"),
    ],
)
def test_names_sort_as_a_person_sorts_them(names: tuple[str, ...]) -> None:
    mixed = names[::-1]
    assert sorted(mixed, key=sort_key) == list(names)


@pytest.mark.parametrize("write", ["save", "save_name", "update", "bulk_update", "bulk_create"])
def test_the_sort_key_follows_the_name_however_it_is_written(api: Client, write: str) -> None:
    craft = Spacecraft.objects.get(pk=499)
    craft.name = "Ääkkönen 1"
    if write == "save":
        craft.save()
    elif write == "save_name":
        craft.save(update_fields=["name"])
    elif write == "update":
        Spacecraft.objects.filter(pk=499).update(name=craft.name)
    elif write == "bulk_update":
        Spacecraft.objects.bulk_update([craft], ["name"])
    else:
        craft.pk = None
        (craft,) = Spacecraft.objects.bulk_create([craft])
    craft.refresh_from_db()
    assert craft.sort_name == "aakkonen1"


def test_a_name_longer_than_the_key_is_cut_and_not_refused(api: Client) -> None:
    craft = Spacecraft.objects.get(pk=499)
    craft.name = "ﷺ" * 255  # each is taken apart into 18 characters
    craft.save()
    assert len(craft.sort_name) == sort_fields(Spacecraft)["name"].max_length


@pytest.mark.parametrize("model", [Agency, Spacecraft, SpacecraftConfiguration])
def test_the_default_order_comes_from_an_index(api: Client, model: Any) -> None:
    first = model.objects.all()[:10]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert f"{model._meta.model_name}_name" in first.explain()
