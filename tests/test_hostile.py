"""Whatever is sent, the answer keeps to the document and is never the server's fault."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test import Client
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from schemathesis import GenerationMode

from spacedevs.api.documents import document
from spacedevs.api.filters import NumberFilter
from spacedevs.api.registry import resources
from spacedevs.errors import DATABASE_AWAY
from tests import wsgi
from tests.hostile import HOSTS, Answer, Request, check, requests

RESOURCES = sorted(resources())
FILTERS = {
    prefix: sorted(viewset.filterset_class.get_filters()) if viewset.filterset_class else []
    for prefix, viewset in resources().items()
}
NUMBERS = [
    name
    for name, filter in resources()["agencies"].filterset_class.get_filters().items()
    if isinstance(filter, NumberFilter)
]
OPERATIONS = {
    operation.ok().path: operation.ok()
    for operation in schemathesis.openapi.from_dict(document()).get_all_operations()
}
PARAMETERS = ("limit", "offset", "ordering", "search", "mode", "format")
PAGE = ["count", "next", "previous", "results"]
LONGEST = 4094  # bytes of a URL


def get(api: Client, url: str, **headers: str) -> tuple[int, Any]:
    """The status and the body, which is JSON."""
    response = api.get(f"/2.3.0/{url}", headers=headers)
    assert response["Content-Type"] == "application/json"
    return response.status_code, json.loads(response.content)


# Search, Ordering


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("search=" + "+".join(["o"] * 32), 200),
        ("search=" + "+".join(["o"] * 33), 400),
        ("search=" + "x" * 512, 200),
        ("search=" + "x" * 513, 400),
        ("ordering=" + ",".join(["id"] * 10), 200),
        ("ordering=" + ",".join(["id"] * 11), 400),
    ],
    ids=lambda value: str(value)[:8],
)
def test_32_words_512_characters_and_10_terms_are_the_most(
    api: Client, query: str, status: int
) -> None:
    given, body = get(api, f"spacecraft/?{query}")
    assert given == status
    assert (list(body) == [query.partition("=")[0]]) == (status == 400)


# Values


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (resource, name)
        for resource in RESOURCES
        for name in (*FILTERS[resource], *PARAMETERS, "unknown", "%00")
    ],
)
def test_nul_in_a_parameter_is_refused_or_ignored(api: Client, resource: str, name: str) -> None:
    status, _ = get(api, f"{resource}/?{name}=a%00b")
    assert status in ((404,) if name == "format" else (200, 400))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-9223372036854775809", "1e999999999", "-1e999999999", "NaN"]
)
def test_a_number_past_64_bits_is_refused(api: Client, name: str, number: str) -> None:
    status, body = get(api, f"agencies/?{name}={number}")
    assert (status, list(body)) == (400, [name])


def test_every_integer_filter_of_agencies_is_one_of_numbers() -> None:
    (parameters,) = [
        methods["get"]["parameters"]
        for path, methods in document()["paths"].items()
        if path == "/2.3.0/agencies/"
    ]
    integers = {p["name"] for p in parameters if p["schema"]["type"] == "integer"}
    assert integers - {"limit", "offset"} == set(NUMBERS)


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("offset", [2**63, 10**100], ids=["64 bits", "100 digits"])
def test_an_offset_past_64_bits_is_past_the_end(api: Client, resource: str, offset: int) -> None:
    status, body = get(api, f"{resource}/?offset={offset}")
    assert (status, body["results"], body["next"]) == (200, [], None)


@pytest.mark.parametrize("pk", [2**63, -(2**63) - 1, 10**100], ids=["2**63", "-2**63-1", "10**100"])
def test_an_id_past_64_bits_is_no_spacecrafts(api: Client, pk: int) -> None:
    expected = {"detail": "No Spacecraft matches the given query."}
    assert get(api, f"spacecraft/{pk}/") == (404, expected)


@pytest.mark.parametrize("pk", ["one", "1.5", "%00", "1%00", "%ff", "%C2%B2", "1e1", "NaN", "+"])
def test_an_id_that_is_no_number_is_not_found(api: Client, pk: str) -> None:
    assert get(api, f"spacecraft/{pk}/") == (404, {"detail": "Not found."})


@pytest.mark.parametrize("value", ["0", "-1", "99999", "9" * 30, "one", "1.5", "NaN", "%ff"])
def test_a_foreign_key_that_is_no_rows_is_refused(api: Client, value: str) -> None:
    choice = "Select a valid choice. That choice is not one of the available choices."
    assert get(api, f"spacecraft/?status={value}") == (400, {"status": [choice]})


def test_1001_parameters_are_refused(api: Client) -> None:
    status, body = get(api, "spacecraft/?" + "&".join(["a=1"] * 1001))
    assert (status, list(body)) == (400, ["detail"])


def test_of_a_parameter_that_is_there_twice_the_last_counts(api: Client) -> None:
    assert get(api, "spacecraft/?limit=1&limit=3")[1]["results"][2:]


# URLs, hosts, formats, methods


def test_a_url_of_4095_bytes_is_too_long(api: Client) -> None:
    status, body = get(api, url_of(LONGEST + 1))
    assert (status, list(body)) == (414, ["detail"])


def test_a_url_of_4094_bytes_is_not(api: Client) -> None:
    assert get(api, url_of(LONGEST))[0] == 200


def url_of(length: int) -> str:
    start = "spacecraft/?unknown="
    return start + "x" * (length - len(f"/2.3.0/{start}"))


def test_a_raw_query_is_measured_as_it_was_sent(api: Client) -> None:
    query = "x=" + '"' * 1400  # three times as long where it is escaped
    assert api.get("/2.3.0/spacecraft/", QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("path", ["nothing", "nothing/", "spacecraft/1/nothing/", "%00/", "%ff/"])
def test_an_unknown_path_is_not_found_in_json(api: Client, path: str) -> None:
    assert get(api, path) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_is_refused_in_json(api: Client, host: str) -> None:
    status, body = get(api, "spacecraft/", host=host)
    assert (status, list(body)) == (400, ["detail"])


@pytest.mark.parametrize("format", ["xml", "JSON", "", "json,api", "%00"])
def test_a_format_that_is_none_is_not_found(api: Client, format: str) -> None:
    status, body = get(api, f"spacecraft/?format={format}")
    assert (status, list(body)) == ((404, ["detail"]) if format else (200, PAGE))


def test_an_accept_that_cannot_be_met_is_406(api: Client) -> None:
    status, body = get(api, "spacecraft/", accept="application/xml")
    assert (status, list(body)) == (406, ["detail"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["", "1/"])
@pytest.mark.parametrize("resource", RESOURCES)
def test_other_methods_are_not_allowed(api: Client, resource: str, path: str, method: str) -> None:
    response = api.generic(method, f"/2.3.0/{resource}/{path}", b"{}", "application/json")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert json.loads(response.content) == {"detail": f'Method "{method}" not allowed.'}


@pytest.mark.parametrize(
    "query", ["lang=%00", "lang=xx", "format=xml", "version=%ff", "format=%00"]
)
@pytest.mark.parametrize("page", ["schema", "swagger", "redoc"])
def test_the_document_and_its_pages_bear_odd_parameters(api: Client, page: str, query: str) -> None:
    status = api.get(f"/2.3.0/{page}/?{query}").status_code
    assert status in ((404,) if "format" in query else (200,))


# Faults of the server's own


@pytest.mark.parametrize("url", ["spacecraft/", "spacecraft/289/", "spacecraft/?format=api"])
def test_an_exception_in_a_view_is_500_in_json(
    api: Client, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def fail(view: Any) -> None:
        raise RuntimeError("of the test's own")

    monkeypatch.setattr(resources()["spacecraft"], "get_queryset", fail)
    assert get(api, url) == (500, {"detail": "A server error occurred."})


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    "url",
    ["spacecraft/", "spacecraft/289/", "spacecraft/?format=api", "agencies/?mode=detailed"],
)
def test_a_database_that_is_away_is_503_in_json(
    api: Client, monkeypatch: pytest.MonkeyPatch, url: str, fault: type[Exception]
) -> None:
    def fail(*args: Any) -> None:
        raise fault("connection refused")

    with monkeypatch.context() as away:
        away.setattr(connection, "ensure_connection", fail)
        assert get(api, url) == (503, {"detail": DATABASE_AWAY})


# Many requests: with --long, 20,000 and more to the database that the suite runs on


@pytest.fixture(scope="session")
def of_the_document(many: int) -> int:
    """For each operation."""
    return many // 40


@pytest.fixture(scope="session")
def hostile(many: int) -> int:
    """For each resource."""
    return max(50, many // 20)  # fewer may meet no 400


def test_the_tests_below_send_many_requests(many: int, of_the_document: int, hostile: int) -> None:
    assert of_the_document * len(OPERATIONS) + hostile * len(RESOURCES) >= many


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Hypothesis keeps goes where it is thrown away."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    yield
    set_hypothesis_home_dir(None)


def settings(examples: int) -> hypothesis.settings:
    """The same requests in each run, and no clock."""
    return hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def transacted(send: Callable[[], Any]) -> Any:
    """A statement that fails on PostgreSQL takes none of those after it along."""
    with transaction.atomic():
        response = send()
        transaction.set_rollback(response.status_code >= 500)
    return response


@pytest.mark.usefixtures("db", "files")
@pytest.mark.parametrize("path", OPERATIONS)
def test_answers_to_requests_made_from_the_document(path: str, of_the_document: int) -> None:
    seen: Counter[int] = Counter()

    @hypothesis.seed(path)
    @settings(of_the_document)
    @hypothesis.given(cases(path))
    def send(case: schemathesis.Case) -> None:
        response = transacted(lambda: case.call(app=application))
        seen[response.status_code] += 1
        (content_type,) = response.headers["content-type"]
        url = str(response.request.url).removeprefix("http://localhost")
        request = Request(case.method, url, {})
        check(request, Answer(response.status_code, content_type, response.content))

    with wsgi.application() as application:
        send()
    assert seen.total() >= of_the_document
    assert seen[200]


def cases(path: str) -> st.SearchStrategy[schemathesis.Case]:
    """Those that fit the document, those that don't, and those of records that there are."""
    fitting, others = (OPERATIONS[path].as_strategy(mode) for mode in GenerationMode)
    if "{id}" not in path:
        return fitting | others
    prefix = path.removeprefix("/2.3.0/").removesuffix("/{id}/")
    ids = list(resources()[prefix].queryset.values_list("pk", flat=True))
    return fitting | others | st.builds(of_record, fitting, st.sampled_from(ids))


def of_record(case: schemathesis.Case, pk: int) -> schemathesis.Case:
    case.path_parameters["id"] = pk
    return case


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("resource", RESOURCES)
def test_answers_to_hostile_requests(api: Client, resource: str, hostile: int) -> None:
    seen: Counter[int] = Counter()

    @hypothesis.seed(resource)
    @settings(hostile)
    @hypothesis.given(requests(resource))
    def send(request: Request) -> None:
        method, url, headers = request
        response = transacted(lambda: api.generic(method, url, headers=headers))
        seen[response.status_code] += 1
        content_type = response.get("Content-Type", "")
        check(request, Answer(response.status_code, content_type, response.content))

    send()
    assert seen.total() >= hostile
    assert set(seen) >= {200, 400, 404}
