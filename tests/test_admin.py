"""The admin, page by page, over every model of the app: a new one is tested by being registered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin
from django.db import connection, models
from django.forms import BaseForm
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
    Spacecraft,
    SpacecraftConfiguration,
)
from spacedevs.names import Named

MODELS = tuple(apps.get_app_config("spacecraft").get_models())
NAMED = [model for model in MODELS if issubclass(model, Named)]
RELATIONS = [
    pytest.param(model, field, id=str(field))
    for model in MODELS
    for field in (*model._meta.fields, *model._meta.many_to_many)
    if field.is_relation
]
PROTECTING = [
    relation
    for relation in RELATIONS
    if relation.values[1].many_to_many
    or relation.values[1].remote_field.on_delete is models.PROTECT
]
FILTERS = [
    pytest.param(model, number, id=f"{model.__name__}-{number}")
    for model in MODELS
    for number, _ in enumerate(admin.site.get_model_admin(model).list_filter)
]
of_every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
of_every_named_model = pytest.mark.parametrize("model", NAMED, ids=lambda model: model.__name__)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Every test makes its superuser; the usual hash takes longer than the rest of the test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def sent(page: Any) -> dict[str, Any]:
    """What a browser sends when the page is saved as it is."""
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    forms = [page.context["adminform"].form]
    for formset in formsets:
        forms += [formset.management_form, *formset.forms]
    return {name: value for form in forms for name, value in controls(form)}


def controls(form: BaseForm) -> Iterator[tuple[str, Any]]:
    for field in form:
        value = field.value()
        if isinstance(value, str):
            value = "\r\n".join(value.split("\r\n" if "\r\n" in value else "\n"))
        if isinstance(value, datetime):
            yield f"{field.html_name}_0", value.date().isoformat()
            yield f"{field.html_name}_1", value.time().isoformat()
        elif value is not False:
            yield field.html_name, "" if value is None else value


def save(client: Client, row: models.Model, **changes: Any) -> Any:
    """The change page, fetched, edited and sent."""
    url = address(type(row), "change", row.pk)
    return client.post(url, {**sent(client.get(url)), **changes})


def errors(page: Any) -> dict[str, list[str]]:
    return dict(page.context["adminform"].form.errors)


class Requests(HTMLParser):
    """The addresses that a browser asks for by itself, and the scripts that stand in the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline_scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [
            value
            for name, value in attrs
            if value and (name in ("src", "srcset", "data") or (tag, name) == ("link", "href"))
        ]
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.inline_scripts.append(tag)
        self.inline_scripts += [name for name in given if name.startswith("on")]


# Every model


@of_every_model
def test_every_model_is_registered(model: type[models.Model]) -> None:
    assert admin.site.is_registered(model)


@of_every_model
def test_list_answers(admin_client: Client, model: type[models.Model]) -> None:
    assert admin_client.get(address(model, "changelist")).status_code == 200


@of_every_model
def test_list_is_ordered_as_the_model(admin_client: Client, model: type[models.Model]) -> None:
    page = admin_client.get(address(model, "changelist"))
    assert [*page.context["cl"].result_list] == [*model._default_manager.all()[:100]]


