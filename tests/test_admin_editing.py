"""What editors do in the admin: search, edit, delete."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spacecraft.models import (
    Agency,
    AgencyType,
    Country,
    Image,
    ImageVariant,
    ImageVariantType,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftConfiguration,
    SpacecraftFlight,
)
from spacedevs import clock
from tests.administration import PROTECTING, admin_url, errors, save, sent

# Searching and sorting


def test_search_needs_no_accents(admin_client: Client) -> None:
    agency = Agency.objects.create(name="Zéphyr Aérienne", type=AgencyType.objects.all()[0])
    page = admin_client.get(admin_url(Agency, "changelist"), {"q": "aerienne zephyr"})
    assert [*page.context["cl"].result_list] == [agency]


def test_filter_narrows_the_list(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Spacecraft, "changelist"), {"in_space__exact": "1"})
    assert {*page.context["cl"].queryset} == {*Spacecraft.objects.filter(in_space=True)}


def test_filter_by_agency_offers_the_builders_alone(admin_client: Client) -> None:
    url = admin_url(SpacecraftConfiguration, "changelist")
    specs = {spec.title: spec for spec in admin_client.get(url).context["cl"].filter_specs}
    builders = Agency.objects.filter(configurations__isnull=False).distinct()
    assert [name for _, name in specs["agency"].lookup_choices] == [row.name for row in builders]


# Editing


def test_new_name_moves_the_sort_key(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, name="Étoile-2 (new)")
    assert Spacecraft.objects.get(pk=craft.pk).sort_name == "etoile2new"


def test_new_row_is_saved(admin_client: Client) -> None:
    url = admin_url(Country, "add")
    admin_client.post(url, {**sent(admin_client.get(url)), "name": "Atlantis"})
    assert Country.objects.get(name="Atlantis").sort_name == "atlantis"


def test_countries_of_an_agency_can_be_exchanged(admin_client: Client) -> None:
    agency = Agency.objects.filter(country__isnull=False)[0]
    other = Country.objects.exclude(agencies=agency)[0]
    save(admin_client, agency, country=[other.pk])
    assert [*agency.country.all()] == [other]


def test_variant_is_edited_with_its_image(admin_client: Client) -> None:
    variant = ImageVariant.objects.all()[0]
    url = "https://example.org/another.png"
    save(admin_client, variant.image, **{"variants-0-image_url": url})
    assert ImageVariant.objects.get(pk=variant.image.variants.all()[0].pk).image_url == url


@pytest.mark.parametrize("text", [None, "", "two\nlines", "two\r\nlines", " with a space "])
def test_untouched_text_stays_to_the_letter(admin_client: Client, text: str | None) -> None:
    agency = Agency.objects.create(
        name="A", type=AgencyType.objects.all()[0], description=text, administrator=text
    )
    save(admin_client, agency, name="B")
    agency.refresh_from_db()
    assert (agency.name, agency.description, agency.administrator) == ("B", text, text)


def test_text_can_be_taken_away(admin_client: Client) -> None:
    agency = Agency.objects.create(name="A", type=AgencyType.objects.all()[0], description="about")
    save(admin_client, agency, description="")
    agency.refresh_from_db()
    assert agency.description is None


# Durations


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=60, minutes=9), "P60DT9M"),
        (timedelta(0), "P0D"),
        (timedelta(days=400), "P400D"),
        (timedelta(seconds=1, microseconds=250000), "PT1.25S"),
    ],
)
def test_duration_is_shown_in_iso_8601(
    admin_client: Client, duration: timedelta, text: str
) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(time_docked=duration)
    page = admin_client.get(admin_url(Spacecraft, "change", craft.pk))
    assert page.context["adminform"].form["time_docked"].value() == text


@pytest.mark.parametrize("text", ["P60DT9M", " P60DT9M ", "60 00:09:00", "PT86409M"])
def test_duration_is_taken_in_iso_8601_and_in_djangos_notation(
    admin_client: Client, text: str
) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, time_in_space=text)
    craft.refresh_from_db()
    assert craft.time_in_space == timedelta(days=60, minutes=9)


@pytest.mark.parametrize(
    "text", ["soon", "P1Y", "60 days and a bit", "P99999999999D", "P", "P1DT", "<b>"]
)
@pytest.mark.parametrize("field", ["time_in_space", "time_docked", "fastest_turnaround"])
def test_bad_duration_is_refused_with_its_field_and_value(
    admin_client: Client, field: str, text: str
) -> None:
    page = save(admin_client, Spacecraft.objects.all()[0], **{field: text})
    assert errors(page) == {
        field: [f"“{text}” is not a duration. Write it as in P60DT9H30M or 60 09:30:00."]
    }


def test_duration_that_no_column_holds_is_refused_with_its_value(admin_client: Client) -> None:
    page = save(admin_client, Spacecraft.objects.all()[0], time_docked="P106751992D")
    assert errors(page) == {"time_docked": ["“P106751992D” is longer than 106751991 days."]}


def test_longest_duration_is_saved(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, time_docked="P106751991D")
    craft.refresh_from_db()
    assert craft.time_docked == timedelta(days=106751991)


def test_duration_of_a_configuration_is_shown_in_iso_8601(admin_client: Client) -> None:
    row = SpacecraftConfiguration.objects.all()[0]
    SpacecraftConfiguration.objects.filter(pk=row.pk).update(fastest_turnaround=timedelta(2))
    page = admin_client.get(admin_url(SpacecraftConfiguration, "change", row.pk))
    assert page.context["adminform"].form["fastest_turnaround"].value() == "P2D"


@pytest.mark.parametrize(("field", "unit"), [("height", "Metres"), ("payload_capacity", "Kilog")])
def test_unit_is_told_beside_the_field(admin_client: Client, field: str, unit: str) -> None:
    form = admin_client.get(admin_url(SpacecraftConfiguration, "add")).context["adminform"].form
    assert form.fields[field].help_text.startswith(unit)


@pytest.mark.parametrize("text", ["132", " 132 ", "-132", "132.5", "132 5", "0"])
def test_a_number_alone_is_no_duration(admin_client: Client, text: str) -> None:
    page = save(admin_client, Spacecraft.objects.all()[0], time_docked=text)
    sentence = f"“{text.strip()}” is not a duration. Write it as in P60DT9H30M or 60 09:30:00."
    assert errors(page) == {"time_docked": [sentence]}


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("132 00:00:00", timedelta(132)),
        ("60 09:30:00", timedelta(days=60, hours=9, minutes=30)),
        ("PT132S", timedelta(seconds=132)),
        ("132 days", timedelta(132)),
        ("", None),
    ],
)
def test_a_number_with_its_unit_is_a_duration(
    admin_client: Client, text: str, duration: timedelta | None
) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, fastest_turnaround=text)
    craft.refresh_from_db()
    assert craft.fastest_turnaround == duration


def test_a_duration_tells_its_notation_beside_what_it_is(admin_client: Client) -> None:
    form = admin_client.get(admin_url(Spacecraft, "add")).context["adminform"].form
    assert form.fields["time_docked"].help_text == (
        "As of the last departure; what runs since comes on top. "
        "ISO 8601, e.g. P60DT9H30M; or days and a time, e.g. 60 09:30:00."
    )


# Words, and which of two


def test_a_field_has_words_for_a_name(client: Client, db: None) -> None:
    """For those who may only look, too."""
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_launch"))
    admin = User.objects.create_superuser("admin")
    url = admin_url(Launch, "change", Launch.objects.all()[0].pk)
    for each in (user, admin):
        client.force_login(each)
        page = client.get(url).content.decode()
        assert "No earlier than (NET):</label>" in page
        assert "Why it failed:</label>" in page
        assert "Failreason" not in page
        assert "No earlier than" in client.get(admin_url(Launch, "changelist")).content.decode()


def picked(client: Client, model: Any, field: str, term: str) -> dict[str, str]:
    asked = {"app_label": "spacecraft", "model_name": model._meta.model_name, "field_name": field}
    found = client.get(reverse("admin:autocomplete"), {**asked, "term": term}).json()["results"]
    return {row["id"]: row["text"] for row in found}


def test_a_picker_tells_two_of_a_name_apart(admin_client: Client) -> None:
    craft = Spacecraft.objects.create(name="Twin", serial_number="S1")
    other = Spacecraft.objects.create(name="Twin", serial_number="S2")
    third = Spacecraft.objects.create(name="Twin")
    net = datetime(2026, 10, 1, tzinfo=UTC)
    launch = Launch.objects.create(name="Twin", net=net)
    unknown = Launch.objects.create(name="Twin")
    landing = Landing.objects.create(description="Twin")
    free = Landing.objects.create(description="Twin")
    SpacecraftFlight.objects.create(spacecraft=craft, launch=launch, landing=landing)
    assert picked(admin_client, SpacecraftFlight, "spacecraft", "Twin") == {
        str(craft.pk): "Twin (S1)",
        str(other.pk): "Twin (S2)",
        str(third.pk): "Twin",
    }
    assert picked(admin_client, SpacecraftFlight, "launch", "Twin") == {
        str(launch.pk): "Twin, 2026-10-01",
        str(unknown.pk): "Twin, no date",
    }
    assert picked(admin_client, SpacecraftFlight, "landing", "Twin") == {
        str(landing.pk): f"Landing {landing.pk}: Twin (S1), 2026-10-01",
        str(free.pk): f"Landing {free.pk}",
    }


@pytest.mark.parametrize("field", ["spacecraft", "launch", "landing"])
def test_a_picker_asks_as_much_for_many_rows_as_for_one(admin_client: Client, field: str) -> None:
    launch = Launch.objects.create(name="x")
    counts = []
    for number in range(1, 8):
        craft = Spacecraft.objects.create(name=f"Pick {number}", serial_number=str(number))
        landing = Landing.objects.create(description="Pick")
        SpacecraftFlight.objects.create(spacecraft=craft, launch=launch, landing=landing)
        Launch.objects.create(name=f"Pick {number}")
        with CaptureQueriesContext(connection) as queries:
            assert len(picked(admin_client, SpacecraftFlight, field, "Pick")) == number
        counts.append(len(queries))
    assert len({*counts}) == 1


@pytest.mark.parametrize(("model", "pk"), [(Spacecraft, 289), (SpacecraftFlight, 887)])
def test_a_page_takes_ten_queries_at_most(admin_client: Client, model: Any, pk: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(admin_url(model, "change", pk))
    assert len(queries) <= 10


def test_flights_come_newest_first_and_without_a_launch_last(admin_client: Client) -> None:
    SpacecraftFlight.objects.create(destination="unknown")
    page = admin_client.get(admin_url(SpacecraftFlight, "changelist"), {"all": ""})
    starts = [flight.start for flight in page.context["cl"].result_list]
    known = [start for start in starts if start]
    assert known == sorted(known, reverse=True)
    last = admin_client.get(admin_url(SpacecraftFlight, "changelist"), {"p": 3})
    assert [*last.context["cl"].result_list][-1].destination == "unknown"


def test_flights_are_filtered_by_how_they_go(admin_client: Client) -> None:
    now = clock.now()
    soon = Launch.objects.create(name="soon", net=now + timedelta(1))
    planned = SpacecraftFlight.objects.create(launch=soon)
    Launch.objects.filter(pk=soon.pk).update(net=now - timedelta(1))  # time goes by
    began = planned.pk
    ahead = Launch.objects.create(name="ahead", net=now + timedelta(1))
    to_come = SpacecraftFlight.objects.create(launch=ahead).pk
    SpacecraftFlight.objects.filter(pk=910).update(mission_end=now)
    SpacecraftFlight.objects.filter(pk=909).update(mission_end=now + timedelta(1))
    found = {}
    for value in ("up", "over", "to-come"):
        page = admin_client.get(admin_url(SpacecraftFlight, "changelist"), {"going": value})
        found[value] = {flight.pk for flight in page.context["cl"].queryset}
    every = SpacecraftFlight.objects.select_related("launch")
    assert found["up"] == {flight.pk for flight in every if flight.is_up(now)}
    running = {858, 862, 872, 881, 887, 888, 901, 905, 906, 908, 909}
    assert found["up"] == running | {began}
    assert found["to-come"] == {to_come}
    assert 910 in found["over"]
    assert not found["over"] & found["up"]


def test_a_craft_lists_its_flights_the_newest_first(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Spacecraft, "change", 289))
    flights = [(flight.pk, is_up) for flight, is_up in page.context["flights_of_craft"]]
    assert flights == [(862, True), (776, False), (415, False)]
    assert f"{admin_url(SpacecraftFlight, 'add')}?spacecraft=289" in page.content.decode()


def test_a_flight_added_from_a_craft_has_it(admin_client: Client) -> None:
    url = admin_url(SpacecraftFlight, "add")
    form = admin_client.get(url, {"spacecraft": 289}).context["adminform"].form
    assert form["spacecraft"].value() == "289"


def test_who_may_not_see_flights_is_shown_none(client: Client, db: None) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_spacecraft"))
    client.force_login(user)
    page = client.get(admin_url(Spacecraft, "change", 289)).content.decode()
    assert "Crew Dragon Endeavour" in page
    assert "Its flights" not in page


# Deleting


def refer(model: type[models.Model], field: Any) -> tuple[models.Model, models.Model]:
    """A row, and another that refers to it through `field`."""
    target = field.related_model._default_manager.first()
    if field.one_to_one:
        return target, model._default_manager.get(**{field.name: target})
    holder = model._default_manager.exclude(pk=target.pk).first()
    if field.many_to_many:
        getattr(holder, field.name).add(target)
    else:
        setattr(holder, field.name, target)
        holder.save()
    return target, holder


@pytest.mark.parametrize(("model", "field"), PROTECTING)
def test_row_in_use_is_not_deleted(
    admin_client: Client, model: type[models.Model], field: Any
) -> None:
    target, _ = refer(model, field)
    admin_client.post(admin_url(type(target), "delete", target.pk), {"post": "yes"})
    assert type(target)._default_manager.filter(pk=target.pk).exists()


@pytest.mark.parametrize(("model", "field"), PROTECTING)
def test_refusal_to_delete_links_to_the_rows_that_use_it(
    admin_client: Client, model: type[models.Model], field: Any
) -> None:
    target, holder = refer(model, field)
    page = admin_client.post(admin_url(type(target), "delete", target.pk), {"post": "yes"})
    links = [
        line for line in page.context["protected"] if admin_url(model, "change", holder.pk) in line
    ]
    assert len(links) == 1


def test_refusal_to_delete_names_no_row_in_between(admin_client: Client) -> None:
    country, _ = refer(Agency, Agency._meta.get_field("country"))
    page = admin_client.get(admin_url(Country, "delete", country.pk))
    assert not [line for line in page.context["protected"] if "relationship" in line]


def test_action_deletes_no_row_in_use(admin_client: Client) -> None:
    country, _ = refer(Agency, Agency._meta.get_field("country"))
    free = Country.objects.create(name="Atlantis")
    chosen = [country.pk, free.pk]
    action = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    page = admin_client.post(admin_url(Country, "changelist"), action)
    assert page.context["protected"]
    assert Country.objects.filter(pk__in=chosen).count() == 2


def test_row_that_none_uses_is_deleted(admin_client: Client) -> None:
    country = Country.objects.create(name="Atlantis")
    admin_client.post(admin_url(Country, "delete", country.pk), {"post": "yes"})
    assert not Country.objects.filter(pk=country.pk).exists()


def test_agency_is_deleted_though_it_has_a_country(admin_client: Client) -> None:
    agency = Agency.objects.create(name="A", type=AgencyType.objects.all()[0])
    agency.country.add(Country.objects.all()[0])
    admin_client.post(admin_url(Agency, "delete", agency.pk), {"post": "yes"})
    assert not Agency.objects.filter(pk=agency.pk).exists()


def test_variants_go_with_their_image(admin_client: Client) -> None:
    source = Image.objects.all()[0]
    image = Image.objects.create(name="A", license=source.license)
    image.variants.create(type=ImageVariantType.objects.all()[0], image_url=source.image_url)
    admin_client.post(admin_url(Image, "delete", image.pk), {"post": "yes"})
    assert not ImageVariant.objects.filter(image_id=image.pk).exists()


# Who may


def test_stranger_is_sent_to_the_login(client: Client, db: None) -> None:
    response = client.get(admin_url(Agency, "changelist"))
    assert response["Location"].startswith(reverse("admin:login"))
