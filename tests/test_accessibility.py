"""What axe finds on the admin's pages: nothing serious, and nothing critical.

Each page is loaded once. All rules are asked where it is wide and light; those that follow from
colours and widths are asked again in the dark, and where it is narrow. With --long every page of
every model is; without, those that have something that no other has.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Browser, Page

from spacecraft import models
from spacedevs.mirror.models import Hold, MirrorRun
from spacedevs.throttle.models import Token
from tests.administration import MODELS, admin_url
from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.test_browser import browser, pytestmark

__all__ = ["browser", "pytestmark"]  # fixtures, and what says why there is no browser

WIDE, NARROW = 1280, 390  # pixels
COLOURS_AND_WIDTHS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
ROWS = 3  # of a list: the others are like them
KINDS = ("changelist", "add", "change", "delete", "history")
SEEN: tuple[type[Model], ...] = (MirrorRun, Hold)  # nobody adds them
# Those whose lists and forms are like no other's; Country stands for those with a name alone.
DISTINCT: tuple[type[Model], ...] = (
    models.Spacecraft,
    models.SpacecraftConfiguration,
    models.SpacecraftFlight,
    models.Launch,
    models.Landing,
    models.Agency,
    models.Image,
    models.ImageVariant,
    models.Country,
    Token,
    User,
    Group,
    *SEEN,
)

# What has no rows in the fixtures; it says the key of a row of each model.
MADE = """
import json
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.utils import timezone
from spacecraft.models import Image, ImageVariantType, Spacecraft
from spacedevs.mirror.models import Hold, MirrorRun
from spacedevs.throttle.models import Token
User.objects.create_superuser("editor", password="editor")
Group.objects.create(name="editors")
now = timezone.now()
MirrorRun.objects.create(source="https://example.org/", started=now, as_of=now, outcome="done")
Hold.objects.create(model="spacecraft.spacecraft", key="1", field="name", upstream='"Theirs"')
Token.objects.create(name="client")
Spacecraft.objects.update(in_space=True, in_space_since=now)
long = "https://example.org/" + 30 * "a-long-name-"
Image.objects.all()[0].variants.create(type=ImageVariantType.objects.all()[0], image_url=long)
Spacecraft.objects.filter(image=None).update(image=Image.objects.all()[0])
rows = {model._meta.label: model._default_manager.first() for model in apps.get_models()}
print(json.dumps({label: str(row.pk) for label, row in rows.items() if row}))
"""

AXE = """
async (rules) => {
    const found = await axe.run(document, {
        resultTypes: ["violations"], preload: false, iframes: false, ...rules
    });
    return found.violations
        .filter((each) => ["serious", "critical"].includes(each.impact))
        .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join("\\n")}`);
}
"""
SHORTEN = f"""
document.querySelectorAll("#result_list tbody tr:nth-child(n+{ROWS + 1})")
    .forEach((row) => row.remove())
"""


def table() -> Iterator[tuple[str, type[Model] | None, bool]]:
    """Kind of page, model, and whether it is looked at without --long."""
    for kind in ("index", "password_change", "login"):
        yield kind, None, True
    for model in dict.fromkeys((*DISTINCT, *MODELS)):
        for kind in KINDS:
            is_like_others = kind in ("add", "delete", "history") and model not in (
                models.Image,
                User,
            )
            if kind != "add" or model not in SEEN:
                yield kind, model, model in DISTINCT and not is_like_others


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_long = metafunc.config.getoption("--long")
    pages = [
        pytest.param(kind, model, id=f"{model.__name__}-{kind}" if model else kind)
        for kind, model, is_quick in table()
        if is_quick or is_long
    ]
    metafunc.parametrize(("kind", "model"), pages)


@pytest.fixture(scope="module")
def script() -> str:
    axe = pytest.importorskip("axe_playwright_python")
    return Path(axe.__path__[0], "axe.min.js").read_text()


@pytest.fixture(scope="module")
def site(
    template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a server, and the key of a row of each model."""
    with (
        fresh_database(tmp_path_factory.mktemp("site"), template) as env,
        running_server(env, prepare=False) as url,
    ):
        yield url, json.loads(shell({**os.environ, **env}, MADE))


@pytest.fixture(scope="module")
def editor(site: tuple[str, dict[str, str]], browser: Browser) -> Iterator[Page]:
    """Logged in, with the sidebar closed: the front page has the same links."""
    page = browser.new_page(reduced_motion="reduce")  # no colour on its way to another
    page.goto(f"{site[0]}/admin/")
    page.fill("#id_username", "editor")
    page.fill("#id_password", "editor")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    yield page
    page.close()


def test_axe_finds_nothing_serious(
    site: tuple[str, dict[str, str]],
    editor: Page,
    script: str,
    kind: str,
    model: type[Model] | None,
) -> None:
    url, keys = site
    if model is None:
        url += reverse(f"admin:{kind}")
    else:
        row = () if kind in ("changelist", "add") else (keys[model._meta.label],)
        url += admin_url(model, kind, *row)
    found: dict[str, list[str]] = {}
    editor.set_viewport_size({"width": WIDE, "height": 900})
    editor.emulate_media(color_scheme="light")
    answer = editor.goto(url)
    assert answer
    assert answer.status == 200
    editor.evaluate(SHORTEN)
    editor.evaluate(script)
    for width in (WIDE, NARROW):
        editor.set_viewport_size({"width": width, "height": 900})
        assert editor.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            editor.emulate_media(color_scheme=scheme)
            is_first = (width, scheme) == (WIDE, "light")
            rules = {} if is_first else {"runOnly": COLOURS_AND_WIDTHS}
            found[f"{width} pixels, {scheme}"] = editor.evaluate(AXE, rules)
    assert {where: what for where, what in found.items() if what} == {}
