"""The guide: whole where it lists, true where it shows a request, and without a dead end."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import playwright
import pytest
from django.conf import settings
from django.core.management import get_commands
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.html import escape

from spacecraft.guide import CLIENTS, LANGUAGES, REFUSALS
from spacedevs import answers, errors
from spacedevs.api import moving
from spacedevs.api.extensions import Extension
from spacedevs.api.registry import resources
from spacedevs.api.versions import main, versions
from spacedevs.environment import BASE_DIR, VARIABLES, Rate
from spacedevs.guide import lists
from spacedevs.guide.declared import Chapter, chapters
from spacedevs.mirror.run import Exit
from spacedevs.throttle import decisions
from tests.conftest import fresh_database, shell
from tests.servers import running_server

README = (BASE_DIR / "README.md").read_text()
# With the craft in space whose times do not run, so that an answer is the same a second later.
SETTLED = """
from spacecraft.models import Spacecraft, SpacecraftFlight
Spacecraft.objects.update(in_space_since=None, docked_since=None)
SpacecraftFlight.objects.update(running_since=None)
"""
# A page's headings, what it asks with curl, and what it shows as the answer.
HEADING = r"<h2 [^>]*><a [^>]*>(?P<heading>.*?)</a></h2>"
REQUEST = r"<pre><code>(?P<request>[^<]*curl .*?)</code></pre>"
ANSWER = r'<pre class="answer"><code>(?P<answer>.*?)</code></pre>'
SHOWN = re.compile(f"{HEADING}|{REQUEST}|{ANSWER}", re.DOTALL)
GOOD = {"200", "304"}
WITH_CURL = ["", "reading", "caching", "errors", "throttle", "beyond"]  # chapters
NODE = Path(playwright.__file__).parent / "driver"  # for who has no other
NEEDS = {"JavaScript": "node", "Kotlin": "kotlinc", "Swift": "swift", "curl": "jq"}


def read(chapter: str) -> str:
    """A chapter's HTML; "" is the first. It asks no database, and so needs none."""
    url = next(each.url for each in chapters() if each.slug == chapter)
    response = Client(headers={"host": "localhost"}).get(url)
    assert response.status_code == 200
    return response.content.decode()


# The pages


@pytest.mark.parametrize("chapter", chapters(), ids=lambda each: each.slug or "first")
def test_each_chapter_is_a_page_with_its_title(chapter: Chapter) -> None:
    html = read(chapter.slug)
    assert f"<h1>{chapter.title}</h1>" in html
    assert f"<title>{chapter.title} – " in html
    assert html.count('aria-current="page"') == 1
    assert all(f'href="{each.url}"' in html for each in chapters())


def test_a_chapter_leads_to_those_before_and_after_it() -> None:
    known = chapters()
    for before, chapter, after in zip(known, known[1:], known[2:], strict=False):
        html = read(chapter.slug)
        assert f'<a href="{before.url}" rel="prev">' in html
        assert f'<a href="{after.url}" rel="next">' in html


def test_the_first_chapter_says_what_the_others_are_about() -> None:
    html = read("")
    assert all(f"{each.title}</a>: {each.words}" in html for each in chapters()[1:])


def test_the_pages_lead_to_the_guide(api: Client) -> None:
    for url in ("/", "/spacecraft/", "/docs/errors/"):
        assert '<a href="/docs/">Guide</a>' in api.get(url).content.decode()


def test_an_unknown_chapter_is_a_404() -> None:
    response = Client(headers={"host": "localhost"}).get("/docs/nothing/")
    assert response.status_code == 404
    assert "The guide has no such chapter." in response.content.decode()


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_unchanged_chapter_is_a_304(encoding: str) -> None:
    client = Client(headers={"host": "localhost", "accept-encoding": encoding})
    first = client.get("/docs/caching/")
    assert first["Cache-Control"] == "no-cache"
    again = client.get("/docs/caching/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/docs/errors/", headers={"if-none-match": first["ETag"]})
    assert other.status_code == 200


def test_every_link_leads_somewhere(api: Client) -> None:
    """Those within the site, with their anchors."""
    pages: dict[str, str] = {}
    for chapter in chapters():
        for href in re.findall(r'<a [^>]*?href="([^"]*)"', read(chapter.slug)):
            url, anchor = urldefrag(urljoin(chapter.url, unescape(href)))
            assert url.startswith("/"), url
            if url not in pages:
                response = api.get(url)
                assert response.status_code == 200, url
                pages[url] = response.content.decode()
            assert not anchor or f'id="{anchor}"' in pages[url], href


def test_no_heading_of_a_chapter_has_the_anchor_of_another() -> None:
    for chapter in chapters():
        ids = re.findall(r' id="([^"]*)"', read(chapter.slug))
        assert len(ids) == len(set(ids)) > 1


# What is listed


@pytest.mark.parametrize("name", resources())
def test_the_endpoints_have_all_that_a_list_takes(name: str) -> None:
    view = resources()[name]
    part = read("endpoints").partition(f">{name}/</a></h2>")[2].partition("</section>")[0]
    assert f'href="{settings.API_ROOT}{name}/"' in part
    filters = view.filterset_class.base_filters if view.filterset_class else ()
    words = (*filters, *view.get_modes().names, *view.search_fields, *view.ordering_fields)
    assert [each for each in words if f"<code>{each}</code>" not in part] == []


