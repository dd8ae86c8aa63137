"""The pages for people: what they show, what they ask of the database, and what they refuse."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.db import connection
from django.db.models import CharField, Model, TextField
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import (
    Agency,
    Image,
    ImageLicense,
    Launch,
    Spacecraft,
    SpacecraftConfiguration,
    SpacecraftFlight,
)
from spacecraft.pages import SpacecraftPages
from spacedevs.api.registry import resources
from spacedevs.mirror import as_of
from spacedevs.names import SortKeyField
from spacedevs.pages.charts import bar_chart, nice_step
from spacedevs.pages.checks import check_declaration, check_pages
from spacedevs.pages.declared import RecordPages, declared
from spacedevs.pages.timeline import Span, line_of_time
from tests.filling import CRAFT, FLIGHTS, fill
from tests.servers import running_server
from tests.test_admin import Requests

MOST_QUERIES = 12
HOST = "pictures.example.org"
SCRIPT = "<script>alert(1)</script>"
ENDEAVOUR, SPACEX, CREW_DRAGON = 289, 121, 6
RECORDS = [f"/spacecraft/{ENDEAVOUR}/", f"/agencies/{SPACEX}/"]
RECORDS += [f"/spacecraft_configurations/{CREW_DRAGON}/"]
LISTS = [f"/{resource}/" for resource in declared()]
PAGES = ["/", *LISTS, *RECORDS]


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> list[str]:
    settings.PICTURE_HOSTS = [HOST]
    return settings.PICTURE_HOSTS


def get(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return response.content.decode()


def section(page: str, title: str) -> str:
    """The HTML from a heading to the end of its section; "" where it is not there."""
    return page.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]


def text(html: str) -> str:
    """What a person reads."""
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    return re.sub(r" ([.,:])", r"\1", words)


def links(html: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'<a [^>]*?href="([^"]*)"', html)]


# The home page


def test_the_home_page_counts_what_there_is_and_leads_there(api: Client) -> None:
    page = get(api, "/")
    for name, viewset in resources().items():
        if "/" in name:
            continue
        url = f"/{name}/" if name in declared() else f"/2.3.0/{name}/"
        words = f"{viewset.queryset.count()} {viewset.queryset.model._meta.verbose_name_plural}"
        assert words in text(page)
        assert f'<a href="{url}"><strong>' in page


def test_the_home_page_says_how_old_the_data_are(
    api: Client, frozen_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_of, "as_of", lambda: frozen_clock - timedelta(hours=30))
    page = get(api, "/")
    assert "The data are of 31 October 2026, 06:00 UTC, 1 d 06:00:00 old." in text(page)
    assert 'data-seconds="108000"' in page


def test_records_that_were_never_mirrored_are_said_to_be_so(api: Client) -> None:
    assert "These records have not been mirrored" in text(get(api, "/"))


def test_the_home_pages_request_is_answered_with_json(api: Client) -> None:
    [command] = re.findall(r"<pre><code>curl '(.*)'</code></pre>", get(api, "/"))
    url = urlsplit(unescape(command))
    assert url.netloc == "localhost"
    found = api.get(f"{url.path}?{url.query}").json()
    assert 0 < len(found["results"]) <= 2


def test_craft_in_space_are_shown_with_times_that_run(api: Client, frozen_clock: datetime) -> None:
    Spacecraft.objects.update(in_space=False, in_space_since=None, docked_since=None)
    since = frozen_clock - timedelta(hours=1)
    Spacecraft.objects.filter(pk=ENDEAVOUR).update(
        in_space=True, in_space_since=since, time_in_space=timedelta(days=12)
    )
    shown = section(get(api, "/"), "In space now")
    assert "1 craft is in space or docked." in text(shown)
    assert f'<a href="/spacecraft/{ENDEAVOUR}/">Crew Dragon Endeavour</a>' in shown
    assert '<time datetime="P12DT1H" data-seconds="1040400">12 d 01:00:00</time>' in shown


def test_a_flight_that_goes_on_runs_since_its_launch(api: Client, frozen_clock: datetime) -> None:
    flight = SpacecraftFlight.objects.get(spacecraft=ENDEAVOUR, running_since__isnull=False)
    start = frozen_clock - timedelta(days=2)
    Launch.objects.filter(pk=flight.launch_id).update(net=start)
    shown = section(get(api, "/"), "In space now")
    assert 'data-seconds="172800">2 d 00:00:00</time>' in shown


def test_many_in_space_are_counted_and_the_first_are_shown(api: Client) -> None:
    Spacecraft.objects.update(in_space=True)
    shown = section(get(api, "/"), "In space now")
    assert f"{Spacecraft.objects.count()} craft are in space or docked" in text(shown)
    assert shown.count("<h3>") == 24
    assert '<a href="/spacecraft/?in_space=true">' in shown


def test_none_in_space_is_said(api: Client) -> None:
    Spacecraft.objects.update(in_space=False, docked_since=None)
    assert "No craft is in space or docked." in section(get(api, "/"), "In space now")


def member(name: Any, **astronaut: Any) -> dict[str, Any]:
    return {"id": 1, "role": {"role": "Commander"}, "astronaut": {"name": name, **astronaut}}


def test_who_is_aboard_is_shown_with_pictures_and_their_credits(api: Client) -> None:
    image = {"image_url": f"https://{HOST}/ada.jpg", "credit": "NASA", "license": {"name": "CC0"}}
    crew = [member("Ada Lovelace", image=image), member("Grace Hopper", image=None)]
    SpacecraftFlight.objects.filter(running_since__isnull=False, spacecraft=ENDEAVOUR).update(
        onboard_crew=crew
    )
    for url in ("/", f"/spacecraft/{ENDEAVOUR}/"):
        page = get(api, url)
        assert "Ada Lovelace Commander" in text(page)
        assert f"https://{HOST}/ada.jpg" in Requests(page).urls
        assert "Pictures: NASA, CC0." in text(page)
    assert "with 2 people aboard" in text(get(api, "/"))


@pytest.mark.parametrize(
    "crew",
    [
        None,
        [],
        [None, 1, "Ada", []],
        [{"astronaut": None}, {"role": None, "astronaut": {"name": None}}],
        [{"astronaut": {"name": ["Ada"], "image": "https://pictures.example.org/a.png"}}],
        {"astronaut": {"name": "Ada"}},
    ],
)
def test_a_crew_that_nobody_can_read_is_left_out(api: Client, crew: Any) -> None:
    SpacecraftFlight.objects.filter(running_since__isnull=False).update(
        onboard_crew=crew, launch_crew=crew
    )
    assert "aboard" not in text(get(api, "/"))
    assert not section(get(api, f"/spacecraft/{ENDEAVOUR}/"), "Aboard")


def test_the_gallery_has_one_craft_of_each_kind_that_has_a_picture(api: Client) -> None:
    shown = section(get(api, "/"), "Craft")
    keys = [url.split("/")[2] for url in links(shown) if re.fullmatch(r"/spacecraft/\d+/", url)]
    kinds = list(Spacecraft.objects.filter(pk__in=keys).values_list("spacecraft_config", flat=True))
    assert len(keys) == 12
    assert len(set(kinds)) == len(kinds)


def test_each_year_of_the_chart_has_its_flights(api: Client) -> None:
    shown = section(get(api, "/"), "Flights by year")
    rows = re.findall(r'<th scope="row">(\d+)</th><td>(\d+)</td>', shown)
    nets = Launch.objects.filter(flights__isnull=False).values_list("net", flat=True)
    years = [net.year for net in nets if net]
    expected = {year: years.count(year) for year in range(min(years), max(years) + 1)}
    assert {int(year): int(count) for year, count in rows} == expected
    assert shown.count("<rect") == sum(count > 0 for count in expected.values())


def test_an_empty_database_has_a_home_page(api: Client) -> None:
    SpacecraftFlight.objects.all()._raw_delete("default")
    Spacecraft.objects.all()._raw_delete("default")
    page = text(get(api, "/"))
    assert "0 spacecraft" in page
    assert "No craft is in space or docked." in page
    assert "Flights by year" not in page


# Records


def pages_of_records() -> Iterator[tuple[str, type[RecordPages]]]:
    yield from declared().items()


@pytest.mark.parametrize("resource", declared())
def test_records_have_pages_with_their_json_one_click_away(
    api: Client, resource: str, request: pytest.FixtureRequest
) -> None:
    rows = list(declared()[resource].model()._default_manager.all())
    for row in rows[:: 1 if request.config.getoption("long") else 20]:
        page = get(api, f"/{resource}/{row.pk}/")
        assert f"<h1>{row.name}</h1>" in page.replace("&#x27;", "'").replace("&amp;", "&")
        url = f"/2.3.0/{resource}/{row.pk}/?format=json"
        assert url in links(page)
        assert api.get(url).json()["name"] == row.name


def test_a_craft_has_its_facts_figures_and_kind(api: Client) -> None:
    craft = Spacecraft.objects.get(pk=ENDEAVOUR)
    Spacecraft.objects.filter(pk=craft.pk).update(description="Flew first.", flights_count=12345)
    page = get(api, f"/spacecraft/{craft.pk}/")
    words = text(page)
    for part in ("Flew first.", "Serial number C206", "Status Active", "12,345 Flights"):
        assert part in words or " ".join(reversed(part.split(" ", 1))) in words
    assert f'<a href="/spacecraft_configurations/{craft.spacecraft_config_id}/">' in page


def test_what_is_not_known_is_left_out(api: Client) -> None:
    Spacecraft.objects.filter(pk=ENDEAVOUR).update(
        serial_number=None, status=None, spacecraft_config=None, image=None, flights_count=None
    )
    words = text(get(api, f"/spacecraft/{ENDEAVOUR}/"))
    for part in ("None", "Serial number", "Status", "Configuration ", "Agency"):
        assert part not in words


def test_a_year_has_no_comma(api: Client) -> None:
    Agency.objects.filter(pk=SPACEX).update(founding_year=2002)
    assert "Founding year 2002" in text(get(api, f"/agencies/{SPACEX}/"))


def test_a_link_is_named_by_its_host(api: Client) -> None:
    Agency.objects.filter(pk=SPACEX).update(wiki_url="https://en.wikipedia.org/wiki/SpaceX")
    page = get(api, f"/agencies/{SPACEX}/")
    assert '<a href="https://en.wikipedia.org/wiki/SpaceX">en.wikipedia.org</a>' in page


def test_a_record_without_a_name_has_a_page(api: Client) -> None:
    Agency.objects.filter(pk=SPACEX).update(name="")
    assert "<h1>No name</h1>" in get(api, f"/agencies/{SPACEX}/")


def test_an_agency_shows_its_configurations_and_these_their_craft(api: Client) -> None:
    assert f"/spacecraft_configurations/{CREW_DRAGON}/" in links(
        section(get(api, f"/agencies/{SPACEX}/"), "Spacecraft configurations")
    )
    shown = section(get(api, f"/spacecraft_configurations/{CREW_DRAGON}/"), "Spacecraft")
    assert f"/spacecraft/{ENDEAVOUR}/" in links(shown)


def test_many_members_are_a_list_away(api: Client) -> None:
    Spacecraft.objects.update(spacecraft_config=CREW_DRAGON)
    page = get(api, f"/spacecraft_configurations/{CREW_DRAGON}/")
    url = f"/spacecraft/?spacecraft_config={CREW_DRAGON}"
    assert url in links(section(page, "Spacecraft"))
    assert f"of {Spacecraft.objects.count()}" in text(get(api, url))


# Flights on a line of time


def test_each_flight_of_a_craft_is_a_link_to_its_json(api: Client) -> None:
    shown = section(get(api, f"/spacecraft/{ENDEAVOUR}/"), "Flights")
    rows = SpacecraftFlight.objects.filter(spacecraft=ENDEAVOUR).order_by("-launch__net", "-id")
    assert links(shown) == [f"/2.3.0/spacecraft_flights/{row.pk}/" for row in rows]
    for url, row in zip(links(shown), rows, strict=True):
        assert api.get(url).json()["id"] == row.pk
        assert row.launch
        assert row.launch.name in text(shown)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("spacecraft__spacecraft_config", f"/spacecraft_configurations/{CREW_DRAGON}/"),
        ("spacecraft__spacecraft_config__agency", f"/agencies/{SPACEX}/"),
    ],
)
def test_flights_of_a_kind_and_of_an_agency_are_on_its_page(
    api: Client, path: str, url: str
) -> None:
    rows = SpacecraftFlight.objects.filter(**{path: int(url.split("/")[2])})
    shown = section(get(api, url), "Flights")
    assert len(links(shown)) == rows.count() > 0


def test_a_hundred_flights_are_on_a_page_and_no_flight_is_on_none(api: Client) -> None:
    Spacecraft.objects.update(spacecraft_config=CREW_DRAGON)
    url, found = f"/spacecraft_configurations/{CREW_DRAGON}/", list[str]()
    for number in (1, 2, 3):
        shown = section(get(api, f"{url}?page={number}"), "Flights")
        found += [url for url in links(shown) if url.startswith("/2.3.0/")]
        assert len(found) == min(100 * number, SpacecraftFlight.objects.count())
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("number", ["0", "-1", "nothing", "9" * 4000, "99", "²"])
def test_a_page_of_flights_that_is_none_is_the_first_or_the_last(api: Client, number: str) -> None:
    assert section(get(api, f"/spacecraft/{ENDEAVOUR}/?page={number}"), "Flights")


def test_flights_say_whether_they_are_over_go_on_or_are_planned(
    api: Client, frozen_clock: datetime
) -> None:
    first, second, third = SpacecraftFlight.objects.exclude(launch=None)[:3]
    flights = SpacecraftFlight.objects.filter(pk__in=[first.pk, second.pk, third.pk])
    SpacecraftFlight.objects.filter(spacecraft=ENDEAVOUR).update(spacecraft=None)
    flights.update(
        spacecraft=ENDEAVOUR, destination="Low Earth Orbit", mission_end=None, duration=None
    )
    for flight, days in ((first, -40), (second, -5), (third, 30)):
        net = frozen_clock + timedelta(days=days)
        Launch.objects.filter(pk=flight.launch_id).update(net=net, name=f"At {days}")
    end = frozen_clock - timedelta(days=30)
    flights.filter(pk=first.pk).update(mission_end=end, duration=timedelta(days=10))
    flights.filter(pk=second.pk).update(running_since=frozen_clock - timedelta(days=5))
    shown = section(get(api, f"/spacecraft/{ENDEAVOUR}/"), "Flights")
    words = text(shown)
    assert "At 30 Low Earth Orbit · 1 Dec 2026 · planned" in words
    assert "At -5 Low Earth Orbit · since 27 Oct 2026 · 5 d 00:00:00" in words
    assert "At -40 Low Earth Orbit · 22 Sep 2026 – 2 Oct 2026 · 10 d 00:00:00" in words
    assert re.findall(r"<li class=\"(.*?)\">", shown) == ["planned", "goes-on"]
    assert re.findall(r'<line x1="(\S+)" x2="(\S+)" y1="7"', shown) == [
        ("98.00%", "98.00%"),
        ("50.00%", "56.86%"),
        ("2.00%", "15.71%"),
    ]


@pytest.mark.parametrize("year", [1, 1957, 9999])
def test_a_date_that_cannot_be_breaks_no_page(api: Client, year: int) -> None:
    day = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    flight = SpacecraftFlight.objects.filter(spacecraft=ENDEAVOUR)[0]
    Launch.objects.filter(pk=flight.launch_id).update(net=day)
    longest = timedelta(microseconds=2**63 - 1)
    for others in (True, False):
        for values in ({"mission_end": day}, {"mission_end": None, "duration": longest}):
            SpacecraftFlight.objects.filter(pk=flight.pk).update(**values)
            shown = section(get(api, f"/spacecraft/{ENDEAVOUR}/"), "Flights")
            assert f"31 Dec {year}" in text(shown)
            assert "Flights by year" in get(api, "/")
        if others:
            SpacecraftFlight.objects.exclude(pk=flight.pk).filter(spacecraft=ENDEAVOUR).update(
                spacecraft=None
            )


def test_a_flight_without_launch_craft_or_destination_is_shown(api: Client) -> None:
    SpacecraftFlight.objects.filter(spacecraft=ENDEAVOUR).update(
        launch=None, destination=None, mission_end=None, duration=None, running_since=None
    )
    words = text(section(get(api, f"/spacecraft/{ENDEAVOUR}/"), "Flights"))
    [first, *_] = SpacecraftFlight.objects.filter(spacecraft=ENDEAVOUR).order_by("-id")
    assert f"Flight {first.pk} no date" in words


def test_months_are_on_the_axis_of_a_short_time_and_years_on_that_of_a_long_one() -> None:
    def ticks(days: int) -> list[str]:
        start = datetime(2020, 3, 15, tzinfo=UTC)
        html = line_of_time([Span("/", "One", start=start, end=start + timedelta(days=days))])
        return re.findall(r"<text [^>]*>([^<]*)</text>", html)

    assert ticks(100) == ["Apr 2020", "May 2020", "Jun 2020"]
    assert ticks(3650) == ["2022", "2024", "2026", "2028", "2030"]
    assert ticks(22000) == ["2040", "2060", "2080"]


# Charts


@pytest.mark.parametrize(
    ("length", "most", "step"),
    [(0, 4, 1), (1, 4, 1), (4, 4, 1), (5, 4, 2), (9, 4, 5), (21, 4, 10), (1000, 4, 500)],
)
def test_a_step_is_the_least_round_one_that_is_long_enough(
    length: int, most: int, step: int
) -> None:
    assert nice_step(length, most) == step


def test_bars_are_as_high_as_their_numbers() -> None:
    html = bar_chart("T", [("a", 1), ("b", 0), ("c", 4)], along="Letter", up="Number")
    assert re.findall(r'<rect .* height="(.*?)"><title>(.*?)</title>', html) == [
        ("50.0", "a: 1"),
        ("200.0", "c: 4"),
    ]
    assert "a to c. The most were 4, in c." in text(html)


# Lists


def shown_in(page: str, resource: str) -> list[int]:
    found = re.findall(rf'<a href="/{resource}/(\d+)/">', page.partition("<main")[2])
    return [int(key) for key in found]


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        *((resource, "limit=100") for resource in declared()),
        ("spacecraft", "search=Soyuz"),
        ("spacecraft", "in_space=true&ordering=-time_in_space"),
        ("spacecraft", "limit=7&offset=14"),
        ("spacecraft_configurations", "human_rated=true&agency=63"),
        ("agencies", "country_code=JP,FR&ordering=-total_launch_count"),
        ("agencies", "search=nothing+at+all"),
        ("agencies", "offset=99999999999999999999"),
    ],
)
def test_a_list_takes_the_parameters_of_the_api(api: Client, resource: str, query: str) -> None:
    more = query if "limit" in query else f"{query}&limit=24"
    results = api.get(f"/2.3.0/{resource}/?{more}").json()["results"]
    page = get(api, f"/{resource}/?{query}")
    assert shown_in(page, resource) == [row["id"] for row in results]
    [url] = [url for url in links(page) if "format=json" in url]
    assert api.get(url).json()["count"] == api.get(f"/2.3.0/{resource}/?{query}").json()["count"]


@pytest.mark.parametrize(
    ("resource", "query"),
    [(name, query) for name, pages in declared().items() for query in pages.choices.values()],
)
def test_each_choice_is_a_list_of_some(api: Client, resource: str, query: str) -> None:
    page = get(api, f"/{resource}/?{query}")
    assert f'<a href="?{query}" aria-current="true">' in page
    [count] = re.findall(r"to \d+ of (\d+)", text(page))
    assert 0 < int(count) < declared()[resource].model()._default_manager.count()


def test_a_list_is_walked_to_its_end_with_what_was_searched_for(api: Client) -> None:
    url, found = "/spacecraft/?search=Soyuz", list[int]()
    while url:
        page = get(api, url)
        found += shown_in(page, "spacecraft")
        following = re.search(r'<a href="(\?[^"]*)" rel="next">', page)
        url = f"/spacecraft/{unescape(following[1])}" if following else ""
    count = api.get("/2.3.0/spacecraft/?search=Soyuz").json()["count"]
    assert len(set(found)) == len(found) == count > 48


def test_what_was_searched_for_stands_in_the_field(api: Client) -> None:
    page = get(api, "/spacecraft/?search=%22%3E%3Cscript%3E")
    assert 'value="&quot;&gt;&lt;script&gt;"' in page
    assert "Nothing was found for “&quot;&gt;&lt;script&gt;”." in page


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("/spacecraft/?status=one", "status: Select a valid choice."),
        ("/agencies/?id=1e999", "id: Ensure this value is less than or equal to"),
        (f"/spacecraft/?search={33 * 'a+'}", "search: 33 words; 32 are the most."),
        ("/spacecraft/?search=a%00", "search: Null characters are not allowed."),
    ],
)
def test_a_parameter_that_the_api_refuses_is_a_readable_400(
    api: Client, url: str, sentence: str
) -> None:
    page = get(api, url, 400)
    assert "<h1>Bad Request</h1>" in page
    assert sentence in text(page)
    assert "ETag" not in api.get(url)


# Pictures


@pytest.fixture
def picture(db: None) -> Image:
    license = ImageLicense.objects.filter(link__startswith="https")[0]
    picture = Image.objects.create(
        name="A picture",
        image_url=f"https://{HOST}/large.png",
        thumbnail_url=f"https://{HOST}/small.png",
        credit="Ada",
        license=license,
    )
    SpacecraftConfiguration.objects.update(image=None)
    Agency.objects.update(image=None, logo=None, social_logo=None)
    Spacecraft.objects.update(image=None)
    Spacecraft.objects.filter(pk=ENDEAVOUR).update(image=picture)
    return picture


def asked(page: str) -> list[str]:
    """What a browser asks of other hosts."""
    return [url for url in Requests(page).urls if not url.startswith("/")]


def test_a_list_shows_the_small_picture_with_its_credit(api: Client, picture: Image) -> None:
    page = get(api, "/spacecraft/?search=Endeavour&ordering=-id")
    assert asked(page) == [picture.thumbnail_url]
    [tag] = [tag for tag in re.findall(r"<img[^>]*>", page) if HOST in tag]
    for attribute in ('loading="lazy"', 'referrerpolicy="no-referrer"', 'alt="CDE"', 'width="320"'):
        assert attribute in tag
    assert f"Pictures: Ada, {picture.license}." in text(page)


def test_a_record_shows_the_large_picture_with_credit_and_licence(
    api: Client, picture: Image
) -> None:
    page = get(api, f"/spacecraft/{ENDEAVOUR}/")
    assert asked(page) == [picture.image_url]
    assert picture.license
    figure = page.partition("<figure>")[2].partition("</figure>")[0]
    assert 'alt="Crew Dragon Endeavour"' in figure
    assert f"Credit: Ada. Licence: {picture.license}." in text(figure)
    assert picture.license.link in links(figure)


def test_a_craft_without_a_picture_has_that_of_its_kind(api: Client, picture: Image) -> None:
    Spacecraft.objects.filter(pk=ENDEAVOUR).update(image=None)
    SpacecraftConfiguration.objects.filter(pk=CREW_DRAGON).update(image=picture)
    assert asked(get(api, f"/spacecraft/{ENDEAVOUR}/")) == [picture.image_url]


@pytest.mark.parametrize(
    "url", ["https://other.example.org/a.png", f"http://{HOST}/a.png", "javascript:alert(1)", None]
)
def test_what_is_no_picture_of_the_named_hosts_is_not_asked_for(
    api: Client, picture: Image, url: str | None
) -> None:
    Image.objects.update(image_url=url, thumbnail_url=url)
    for each in ("/", "/spacecraft/?search=Endeavour", f"/spacecraft/{ENDEAVOUR}/"):
        page = get(api, each)
        assert asked(page) == []
        assert "javascript:" not in page
    assert '<span class="frame" aria-hidden="true">CDE</span>' in get(api, "/spacecraft/?limit=100")


# What no page may do


def hostile(model: type[Model]) -> None:
    texts = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField)
        and not isinstance(field, SortKeyField)
        and not field.primary_key
        and not hasattr(field, "shape")
    ]
    model._base_manager.update(**dict.fromkeys(texts, f'"{SCRIPT}'))


def test_texts_are_escaped_wherever_they_stand(api: Client, picture: Image) -> None:
    for model in {viewset.queryset.model for viewset in resources().values()} | {Image, Launch}:
        hostile(model)
    Image.objects.update(image_url=picture.image_url, thumbnail_url=picture.thumbnail_url)
    image = {"image_url": picture.image_url, "credit": SCRIPT, "license": {"name": SCRIPT}}
    SpacecraftFlight.objects.update(onboard_crew=[member(SCRIPT, image=image)])
    Agency.objects.update(wiki_url=f"javascript:{SCRIPT}", info_url=f"https://a.org/{SCRIPT}")
    for url in (*PAGES, f"/spacecraft/?search={SCRIPT}", f"/{SCRIPT}/"):
        page = api.get(url).content.decode()
        assert "alert(1)" in page or url == f"/{SCRIPT}/"
        assert SCRIPT not in page
        assert Requests(page).inline_scripts == []
        assert 'href="javascript:' not in page


@pytest.mark.parametrize("url", [*PAGES, "/nothing/"])
def test_a_page_asks_its_own_host_alone_and_runs_no_script_of_its_own(
    api: Client, url: str, hosts: list[str]
) -> None:
    hosts.clear()
    page = api.get(url).content.decode()
    assert asked(page) == []
    assert Requests(page).inline_scripts == []
    assert re.findall(r'<script src="(.*?)" defer>', page) == ["/static/spacedevs/ticking.js"]


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_for_everybody_and_sets_no_cookie(admin_client: Client, url: str) -> None:
    response = admin_client.get(url)
    assert not response.cookies
    assert response["Vary"] == "Accept-Encoding"
    assert response.content == Client(headers={"host": "testserver"}).get(url).content


@pytest.mark.parametrize("url", [*PAGES, "/nothing/"])
def test_every_link_of_a_page_leads_somewhere(api: Client, url: str) -> None:
    page = api.get(url).content.decode()
    base = urlsplit(url).path
    own = {link for link in links(page) if link.startswith(("/", "?"))}
    for link in own:
        target = base + link if link.startswith("?") else link
        assert api.get(target).status_code == 200, target


def test_one_heading_of_the_first_rank_and_a_title_are_on_each_page(api: Client) -> None:
    for url in (*PAGES, "/nothing/"):
        page = api.get(url).content.decode()
        assert page.count("<h1>") == 1
        assert re.findall(r"<title>([^<]+)</title>", page.partition("</head>")[0])


# What is not there


@pytest.mark.parametrize("resource", declared())
@pytest.mark.parametrize("pk", [99999999, 2**63, 10**100])
def test_an_unknown_record_is_a_readable_404(api: Client, resource: str, pk: int) -> None:
    page = get(api, f"/{resource}/{pk}/", 404)
    assert "<h1>Not Found</h1>" in page
    name = declared()[resource].model()._meta.verbose_name
    assert f"There is no {name} with the id {pk}." in text(page)


@pytest.mark.parametrize("url", ["/nothing/", "/spacecraft/one/", "/spacecraft/1.json", "/%00"])
def test_an_unknown_url_is_a_readable_404(api: Client, url: str) -> None:
    assert "There is nothing at this address." in text(get(api, url, 404))


def test_the_apis_errors_are_json_still(api: Client) -> None:
    assert api.get("/2.3.0/nothing/").json() == {"detail": "Not found."}


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_read_and_not_written(api: Client, url: str) -> None:
    assert api.head(url).status_code == 200
    assert api.post(url).status_code == 405


@pytest.mark.only_on("sqlite")
def test_a_database_that_is_away_is_a_readable_503(prepared: dict[str, str]) -> None:
    with running_server(prepared, prepare=False) as site:
        assert httpx2.get(f"{site}/").status_code == 200
        for file in Path(prepared["DATA_DIR"]).glob("db.sqlite3*"):
            file.unlink()
        for url in ("/", "/spacecraft/", "/agencies/44/"):
            answer = httpx2.get(site + url)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "<h1>Service Unavailable</h1>" in answer.text
            assert "The database" in text(answer.text)
        assert httpx2.get(f"{site}/nothing/").status_code == 404


# An unchanged page


@pytest.mark.only_on("sqlite")  # on PostgreSQL a version is given at the commit
@pytest.mark.parametrize("url", [*LISTS, "/agencies/44/"])
def test_an_unchanged_page_is_a_304_by_one_query(api: Client, url: str) -> None:
    tag = api.get(url)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = api.get(url, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Cache-Control"] == "no-cache"
    assert len(queries) == 1
    Spacecraft.objects.filter(pk=ENDEAVOUR).update(name="Edited")
    assert api.get(url, headers={"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize("url", ["/", f"/spacecraft/{ENDEAVOUR}/"])
def test_a_page_with_a_time_that_runs_is_new_each_time(api: Client, url: str) -> None:
    assert "ETag" not in api.get(url)


def test_another_page_has_another_tag(api: Client, settings: Any, hosts: list[str]) -> None:
    tags = [api.get(url)["ETag"] for url in (*LISTS, "/spacecraft/?limit=1")]
    hosts.append("more.example.org")
    tags.append(api.get("/spacecraft/")["ETag"])
    assert len(set(tags)) == len(tags)


def test_a_page_is_compressed(api: Client) -> None:
    plain = api.get("/spacecraft/")
    packed = api.get("/spacecraft/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2


# What it costs


def counted(client: Client) -> dict[str, int]:
    found = {}
    for url in (*PAGES, "/spacecraft/?limit=100", "/spacecraft/?search=e&ordering=-time_in_space"):
        client.get(url)  # what a process learns once
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        found[url] = len(queries)
    return found


@pytest.mark.asks_once
def test_a_page_asks_as_much_of_603_craft_and_3000_flights_as_of_60(api: Client) -> None:
    kept = [ENDEAVOUR, *Spacecraft.objects.exclude(pk=ENDEAVOUR)[:59].values_list("pk", flat=True)]
    SpacecraftFlight.objects.exclude(spacecraft__in=kept)._raw_delete("default")
    Spacecraft.objects.exclude(pk__in=kept)._raw_delete("default")
    few = counted(api)
    fill()
    assert (Spacecraft.objects.count(), SpacecraftFlight.objects.count()) == (CRAFT, FLIGHTS)
    assert counted(api) == few
    assert max(few.values()) <= MOST_QUERIES, few


# Declarations


def test_the_pages_name_nothing_that_is_not_there() -> None:
    assert check_pages() == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"resource": "observatories"}, "resource is 'observatories', which is not registered."),
        (
            {"facts": ("status__colour",)},
            "facts names 'status__colour': SpacecraftStatus has no field named 'colour'.",
        ),
        (
            {"pictures": ("photo",)},
            "pictures names 'photo': Spacecraft has no field named 'photo'.",
        ),
        ({"texts": ("name__x",)}, "texts names 'name__x': name leads nowhere."),
    ],
)
def test_a_declaration_of_what_is_not_there_stops_the_start(
    attributes: dict[str, Any], message: str
) -> None:
    changed = type("Changed", (SpacecraftPages,), attributes)
    assert list(check_declaration(changed)) == [message]
