"""What editors do in the admin: search, edit, delete."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from spacecraft.models import (
    Agency,
    AgencyType,
    Country,
    Image,
    ImageVariant,
    ImageVariantType,
    Spacecraft,
    SpacecraftConfiguration,
)
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
