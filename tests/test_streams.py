"""`?format=csv` and `?format=ndjson`: a whole list in one answer."""

import csv
import http.client
import io
import json
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Spacecraft
from spacedevs.api.registry import resources
from tests.conftest import shell
from tests.servers import running_server

csv.field_size_limit(10**7)
Row = dict[str, Any]
CASES = [
    (resource, mode)
    for resource, viewset in resources().items()
    for mode in viewset.get_modes().names or ("",)
]


def ndjson(api: Client, path: str) -> list[Row]:
    answer: Any = api.get(f"/2.3.0/{path}&format=ndjson")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def table(api: Client, path: str) -> list[Row]:
    answer: Any = api.get(f"/2.3.0/{path}&format=csv")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))


def paged(api: Client, path: str) -> list[Row]:
    """What the list shows, page by page."""
    rows: list[Row] = []
    url: str | None = f"/2.3.0/{path}&limit=100"
    while url:
        body = api.get(url).json()
        rows, url = rows + body["results"], body["next"]
    return rows


def flat(value: Any, before: str = "") -> Row:
    """An object's cells, but for those of objects that are null."""
    cells: Row = {}
    for name, part in value.items():
        if isinstance(part, dict):
            cells |= flat(part, f"{before}{name}.")
        elif isinstance(part, str):
            cells[f"{before}{name}"] = part
        elif part is not None:
            compact = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
            cells[f"{before}{name}"] = compact
    return cells


@pytest.mark.parametrize(("resource", "mode"), CASES)
def test_its_lines_are_the_lists_objects(api: Client, resource: str, mode: str) -> None:
    path = f"{resource}/?mode={mode}"
    rows = paged(api, path)
    assert ndjson(api, path) == rows
    assert len(rows) == resources()[resource].queryset.count()


@pytest.mark.parametrize(("resource", "mode"), CASES)
def test_its_cells_are_the_objects_values(api: Client, resource: str, mode: str) -> None:
    path = f"{resource}/?mode={mode}"
    for cells, row in zip(table(api, path), paged(api, path), strict=True):
        filled = {name: cell for name, cell in cells.items() if cell != ""}
        assert filled == {name: cell for name, cell in flat(row).items() if cell != ""}


@pytest.mark.parametrize(
    "query",
    [
        *("search=soyuz", "in_space=true", "ordering=-id", "limit=7&offset=3", "offset=5"),
        "limit=150&ordering=-flights_count",
    ],
)
def test_it_is_filtered_searched_and_ordered_as_the_list_is(api: Client, query: str) -> None:
    wanted = [row["id"] for row in paged(api, f"spacecraft/?{query}")]
    parts = dict(part.split("=") for part in query.split("&"))
    if "limit" in parts or "offset" in parts:
        rest = "&".join(part for part in query.split("&") if part[:5] not in ("limit", "offse"))
        whole = [row["id"] for row in paged(api, f"spacecraft/?{rest}")]
        begin = int(parts.get("offset", 0))
        wanted = whole[begin : begin + int(parts.get("limit", len(whole)))]
    assert [row["id"] for row in ndjson(api, f"spacecraft/?{query}")] == wanted


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1e3", "9" * 400])
def test_a_limit_that_is_none_or_too_large_gives_all(api: Client, limit: str) -> None:
    assert len(ndjson(api, f"spacecraft/?limit={limit}")) == Spacecraft.objects.count()


def test_an_offset_past_the_end_gives_none(api: Client) -> None:
    assert ndjson(api, f"spacecraft/?offset={'9' * 400}") == []
    assert table(api, "spacecraft/?offset=100000") == []


def test_a_table_without_rows_has_its_names_in_quotes(api: Client) -> None:
    answer: Any = api.get("/2.3.0/spacecraft/?format=csv&offset=100000&fields=id,status.name")
    assert answer.getvalue() == b'"id","status.name"\r\n'


def test_it_has_the_fields_that_are_asked_for(api: Client) -> None:
    (row,) = table(api, "spacecraft/?limit=1&fields=name,status")
    assert list(row) == ["name", "status.id", "status.name"]
    (row,) = ndjson(api, "spacecraft/?limit=1&omit=status.name&fields=status")
    assert list(row["status"]) == ["id"]


