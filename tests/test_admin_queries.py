"""What the admin's pages ask of the database, with as many records as upstream has."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Landing, Launch, Spacecraft, SpacecraftFlight
from spacedevs.history.models import Change, Step
from spacedevs.history.steps import step
from spacedevs.mirror.holds import hold
from spacedevs.mirror.models import Hold, MirrorRun
from spacedevs.values import snapshots
from tests.administration import MODELS, admin_url
from tests.filling import copy_of

MOST = 10
CRAFT, FLIGHTS = 603, 3_000
FIRST = 3_000_000  # ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian() -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="librarian"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def many(librarian: Client) -> None:
    """603 craft, 3,000 flights, each with a landing, and a history with a hold of each model."""
    model = Spacecraft.objects.exclude(image=None)[0]
    missing = CRAFT - Spacecraft.objects.count()
    crafts = [copy_of(model, FIRST + number, name=f"C{number}") for number in range(missing)]
    Spacecraft.objects.bulk_create(crafts)
    keys = list(Spacecraft.objects.values_list("pk", flat=True))
    launches = list(Launch.objects.values_list("pk", flat=True))
    Landing.objects.bulk_create(Landing(pk=FIRST + number) for number in range(FLIGHTS))
    SpacecraftFlight.objects.bulk_create(
        SpacecraftFlight(
            pk=FIRST + number,
            spacecraft_id=keys[number % len(keys)],
            launch_id=launches[number % len(launches)],
            landing_id=FIRST + number,
        )
        for number in range(FLIGHTS)
    )
    with step(Step.Kind.EDIT, User.objects.get(username="ada")) as recorder:
        for each in MODELS:
            for row in each._default_manager.order_by("-pk")[:5]:
                before = snapshots(each, [row.pk])[row.pk]
                column = next(name for name in before if name != "sort_name")
                values = {name: [None, None] for name in before}
                recorder.record(each, row.pk, Change.Kind.CHANGED, values, "")
                hold(row, [column], before)
    MirrorRun.objects.create(source="s", started="2026-01-01T00:00Z")


def pages() -> Iterator[tuple[str, str]]:
    for model in MODELS:
        row: models.Model = model._default_manager.order_by("-pk")[0]
        yield f"{model.__name__} list", admin_url(model, "changelist")
        yield f"{model.__name__} page", admin_url(model, "change", row.pk)
        yield f"{model.__name__} add", admin_url(model, "add")
        yield f"{model.__name__} history", admin_url(model, "history", row.pk)
    yield "front", "/admin/"
    yield "changes", "/admin/history/change/"
    for model in (Hold, MirrorRun):
        yield f"{model.__name__} list", admin_url(model, "changelist")


def test_each_list_and_page_asks_at_most_ten_queries(librarian: Client, many: None) -> None:
    wrong = {}
    for name, url in pages():
        librarian.get(url)  # what a process learns once
        with CaptureQueriesContext(connection) as queries:
            assert librarian.get(url).status_code == 200
        if len(queries) > MOST:
            wrong[name] = (len(queries), [each["sql"][:110] for each in queries])
    assert {name: number for name, (number, _) in wrong.items()} == {}, wrong
