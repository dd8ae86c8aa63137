"""Which format an answer has, and that an error is JSON whatever was asked."""

import json
import subprocess
import sys

import pytest
from django.test import Client

from tests.servers import ROOT

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

PAGES = ("schema", "swagger", "redoc")
ASK = """
import django
django.setup()
from django.test import Client
for accept in {accepts!r}:
    answer = Client(headers={{"host": "localhost"}}).get("/2.3.0/", headers={{"accept": accept}})
    print(answer["Content-Type"], len(answer.content))
"""
# Of one rank: each could be answered in more than one way.
TIES = (
    "application/json; indent=4, application/json; indent=x",
    "application/json; indent=x, application/json; indent=4",
    "application/*; indent=x, application/*; indent=2",
    "*/*; indent=4, */json; indent=x, */*; indent=x",
)


def detail(response: object) -> str:
    assert response["Content-Type"] == "application/json"  # type: ignore[index]
    (name, words), *rest = json.loads(response.content).items()  # type: ignore[attr-defined]
    assert (name, rest) == ("detail", [])
    return str(words)


@pytest.mark.parametrize("page", PAGES)
def test_an_accept_that_no_page_of_the_document_can_meet_is_406_in_json(page: str) -> None:
    response = Client(headers={"host": "localhost"}).get(
        f"/2.3.0/{page}/", headers={"accept": "image/png"}
    )
    assert response.status_code == 406
    assert detail(response) == "Could not satisfy the request Accept header."


@pytest.mark.parametrize("page", PAGES)
def test_a_method_that_the_document_does_not_have_is_405_in_json(page: str) -> None:
    response = Client(headers={"host": "localhost"}).post(f"/2.3.0/{page}/")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert detail(response) == 'Method "POST" not allowed.'


@pytest.mark.parametrize("page", PAGES)
def test_a_format_that_the_document_does_not_have_is_404_in_json(page: str) -> None:
    response = Client(headers={"host": "localhost"}).get(f"/2.3.0/{page}/?format=xml")
    assert response.status_code == 404
    assert detail(response) == "Not found."


@pytest.mark.parametrize("query", ["", "?script="])
def test_swagger_ui_sets_no_cookie(query: str) -> None:
    response = Client(headers={"host": "localhost"}).get(f"/2.3.0/swagger/{query}")
    assert response.status_code == 200
    assert len(response.cookies) == 0
    assert "Cookie" not in response.get("Vary", "")


def test_two_media_types_of_one_rank_are_answered_alike_in_every_process(
    empty: dict[str, str],
) -> None:
    env = {**empty, "DJANGO_SETTINGS_MODULE": "spacedevs.settings", "PYTHONPATH": str(ROOT)}
    code = ASK.format(accepts=TIES)
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**env, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in range(4)
    }
    assert len(answers) == 1
    indented, compact, *_ = answers.pop().splitlines()
    assert indented != compact  # the first that is named decides


def test_the_renderer_is_the_first_that_the_highest_rank_allows() -> None:
    client = Client(headers={"host": "localhost"})
    for accept in ("text/html, application/json", "application/json, text/html"):
        response = client.get("/2.3.0/", headers={"accept": accept})
        assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "url",
    [
        *("spacecraft/?in_space=false", "spacecraft/35/", "spacecraft/?format=api", "", "nothing/"),
        *("spacecraft/?limit=1&format=csv", "spacecraft/?mode=x", "swagger/", "spacecraft/35"),
        "api-throttle/",
    ],
)
def test_who_has_a_cookie_is_answered_as_who_has_none(api: Client, url: str) -> None:
    """The session of one has ended, which Django would say in two headers."""
    answers = []
    for cookies in ({}, {"theme": "dark", "sessionid": "unknown"}):
        api.cookies.load(cookies)
        answer = api.get(f"/2.3.0/{url}")
        headers = {k: v for k, v in answer.items() if k not in ("X-Request-Id", "Date")}
        content = b"".join(answer) if answer.streaming else answer.content
        answers.append((answer.status_code, headers, content, dict(answer.cookies)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_cookie_that_cannot_be_read_is_given_none_in_its_place(api: Client, accept: str) -> None:
    api.cookies["csrftoken"] = "%00"
    response = api.get("/2.3.0/config/countries/", headers={"accept": accept})
    assert response.cookies == {}
    assert "Cookie" not in response["Vary"]
