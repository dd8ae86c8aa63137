"""Queries: a constant of the resource and its mode, kept in query_counts.json."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from spacecraft import models
from spacedevs.api.plans import plan_of
from spacedevs.api.registry import resources
from tests.relations import relate_everything, rows_without, shown_relations

BASELINE = Path(__file__).parent / "query_counts.json"
VERB = "if that is meant, write the baseline with `make query-counts`"


@pytest.fixture(autouse=True)
def without_fragments(settings: Any) -> None:
    """With them, a query more or less is made of what is known already."""
    settings.FRAGMENTS = 0


def cases() -> list[tuple[str, str]]:
    found = []
    for resource, viewset in sorted(resources().items()):
        found += [(resource, f"?mode={name}") for name in viewset.get_modes().names or ("",)]
        found.append((resource, "retrieve"))
    return found


CASES = cases()


def url_of(resource: str, what: str, limit: int) -> str:
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
    relate_everything()


def test_no_relation_is_empty_while_queries_are_counted(everything_related: None) -> None:
    relations = shown_relations()
    assert len(relations) > 20
    for model, relation in relations:
        assert not rows_without(model, relation).exists()


@pytest.mark.parametrize(("resource", "what"), CASES)
def test_the_number_of_queries_is_the_baselines(
    api: Client, everything_related: None, resource: str, what: str
) -> None:
    made = count(api, url_of(resource, what, limit=100))
    assert made == json.loads(BASELINE.read_text()).get(f"{resource} {what}"), f"{made}: {VERB}"


def test_the_baseline_has_every_case_and_no_other(
    request: pytest.FixtureRequest, api: Client
) -> None:
    """With `--count-queries` this writes the file in place of looking at it."""
    if request.config.getoption("count_queries"):
        relate_everything()
        counts = {" ".join(case): count(api, url_of(*case, limit=100)) for case in CASES}
        BASELINE.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")
    assert set(json.loads(BASELINE.read_text())) == {" ".join(case) for case in CASES}, VERB


@pytest.mark.parametrize(("resource", "what"), [case for case in CASES if case[1] != "retrieve"])
def test_many_rows_take_as_many_queries_as_one(
    api: Client, everything_related: None, resource: str, what: str
) -> None:
    assert count(api, url_of(resource, what, 100)) == count(api, url_of(resource, what, 1))


def test_100_spacecraft_take_as_many_queries_with_30_flights_each_as_one_with_one(
    api: Client, everything_related: None
) -> None:
    url = "/2.3.0/spacecraft/?mode=detailed"
    with_one = count(api, f"{url}&limit=1")
    launch = models.Launch.objects.all()[0]
    models.SpacecraftFlight.objects.bulk_create(
        models.SpacecraftFlight(spacecraft=craft, launch=launch)
        for craft in models.Spacecraft.objects.all()[:100]
        for _ in range(29)
    )
    made, page = ask(api, f"{url}&limit=100")
    assert made == with_one
    assert [len(craft["flights"]) >= 30 for craft in page["results"]] == [True] * 100


def test_spacecraft_in_normal_mode_take_no_more_than_6_queries() -> None:
    assert json.loads(BASELINE.read_text())["spacecraft ?mode=normal"] <= 6


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
