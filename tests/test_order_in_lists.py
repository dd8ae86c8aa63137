"""Many-to-many lists come in the order in which they were entered (contract, "order in lists")."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Prefetch
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Agency, Country
from spacedevs.history.models import Change
from tests.administration import admin_url, errors, save, sent

ESA = 27
ORDERS = ([1, 3, 4], [4, 1, 3], [4, 3, 1], [3, 85, 4, 1])


@pytest.fixture
def esa(db: None) -> Agency:
    return Agency.objects.get(pk=ESA)


def keys(agency: Agency) -> list[int]:
    return [country.pk for country in agency.country.all()]


# Read


def test_esas_countries_come_as_upstream_lists_them(api: Client) -> None:
    codes = [
        country["alpha_2_code"] for country in api.get(f"/2.3.0/agencies/{ESA}/").json()["country"]
    ]
    assert codes[:6] == ["FR", "IT", "DE", "ES", "CH", "GB"]
    assert codes[-3:] == ["LU", "BE", "SI"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("mode", ["normal", "detailed"])
def test_a_list_answers_in_the_order_of_entry(
    api: Client, esa: Agency, order: list[int], mode: str
) -> None:
    esa.country.set(order)
    rows = api.get("/2.3.0/agencies/", {"id": ESA, "mode": mode}).json()["results"]
    assert [country["id"] for country in rows[0]["country"]] == order


@pytest.mark.parametrize(
    "read",
    [
        lambda: keys(Agency.objects.get(pk=ESA)),
        lambda: keys(Agency.objects.prefetch_related("country").get(pk=ESA)),
        lambda: [*Agency.objects.get(pk=ESA).country.values_list("pk", flat=True)],
        lambda: [row.pk for row in Agency.objects.get(pk=ESA).country.exclude(name="Atlantis")],
    ],
    ids=["manager", "prefetch", "values", "filter"],
)
def test_every_way_to_read_keeps_the_order(esa: Agency, read: Callable[[], list[int]]) -> None:
    esa.country.set([85, 1, 4, 3])
    assert read() == [85, 1, 4, 3]


def test_an_order_that_is_asked_for_wins(esa: Agency) -> None:
    esa.country.set([85, 1, 4, 3])
    sorted_rows = Prefetch("country", Country.objects.order_by("-pk"))
    assert keys(Agency.objects.prefetch_related(sorted_rows).get(pk=ESA)) == [85, 4, 3, 1]
    assert [row.pk for row in esa.country.order_by("pk")] == [1, 3, 4, 85]


# Written


@pytest.mark.parametrize("order", ORDERS)
def test_a_list_is_set_in_the_order_that_is_given(esa: Agency, order: list[int]) -> None:
    esa.country.set([1, 3, 4])
    esa.country.set([Country.objects.get(pk=pk) for pk in order])
    assert keys(esa) == order


def test_what_is_added_comes_last(esa: Agency) -> None:
    esa.country.set([4, 3])
    esa.country.add(85, 1, 3)
    assert keys(esa) == [4, 3, 85, 1]


def test_the_same_list_set_again_writes_nothing(esa: Agency) -> None:
    esa.country.set(["4", "3"])
    with CaptureQueriesContext(connection) as queries:
        esa.country.set([4, 3, 4])
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_fixtures_are_loaded_in_their_order(esa: Agency, tmp_path: Any) -> None:
    (row,) = json.loads(dump(esa))
    row["fields"]["country"] = [85, 1, 4, 3]
    (tmp_path / "esa.json").write_text(json.dumps([row]))
    call_command("loaddata", tmp_path / "esa.json", verbosity=0)
    assert keys(esa) == [85, 1, 4, 3]
    assert json.loads(dump(esa))[0]["fields"]["country"] == [85, 1, 4, 3]


def dump(agency: Agency) -> str:
    from django.core import serializers

    return serializers.serialize("json", [agency])


# Edited


def test_the_page_shows_the_order(admin_client: Client, esa: Agency) -> None:
    esa.country.set([85, 1, 4, 3])
    page = admin_client.get(admin_url(Agency, "change", ESA))
    field = page.context["adminform"].form["country"]
    options = field.field.widget.widget.optgroups("country", [str(pk) for pk in field.value()])
    assert [option["value"] for option in options[0][1]] == [85, 1, 4, 3]
    at = [page.text.index(f'<option value="{pk}" selected>') for pk in (85, 1, 4, 3)]
    assert at == sorted(at)


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_that_the_page_sends_is_saved(
    admin_client: Client, esa: Agency, order: list[int]
) -> None:
    esa.country.set([1, 3, 4])
    save(admin_client, esa, country=order)
    assert keys(esa) == order


def test_a_new_record_has_the_order_that_the_page_sends(admin_client: Client) -> None:
    url = admin_url(Agency, "add")
    admin_client.post(
        url, {**sent(admin_client.get(url)), "name": "x", "type": 1, "country": [4, 1]}
    )
    assert keys(Agency.objects.get(name="x")) == [4, 1]


def test_another_order_alone_counts_as_a_change(admin_client: Client, esa: Agency) -> None:
    esa.country.set([1, 3, 4])
    save(admin_client, esa, country=[3, 1, 4])
    assert list(Change.objects.all()[0].pairs()) == ["country"]


def test_the_same_order_counts_as_none(admin_client: Client, esa: Agency) -> None:
    esa.country.set([3, 1, 4])
    save(admin_client, esa, name="x")
    assert list(Change.objects.all()[0].pairs()) == ["name"]


def test_a_row_that_is_not_there_is_refused(admin_client: Client, esa: Agency) -> None:
    page = save(admin_client, esa, country=[1, 999_999])
    assert errors(page) == {
        "country": ["Select a valid choice. 999999 is not one of the available choices."]
    }


def test_the_page_says_how_to_change_the_order(admin_client: Client) -> None:
    form = admin_client.get(admin_url(Agency, "add")).context["adminform"].form
    assert form.fields["country"].help_text.startswith("The API lists them in this order.")
