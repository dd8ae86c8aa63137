"""Figures that cannot be are refused at their field, in the admin alone.

Each rule has a value that is refused, the last that is taken, and a row of upstream's that breaks
it: that one is loaded, shown and edited elsewhere.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import models
from django.test import Client
from django.urls import reverse

from spacecraft.models import (
    Agency,
    ImageLicense,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftConfigFamily,
    SpacecraftConfiguration,
    SpacecraftFlight,
)
from spacedevs.history.models import Step
from spacedevs.mirror.holds import holds_on
from spacedevs.plausible import Problem, problems, rules_of, warnings
from tests.administration import MODELS, admin_url, confirm, errors, save, sent

pytestmark = pytest.mark.only_on("sqlite")  # the rules are Python

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)  # of the frozen clock
FLIGHT = 6  # Soyuz MS-11: 2018-12-03 11:31:52 to 2019-06-25 00:00:00


def moment(field: str, text: str) -> dict[str, str]:
    """A time as its two controls send it."""
    return dict(zip((f"{field}_0", f"{field}_1"), text.split(), strict=True))


def docked(docking: str | None, departure: str | None = None) -> str:
    return json.dumps([{"id": 1, "docking": docking, "departure": departure}])


UP = moment("in_space_since", "2026-10-01 00:00:00")
EMPTY = {"in_space_since_0": "", "in_space_since_1": ""}
PARTS: list[tuple[Any, str, tuple[str, ...]]] = [
    *(
        (model, whole, parts)
        for model in (Agency, SpacecraftConfigFamily, SpacecraftConfiguration)
        for whole, parts in (
            ("total_launch_count", ("successful_launches", "failed_launches")),
            ("attempted_landings", ("successful_landings", "failed_landings")),
        )
    ),
    (Agency, "successful_launches", ("consecutive_successful_launches",)),
    (Agency, "successful_landings", ("consecutive_successful_landings",)),
    *(
        (Agency, f"attempted_landings_{of}", (f"successful_landings_{of}", f"failed_landings_{of}"))
        for of in ("spacecraft", "payload")
    ),
    (Spacecraft, "flights_count", ("mission_ends_count",)),
    *(
        (Launch, f"{of}_launch_attempt_count", (f"{of}_launch_attempt_count_year",))
        for of in ("orbital", "location", "pad", "agency")
    ),
]
NUMBERS = [
    pytest.param(model, field, id=str(field))
    for model in MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.IntegerField | models.FloatField | models.DurationField)
    and field.editable
    and not field.primary_key
    and (model, field.name)
    not in ((Agency, "founding_year"), (Launch, "probability"), (ImageLicense, "priority"))
]
DATES = [
    pytest.param(model, field, id=str(field))
    for model in MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.DateField) and field.editable
]


def blank(model: Any) -> models.Model:
    """A row of which no figure is known, as upstream may send it."""
    return model.objects.create(**{"pk": 999_001} if model is not Launch else {})  # type: ignore[no-any-return]


# Numbers and durations


@pytest.mark.parametrize(("model", "field"), NUMBERS)
def test_a_negative_number_is_refused(admin_client: Client, model: Any, field: Any) -> None:
    is_duration = isinstance(field, models.DurationField)
    typed = "-P1D" if is_duration else "-1"
    page = save(admin_client, blank(model), **{field.name: typed})
    expected = "duration from P0D on" if is_duration else "number from 0 on"
    shown = "-1.0" if isinstance(field, models.FloatField) else typed
    assert errors(page) == {field.name: [f"“{shown}” where a {expected} is expected."]}


@pytest.mark.parametrize(("model", "field"), NUMBERS)
def test_zero_is_taken(admin_client: Client, model: Any, field: Any) -> None:
    typed = "P0D" if isinstance(field, models.DurationField) else "0"
    row = blank(model)
    if field.name == "duration":  # nothing that it follows from is known
        row.spacecraft = None  # type: ignore[attr-defined]
    assert problems_of(row, **{field.name: typed}) == []


def problems_of(row: models.Model, **values: Any) -> list[Problem]:
    """Of a row that is not saved, with texts as values."""
    for name, text in values.items():
        setattr(row, name, row._meta.get_field(name).formfield().clean(text))  # type: ignore[union-attr]
    return problems(row, [*values])


@pytest.mark.parametrize(("model", "field"), NUMBERS)
def test_a_negative_number_of_upstreams_stays(admin_client: Client, model: Any, field: Any) -> None:
    value = timedelta(-1) if isinstance(field, models.DurationField) else -1
    row = blank(model)
    model.objects.filter(pk=row.pk).update(**{field.name: value})
    row.refresh_from_db()
    assert problems(row, ["name", "destination", "description"]) == []
    assert problems(row)[0].field == field.name


@pytest.mark.parametrize("priority", ["-1", "0"])
def test_a_priority_may_be_negative(admin_client: Client, priority: str) -> None:
    assert save(admin_client, ImageLicense.objects.all()[0], priority=priority).status_code == 302


# Bounds of their own, and the years


@pytest.mark.parametrize(
    ("model", "field", "typed", "expected"),
    [
        (Launch, "probability", "500", "number from 0 to 100"),
        (Launch, "probability", "101", "number from 0 to 100"),
        (Launch, "probability", "-1", "number from 0 to 100"),
        (Agency, "founding_year", "1", "number from 1600 to 2026"),
        (Agency, "founding_year", "1599", "number from 1600 to 2026"),
        (Agency, "founding_year", "2027", "number from 1600 to 2026"),
        (Agency, "founding_year", "9999", "number from 1600 to 2026"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(
    admin_client: Client, model: Any, field: str, typed: str, expected: str
) -> None:
    page = save(admin_client, model.objects.all()[0], **{field: typed})
    assert errors(page) == {field: [f"“{typed}” where a {expected} is expected."]}


@pytest.mark.parametrize(
    ("model", "field", "typed"),
    [
        (Launch, "probability", "0"),
        (Launch, "probability", "100"),
        (Agency, "founding_year", "1600"),
        (Agency, "founding_year", "2026"),
    ],
)
def test_a_number_at_its_bounds_is_taken(
    admin_client: Client, model: Any, field: str, typed: str
) -> None:
    row = model.objects.all()[0]
    assert save(admin_client, row, **{field: typed}).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field) == int(typed)


@pytest.mark.parametrize(("model", "field"), DATES)
@pytest.mark.parametrize("year", [1, 1956, 2077, 9999])
def test_a_date_of_another_age_is_refused(
    admin_client: Client, model: Any, field: Any, year: int
) -> None:
    is_time = isinstance(field, models.DateTimeField)
    day = f"{year:04}-01-01"
    typed = moment(field.name, f"{day} 00:00:00") if is_time else {field.name: day}
    page = save(admin_client, blank(model), **typed)
    shown = f"{day} 00:00:00" if is_time else day
    sentence = f"“{shown}” where a year from 1957 to 2076 is expected."
    assert sentence in errors(page)[field.name]


@pytest.mark.parametrize(("model", "field"), DATES)
@pytest.mark.parametrize("year", [1957, 2026, 2076])
def test_a_date_of_our_age_is_taken(db: None, model: Any, field: Any, year: int) -> None:
    row = blank(model)
    row.in_space = None  # type: ignore[attr-defined]
    setattr(row, field.name, datetime(year, 1, 1, tzinfo=UTC))
    is_past = field.name in ("in_space_since", "docked_since")
    assert [each for each in problems(row, [field.name]) if "year" in each.sentence] == []
    assert bool(problems(row, [field.name])) == (is_past and year > NOW.year)


@pytest.mark.parametrize("field", ["in_space_since", "docked_since"])
@pytest.mark.parametrize(("second", "is_taken"), [(0, True), (1, False)])
def test_nothing_has_been_so_since_a_time_to_come(
    db: None, field: str, second: int, is_taken: bool
) -> None:
    craft = Spacecraft(name="x", in_space=True, in_space_since=NOW)
    setattr(craft, field, NOW + timedelta(seconds=second))
    found = [each.sentence for each in problems(craft, [field])]
    refusal = (
        "“2026-11-01 12:00:01” is still to come: a time until 2026-11-01 12:00:00 is expected."
    )
    assert found == ([] if is_taken else [refusal])


# Parts and wholes


@pytest.mark.parametrize(("model", "whole", "parts"), PARTS)
def test_more_parts_than_the_whole_are_refused(
    admin_client: Client, model: Any, whole: str, parts: tuple[str, ...]
) -> None:
    row = blank(model)
    model.objects.filter(pk=row.pk).update(**{whole: 2})
    page = save(admin_client, row, **dict.fromkeys(parts, "2" if len(parts) == 2 else "3"))
    assert [*errors(page)] == [parts[0]]
    names, values = " + ".join(parts).replace("_", " "), " + ".join("22"[: len(parts)])
    values = values if len(parts) == 2 else "3"
    sentence = f"{names} is at most {whole.replace('_', ' ')}: {values} is more than 2."
    assert errors(page)[parts[0]] == [sentence.capitalize()]


@pytest.mark.parametrize(("model", "whole", "parts"), PARTS)
def test_a_whole_below_its_parts_is_refused_where_that_was_changed(
    admin_client: Client, model: Any, whole: str, parts: tuple[str, ...]
) -> None:
    row = blank(model)
    model.objects.filter(pk=row.pk).update(**{whole: 2, parts[0]: 2})
    assert [*errors(save(admin_client, row, **{whole: "1"}))] == [whole]


@pytest.mark.parametrize(("model", "whole", "parts"), PARTS)
def test_parts_that_make_the_whole_are_taken_and_one_unknown(
    db: None, model: Any, whole: str, parts: tuple[str, ...]
) -> None:
    row = model(**{whole: len(parts), **dict.fromkeys(parts, 1)})
    assert problems(row, [whole, *parts]) == []
    assert problems(model(**{whole: None, parts[0]: 9}), [whole, *parts]) == []
    assert problems(model(**{whole: 9, parts[0]: None}), [whole, *parts]) == []


def test_upstreams_landings_do_not_add_up_and_the_rest_is_edited(admin_client: Client) -> None:
    spacex = Agency.objects.get(pk=121)
    assert [problem.field for problem in problems(spacex)] == ["successful_landings"]
    assert save(admin_client, spacex, founding_year="2001").status_code == 302
    page = save(admin_client, spacex, failed_landings="29")
    assert errors(page) == {
        "failed_landings": [
            "Successful landings + failed landings is at most attempted landings: "
            "645 + 29 is more than 672."
        ]
    }


# Ancestors


@pytest.mark.parametrize("model", [Agency, SpacecraftConfigFamily])
def test_a_row_is_not_its_own_ancestor(admin_client: Client, model: Any) -> None:
    first, second, third = model.objects.all()[:3]
    model.objects.filter(pk=second.pk).update(parent=first)
    model.objects.filter(pk=third.pk).update(parent=second)
    kind = model._meta.verbose_name
    for parent, line in ((first, (first, first)), (third, (first, third, second, first))):
        page = save(admin_client, first, parent=parent.pk)
        names = " → ".join(row.name for row in line)
        assert errors(page) == {"parent": [f"{names}: {kind} that is its own ancestor."]}


@pytest.mark.parametrize("model", [Agency, SpacecraftConfigFamily])
def test_a_row_may_have_an_ancestor(admin_client: Client, model: Any) -> None:
    first, second = model.objects.filter(parent=None, children=None)[:2]
    assert save(admin_client, first, parent=second.pk).status_code == 302


def test_upstreams_circle_is_edited_elsewhere_and_joined(admin_client: Client) -> None:
    first, second, third = Agency.objects.filter(parent=None, children=None)[:3]
    Agency.objects.filter(pk=first.pk).update(parent=second)
    Agency.objects.filter(pk=second.pk).update(parent=first)
    assert save(admin_client, first, name="renamed").status_code == 302
    assert save(admin_client, third, parent=first.pk).status_code == 302


# Where a craft is


@pytest.mark.parametrize(
    ("before", "typed", "field", "sentence"),
    [
        ({}, {"in_space": "on", **EMPTY}, "in_space", "In space, and since when is not said"),
        ({}, UP, "in_space_since", "Not in space, but in space since 2026-10-01 00:00:00"),
        (
            {},
            moment("docked_since", "2026-10-01 00:00:00"),
            "docked_since",
            "Docked since 2026-10-01 00:00:00, but not in space",
        ),
        (
            {"in_space": True, "in_space_since": NOW, "docked_since": NOW},
            {"in_space": "", **EMPTY},
            "in_space",
            "Docked since 2026-11-01 12:00:00, but not in space",
        ),
        (
            {"in_space": True, "in_space_since": NOW},
            moment("docked_since", "2026-10-01 00:00:00"),
            "docked_since",
            "Docked since is not before in space since: "
            "2026-10-01 00:00:00 is before 2026-11-01 12:00:00.",
        ),
    ],
)
def test_a_craft_is_in_space_or_not(
    admin_client: Client, before: Any, typed: Any, field: str, sentence: str
) -> None:
    craft = Spacecraft.objects.filter(in_space=False)[0]
    Spacecraft.objects.filter(pk=craft.pk).update(**before)
    page = save(admin_client, craft, **typed)
    assert [*errors(page)] == [field]
    assert errors(page)[field][0].startswith(sentence)


def test_a_craft_is_sent_up_and_docked(admin_client: Client) -> None:
    craft = Spacecraft.objects.filter(in_space=False)[0]
    both = {**UP, **moment("docked_since", "2026-10-01 00:00:00")}
    assert save(admin_client, craft, in_space="on", **both).status_code == 302


@pytest.mark.parametrize(
    "broken",
    [
        {"in_space": True, "in_space_since": None},
        {"in_space": False, "in_space_since": NOW},
        {"in_space": False, "docked_since": NOW},
        {"in_space": True, "in_space_since": NOW, "docked_since": NOW - timedelta(1)},
        {"flights_count": 1, "mission_ends_count": 2},
        {"in_space": None, "docked_since": NOW + timedelta(400_000)},
    ],
)
def test_upstreams_craft_that_cannot_be_is_edited_elsewhere(
    admin_client: Client, broken: Any
) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(**broken)
    craft.refresh_from_db()
    assert problems(craft)
    assert save(admin_client, craft, name="renamed").status_code == 302
    craft.refresh_from_db()
    assert craft.name == "renamed"
    assert {name: getattr(craft, name) for name in broken} == broken


def test_where_a_craft_is_may_be_unknown(db: None) -> None:
    assert problems(Spacecraft(in_space=None, in_space_since=NOW, docked_since=NOW)) == []


# Flights, launches, landings


@pytest.fixture
def flight(db: None) -> SpacecraftFlight:
    return SpacecraftFlight.objects.get(pk=FLIGHT)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        (
            moment("mission_end", "2018-12-03 11:31:51") | {"docking_events": ""},
            "mission_end",
            "The mission's end, 2018-12-03 11:31:51, is before the launch, 2018-12-03 11:31:52.",
        ),
        (
            {"docking_events": docked("2018-12-04T00:00:00Z", "2018-12-03T23:59:59Z")},
            "docking_events",
            "docking_events[0].departure: 2018-12-03 23:59:59 is before the docking, "
            "2018-12-04 00:00:00.",
        ),
        (
            {"docking_events": docked("2018-12-03T11:31:51Z")},
            "docking_events",
            "docking_events[0].docking: 2018-12-03 11:31:51 is before the launch, "
            "2018-12-03 11:31:52.",
        ),
        (
            {"docking_events": docked(None, "2018-12-03T11:31:51Z")},
            "docking_events",
            "docking_events[0].departure: 2018-12-03 11:31:51 is before the launch, "
            "2018-12-03 11:31:52.",
        ),
        (
            {"docking_events": docked("2019-06-25T00:00:01Z")},
            "docking_events",
            "docking_events[0].docking: 2019-06-25 00:00:01 is after the mission's end, "
            "2019-06-25 00:00:00.",
        ),
        (
            moment("mission_end", "2019-06-24 23:25:29"),
            "mission_end",
            "docking_events[0].departure: 2019-06-24 23:25:30 is after the mission's end, "
            "2019-06-24 23:25:29.",
        ),
    ],
)
def test_a_flight_goes_from_its_launch_to_its_end(
    admin_client: Client, flight: SpacecraftFlight, typed: Any, field: str, sentence: str
) -> None:
    assert errors(save(admin_client, flight, **typed)) == {field: [sentence]}


@pytest.mark.parametrize(
    "typed",
    [
        moment("mission_end", "2018-12-03 11:31:52") | {"docking_events": ""},
        moment("mission_end", "2019-06-24 23:25:30"),
        {"docking_events": docked("2018-12-03T11:31:52Z", "2018-12-03T11:31:52Z")},
        {"docking_events": docked("2019-06-25T00:00:00Z")},
        {"docking_events": docked(None)},
        {"mission_end_0": "", "mission_end_1": ""},
    ],
)
def test_a_flight_may_end_when_it_starts_and_dock_when_it_ends(
    admin_client: Client, flight: SpacecraftFlight, typed: Any
) -> None:
    assert save(admin_client, flight, **typed).status_code == 302


@pytest.mark.parametrize("year", [1956, 2077])
def test_a_docking_is_of_our_years(
    admin_client: Client, flight: SpacecraftFlight, year: int
) -> None:
    typed = docked(f"{year}-01-01T00:00:00Z")
    found = errors(save(admin_client, flight, docking_events=typed))["docking_events"]
    assert (
        f"docking_events[0].docking: “{year}-01-01 00:00:00” where a year from 1957 to 2076 is "
        "expected." in found
    )


@pytest.mark.parametrize("pk", [119, 227])
def test_upstreams_flight_that_ends_before_its_launch_is_edited_elsewhere(
    admin_client: Client, pk: int
) -> None:
    flight = SpacecraftFlight.objects.get(pk=pk)
    assert "mission_end" in {problem.field for problem in problems(flight)}
    assert save(admin_client, flight, destination="Mir").status_code == 302
    flight.refresh_from_db()
    assert flight.destination == "Mir"


@pytest.mark.parametrize("pk", [155, 166, 345, 424])
def test_upstreams_dockings_that_cannot_be_are_edited_elsewhere(
    admin_client: Client, pk: int
) -> None:
    flight = SpacecraftFlight.objects.get(pk=pk)
    assert "docking_events" in {problem.field for problem in problems(flight)}
    assert save(admin_client, flight, destination="Mir").status_code == 302


@pytest.mark.parametrize("events", [[None], None, [{}], [{"docking": 3, "departure": "soon"}]])
def test_what_upstream_says_of_a_docking_may_be_nonsense(
    db: None, flight: SpacecraftFlight, events: Any
) -> None:
    flight.docking_events = events
    assert problems(flight) == []


@pytest.mark.parametrize(("second", "is_taken"), [(0, True), (1, False)])
def test_a_craft_is_on_one_flight_at_a_time(
    admin_client: Client, flight: SpacecraftFlight, second: int, is_taken: bool
) -> None:
    assert flight.mission_end
    net = flight.mission_end - timedelta(seconds=second)
    launch = Launch.objects.create(name="again", net=net)
    url = admin_url(SpacecraftFlight, "add")
    typed = {"spacecraft": flight.spacecraft_id, "launch": str(launch.pk)}
    page = admin_client.post(url, {**sent(admin_client.get(url)), **typed})
    if is_taken:
        assert page.status_code == 302
    else:
        sentence = "The craft is on flight 6 then: from 2018-12-03 11:31:52 to 2019-06-25 00:00:00."
        assert errors(page) == {"launch": [sentence]}


def test_a_placeholder_is_on_many(db: None, flight: SpacecraftFlight) -> None:
    other = SpacecraftFlight(spacecraft=flight.spacecraft, launch=flight.launch)
    assert [problem.field for problem in problems(other)] == ["launch"]
    assert flight.spacecraft
    flight.spacecraft.is_placeholder = True
    assert problems(other) == []


@pytest.mark.parametrize(("second", "is_taken"), [(0, True), (1, False)])
def test_a_launch_is_not_moved_behind_what_follows_it(
    admin_client: Client, flight: SpacecraftFlight, second: int, is_taken: bool
) -> None:
    SpacecraftFlight.objects.filter(pk=flight.pk).update(docking_events=[])
    page = save(admin_client, flight.launch, **moment("net", f"2019-06-25 00:00:0{second}"))
    if is_taken:
        assert page.status_code == 302
    else:
        assert errors(page) == {
            "net": [
                "Flight 6: The mission's end, 2019-06-25 00:00:00, is before the launch, "
                "2019-06-25 00:00:01."
            ]
        }


@pytest.mark.parametrize(("second", "is_taken"), [(0, True), (1, False)])
def test_a_window_does_not_close_before_it_opens(db: None, second: int, is_taken: bool) -> None:
    launch = Launch(window_start=NOW, window_end=NOW - timedelta(seconds=second))
    found = problems(launch, ["window_start"])
    sentence = (
        "Window end is not before window start: 2026-11-01 11:59:59 is before 2026-11-01 12:00:00."
    )
    assert found == ([] if is_taken else [Problem("window_start", sentence)])


@pytest.mark.parametrize(
    "broken",
    [
        {"probability": 500},
        {"window_start": NOW, "window_end": NOW - timedelta(1)},
        {"pad_launch_attempt_count": 1, "pad_launch_attempt_count_year": 2},
        {"net": datetime(9999, 1, 1, tzinfo=UTC)},
    ],
)
def test_upstreams_launch_that_cannot_be_is_edited_elsewhere(
    admin_client: Client, flight: SpacecraftFlight, broken: Any
) -> None:
    launch = flight.launch
    Launch.objects.filter(pk=launch.pk).update(**broken)  # type: ignore[union-attr]
    launch.refresh_from_db()  # type: ignore[union-attr]
    assert problems(launch)  # type: ignore[arg-type]
    assert save(admin_client, launch, name="renamed").status_code == 302  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attempt", "success", "is_taken"),
    [(True, True, True), (False, False, True), (None, True, True), (False, True, False)],
)
def test_a_landing_that_succeeds_was_attempted(
    db: None, attempt: bool | None, success: bool, is_taken: bool
) -> None:
    found = problems(Landing(attempt=attempt, success=success), ["attempt"])
    sentence = "A success, and not attempted: only one of the two can be."
    assert found == ([] if is_taken else [Problem("attempt", sentence)])


# Pages and callers


def test_an_add_page_refuses_too(admin_client: Client) -> None:
    url = admin_url(Launch, "add")
    typed = {"name": "x", "probability": "101", "launch_service_provider": "121"}
    typed |= moment("net", "2026-11-01 12:00:00")
    page = admin_client.post(url, {**sent(admin_client.get(url)), **typed})
    assert [*errors(page)] == ["probability"]


def test_what_cannot_be_read_is_said_once(admin_client: Client) -> None:
    spacex = Agency.objects.get(pk=121)
    page = save(admin_client, spacex, successful_landings="many", failed_landings="29")
    assert errors(page) == {"successful_landings": ["Enter a whole number."]}


def test_all_rules_are_asked_of_a_row_that_came_from_elsewhere(db: None) -> None:
    row = Agency(name="x", founding_year=1, pending_launches=-1)
    assert {problem.field for problem in problems(row)} == {"founding_year", "pending_launches"}


def test_a_value_is_text_and_no_html(admin_client: Client) -> None:
    first = Agency.objects.all()[0]
    Agency.objects.filter(pk=first.pk).update(name="<script>alert(1)</script>")
    page = save(admin_client, first, parent=first.pk)
    assert errors(page)
    assert "<script>alert" not in page.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_rule_compares_fields_of_its_model(model: Any) -> None:
    names = {field.name for field in model._meta.get_fields()}
    assert all({*rule.fields} <= names for rule in rules_of(model))


# The warning that may be confirmed


@pytest.fixture
def other(db: None) -> Spacecraft:
    """Another craft that has a serial number."""
    craft = Spacecraft.objects.exclude(serial_number=None).exclude(serial_number="")[0]
    Spacecraft.objects.filter(pk=craft.pk).update(name="<b>Other</b>")
    return Spacecraft.objects.get(pk=craft.pk)


def twin(client: Client, other: Spacecraft, **typed: Any) -> Any:
    url = admin_url(Spacecraft, "add")
    same = {"spacecraft_config": other.spacecraft_config_id, "serial_number": other.serial_number}
    return client.post(url, {**sent(client.get(url)), "name": "Twin", "status": 1, **same, **typed})


def box(page: Any) -> dict[str, str]:
    """The check box of the warning, ticked."""
    found = re.search(
        r'<input type="checkbox" name="(\S+-all_the_same)" value="(\w+)"', page.content.decode()
    )
    assert found
    return {found[1]: found[2]}


def test_a_serial_number_that_is_taken_is_a_warning_with_a_link(
    admin_client: Client, other: Spacecraft
) -> None:
    page = twin(admin_client, other, description="typed")
    (line,) = errors(page)["serial_number"]
    link = f'<a href="{admin_url(Spacecraft, "change", other.pk)}">&lt;b&gt;Other&lt;/b&gt; ('
    assert link in line
    assert line in page.content.decode()
    assert not Spacecraft.objects.filter(name="Twin").exists()
    assert page.context["adminform"].form["description"].value() == "typed"


def test_a_warning_that_is_confirmed_lets_the_row_be_saved(
    admin_client: Client, other: Spacecraft
) -> None:
    confirmed = box(twin(admin_client, other))
    assert twin(admin_client, other, **confirmed).status_code == 302
    assert Spacecraft.objects.get(name="Twin").serial_number == other.serial_number


def test_another_warning_is_not_confirmed_with_it(admin_client: Client, other: Spacecraft) -> None:
    confirmed = box(twin(admin_client, other))
    third = Spacecraft.objects.exclude(pk=other.pk).filter(
        spacecraft_config=other.spacecraft_config_id
    )[0]
    Spacecraft.objects.filter(pk=third.pk).update(serial_number="third")
    page = twin(admin_client, other, serial_number="third", **confirmed)
    assert [*errors(page)] == ["serial_number"]


def test_a_warning_stays_confirmed_while_something_else_is_mended(
    admin_client: Client, other: Spacecraft
) -> None:
    confirmed = box(twin(admin_client, other))
    page = twin(admin_client, other, flights_count="-1", **confirmed)
    assert {*errors(page)} == {"flights_count", "serial_number"}
    (value,) = confirmed.values()
    assert f'value="{value}" checked>' in page.content.decode()


def test_the_serial_number_of_another_configuration_is_no_warning(
    admin_client: Client, other: Spacecraft
) -> None:
    config = SpacecraftConfiguration.objects.exclude(pk=other.spacecraft_config_id)[0]
    assert twin(admin_client, other, spacecraft_config=config.pk).status_code == 302


def test_two_craft_without_a_serial_number_are_no_warning(db: None) -> None:
    unknown = Spacecraft.objects.filter(serial_number=None)[0]
    assert warnings(Spacecraft(spacecraft_config=unknown.spacecraft_config)) == []


def test_upstreams_two_craft_of_a_serial_number_are_edited_elsewhere(
    admin_client: Client, other: Spacecraft
) -> None:
    same = {"spacecraft_config": other.spacecraft_config, "serial_number": other.serial_number}
    craft = Spacecraft.objects.exclude(pk=other.pk)[0]
    Spacecraft.objects.filter(pk=craft.pk).update(**same)
    craft.refresh_from_db()
    assert [each.field for each in warnings(craft)] == ["serial_number"]
    assert save(admin_client, craft, name="renamed").status_code == 302


# A flight ends now


UP_NOW = 887  # Soyuz MS-29, docked


def test_the_page_says_what_an_end_changes(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:spacecraft_spacecraftflight_end", args=(UP_NOW,)))
    lines = {
        f"{change.kind_of_record()}: {line.name}": (line.was, line.became)
        for change in page.context["changes"]
        for line in change.lines()
    }
    assert (
        lines.items()
        >= {
            "spacecraft flight: Mission end": ("–", "2026-11-01 12:00:00"),
            "spacecraft: Mission ends count": ("0", "1"),
            "spacecraft: In space": ("Yes", "No"),
            "spacecraft: In space since": ("2026-07-14 14:47:43", "–"),
            "spacecraft: Docked since": ("2026-07-14 17:52:00", "–"),
        }.items()
    )
    assert SpacecraftFlight.objects.get(pk=UP_NOW).mission_end is None


def test_an_end_is_the_models_and_the_figures_follow(admin_client: Client) -> None:
    url = reverse("admin:spacecraft_spacecraftflight_end", args=(UP_NOW,))
    craft: Any = SpacecraftFlight.objects.get(pk=UP_NOW).spacecraft
    answer = confirm(admin_client, url)
    assert answer["Location"] == admin_url(Spacecraft, "change", craft.pk)
    flight = SpacecraftFlight.objects.get(pk=UP_NOW)
    assert (flight.mission_end, flight.running_since) == (NOW, None)
    craft.refresh_from_db()
    assert (craft.in_space, craft.mission_ends_count, craft.docked_since) == (False, 1, None)


def test_what_the_page_says_of_an_end_comes_true(admin_client: Client) -> None:
    """Of every flight that is up."""
    for flight in SpacecraftFlight.objects.up(NOW):
        url = reverse("admin:spacecraft_spacecraftflight_end", args=(flight.pk,))
        said = {each.key: each.pairs() for each in admin_client.get(url).context["changes"]}
        confirm(admin_client, url)
        assert {each.key: each.pairs() for each in Step.objects.all()[0].changes.all()} == said


def test_an_end_is_held_and_in_the_history(admin_client: Client) -> None:
    confirm(admin_client, reverse("admin:spacecraft_spacecraftflight_end", args=(UP_NOW,)))
    flight = SpacecraftFlight.objects.get(pk=UP_NOW)
    assert {one.field for one in holds_on(flight)} == {"mission_end"}
    step = Step.objects.get()
    assert (step.by, step.about) == ("admin", f"End {flight}")


@pytest.mark.parametrize("pk", [FLIGHT, 417])  # over; an end that upstream has forgotten
def test_a_flight_that_is_not_up_does_not_end(admin_client: Client, pk: int) -> None:
    flight = SpacecraftFlight.objects.get(pk=pk)
    answer = admin_client.post(
        reverse("admin:spacecraft_spacecraftflight_end", args=(pk,)), follow=True
    )
    assert f"{flight}: not up now." in answer.content.decode()
    assert SpacecraftFlight.objects.get(pk=pk).mission_end == flight.mission_end


def test_an_end_that_cannot_be_is_refused(admin_client: Client) -> None:
    SpacecraftFlight.objects.filter(pk=UP_NOW).update(
        docking_events=json.loads(docked("2026-11-02T00:00:00Z"))
    )
    page = admin_client.post(reverse("admin:spacecraft_spacecraftflight_end", args=(UP_NOW,)))
    assert page.status_code == 400
    assert (
        "docking_events[0].docking: 2026-11-02 00:00:00 is after the mission&#x27;s end, "
        "2026-11-01 12:00:00."
    ) in page.text
    assert SpacecraftFlight.objects.get(pk=UP_NOW).mission_end is None


def test_a_flight_that_is_not_there_does_not_end(admin_client: Client) -> None:
    url = reverse("admin:spacecraft_spacecraftflight_end", args=(3,))
    assert admin_client.post(url).status_code == 404


@pytest.mark.parametrize(("permission", "status"), [("view", 403), ("change", 200)])
def test_who_may_change_a_flight_may_end_it(
    client: Client, db: None, permission: str, status: int
) -> None:
    user = User.objects.create_user("editor", is_staff=True)
    codenames = {"view_spacecraft", "view_spacecraftflight", f"{permission}_spacecraftflight"}
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    url = reverse("admin:spacecraft_spacecraftflight_end", args=(UP_NOW,))
    assert client.get(url).status_code == status
    craft = SpacecraftFlight.objects.get(pk=UP_NOW).spacecraft_id
    page = client.get(admin_url(Spacecraft, "change", craft)).content.decode()
    assert (url in page) == (status == 200)
    assert "Add a flight" not in page