def test_the_endpoints_say_what_a_filter_takes() -> None:
    found = {each.name: each for each in lists.parameters(resources()["agencies"])}
    assert found["featured"].takes == "true or false"
    assert found["spacecraft"].takes.endswith("Agencies that have spacecraft configurations.")
    assert found["name"].also == (("name__contains", "a part of the text; case counts"),)
    assert found["parent__id"].takes == "a whole number"
    spacecraft = {each.name: each for each in lists.parameters(resources()["spacecraft"])}
    assert spacecraft["status"].takes == "the id of one of the spacecraft statuses"


def test_the_endpoints_have_what_upstream_does_not_have() -> None:
    html = read("endpoints")
    own = Extension.__subclasses__()
    assert len(own) == len(lists.extensions()) > 0
    assert all(lists.code(view.words) in html for view in own)
    assert f"<code>{settings.API_ROOT}dump/{{name}}</code>" in html


def test_an_older_version_is_told_whole_field_by_field() -> None:
    html = read("older")
    for version in versions()[1:]:
        for path in moving.paths(version):
            assert f"<code>{version.root}{path.old}</code>" in html
            assert f"<code>{main().root}{path.now}</code>" in html
        told = re.split(r"<h3>(\w+)</h3>", html)
        sections = dict(zip(told[1::2], told[2::2], strict=True))
        for move in moving.moves(version):
            section = sections[move.shape].partition("</section>")[0]
            for name in filter(None, (move.old, move.now)):
                assert f"<code>{escape(name)}</code>" in section, move
        unknown = html.partition('id="what-is-not-as-upstreams"')[2]
        rows = unknown.partition("</dl>")[0].split("<dt>")[1:]
        notes = [path.note for path in moving.paths(version) if path.note]
        assert len(rows) == len(notes) + len(list(moving.unknown(version)))
        assert all(escape(note) in unknown for note in notes)


def test_who_serves_one_version_alone_is_told_so() -> None:
    body = render_to_string("guide/older.html", {"older": [], "version": "2.3.0"})
    assert "This server answers for 2.3.0 alone" in body


def test_the_settings_are_all_there_with_their_defaults_and_meanings() -> None:
    html = read("running")
    for each in VARIABLES:
        entry = html.partition(f"<dt><code>{each.name}</code></dt>")[2].partition("</div>")[0]
        assert lists.code(each.meaning) in entry, each.name
        assert not each.default or f"<code>{escape(each.default)}</code>" in entry


def test_the_commands_are_all_there_with_their_arguments() -> None:
    html = read("running")
    own = [name for name, app in get_commands().items() if str(app).startswith("spacedevs")]
    assert [name for name in own if f"<h3><code>{name}</code></h3>" not in html] == []
    for words in ("--follow", "--every 1h", "--only LIST …", "--role reader|librarian|manager"):
        assert f"<code>{words}</code>" in html


def test_every_argument_of_a_command_says_what_it_is() -> None:
    for command in lists.commands():
        assert command["words"], command["name"]
        assert all(words for _, words in command["arguments"]), command["name"]


def test_the_exit_codes_of_the_mirror_are_those_of_the_readme() -> None:
    html = read("running")
    table = README.partition("| code | a run that ends with it |")[2].partition("\n\n")[0]
    rows = [f"| {int(code)} | {code.words} |" for code in Exit]
    assert table.strip().splitlines()[1:] == rows
    assert all(f"<dd>the run {code.words}</dd>" in html for code in Exit)


def test_each_status_that_the_program_names_is_among_the_errors() -> None:
    sources = [path.read_text() for path in (BASE_DIR / "spacedevs").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r"\bHTTPStatus\.([A-Z_]+)", text)}
    by_drf = {"UNAUTHORIZED", "METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE", "TOO_MANY_REQUESTS"}
    listed = {each.status.name for each in REFUSALS}
    assert (named | by_drf) - listed == {"OK", "PARTIAL_CONTENT"}
    html = read("errors")
    assert all(
        f">{each.value} {each.phrase}</a></h2>" in html for each in {r.status for r in REFUSALS}
    )


# What is shown


@pytest.fixture(scope="module")
def settled(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on which no time runs."""
    with fresh_database(tmp_path_factory.mktemp("guide"), template) as env:
        shell({**os.environ, **env}, SETTLED)
        with running_server(env, prepare=False) as url:
            time.sleep(answers.SETTLED)  # before, nothing says when it was last modified
            yield url


def fetched(url: str) -> str:
    done = subprocess.run(["curl", "-sS", url], capture_output=True, text=True, check=True)
    return done.stdout


def bash(commands: str, folder: Path, **env: str) -> tuple[str, str]:
    """What they write to stdout and stderr, with plain ends of lines."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def pattern(shown: str) -> re.Pattern[str]:
    """… stands for anything."""
    return re.compile(".*?".join(map(re.escape, shown.split("…"))), re.DOTALL)


needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")) and os.environ.get("CI") != "true",
    reason="there is no curl, or no jq, on this machine",
)


