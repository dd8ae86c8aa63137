"""Texts that are scripts, in every text of every model: none runs on any page.

The browser is told to leave the Content-Security-Policy out: what is tested is that the pages
escape, and not that the browser would stop what they did not.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.conftest import fresh_database, shell
from tests.scripts_in_texts import PAYLOADS
from tests.servers import running_server
from tests.test_browser import browser, pytestmark

__all__ = ["browser", "pytestmark"]  # a fixture, and what says why there is no browser

PUBLIC = ("spacecraft", "spacecraft_configurations", "agencies")  # what has pages for people
ROW = 2_000_000  # the id of the row of each model that has all of them in each text

WRITE = """
from django.contrib.auth.models import User
from django.db.models import CharField, TextField
from spacecraft.models import *
from spacedevs.api.registry import record_models
from spacedevs.history.steps import step
from spacedevs.history.models import Step
from spacedevs.ids import own_uuid
from spacedevs.mirror.models import Hold, MirrorRun, MirrorList
from spacedevs.names import SortKeyField
from spacedevs.references import referrers_first
from spacedevs.opaque_json import OpaqueJSONField
from django.utils.module_loading import import_string
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from rest_framework import serializers
from tests.scripts_in_texts import PAYLOADS

User.objects.create_superuser("editor", password="a password")

def part(shape, text, depth=0):
    # An object of the shape with the text in each text, as deep as it goes.
    made = {}
    for name, field in fields_of(shape).items():
        if inner := nested_shape_of(field):
            one = part(inner, text, depth + 1)
            made[name] = [one] if isinstance(field, serializers.ListSerializer) else one
        elif isinstance(field, serializers.IntegerField):
            made[name] = 1
        elif type(field) in (serializers.CharField, serializers.URLField):
            made[name] = text
    return made

text = chr(10).join(PAYLOADS)
rows = {}
with step(Step.Kind.EDIT, User.objects.get(), text):
    for model in reversed(referrers_first(record_models())):
        rows[model] = row = model(pk=own_uuid() if model is Launch else %d)
        for field in model._meta.concrete_fields:
            if field.primary_key or isinstance(field, SortKeyField):
                continue
            if isinstance(field, OpaqueJSONField):
                one = part(import_string(field.shape), text)
                setattr(row, field.attname, [one] if field.many else one)
            elif isinstance(field, CharField | TextField):
                setattr(row, field.attname, text)
            elif (to := field.related_model) in rows and to is not model:
                setattr(row, field.attname, rows[to].pk)
        row.save()
        Hold.objects.create(model=row._meta.label_lower, key=str(row.pk), label=text,
            field="id", ours=text, theirs=text)
MirrorRun.objects.create(source=text[:200], started="2026-01-01T00:00Z", message=text, notes=text)
MirrorList.objects.create(source=text[:200], resource=text[:90], fault=text)
print(*[f"{row._meta.model_name}/{row.pk}" for row in rows.values()])
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The URL, and the rows that have all texts: their models' names and keys."""
    folder: Path = tmp_path_factory.mktemp("scripts")
    with fresh_database(folder) as env:
        env = {**os.environ, **env}
        with running_server(env) as url:
            yield url, shell(env, WRITE % ROW).split()


@pytest.fixture(scope="module")
def unsafe(browser: Browser, site: tuple[str, list[str]]) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True)
    context.add_init_script("window.ran = () => { (top || window).document.title = 'RAN'; }")
    page = context.new_page()
    page.ran = []  # type: ignore[attr-defined]
    page.expose_function("ran", lambda *args: page.ran.append(page.url))  # type: ignore[attr-defined]
    page.goto(f"{site[0]}/admin/login/")
    page.fill("#id_username", "editor")
    page.fill("#id_password", "a password")
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def visit(page: Any, url: str) -> None:
    page.goto(url, wait_until="load")
    page.wait_for_timeout(50)


def test_the_payloads_run_where_they_are_not_escaped(unsafe: Any) -> None:
    """What tests the test: each runs in some place."""
    quiet = [payload for payload in PAYLOADS if not runs(unsafe, payload)]
    assert quiet == []


def runs(page: Any, payload: str) -> bool:
    places = (
        "{}",
        '<input value="{}">',
        "<input value='{}'>",
        "<textarea>{}</textarea>",
        "<title>{}</title>",
        "<!-- {} -->",
    )
    for place in places:
        before = len(page.ran)
        page.set_content(place.replace("{}", payload), wait_until="load")
        page.wait_for_timeout(20)
        if len(page.ran) > before:
            page.ran.clear()
            return True
    return False


def test_no_script_runs_on_any_page(unsafe: Any, site: tuple[str, list[str]]) -> None:
    url, rows = site
    unsafe.ran.clear()
    visited = 0
    for row in rows:
        model, _, key = row.partition("/")
        records = f"{url}/admin/spacecraft/{model}/"
        for page in ("?q=script", f"{key}/change/", f"{key}/history/"):
            visit(unsafe, records + page)
            visited += 1
    for page in (
        "/admin/",
        "/admin/history/change/",
        "/admin/mirror/hold/",
        "/admin/mirror/mirrorrun/",
        "/admin/mirror/mirrorlist/",
        *(f"/2.3.0/{kind}/?format=api&limit=3&ordering=-id" for kind in ("spacecraft", "agencies")),
        f"/2.3.0/spacecraft/{ROW}/?format=api",
        f"/2.3.0/agencies/{ROW}/?format=api",
        "/",
        *(f"/{kind}/?search=script" for kind in PUBLIC),
        *(f"/{kind}/{ROW}/" for kind in PUBLIC),
    ):
        visit(unsafe, url + page)
        visited += 1
    assert unsafe.ran == []
    assert visited == len(rows) * 3 + 16


def test_no_script_runs_in_a_picker_or_a_preview(unsafe: Any, site: tuple[str, list[str]]) -> None:
    url, _ = site
    unsafe.ran.clear()
    visit(unsafe, f"{url}/admin/spacecraft/spacecraft/{ROW}/change/")
    unsafe.click("#id_spacecraft_config + .select2")
    unsafe.keyboard.type("script")
    unsafe.wait_for_selector(".select2-results__option:has-text('script')")
    unsafe.keyboard.press("Escape")
    with unsafe.context.expect_page() as opened:
        unsafe.click("text=Preview the answer")
    preview = opened.value
    preview.wait_for_selector("pre.answer")
    preview.close()
    assert unsafe.ran == []


def test_no_script_runs_on_the_page_of_an_action(unsafe: Any, site: tuple[str, list[str]]) -> None:
    url, _ = site
    unsafe.ran.clear()
    for action in ("delete_selected", "set_fields", "count_anew"):
        visit(unsafe, f"{url}/admin/spacecraft/spacecraft/?q=script")
        unsafe.check("#action-toggle")
        unsafe.select_option("select[name=action]", action)
        try:
            unsafe.click("button[name=index]")
            unsafe.wait_for_load_state("load")
        except PlaywrightError as error:
            raise AssertionError(action) from error
    assert unsafe.ran == []
