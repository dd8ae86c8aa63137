"""A declaration that contradicts itself stops the start."""

from typing import Any

import django_filters
import pytest
from django.core.checks import run_checks

from spacecraft.models import Spacecraft
from spacecraft.serializers import vehicles
from spacecraft.urls import router
from spacecraft.views import AgencyViewSet, SpacecraftStatusViewSet, SpacecraftViewSet
from spacedevs.api.checks import check_resource, check_resources
from spacedevs.api.description import Examples


def messages(base: type, **attributes: Any) -> list[str]:
    return [error.msg for error in check_resource(type("Changed", (base,), attributes))]


def test_the_resources_contradict_nothing() -> None:
    assert run_checks(tags=["api"]) == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"modes": (vehicles.SpacecraftNormal, vehicles.SpacecraftDetailed)},
            "modes names one twice: normal, normal.",
        ),
        (
            {"modes": (vehicles.SpacecraftStatus, vehicles.SpacecraftNormal)},
            "modes needs a response_mode in each serializer, and 'normal' in one.",
        ),
        (
            {"ordering_fields": ("id", "flights_count", "colour")},
            "ordering_fields names 'colour', which is no column.",
        ),
        (
            {"search_fields": ("name", "status__colour")},
            "search_fields names 'status__colour', which is no column.",
        ),
        (
            {"examples": Examples("in_space=maybe", "Endeavour", "id")},
            "examples.filter is 'in_space=maybe', which in_space refuses or ignores.",
        ),
        (
            {"examples": Examples("status=active", "Endeavour", "id")},
            "examples.filter is 'status=active', which status refuses or ignores.",
        ),
        (
            {"examples": Examples("in_space=True", "", "id")},
            "search_fields and examples.search go together.",
        ),
        (
            {"examples": Examples("in_space=True", "Endeavour", "-name")},
            "examples.ordering is '-name'; the fields are "
            "flights_count, id, mission_ends_count, time_docked, time_in_space.",
        ),
        (
            {"filterset_class": type("Other", (django_filters.FilterSet,), {})},
            "filterset_class has to extend the FilterSet of spacedevs.api.filters.",
        ),
        (
            {"filterset_class": None},
            "examples.filter is 'is_placeholder=True', and there are no filters.",
        ),
    ],
)
def test_a_contradiction_is_named(attributes: dict[str, Any], message: str) -> None:
    assert message in messages(SpacecraftViewSet, **attributes)


@pytest.mark.parametrize("name", ["queryset", "modes", "examples"])
def test_a_declaration_that_is_missing_is_named_with_the_line_to_write(name: str) -> None:
    (message,) = messages(SpacecraftViewSet, **{name: None})
    assert message.startswith(f"Write in it: {name} = ")


def test_rows_without_an_order_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spacecraft._meta, "ordering", ())
    assert "queryset is of Spacecraft, which has no ordering." in messages(SpacecraftViewSet)[0]


def test_a_view_set_that_is_not_registered_is_named_with_the_line_to_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = [entry for entry in router.registry if entry[0] != "agencies"]
    monkeypatch.setattr(router, "registry", registry)
    assert [error.msg for error in check_resources()] == [
        "AgencyViewSet is not registered. Write in spacecraft/urls.py: "
        'router.register("agencies", views.AgencyViewSet)'
    ]


def test_a_component_that_is_another_shapes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = type("SpaceStationNormal", (vehicles.SpacecraftStatus,), {"__module__": "others"})
    monkeypatch.setattr(SpacecraftStatusViewSet, "modes", (taken,))
    (error,) = check_resources()
    assert error.msg == (
        "Two shapes are the component SpaceStationNormal: others.SpaceStationNormal and "
        "spacecraft.serializers.dockings.SpaceStationNormal. Rename one."
    )


def test_an_example_of_a_filter_that_is_not_there_is_named() -> None:
    found = messages(AgencyViewSet, examples=Examples("colour=red", "SpaceX", "id"))
    assert found[0].startswith("examples.filter is 'colour=red'; the filters are abbrev,")


def test_a_method_field_is_refused_as_the_plan_cannot_see_it() -> None:
    from rest_framework import serializers

    from spacecraft import models

    class Blind(serializers.ModelSerializer):
        manufacturer = serializers.SerializerMethodField()

        class Meta:
            model = models.Spacecraft
            fields = ("manufacturer",)

    assert "SerializerMethodField" in messages(SpacecraftViewSet, modes=(Blind,))[0]
