"""Lists and records as the contract says: one request and one fact."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client, RequestFactory
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from spacecraft.models import Agency, Spacecraft
from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.registry import resources

RESOURCES = sorted(resources())


def get(api: Client, path: str, **query: Any) -> Any:
    response = api.get(f"/2.3.0/{path}", query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def ids(body: Any) -> list[int]:
    return [row["id"] for row in body["results"]]


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


# Number of results


def test_a_page_has_10_rows_by_default(api: Client) -> None:
    assert len(get(api, "spacecraft/")["results"]) == 10


@pytest.mark.parametrize("limit", ["0", "-1", "many", "", "1.5"])
def test_a_limit_that_is_no_positive_number_is_10(api: Client, limit: str) -> None:
    assert len(get(api, "spacecraft/", limit=limit)["results"]) == 10


def test_limit_above_100_is_capped_at_100(api: Client) -> None:
    assert len(get(api, "spacecraft/", limit=1000)["results"]) == 100


def test_next_says_the_capped_limit(api: Client) -> None:
    assert query_of(get(api, "spacecraft/", limit=1000)["next"])["limit"] == "100"


@pytest.mark.parametrize("offset", ["-1", "far", "", "1e3"])
def test_a_bad_offset_is_0(api: Client, offset: str) -> None:
    assert ids(get(api, "spacecraft/", offset=offset)) == ids(get(api, "spacecraft/"))


def test_past_the_end_there_are_no_results_and_no_next(api: Client) -> None:
    body = get(api, "spacecraft/", offset=100000)
    assert (body["results"], body["next"]) == ([], None)


@pytest.mark.parametrize(
    "query",
    [
        *("", "limit=0&offset=x", "limit=7&offset=3", "limit=7&offset=7", "offset=400&limit=1000"),
        *("search=%C3%A9+a%26b&limit=2&offset=4", "b=&a&limit=2", "search=%FF%00&limit=2&offset=1"),
        *("ordering=-id,name&status=1&status=2", "limit=3&limit=4&offset=1&offset=9", "Limit=2"),
    ],
)
def test_links_are_those_of_drf(api: Client, query: str) -> None:
    request = Request(RequestFactory().get(f"/2.3.0/spacecraft/?{query}", SERVER_NAME="localhost"))
    paginator = ResourcePagination()
    paginator.paginate_queryset(range(500), request)
    drfs = LimitOffsetPagination
    assert paginator.get_next_link() == drfs.get_next_link(paginator)
    assert paginator.get_previous_link() == drfs.get_previous_link(paginator)


def test_links_are_absolute_and_keep_every_parameter_sorted_by_key(api: Client) -> None:
    body = get(api, "spacecraft/", search="o", unknown="x", format="json", mode="detailed")
    assert body["next"] == (
        "http://localhost/2.3.0/spacecraft/"
        "?format=json&limit=10&mode=detailed&offset=10&search=o&unknown=x"
    )


def test_previous_of_the_second_page_drops_offset(api: Client) -> None:
    body = get(api, "spacecraft/", offset=10)
    assert body["previous"] == "http://localhost/2.3.0/spacecraft/?limit=10"


# Modes


@pytest.mark.parametrize("mode", ["", "normal", "list", "nonsense"])
def test_a_mode_that_spacecraft_do_not_have_counts_as_normal(api: Client, mode: str) -> None:
    assert get(api, "spacecraft/", mode=mode)["results"][0]["response_mode"] == "normal"


@pytest.mark.parametrize("mode", ["list", "normal", "detailed"])
def test_agencies_have_three_modes(api: Client, mode: str) -> None:
    assert get(api, "agencies/", mode=mode)["results"][0]["response_mode"] == mode


@pytest.mark.parametrize("mode", ["", "list", "normal", "detailed", "nonsense"])
def test_retrieve_answers_with_the_richest_mode_and_tolerates_mode(api: Client, mode: str) -> None:
    assert get(api, "agencies/121/", mode=mode)["response_mode"] == "detailed"


def test_retrieve_is_not_hidden_by_a_filter(api: Client) -> None:
    assert get(api, "spacecraft/499/", search="Endeavour", status="99")["id"] == 499


# URLs


@pytest.mark.parametrize("format", ["json", "api"])
def test_format_is_copied_into_every_url(api: Client, format: str) -> None:
    text = api.get("/2.3.0/spacecraft/499/", {"format": format}).text
    assert f"/2.3.0/spacecraft/499/?format={format}" in text
    assert f"/2.3.0/agencies/63/?format={format}" in text
    assert f"/2.3.0/spacecraft_configurations/1/?format={format}" in text


def test_the_root_lists_every_resource_and_keeps_format(api: Client) -> None:
    expected = {name: f"http://localhost/2.3.0/{name}/?format=json" for name in RESOURCES}
    assert get(api, "", format="json") == expected


def test_no_slash_at_the_end_is_a_301_that_keeps_the_query(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft?limit=2")
    assert (response.status_code, response["Location"]) == (301, "/2.3.0/spacecraft/?limit=2")


# Filters


def test_the_name_filter_is_exact(api: Client) -> None:
    assert get(api, "spacecraft/", name="Soyuz")["count"] == 0


def test_the_name_filter_heeds_case(api: Client) -> None:
    assert get(api, "spacecraft/", name="soyuz 4")["count"] == 0
    assert ids(get(api, "spacecraft/", name="Soyuz 4")) == [203]


def test_contains_heeds_case(api: Client) -> None:
    assert get(api, "agencies/", abbrev__contains="nas")["count"] == 0
    assert 44 in ids(get(api, "agencies/", abbrev__contains="NAS"))


@pytest.mark.parametrize("text", ["%", "_", "\\"])
def test_contains_takes_wildcards_to_the_letter(api: Client, text: str) -> None:
    Agency.objects.filter(pk=44).update(description=f"a{text}b")
    assert ids(get(api, "agencies/", description__contains=text)) == [44]


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_true_is_written_in_three_ways(api: Client, value: str) -> None:
    assert {row["in_space"] for row in get(api, "spacecraft/", in_space=value)["results"]} == {True}


@pytest.mark.parametrize("value", ["false", "False", "0"])
def test_false_is_written_in_three_ways(api: Client, value: str) -> None:
    assert ids(get(api, "spacecraft_configurations/", in_use=value, limit=100)) == [
        row["id"]
        for row in get(api, "spacecraft_configurations/", limit=100)["results"]
        if not row["in_use"]
    ]


@pytest.mark.parametrize("value", ["yes", "2", "", "None"])
def test_any_other_boolean_is_ignored(api: Client, value: str) -> None:
    assert get(api, "spacecraft/", in_space=value)["count"] == Spacecraft.objects.count()


def test_an_empty_filter_is_ignored(api: Client) -> None:
    assert get(api, "spacecraft_configurations/", name="", agency=121, in_use="True")["count"] > 0


def test_a_foreign_key_that_is_no_rows_id_is_a_400(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft/", {"status": "999"})
    message = "Select a valid choice. That choice is not one of the available choices."
    assert (response.status_code, response.json()) == (400, {"status": [message]})


def test_a_number_filter_names_its_field_and_refuses_a_fraction(api: Client) -> None:
    response = api.get("/2.3.0/agencies/", {"founding_year": "1958.5"})
    assert response.json() == {"founding_year": ["Enter a whole number."]}


@pytest.mark.parametrize("codes", ["USA", "US", "USA,RUS", "FR,USA"])
def test_country_code_takes_codes_of_two_or_three_letters_with_commas(
    api: Client, codes: str
) -> None:
    wanted = set(codes.split(","))
    rows = get(api, "agencies/", country_code=codes, limit=100)["results"]
    assert rows
    for row in rows:
        has = {c[key] for c in row["country"] for key in ("alpha_2_code", "alpha_3_code")}
        assert has & wanted


def test_an_agency_of_two_countries_is_listed_once(api: Client) -> None:
    agency = Agency.objects.get(pk=44)
    agency.country.add(1)
    assert ids(get(api, "agencies/", country_code="USA,FRA", name=agency.name)) == [44]


@pytest.mark.parametrize("value", [True, False])
def test_the_spacecraft_filter_tells_agencies_with_configurations(api: Client, value: bool) -> None:
    count = get(api, "agencies/", spacecraft=value)["count"]
    having = Agency.objects.exclude(configurations=None).distinct()
    assert count == (having.count() if value else Agency.objects.count() - having.count())


@pytest.mark.parametrize(
    ("lookup", "holds"),
    [
        ("", lambda n: n == 4),
        ("__gt", lambda n: n > 4),
        ("__gte", lambda n: n >= 4),
        ("__lt", lambda n: n < 4),
        ("__lte", lambda n: n <= 4),
    ],
)
@pytest.mark.parametrize("figure", ["founding_year", "total_launch_count", "failed_launches"])
def test_the_figures_of_agencies_are_compared(
    api: Client, figure: str, lookup: str, holds: Any
) -> None:
    pivot = 1958 if figure == "founding_year" else 4
    known = Agency.objects.exclude(**{figure: None}).values_list(figure, flat=True)
    expected = sum(holds(n - pivot + 4) for n in known)
    assert get(api, "agencies/", **{f"{figure}{lookup}": pivot})["count"] == expected


def test_agencies_have_the_contracts_62_filters() -> None:
    assert len(resources()["agencies"].filterset_class.base_filters) == 62


# Search


def test_every_word_must_occur(api: Client) -> None:
    assert ids(get(api, "spacecraft/", search="endeavour crew")) == [289]


def test_a_word_may_occur_in_any_field(api: Client) -> None:
    assert 289 in ids(get(api, "spacecraft/", search="endeavour dragon 2"))


def test_case_does_not_count_in_any_script(api: Client) -> None:
    Spacecraft.objects.filter(pk=246).update(name="Прогресс М-27М")
    assert ids(get(api, "spacecraft/", search="ПРОГРЕСС м-27м")) == [246]


@pytest.mark.parametrize("text", ["%", "_", "\\"])
def test_search_takes_wildcards_to_the_letter(api: Client, text: str) -> None:
    Spacecraft.objects.filter(pk=246).update(name=f"a{text}b")
    assert ids(get(api, "spacecraft/", search=text)) == [246]


# Requests that applications send


@pytest.mark.parametrize(
    "request_",
    [
        "spacecraft/?in_space=true&limit=20&mode=normal",
        "spacecraft/?search=Crew%20Dragon&in_space=true",
        "spacecraft/?limit=610&offset=0&mode=detailed",
        "spacecraft_configurations/?format=json&limit=100",
        "spacecraft_configurations/?agency=121&in_use=True&mode=detailed&name=",
        "spacecraft_configurations/6/?mode=detailed&format=json",
    ],
)
def test_what_applications_send_is_answered(api: Client, request_: str) -> None:
    body = get(api, request_)
    assert body.get("results", [body])


# Answers


@pytest.mark.parametrize("resource", ["", *(f"{name}/" for name in RESOURCES)])
def test_every_answer_says_allow_get_and_vary_accept(api: Client, resource: str) -> None:
    response = api.get(f"/2.3.0/{resource}")
    assert (response["Allow"], response["Vary"]) == ("GET", "Accept")
    assert response["Content-Type"] == "application/json"


def test_a_browsable_page_varies_by_accept_alone_and_sets_no_cookie(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft/", headers={"accept": "text/html"})
    assert (response["Vary"], len(response.cookies)) == ("Accept", 0)


def test_any_origin_is_allowed_where_origin_is_sent(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft/", headers={"origin": "https://example.org"})
    assert (response["access-control-allow-origin"], response["Vary"]) == ("*", "Accept")


def test_no_origin_is_named_where_none_is_sent(api: Client) -> None:
    assert "access-control-allow-origin" not in api.get("/2.3.0/spacecraft/")


def test_json_is_compact_and_utf_8_is_not_escaped(api: Client) -> None:
    text = api.get("/2.3.0/spacecraft/246/").content.decode()
    assert '"is_placeholder":false,' in text
    assert "Прогресс" in text


def test_a_whole_float_keeps_its_point_and_a_capacity_has_none(api: Client) -> None:
    text = api.get("/2.3.0/spacecraft_configurations/47/").text
    assert '"height":8.0,' in text
    assert '"payload_capacity":5850,' in text


def test_an_agencys_parent_is_its_parents_name(api: Client) -> None:
    assert get(api, "agencies/107/")["parent"] == Agency.objects.get(pk=107).parent.name


def test_a_configurations_missing_link_is_empty_and_not_null(api: Client) -> None:
    assert get(api, "spacecraft_configurations/1/")["info_link"] == ""


def test_a_craft_that_never_flew_has_p0d(api: Client) -> None:
    assert get(api, "spacecraft/630/")["time_in_space"] == "P0D"
