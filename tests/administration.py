"""The admin's pages as a browser fetches and sends them, and the models that have them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.forms import BaseForm
from django.test import Client
from django.urls import reverse

from spacedevs.names import NamedModel

MODELS = tuple(apps.get_app_config("spacecraft").get_models())
NAMED = [model for model in MODELS if issubclass(model, NamedModel)]
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


def admin_url(model: type[models.Model], page: str, *args: Any) -> str:
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
    url = admin_url(type(row), "change", row.pk)
    return client.post(url, {**sent(client.get(url)), **changes})


def confirm(client: Client, url: str, data: dict[str, Any] | None = None) -> Any:
    """The page that says what will be done, and its button; the page, where it has none."""
    page = client.post(url, data) if data else client.get(url)
    button = re.search(r'name="confirmed" value="(\w+)"', page.text)
    return client.post(url, {**(data or {}), "confirmed": button[1]}) if button else page


def errors(page: Any) -> dict[str, list[str]]:
    return dict(page.context["adminform"].form.errors)
