"""The admin, page by page, over every model of the app: a new one is tested by being registered."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spacecraft.models import SpacecraftFlight
from tests.administration import (
    FILTERS,
    RELATIONS,
    admin_url,
    of_every_model,
    of_every_named_model,
    save,
)


class Requests(HTMLParser):
    """The URLs that a browser asks for by itself, and the scripts that stand in the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.inline_scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.urls += [
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
    assert admin_client.get(admin_url(model, "changelist")).status_code == 200


@of_every_model
def test_list_is_ordered_as_the_model(admin_client: Client, model: type[models.Model]) -> None:
    page = admin_client.get(admin_url(model, "changelist"))
    rows = model._default_manager.all()
    if model is SpacecraftFlight:  # the newest first
        rows = rows.order_by("-launch__net", "-id")
    assert [*page.context["cl"].result_list] == [*rows[:100]]


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
            page = admin_client.get(admin_url(model, "changelist"))
        assert len(page.context["cl"].result_list) == min(rows, model._default_manager.count())
        counts.append(len(queries))
    assert counts[0] == counts[1]


@of_every_model
def test_list_counts_its_facets(admin_client: Client, model: type[models.Model]) -> None:
    assert admin_client.get(admin_url(model, "changelist"), {"_facets": "True"}).status_code == 200


@of_every_model
def test_search_finds_a_row_by_its_id(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(admin_url(model, "changelist"), {"q": row.pk})
    assert row in page.context["cl"].result_list


@of_every_named_model
def test_search_finds_a_row_by_its_name(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(admin_url(model, "changelist"), {"q": row.name})
    assert row in page.context["cl"].result_list


@of_every_model
def test_search_for_nothing_that_exists_finds_no_row(
    admin_client: Client, model: type[models.Model]
) -> None:
    page = admin_client.get(admin_url(model, "changelist"), {"q": "no such row"})
    assert not page.context["cl"].result_list


@of_every_named_model
def test_name_column_sorts_as_people_do(admin_client: Client, model: type[models.Model]) -> None:
    column = 1 + admin.site.get_model_admin(model).list_display.index("label")
    page = admin_client.get(admin_url(model, "changelist"), {"o": f"-{column}"})
    expected = model._default_manager.order_by("-sort_name", "id")[:100]
    assert [*page.context["cl"].result_list] == [*expected]


@pytest.mark.parametrize(("model", "number"), FILTERS)
def test_filter_answers(admin_client: Client, model: type[models.Model], number: int) -> None:
    url = admin_url(model, "changelist")
    changelist = admin_client.get(url).context["cl"]
    *_, choice = changelist.filter_specs[number].choices(changelist)
    assert admin_client.get(url + choice["query_string"]).status_code == 200


@of_every_model
def test_add_page_answers(admin_client: Client, model: type[models.Model]) -> None:
    assert admin_client.get(admin_url(model, "add")).status_code == 200


@of_every_model
def test_change_page_answers(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    assert admin_client.get(admin_url(model, "change", row.pk)).status_code == 200


@of_every_model
def test_change_page_shows_the_id(admin_client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    page = admin_client.get(admin_url(model, "change", row.pk))
    assert f'<div class="readonly">{row.pk}</div>' in page.content.decode()


@of_every_model
def test_form_leaves_out_no_field(admin_client: Client, model: type[models.Model]) -> None:
    form = admin_client.get(admin_url(model, "add")).context["adminform"].form
    editable = {
        field.name
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.editable and not field.primary_key
    }
    assert set(form.fields) == {*editable, "opened_with"}


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
    assert admin_client.get(admin_url(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize(("model", "field"), RELATIONS)
def test_relation_is_an_autocomplete(
    admin_client: Client, model: type[models.Model], field: Any
) -> None:
    form = admin_client.get(admin_url(model, "add")).context["adminform"].form
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
    found = [(each["id"], each["text"]) for each in page.json()["results"]]
    assert (str(row.pk), str(row)) in found


# No page asks a host that is not named, and none needs a script that the
# Content-Security-Policy stops


def pages(client: Client, model: type[models.Model]) -> Iterator[str]:
    row = model._default_manager.first()
    for page, *args in (("changelist",), ("add",), ("change", row.pk), ("delete", row.pk)):
        yield client.get(admin_url(model, page, *args)).content.decode()


@of_every_model
def test_pages_ask_no_other_host_where_none_is_named(
    admin_client: Client, model: type[models.Model], settings: Any
) -> None:
    settings.PICTURE_HOSTS = []
    asked = [url for page in pages(admin_client, model) for url in Requests(page).urls]
    assert asked
    assert not [url for url in asked if not url.startswith("/static/") and "://" in url]


@of_every_model
def test_pages_ask_named_hosts_alone(
    admin_client: Client, model: type[models.Model], settings: Any
) -> None:
    asked = [url for page in pages(admin_client, model) for url in Requests(page).urls]
    others = {urlsplit(url)[:2] for url in asked if "://" in url}
    assert others <= {("https", host) for host in settings.PICTURE_HOSTS}


@of_every_model
def test_pages_hold_no_script(admin_client: Client, model: type[models.Model]) -> None:
    assert not [page for page in pages(admin_client, model) if Requests(page).inline_scripts]


def test_site_is_named(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:index")).context["site_header"] == "spacedevs"
