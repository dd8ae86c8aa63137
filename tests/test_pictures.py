"""Pictures in the admin's lists, pickers and pages: whose they are, and where they are used."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spacecraft.models import (
    Agency,
    Image,
    ImageVariant,
    ImageVariantType,
    Launch,
    Spacecraft,
    SpacecraftConfiguration,
)
from spacedevs import environment
from tests.administration import admin_url
from tests.test_admin import Requests

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

HOST = "pictures.example.org"
URL = f"https://{HOST}/a.png"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> list[str]:
    settings.PICTURE_HOSTS = [HOST]
    return settings.PICTURE_HOSTS


@pytest.fixture
def image(db: None) -> Image:
    known = Image.objects.filter(license__link__startswith="https")[0]
    return Image.objects.create(
        name="A picture",
        image_url=f"https://{HOST}/large.png",
        thumbnail_url=URL,
        credit="A credit",
        license=known.license,
    )


@pytest.fixture
def craft(image: Image) -> Spacecraft:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(image=image)
    craft.refresh_from_db()
    return craft


def asked(page: Any) -> list[str]:
    """What a browser asks of other hosts for this page."""
    return [url for url in Requests(page.content.decode()).urls if not url.startswith("/")]


def listed(client: Client, row: models.Model) -> Any:
    return client.get(admin_url(type(row), "changelist"), {"q": row.pk})


def changed(client: Client, row: models.Model) -> Any:
    return client.get(admin_url(type(row), "change", row.pk))


def may(*permissions: str) -> Client:
    """Somebody who has these permissions and no others."""
    user = User.objects.create_user("somebody", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


# The setting


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        (None, environment._DEFAULTS["PICTURE_HOSTS"].split(",")),
        ("", []),
        ("a.example.org, B.example.org:8443,", ["a.example.org", "b.example.org:8443"]),
    ],
)
def test_hosts_are_read(
    monkeypatch: pytest.MonkeyPatch, text: str | None, hosts: list[str]
) -> None:
    monkeypatch.delenv("PICTURE_HOSTS", raising=False)
    if text is not None:
        monkeypatch.setenv("PICTURE_HOSTS", text)
    assert environment.picture_hosts() == hosts


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example.org",
        "a.example.org/media",
        "*.example.org",
        "*",
        "a b",
        "a; script-src *",
        "a.example.org:",
        "é.example.org",
        "user@a.example.org",
    ],
)
def test_what_is_no_host_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PICTURE_HOSTS", text)
    with pytest.raises(ImproperlyConfigured, match=f"PICTURE_HOSTS names {re.escape(repr(text))}"):
        environment.picture_hosts()


def test_policy_lets_the_named_hosts_and_no_others(admin_client: Client, hosts: list[str]) -> None:
    hosts.append("more.example.org:8443")
    policy = admin_client.get("/admin/")["Content-Security-Policy"].split("; ")
    assert f"img-src 'self' data: https://{HOST} https://more.example.org:8443" in policy
    assert [part for part in policy if "http" in part] == [policy[2]]


# Which are shown


def test_picture_is_asked_without_a_referrer_when_it_is_seen(
    admin_client: Client, craft: Spacecraft
) -> None:
    found = re.findall(r"<img[^>]*>", listed(admin_client, craft).content.decode())
    [tag] = [tag for tag in found if URL in tag]
    for attribute in ('loading="lazy"', 'referrerpolicy="no-referrer"', 'alt=""', 'width="64"'):
        assert attribute in tag


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example.org/a.png",
        "https://other.example.org/a.png",
        "https://pictures.example.org.evil.org/a.png",
        "https://pictures.example.org@evil.org/a.png",
        "https://pictures.example.org:8443/a.png",
        "https://evil.org\\@pictures.example.org/a.png",
        "//pictures.example.org/a.png",
        "https://[pictures.example.org/a.png",
        "javascript:alert(1)//https://pictures.example.org/",
        'https://evil.org/" src="https://pictures.example.org/a.png',
        "",
        None,
    ],
)
@pytest.mark.parametrize("show", [listed, changed])
def test_other_urls_are_no_pictures(
    admin_client: Client, image: Image, url: str | None, show: Any
) -> None:
    Image.objects.filter(pk=image.pk).update(image_url=url, thumbnail_url=url)
    page = show(admin_client, image)
    assert page.status_code == 200
    assert asked(page) == []
    assert 'href="javascript:' not in page.content.decode()


def test_picture_of_another_host_is_a_link(admin_client: Client, image: Image) -> None:
    url = "https://other.example.org/media/picture.png"
    Image.objects.filter(pk=image.pk).update(image_url=url, thumbnail_url=url)
    page = listed(admin_client, image).content.decode()
    assert f'<a href="{url}">picture.png</a>' in page


def test_no_picture_is_asked_where_no_host_is_named(
    admin_client: Client, craft: Spacecraft, hosts: list[str]
) -> None:
    hosts.clear()
    assert asked(listed(admin_client, craft)) == asked(changed(admin_client, craft)) == []


def test_large_picture_is_shown_where_there_is_no_thumbnail(
    admin_client: Client, image: Image
) -> None:
    Image.objects.filter(pk=image.pk).update(thumbnail_url=None)
    assert asked(listed(admin_client, image)) == [image.image_url]


# Lists


@pytest.mark.parametrize(
    ("model", "relation"),
    [
        (Spacecraft, "image"),
        (SpacecraftConfiguration, "image"),
        (Agency, "image"),
        (Agency, "logo"),
    ],
)
def test_list_shows_the_picture(
    admin_client: Client, image: Image, model: Any, relation: str
) -> None:
    row = model.objects.all()[0]
    model.objects.filter(pk=row.pk).update(**{"image": None, relation: image})
    assert URL in asked(listed(admin_client, row))


def test_list_of_variants_shows_their_pictures(admin_client: Client, image: Image) -> None:
    variant = ImageVariant.objects.create(image=image, image_url=f"https://{HOST}/variant.png")
    assert asked(listed(admin_client, variant)) == [variant.image_url]


# Pickers


def picked(client: Client, term: str) -> list[dict[str, str]]:
    asked = {"app_label": "spacecraft", "model_name": "spacecraft", "field_name": "image"}
    found: list[dict[str, str]] = client.get(
        reverse("admin:autocomplete"), {**asked, "term": term}
    ).json()["results"]
    return found


def test_picker_finds_a_picture_with_its_credit(admin_client: Client, image: Image) -> None:
    assert picked(admin_client, "A picture") == [
        {
            "id": str(image.pk),
            "text": "A picture",
            "thumbnail": URL,
            "credit": f"A credit, {image.license}",
        }
    ]


def test_picker_takes_as_many_queries_for_one_as_for_many(
    admin_client: Client, image: Image
) -> None:
    with CaptureQueriesContext(connection) as one:
        assert len(picked(admin_client, "A picture")) == 1
    with CaptureQueriesContext(connection) as many:
        assert len(picked(admin_client, "")) == 20
    assert len(one) == len(many)


def test_chosen_picture_stands_in_its_picker(admin_client: Client, craft: Spacecraft) -> None:
    page = changed(admin_client, craft).content.decode()
    [option] = re.findall(rf'<option value="{craft.image.pk}"[^>]*>', page)
    assert f'data-thumbnail="{URL}"' in option
    assert f'data-credit="A credit, {craft.image.license}"' in option


# Pages


def test_page_shows_credit_license_and_record_of_a_picture(
    admin_client: Client, craft: Spacecraft
) -> None:
    page = changed(admin_client, craft).content.decode()
    figure = page.partition("<figure")[2].partition("</figure>")[0]
    for part in (
        f'src="{URL}"',
        "Credit: A credit",
        f'License: <a href="{craft.image.license.link}">{craft.image.license}</a>',
        f'<a href="{admin_url(Image, "change", craft.image.pk)}">A picture</a>',
        f'<a href="{craft.image.image_url}">Full size</a>',
    ):
        assert part in figure


def test_page_says_where_neither_credit_nor_license_is_given(
    admin_client: Client, craft: Spacecraft
) -> None:
    Image.objects.update(credit=None, license=None)
    page = changed(admin_client, craft).content.decode()
    assert "Credit: none given" in page
    assert "License: none given" in page


def test_pictures_cost_no_query_of_their_own(admin_client: Client, image: Image) -> None:
    """The option of each picker is the query, and it was one before."""
    agency = Agency.objects.all()[0]
    images = {"image": image, "logo": image, "social_logo": image}
    counts = []
    for hosts in (dict.fromkeys(images), images):
        Agency.objects.filter(pk=agency.pk).update(**hosts)
        with CaptureQueriesContext(connection) as queries:
            changed(admin_client, agency)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + len(images)


def test_who_may_only_look_sees_the_picture(craft: Spacecraft) -> None:
    page = changed(may("view_spacecraft"), craft)
    assert page.status_code == 200
    assert asked(page) == [URL]
    assert "Credit: A credit" in page.content.decode()


def test_page_of_a_picture_shows_it_and_its_variants(admin_client: Client, image: Image) -> None:
    variant = ImageVariant.objects.create(image=image, image_url=f"https://{HOST}/variant.png")
    page = changed(admin_client, image)
    assert asked(page) == [URL, variant.image_url]
    assert 'alt="A picture"' in page.content.decode()


def test_add_page_shows_no_picture(admin_client: Client) -> None:
    page = admin_client.get(admin_url(Image, "add"))
    assert asked(page) == []
    assert "field-picture" not in page.content.decode().partition("inline-group")[0]


def test_names_and_credits_are_escaped(admin_client: Client, craft: Spacecraft) -> None:
    Image.objects.filter(pk=craft.image.pk).update(name=SCRIPT, credit=SCRIPT)
    Spacecraft.objects.filter(pk=craft.pk).update(name=SCRIPT)
    craft.image.license.name = SCRIPT
    craft.image.license.save()
    for row in (craft, craft.image):
        for show in (listed, changed):
            page = show(admin_client, row).content.decode()
            assert SCRIPT not in page
            assert "&lt;script&gt;alert(1)" in page


# Where it is used


def uses(page: Any) -> dict[str, int]:
    return {f"{use['model'].model_name}.{use['relation'].name}": use["count"] for use in page}


def test_page_of_a_picture_says_where_it_is_used(admin_client: Client, image: Image) -> None:
    craft, launch = Spacecraft.objects.all()[0], Launch.objects.all()[0]
    agency = Agency.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(image=image)
    Launch.objects.filter(pk=launch.pk).update(image=image)
    Agency.objects.filter(pk=agency.pk).update(logo=image, social_logo=image)
    page = changed(admin_client, image)
    assert uses(page.context["uses"]) == {
        "agency.logo": 1,
        "agency.social_logo": 1,
        "spacecraft.image": 1,
        "launch.image": 1,
    }
    for row in (craft, agency):
        assert f'<a href="{admin_url(type(row), "change", row.pk)}">' in page.content.decode()
    [(url, name)] = page.context["uses"][-1]["links"]
    assert name == launch.name
    assert admin_client.get(url).context["original"] == launch


def test_uses_are_counted_and_the_first_20_are_linked(admin_client: Client, image: Image) -> None:
    Spacecraft.objects.update(image=image)
    page = changed(admin_client, image)
    [use] = page.context["uses"]
    first = Spacecraft.objects.all()[:20]
    assert use["count"] == Spacecraft.objects.count()
    assert [name for _, name in use["links"]] == [row.name for row in first]
    assert f"These are the first 20 of {use['count']}." in page.content.decode()


def test_uses_are_those_that_one_may_see(image: Image) -> None:
    Spacecraft.objects.update(image=image)
    Agency.objects.update(logo=image)
    page = changed(may("view_image", "view_agency"), image)
    assert uses(page.context["uses"]) == {"agency.logo": Agency.objects.count()}


def test_picture_that_nothing_uses_says_so(admin_client: Client, image: Image) -> None:
    assert "<p>Nowhere.</p>" in changed(admin_client, image).content.decode()


@pytest.mark.parametrize("is_superuser", [True, False])
def test_page_of_a_picture_takes_ten_queries_at_most(
    admin_client: Client, image: Image, is_superuser: bool
) -> None:
    for model in (Spacecraft, Launch, SpacecraftConfiguration):
        model.objects.update(image=image)
    Agency.objects.update(image=image, logo=image, social_logo=image)
    for kind in ImageVariantType.objects.all():
        image.variants.create(type=kind, image_url=URL)
    names = [f"{verb}_image{kind}" for verb in ("view", "change") for kind in ("", "variant")]
    client = admin_client if is_superuser else may(*names, "view_spacecraft", "view_imagelicense")
    with CaptureQueriesContext(connection) as queries:
        assert changed(client, image).status_code == 200
    assert len(queries) <= 10, [each["sql"][:150] for each in queries]