def test_urls_in_it_have_no_format(api: Client) -> None:
    for row in ndjson(api, "spacecraft/?mode=detailed"):
        assert "format=" not in json.dumps(row)


def test_what_looks_like_a_formula_stays_as_it_is(api: Client) -> None:
    Spacecraft.objects.filter(pk=35).update(name='=1+1,"\n\u2028é')
    cells = {row["id"]: row["name"] for row in table(api, "spacecraft/?fields=id,name")}
    assert cells["35"] == '=1+1,"\n\u2028é'


def test_it_is_saved_under_the_lists_name(api: Client) -> None:
    answer = api.get("/2.3.0/config/agency_types/?format=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="agency_types.csv"'


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_an_error_is_json(api: Client, format: str) -> None:
    for query in ("fields=nam", f"search={'x' * 600}"):
        answer = api.get(f"/2.3.0/spacecraft/?format={format}&{query}")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/json"
        assert answer.json()


def test_a_record_has_no_such_format(api: Client) -> None:
    assert api.get("/2.3.0/spacecraft/35/?format=csv").status_code == 404
    assert api.get("/2.3.0/spacecraft.csv").status_code == 404


def test_the_pages_menu_does_not_offer_it(api: Client) -> None:
    page = api.get("/2.3.0/spacecraft/", headers={"accept": "text/html"}).text
    assert "format=json" in page
    assert "csv" not in page.lower()


def test_it_is_in_the_document_of_our_own_alone(api: Client) -> None:
    own = api.get("/2.3.0/openapi.json").json()
    content = own["paths"]["/2.3.0/spacecraft/"]["get"]["responses"]["200"]["content"]
    assert {"application/json", "application/x-ndjson", "text/csv"} <= content.keys()
    upstreams = api.get("/2.3.0/schema/?format=json").content
    assert b"ndjson" not in upstreams


def test_it_asks_for_a_chunk_of_rows_at_once(api: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(ndjson(api, "spacecraft/?limit=50&mode=detailed")) == 50
    assert len(queries) < 50


# From a server, over a socket

CHANGE = """
from spacecraft.models import Spacecraft
Spacecraft.objects.filter(pk__gte=2_000_000).update(name="changed")
"""
MANY = """
from spacecraft.models import Spacecraft
craft = Spacecraft.objects.get(pk=35)
rows = [Spacecraft(pk=2_000_000 + n, name=f"Copy {n}", spacecraft_config=craft.spacecraft_config,
                   description="x" * 2000) for n in range(5000)]
Spacecraft.objects.bulk_create(rows)
"""


def asked(stack: ExitStack, url: str, path: str, method: str = "GET") -> Any:
    """The answer, of which the body is still to be read."""
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    stack.callback(client.close)
    client.request(method, path)
    return stack.enter_context(client.getresponse())


def test_who_reads_slowly_holds_up_nobody_and_gets_all_as_it_was(prepared: dict[str, str]) -> None:
    shell(prepared, MANY)
    with running_server({**prepared, "WORKERS": "1"}, prepare=False) as url, ExitStack() as stack:
        slow = [asked(stack, url, "/2.3.0/spacecraft/?format=ndjson") for _ in range(2)]
        began = [answer.readline() for answer in slow]
        for path in ("/2.3.0/spacecraft/?limit=1", "/2.3.0/spacecraft/35/", "/health/ready"):
            assert asked(stack, url, path).read()
        shell(prepared, CHANGE)
        for first, answer in zip(began, slow, strict=True):
            rows = [json.loads(line) for line in [first, *answer.read().splitlines()]]
            assert len(rows) > 5000
            assert not [row for row in rows if row["name"] == "changed"]


def test_head_has_its_headers_and_makes_nothing(prepared: dict[str, str]) -> None:
    with running_server({**prepared, "WORKERS": "1"}, prepare=False) as url, ExitStack() as stack:
        answer = asked(stack, url, "/2.3.0/spacecraft/?format=csv&mode=detailed", "HEAD")
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.headers["content-disposition"] == 'attachment; filename="spacecraft.csv"'
