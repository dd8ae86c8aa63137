"""Pictures on the browsable pages, beside the records that they are of."""

import re
from html import unescape
from typing import Any, NamedTuple

import pytest
from django.test import Client

from spacecraft.models import Agency, Image, ImageLicense, Spacecraft

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

HOST = "pictures.example.org"
SMALL, LARGE = f"https://{HOST}/small.png", f"https://{HOST}/large.png"


class Figure(NamedTuple):
    image: str
    attributes: dict[str, str]
    caption: str


def figures(api: Client, path: str) -> list[Figure]:
    html = api.get(f"/2.3.0/{path}", headers={"accept": "text/html"}).text
    found = re.findall(r"<figure>\s*(<img [^>]*>)(.*?)</figure>", html, flags=re.DOTALL)
    return [
        Figure(image, dict(re.findall(r'(\w+)="([^"]*)"', image)), re.sub(r"\s+", " ", caption))
        for image, caption in found
    ]


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    settings.PICTURE_HOSTS = [HOST]


@pytest.fixture
def image(db: None) -> Image:
    license = ImageLicense.objects.create(name="Free", link="https://example.org/free")
    return Image.objects.create(
        name="Picture", image_url=LARGE, thumbnail_url=SMALL, credit="Somebody", license=license
    )


@pytest.fixture
def craft(image: Image) -> Spacecraft:
    craft = Spacecraft.objects.get(pk=35)
    craft.image = image
    craft.save()
    return craft


def test_a_record_has_its_picture_with_credit_and_licence(api: Client, craft: Spacecraft) -> None:
    (figure,) = figures(api, "spacecraft/35/")
    assert (figure.attributes["src"], figure.attributes["alt"]) == (SMALL, craft.name)
    assert f'<a href="http://localhost/2.3.0/spacecraft/35/">{craft.name}</a>' in figure.caption
    assert "Credit: Somebody" in figure.caption
    assert 'Licence: <a href="https://example.org/free">Free</a>' in figure.caption


def test_a_picture_is_asked_without_a_referrer_when_it_is_seen(
    api: Client, craft: Spacecraft
) -> None:
    (figure,) = figures(api, "spacecraft/35/")
    assert 'loading="lazy"' in figure.image
    assert 'referrerpolicy="no-referrer"' in figure.image


def test_a_list_has_the_first_picture_of_each_record(api: Client, image: Image) -> None:
    Agency.objects.filter(pk__in=(44, 121)).update(image=image, logo=image)
    found = figures(api, "agencies/?id=44") + figures(api, "agencies/?id=121")
    names = Agency.objects.filter(pk__in=(44, 121)).order_by("pk").values_list("name", flat=True)
    assert [figure.attributes["alt"] for figure in found] == list(names)


def test_a_record_has_all_its_pictures(api: Client, image: Image) -> None:
    Agency.objects.filter(pk=44).update(image=image, logo=image, social_logo=None)
    name = Agency.objects.get(pk=44).name
    alts = [figure.attributes["alt"] for figure in figures(api, "agencies/44/")]
    assert alts == [name, f"{name}, logo"]


def test_a_record_without_a_picture_has_those_of_the_objects_in_it(
    api: Client, image: Image
) -> None:
    Spacecraft.objects.filter(pk=289).update(image=image)
    (figure,) = figures(api, "spacecraft_flights/?spacecraft=289&limit=1")
    assert figure.attributes["alt"] == Spacecraft.objects.get(pk=289).name


def test_the_picture_itself_is_shown_where_there_is_no_thumbnail(
    api: Client, craft: Spacecraft
) -> None:
    Image.objects.filter(pk=craft.image_id).update(thumbnail_url="")
    (figure,) = figures(api, "spacecraft/35/")
    assert figure.attributes["src"] == LARGE


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example.org/a.png", f"http://{HOST}/a.png", "javascript:alert(1)"]
)
def test_a_picture_of_another_host_is_not_shown(api: Client, craft: Spacecraft, url: str) -> None:
    Image.objects.filter(pk=craft.image_id).update(thumbnail_url=url, image_url=url)
    assert figures(api, "spacecraft/35/") == []


def test_names_credits_and_licences_are_escaped(api: Client, craft: Spacecraft) -> None:
    text = '"><script>ran()</script>'
    Image.objects.filter(pk=craft.image_id).update(credit=text)
    ImageLicense.objects.filter(pk=craft.image.license_id).update(
        name=text, link="javascript:ran()"
    )
    Spacecraft.objects.filter(pk=35).update(name=text)
    html = api.get("/2.3.0/spacecraft/35/", headers={"accept": "text/html"}).text
    assert "<script>ran" not in html
    assert 'href="javascript' not in html
    assert unescape(html).count(text) >= 5


def test_the_json_knows_nothing_of_it(api: Client, craft: Spacecraft, settings: Any) -> None:
    shown = api.get("/2.3.0/spacecraft/35/").content
    settings.PICTURE_HOSTS = []
    assert api.get("/2.3.0/spacecraft/35/").content == shown
