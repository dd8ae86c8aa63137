"""Queries: a constant of the resource and its mode, kept in query_counts.json.

To take a new baseline after a change that is meant: delete the file and run these tests once.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework import serializers

from spacecraft import models
from spacedevs.api.plans import plan_of
from spacedevs.api.viewsets import resources

BASELINE = Path(__file__).parent / "query_counts.json"


def cases() -> list[tuple[str, str]]:
    found = []
    for resource, viewset in sorted(resources().items()):
        found += [(resource, f"?mode={name}") for name in viewset.get_modes().names or ("",)]
        found.append((resource, "retrieve"))
    return found


CASES = cases()


def address(resource: str, what: str, limit: int) -> str:
    if what == "retrieve":
        pk = resources()[resource].queryset.values_list("pk", flat=True)[0]
        return f"/2.3.0/{resource}/{pk}/"
    return f"/2.3.0/{resource}/{what}&limit={limit}"


def ask(api: Client, url: str) -> tuple[int, Any]:
    """How many queries the answer takes, and its body."""
    with CaptureQueriesContext(connection) as queries:
        response = api.get(url)
    assert response.status_code == 200
    return len(queries), json.loads(response.content)


def count(api: Client, url: str) -> int:
    return ask(api, url)[0]


@pytest.fixture
def everything_related(api: Client) -> None:
    """Every relation of every record holds something, so that no query is left out as needless."""
    url = "https://images.example/x"
    image = models.Image.objects.create(name="x", image_url=url, thumbnail_url=url, license_id=1)
    models.ImageVariant.objects.create(image=image, type_id=1, image_url=url)
    models.Agency.objects.update(image=image, logo=image, social_logo=image, parent_id=44)
    models.SpacecraftConfiguration.objects.bulk_create(
        models.SpacecraftConfiguration(name="x", type_id=1, agency=agency)
        for agency in models.Agency.objects.all()
    )
    models.SpacecraftConfiguration.objects.update(image=image)
    models.SpacecraftConfigFamily.objects.update(parent_id=1)
    models.Spacecraft.objects.update(image=image)
    launch = models.Launch.objects.create(
        name="x", net=timezone.now(), launch_service_provider_id=121, image=image
    )
    models.Launch.objects.update(image=image)
    models.SpacecraftFlight.objects.bulk_create(
        models.SpacecraftFlight(spacecraft=craft, launch=launch)
        for craft in models.Spacecraft.objects.all()
    )
    for flight in models.SpacecraftFlight.objects.filter(landing=None):
        flight.landing = models.Landing.objects.create()
        models.SpacecraftFlight.objects.filter(pk=flight.pk).update(landing=flight.landing)
    for country in models.Country.objects.filter(pk__in=(1, 2)):
        country.agencies.add(*models.Agency.objects.all())
    families = models.SpacecraftConfigFamily.objects.all()
    for number, family in enumerate(families):
        some = models.SpacecraftConfiguration.objects.order_by("pk")[number :: len(families)]
        family.configurations.add(*some)


@pytest.mark.parametrize(("resource", "what"), CASES)
def test_the_number_of_queries_is_the_baselines(
    api: Client, everything_related: None, resource: str, what: str
) -> None:
    counts = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    key = f"{resource} {what}"
    made = count(api, address(resource, what, limit=100))
    if not BASELINE.exists() or key not in counts:
        BASELINE.write_text(json.dumps({**counts, key: made}, indent=1, sort_keys=True) + "\n")
        pytest.fail(f"{key} was not in the baseline: {made} queries; look at it and commit it")
    assert made == counts[key]


@pytest.mark.parametrize(("resource", "what"), [case for case in CASES if case[1] != "retrieve"])
def test_many_rows_take_as_many_queries_as_one(
    api: Client, everything_related: None, resource: str, what: str
) -> None:
    assert count(api, address(resource, what, 100)) == count(api, address(resource, what, 1))


def test_100_spacecraft_take_as_many_queries_with_30_flights_each_as_one_with_one(
    api: Client, everything_related: None
) -> None:
    address = "/2.3.0/spacecraft/?mode=detailed"
    with_one = count(api, f"{address}&limit=1")
    launch = models.Launch.objects.get(name="x")
    models.SpacecraftFlight.objects.bulk_create(
        models.SpacecraftFlight(spacecraft=craft, launch=launch)
        for craft in models.Spacecraft.objects.all()[:100]
        for _ in range(29)
    )
    made, page = ask(api, f"{address}&limit=100")
    assert made == with_one
    assert [len(craft["flights"]) >= 30 for craft in page["results"]] == [True] * 100


def test_spacecraft_in_normal_mode_take_no_more_than_6_queries() -> None:
    assert json.loads(BASELINE.read_text())["spacecraft ?mode=normal"] <= 6


def test_no_baseline_is_left_of_a_resource_that_is_gone() -> None:
    assert set(json.loads(BASELINE.read_text())) == {" ".join(case) for case in CASES}


def test_a_query_made_while_rendering_is_an_error(api: Client) -> None:
    class Forgetful(serializers.ModelSerializer):
        agency = serializers.CharField(source="spacecraft_config.agency.name")

        class Meta:
            model = models.Spacecraft
            fields = ("agency",)

    with pytest.raises(AssertionError, match="a query while rendering"):
        _ = Forgetful(models.Spacecraft.objects.get(pk=499)).data


def test_a_dotted_source_is_joined(api: Client) -> None:
    class Dotted(serializers.ModelSerializer):
        status = serializers.CharField(source="status.name")

        class Meta:
            model = models.Spacecraft
            fields = ("status",)

    craft = plan_of(Dotted).apply(models.Spacecraft.objects.all()).get(pk=499)
    assert Dotted(craft).data == {"status": "Single Use"}
