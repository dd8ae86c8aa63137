"""The admin's front page says how things stand, to those who may see it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spacecraft.models import (
    Image,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftConfiguration,
    SpacecraftFlight,
)
from spacedevs import front, gaps
from spacedevs.history.models import Step
from spacedevs.history.steps import step
from spacedevs.mirror.budget import utc_now
from spacedevs.mirror.models import Hold, MirrorCall, MirrorRun
from tests.administration import admin_url, save
from tests.test_pictures import SCRIPT, may

INDEX = "/admin/"
MISSING = [
    pytest.param(model, column, id=f"{model.__name__}-{column}")
    for model, page in admin.site._registry.items()
    for column in getattr(page, "missing", ())
]


def sections(client: Client) -> dict[str, str]:
    return {each.title: each.body for each in client.get(INDEX).context["sections"]}


def mirrored(started: datetime, **values: Any) -> MirrorRun:
    values = {"source": "https://source.example.org/", "outcome": "done", **values}
    return MirrorRun.objects.create(started=started, **values)


# Durations in words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(days=12, hours=4, minutes=33, seconds=21), "12 d 04:33:21"),
        (timedelta(seconds=9), "00:00:09"),
        (timedelta(days=1), "1 d 00:00:00"),
        (timedelta(seconds=86399, microseconds=999999), "23:59:59"),
        (-timedelta(days=2, seconds=1), "-2 d 00:00:01"),
    ],
)
def test_durations_are_told_in_words(duration: timedelta, words: str) -> None:
    assert front.in_words(duration) == words


# What is in space


def test_craft_in_space_are_listed_with_their_times(
    admin_client: Client, frozen_clock: datetime
) -> None:
    Spacecraft.objects.update(in_space=False, in_space_since=None, docked_since=None)
    up, docked, lost = Spacecraft.objects.all()[:3]
    since = {"in_space": True, "in_space_since": frozen_clock - timedelta(hours=1)}
    Spacecraft.objects.filter(pk=up.pk).update(
        **since, time_in_space=timedelta(days=12), time_docked=timedelta(seconds=5)
    )
    Spacecraft.objects.filter(pk=docked.pk).update(
        docked_since=frozen_clock - timedelta(minutes=2), time_docked=timedelta(days=1)
    )
    Spacecraft.objects.filter(pk=lost.pk).update(in_space=True, time_in_space=None)
    shown = sections(admin_client)["In space now"]
    for craft in (up, docked, lost):
        assert f'<a href="{admin_url(Spacecraft, "change", craft.pk)}">{craft}</a>' in shown
    assert shown.count("<tr>") == 4
    assert '<time datetime="P12DT1H" data-seconds="1040400">12 d 01:00:00</time>' in shown
    assert '<time datetime="P1DT2M" data-seconds="86520">1 d 00:02:00</time>' in shown
    assert '<time datetime="PT5S">00:00:05</time>' in shown
    assert "not known" in shown


def test_many_in_space_are_counted_and_the_first_are_listed(admin_client: Client) -> None:
    Spacecraft.objects.update(in_space=True)
    shown = sections(admin_client)["In space now"]
    assert f"The first 12 of {Spacecraft.objects.count()}." in shown
    assert shown.count('<th scope="row">') == 12


def test_none_in_space_is_said(admin_client: Client) -> None:
    Spacecraft.objects.update(in_space=False, docked_since=None)
    assert "No craft is in space or docked." in sections(admin_client)["In space now"]


# The mirror


def test_last_runs_are_listed_and_the_data_have_an_age(
    admin_client: Client, frozen_clock: datetime
) -> None:
    mirrored(frozen_clock - timedelta(days=2), as_of=frozen_clock - timedelta(hours=30), added=17)
    last = mirrored(frozen_clock - timedelta(hours=1), outcome="failed", rehearsal=True)
    shown = sections(admin_client)["The mirror"]
    assert "The data are of 2026-10-31 06:00:00 UTC" in shown
    assert '<time datetime="P1DT6H" data-seconds="108000">1 d 06:00:00</time> old' in shown
    assert f'<a href="{admin_url(MirrorRun, "change", last.pk)}">2026-11-01 11:00</a>' in shown
    assert "Failed, rehearsal" in shown
    assert '<td class="number">17</td>' in shown


def test_calls_left_are_told(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRROR_BUDGET", "15")
    monkeypatch.setenv("MIRROR_FROM", "https://source.example.org/2.3.0/")
    for _ in range(14):
        MirrorCall.objects.create(host="source.example.org", moment=utc_now())
    shown = sections(admin_client)["The mirror"]
    assert "1 call left in this hour." in shown
    assert "Nothing has been mirrored yet." in shown


def test_held_fields_are_counted_and_the_last_are_told(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, name="Ours", serial_number="X-1")
    shown = sections(admin_client)["Held against the mirror"]
    assert f'<a href="{admin_url(Hold, "changelist")}">2 fields held</a>' in shown
    assert "Ours (X-1): Name" in shown


# Incomplete records


@pytest.mark.parametrize(("model", "column"), MISSING)
def test_what_is_missing_is_counted_and_its_list_is_just_that(
    admin_client: Client, model: Any, column: str
) -> None:
    model._base_manager.filter(pk=model._base_manager.first().pk).update(**{column: None})
    shown = sections(admin_client)["Incomplete records"]
    url = f"{admin_url(model, 'changelist')}?missing={column}"
    [count] = re.findall(rf'<a href="{re.escape(url)}">[^<]* \((\d+)\)</a>', shown)
    found = admin_client.get(url).context["cl"].queryset
    assert found.count() == int(count) == model.objects.filter(gaps.lacks(model, column)).count()
    assert not [row for row in found if getattr(row, column) not in (None, "")]


def test_filter_takes_no_other_column(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Spacecraft, "changelist"), {"missing": "name"})
    assert page.context["cl"].queryset.count() == Spacecraft.objects.count()


def test_nothing_missing_is_said(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for model, page in admin.site._registry.items():
        if getattr(page, "missing", ()):
            monkeypatch.setattr(page, "missing", ("id",) if model is Image else ())
    assert "Nothing is missing." in sections(admin_client)["Incomplete records"]


# Who asks


def test_the_last_changes_are_everybodys_and_not_the_mirrors(admin_client: Client) -> None:
    craft, other = Spacecraft.objects.all()[:2]
    save(admin_client, craft, serial_number="X-1")
    save(may("change_spacecraft", "view_spacecraft"), other, serial_number="X-2")
    with step(Step.Kind.MIRROR):
        Spacecraft.objects.create(name="The mirror's")
    shown = sections(admin_client)["Last changes"]
    pages = [admin_url(Spacecraft, "change", row.pk) for row in (other, craft)]
    assert [
        url
        for url in re.findall(r'href="([^"]+)"', shown)
        if "change/" in url and "history" not in url
    ] == pages
    assert "admin: changed" in shown


@pytest.mark.parametrize(
    ("permission", "titles"),
    [
        ("view_spacecraft", ["In space now", "Incomplete records"]),
        ("view_image", ["Incomplete records"]),
        ("view_mirrorrun", ["The mirror"]),
        ("view_hold", ["Held against the mirror"]),
        ("view_change", ["Last changes"]),
        ("view_country", []),
    ],
)
def test_sections_are_those_that_one_may_see(db: None, permission: str, titles: list[str]) -> None:
    assert list(sections(may(permission))) == titles


def test_counts_are_of_what_one_may_see(db: None) -> None:
    Spacecraft.objects.update(image=None)
    Image.objects.update(credit=None)
    shown = sections(may("view_image"))["Incomplete records"]
    assert admin_url(Image, "changelist") in shown
    assert admin_url(Spacecraft, "changelist") not in shown


def test_stranger_is_sent_to_the_login(client: Client, db: None) -> None:
    assert client.get(INDEX)["Location"].startswith(reverse("admin:login"))


def test_list_of_models_stays(admin_client: Client) -> None:
    page = admin_client.get(INDEX).content.decode()
    assert f'<a href="{admin_url(Landing, "changelist")}"' in page


def test_names_are_escaped(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(name=SCRIPT, in_space=True)
    SpacecraftConfiguration.objects.update(name=SCRIPT)
    Hold.objects.create(model="spacecraft.spacecraft", key=SCRIPT, field=SCRIPT)
    save(admin_client, craft, serial_number="X-1")
    page = admin_client.get(INDEX).content.decode()
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;") >= 5


# Queries


@pytest.fixture
def grown(db: None, frozen_clock: datetime) -> None:
    """603 craft, all of them in space, and 3,000 flights."""
    craft = Spacecraft.objects.count()
    Spacecraft.objects.bulk_create(
        Spacecraft(pk=2_000_000 + number, name=f"Craft {number}", sort_name=f"craft{number}")
        for number in range(603 - craft)
    )
    crafts, launch = list(Spacecraft.objects.all()), Launch.objects.all()[0]
    SpacecraftFlight.objects.bulk_create(
        SpacecraftFlight(pk=2_000_000 + number, spacecraft=crafts[number % 603], launch=launch)
        for number in range(3000 - SpacecraftFlight.objects.count())
    )
    image = Image.objects.all()[0]
    config = SpacecraftConfiguration.objects.all()[0]
    Spacecraft.objects.update(
        in_space=True, in_space_since=frozen_clock, image=image, spacecraft_config=config
    )
    for number in range(30):
        mirrored(frozen_clock - timedelta(hours=number), as_of=frozen_clock)
        Hold.objects.create(model="spacecraft.spacecraft", key=str(number), field="name")
    assert (Spacecraft.objects.count(), SpacecraftFlight.objects.count()) == (603, 3000)


@pytest.mark.parametrize("who", ["superuser", "editor"])
def test_ten_queries_are_enough_whoever_asks(grown: None, admin_client: Client, who: str) -> None:
    everything = (
        "spacecraft",
        "image",
        "agency",
        "spacecraftconfiguration",
        "mirrorrun",
        "hold",
        "change",
    )
    client = admin_client
    if who == "editor":
        client = may(*(f"view_{name}" for name in everything))
    for craft in Spacecraft.objects.all()[:20]:
        craft.description = "Changed."
        craft.save()
    client.get(INDEX)  # what a process learns once
    with CaptureQueriesContext(connection) as queries:
        assert client.get(INDEX).status_code == 200
    assert len(queries) <= 10, [each["sql"][:150] for each in queries]