@needs_curl
@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("chapter", WITH_CURL, ids=lambda slug: slug or "first")
def test_what_curl_is_answered_is_what_the_page_shows(
    settled: str, tmp_path: Path, chapter: str
) -> None:
    """As it stands on the page, with the status that its heading names; under others it is good."""
    (tmp_path / ".curlrc").write_text('write-out = "%{stderr}\\n%{http_code}"\n')
    html = fetched(f"{settled}/docs/{chapter}/" if chapter else f"{settled}/docs/")
    expected, answered, count = GOOD, "", 0
    for each in SHOWN.finditer(html):
        if each["heading"]:
            number = each["heading"].partition(" ")[0]
            expected = {number} if number.isdecimal() else GOOD
        elif each["request"]:
            request = unescape(each["request"])
            answered, said = bash(request, tmp_path, CURL_HOME=str(tmp_path))
            assert said.split()[-1] in expected, request
            count += 1
        elif answered:  # what has no request is brought about below
            shown = unescape(each["answer"])
            assert pattern(shown).fullmatch(answered.strip()), f"{request}\n{answered}\n{shown}"
            answered = ""
    assert count


def test_no_other_chapter_asks_with_curl() -> None:
    others = {each.slug for each in chapters()}.difference(WITH_CURL)
    assert [slug for slug in others if re.search(REQUEST, read(slug))] == []


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each[0])
def test_a_client_that_is_moved_over_says_what_the_api_says(
    settled: str, tmp_path: Path, language: tuple[str, str, str]
) -> None:
    """As it stands on the page. No page of it has changed when it is asked for again."""
    name, file, run = language
    path = os.pathsep.join([os.environ["PATH"], str(NODE)])
    needed = NEEDS.get(name, "python3")
    if not shutil.which(needed, path=path) and os.environ.get("CI") != "true":
        pytest.skip(f"there is no {needed} on this machine")
    html = fetched(f"{settled}/docs/moving/")
    shown = html.partition(f">{name}</a></h2>")[2]
    blocks = dict(re.findall(r'<pre class="(\w+)".*?><code>(.*?)</code>', shown, re.DOTALL)[:2])
    assert unescape(blocks["run"]) == f"{run} {settled}"
    (tmp_path / file).write_text(unescape(blocks["program"]))
    assert (tmp_path / file).read_text() == (CLIENTS / file).read_text()
    printed, _ = bash(unescape(blocks["run"]), tmp_path, PATH=path)
    rows = fetched(f"{settled}/2.3.0/spacecraft/?in_space=true&format=ndjson&fields=id,name")
    lines = ["{id} {name}".format_map(json.loads(row)) for row in rows.splitlines()]
    assert len(lines) > 10  # more than a page
    assert printed.splitlines() == [*lines, "asked again: 2 of 2 pages unchanged"]


# Errors that a request alone does not bring about


def matches(status: HTTPStatus, body: bytes) -> bool:
    shown = [each.body for each in REFUSALS if each.status == status and each.body]
    return any(pattern(each).fullmatch(body.decode()) for each in shown)


def test_an_address_that_is_too_long_is_answered_as_the_guide_says(api: Client) -> None:
    response = api.get(f"{settings.API_ROOT}spacecraft/?name={'a' * errors.MAX_URL}")
    assert response.status_code == 414
    assert matches(HTTPStatus.REQUEST_URI_TOO_LONG, response.content)


def test_a_throttled_call_and_a_wrong_token_are_answered_as_the_guide_says(
    api: Client, settings: Any, tmp_path: Path
) -> None:
    settings.THROTTLE, settings.THROTTLE_TOKEN = Rate(1, 3600), Rate(5, 3600)
    settings.DATA_DIR = tmp_path
    decisions.guard.cache_clear()
    api.get("/2.3.0/agencies/")
    refused = api.get("/2.3.0/agencies/")
    wrong = api.get("/2.3.0/agencies/", HTTP_AUTHORIZATION="Token wrong")
    decisions.guard.cache_clear()
    assert (refused.status_code, wrong.status_code) == (429, 401)
    assert matches(HTTPStatus.TOO_MANY_REQUESTS, refused.content)
    assert matches(HTTPStatus.UNAUTHORIZED, wrong.content)


@pytest.mark.parametrize("words", ["connection refused", "interrupted"])
def test_a_database_that_is_away_or_slow_is_answered_as_the_guide_says(words: str) -> None:
    asked = RequestFactory().get(f"{settings.API_ROOT}spacecraft/")
    response = errors.database_away(asked, OperationalError(words))
    assert response.status_code == 503
    assert matches(HTTPStatus.SERVICE_UNAVAILABLE, response.content)


def test_a_fault_is_answered_as_the_guide_says() -> None:
    response = errors.server_error(RequestFactory().get(f"{settings.API_ROOT}spacecraft/"))
    assert response.status_code == 500
    assert matches(HTTPStatus.INTERNAL_SERVER_ERROR, response.content)