@of_every_model
def test_list_takes_as_many_queries_with_one_row_as_with_many(
    admin_client: Client, model: type[models.Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for rows in (1, 100):
        monkeypatch.setattr(admin.site.get_model_admin(model), "list_per_page", rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = admin_client.get(address(model, "changelist"))
        assert len(page.context["cl"].result_list) == min(rows, model._default_manager.count())
        counts.append(len(queries))
    assert counts[0] == counts[1]


@of_every_model
def test_list_counts_its_facets(admin_client: Client, model: type[models.Model]) -> None:
    assert admin_client.get(address(model, "changelist"), {"_facets": "True"}).status_code == 200


@of_every_model
def test_search_finds_a_row_by_its_id(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(address(model, "changelist"), {"q": row.pk})
    assert row in page.context["cl"].result_list


@of_every_named_model
def test_search_finds_a_row_by_its_name(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(address(model, "changelist"), {"q": row.name})
    assert row in page.context["cl"].result_list


@of_every_model
def test_search_for_nothing_that_exists_finds_no_row(
    admin_client: Client, model: type[models.Model]
) -> None:
    page = admin_client.get(address(model, "changelist"), {"q": "no such row"})
    assert not page.context["cl"].result_list


@of_every_named_model
def test_name_column_sorts_as_people_do(admin_client: Client, model: type[models.Model]) -> None:
    column = 1 + admin.site.get_model_admin(model).list_display.index("label")
    page = admin_client.get(address(model, "changelist"), {"o": f"-{column}"})
    expected = model._default_manager.order_by("-sort_name", "id")[:100]
    assert [*page.context["cl"].result_list] == [*expected]


@pytest.mark.parametrize(("model", "number"), FILTERS)
def test_filter_answers(admin_client: Client, model: type[models.Model], number: int) -> None:
    url = address(model, "changelist")
    changelist = admin_client.get(url).context["cl"]
    *_, choice = changelist.filter_specs[number].choices(changelist)
    assert admin_client.get(url + choice["query_string"]).status_code == 200


@of_every_model
def test_add_page_answers(admin_client: Client, model: type[models.Model]) -> None:
    assert admin_client.get(address(model, "add")).status_code == 200


@of_every_model
def test_change_page_answers(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    assert admin_client.get(address(model, "change", row.pk)).status_code == 200


@of_every_model
def test_change_page_shows_the_id(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(address(model, "change", row.pk))
    assert f'<div class="readonly">{row.pk}</div>' in page.content.decode()


@of_every_model
def test_form_leaves_out_no_field(admin_client: Client, model: type[models.Model]) -> None:
    form = admin_client.get(address(model, "add")).context["adminform"].form
    editable = {
        field.name
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.editable and not field.primary_key
    }
    assert set(form.fields) == editable


@of_every_model
def test_page_saved_as_it_is_changes_nothing(
    admin_client: Client, model: type[models.Model]
) -> None:
    row = model._default_manager.first()
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert save(admin_client, row).status_code == 302
    assert model._default_manager.filter(pk=row.pk).values().get() == before


@of_every_model
def test_history_answers(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    assert admin_client.get(address(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize(("model", "field"), RELATIONS)
def test_relation_is_an_autocomplete(
    admin_client: Client, model: type[models.Model], field: Any
) -> None:
    form = admin_client.get(address(model, "add")).context["adminform"].form
    assert isinstance(form.fields[field.name].widget.widget, AutocompleteMixin)


@pytest.mark.parametrize(("model", "field"), RELATIONS)
def test_autocomplete_answers(admin_client: Client, model: type[models.Model], field: Any) -> None:
    row = field.related_model._default_manager.first()
    page = admin_client.get(
        reverse("admin:autocomplete"),
        {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field.name,
            "term": getattr(row, "name", row.pk),
        },
    )
    assert {"id": str(row.pk), "text": str(row)} in page.json()["results"]


# No page asks another host, and none needs a script that the Content-Security-Policy stops


def pages(client: Client, model: type[models.Model]) -> Iterator[str]:
    row = model._default_manager.first()
    for page, *args in (("changelist",), ("add",), ("change", row.pk), ("delete", row.pk)):
        yield client.get(address(model, page, *args)).content.decode()


@of_every_model
def test_pages_ask_no_other_host(admin_client: Client, model: type[models.Model]) -> None:
    asked = [url for page in pages(admin_client, model) for url in Requests(page).addresses]
    assert asked
    assert not [url for url in asked if not url.startswith("/static/") and "://" in url]


@of_every_model
def test_pages_hold_no_script(admin_client: Client, model: type[models.Model]) -> None:
    assert not [page for page in pages(admin_client, model) if Requests(page).inline_scripts]


def test_thumbnail_is_a_link(admin_client: Client) -> None:
    url = Image.objects.all()[0].thumbnail_url
    page = admin_client.get(address(Image, "changelist"))
    assert f'<a href="{url}">{url}</a>' in page.content.decode()


def test_site_is_named(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:index")).context["site_header"] == "spacedevs"


# Searching and sorting


def test_search_needs_no_accents(admin_client: Client) -> None:
    agency = Agency.objects.create(name="Zéphyr Aérienne", type=AgencyType.objects.all()[0])
    page = admin_client.get(address(Agency, "changelist"), {"q": "aerienne zephyr"})
    assert [*page.context["cl"].result_list] == [agency]


def test_filter_narrows_the_list(admin_client: Client) -> None:
    page = admin_client.get(address(Spacecraft, "changelist"), {"in_space__exact": "1"})
    assert {*page.context["cl"].queryset} == {*Spacecraft.objects.filter(in_space=True)}


def test_filter_by_agency_offers_the_builders_alone(admin_client: Client) -> None:
    url = address(SpacecraftConfiguration, "changelist")
    specs = {spec.title: spec for spec in admin_client.get(url).context["cl"].filter_specs}
    builders = Agency.objects.filter(configurations__isnull=False).distinct()
    assert [name for _, name in specs["agency"].lookup_choices] == [row.name for row in builders]


# Editing


def test_new_name_moves_the_sort_key(admin_client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    save(admin_client, craft, name="Étoile-2 (new)")
    assert Spacecraft.objects.get(pk=craft.pk).sort_name == "etoile2new"


def test_new_row_is_saved(admin_client: Client) -> None:
    url = address(Country, "add")
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
    page = admin_client.get(address(Spacecraft, "change", craft.pk))
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
    page = admin_client.get(address(SpacecraftConfiguration, "change", row.pk))
    assert page.context["adminform"].form["fastest_turnaround"].value() == "P2D"


@pytest.mark.parametrize(("field", "unit"), [("height", "Metres"), ("payload_capacity", "Kilog")])
def test_unit_is_told_beside_the_field(admin_client: Client, field: str, unit: str) -> None:
    form = admin_client.get(address(SpacecraftConfiguration, "add")).context["adminform"].form
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
    admin_client.post(address(type(target), "delete", target.pk), {"post": "yes"})
    assert type(target)._default_manager.filter(pk=target.pk).exists()


@pytest.mark.parametrize(("model", "field"), PROTECTING)
def test_refusal_to_delete_links_to_the_rows_that_use_it(
    admin_client: Client, model: type[models.Model], field: Any
) -> None:
    target, holder = refer(model, field)
    page = admin_client.post(address(type(target), "delete", target.pk), {"post": "yes"})
    links = [
        line for line in page.context["protected"] if address(model, "change", holder.pk) in line
    ]
    assert len(links) == 1


def test_refusal_to_delete_names_no_row_in_between(admin_client: Client) -> None:
    country, _ = refer(Agency, Agency._meta.get_field("country"))
    page = admin_client.get(address(Country, "delete", country.pk))
    assert not [line for line in page.context["protected"] if "relationship" in line]


def test_action_deletes_no_row_in_use(admin_client: Client) -> None:
    country, _ = refer(Agency, Agency._meta.get_field("country"))
    free = Country.objects.create(name="Atlantis")
    chosen = [country.pk, free.pk]
    action = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    page = admin_client.post(address(Country, "changelist"), action)
    assert page.context["protected"]
    assert Country.objects.filter(pk__in=chosen).count() == 2


def test_row_that_none_uses_is_deleted(admin_client: Client) -> None:
    country = Country.objects.create(name="Atlantis")
    admin_client.post(address(Country, "delete", country.pk), {"post": "yes"})
    assert not Country.objects.filter(pk=country.pk).exists()


def test_agency_is_deleted_though_it_has_a_country(admin_client: Client) -> None:
    agency = Agency.objects.create(name="A", type=AgencyType.objects.all()[0])
    agency.country.add(Country.objects.all()[0])
    admin_client.post(address(Agency, "delete", agency.pk), {"post": "yes"})
    assert not Agency.objects.filter(pk=agency.pk).exists()


def test_variants_go_with_their_image(admin_client: Client) -> None:
    source = Image.objects.all()[0]
    image = Image.objects.create(name="A", license=source.license)
    image.variants.create(type=ImageVariantType.objects.all()[0], image_url=source.image_url)
    admin_client.post(address(Image, "delete", image.pk), {"post": "yes"})
    assert not ImageVariant.objects.filter(image_id=image.pk).exists()


# Who may


def test_stranger_is_sent_to_the_login(client: Client, db: None) -> None:
    response = client.get(address(Agency, "changelist"))
    assert response["Location"].startswith(reverse("admin:login"))
