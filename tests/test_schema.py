"""The OpenAPI document against the contract's tables, field by field; the pages that show it."""

import json
import re
from collections.abc import Callable, Iterable
from html import unescape
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.tables import (
    BOUNDED,
    IN_CONTRACT,
    LISTS,
    OPERATIONS,
    RECORDS,
    SCHEMES,
    SECURITY,
    SHAPES,
    THROTTLE,
    TITLES,
    id_schema,
    reference,
    schema_of,
    schema_of_field,
)

# A page's own parameters. Upstream's table of a list without fields to search or to order by has
# neither `search` nor `ordering`; here these lists have both.
PAGING = {"limit", "offset"}
OWN = {"search", "ordering"}


def reached(first: Iterable[str], next_to: Callable[[str], list[str]]) -> list[str]:
    """The names that are `first`, or next to one that is reached."""
    found: list[str] = []
    waiting = [*first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += next_to(name)
    return sorted(found)


def in_tables(name: str) -> list[str]:
    """The components within a component of the tables."""
    shape = SHAPES[name]
    within = [field["shape"] for field in shape.get("fields", []) if "shape" in field]
    return [*shape.get("one_of", []), *within]


def references(part: Any) -> list[str]:
    """The components that a part of our document names."""
    return re.findall(r'"#/components/schemas/(\w+)"', json.dumps(part))


REACHED = reached((operation["response"] for operation in OPERATIONS), in_tables)


def is_ours_alone(path: str) -> bool:
    return (
        path != THROTTLE
        and path.removeprefix("/2.3.0/").removesuffix("{id}/").rstrip("/") not in IN_CONTRACT
    )


UNIONS = [name for name in REACHED if "one_of" in SHAPES[name]]
OBJECTS = [name for name in REACHED if "fields" in SHAPES[name]]
FIELDS = [
    pytest.param(name, field, id=f"{name}.{field['name']}")
    for name in OBJECTS
    for field in SHAPES[name]["fields"]
]


@pytest.fixture(scope="module")
def document() -> Any:
    response = Client().get("/2.3.0/schema/?format=json", headers={"host": "localhost"})
    assert response.status_code == 200
    return json.loads(response.content)


@pytest.fixture(scope="module")
def components(document: Any) -> Any:
    return document["components"]["schemas"]


def by_id(operations: list[Any]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=lambda o: o["operation_id"])


# The document


def test_the_document_is_openapi_3_0_3(document: Any) -> None:
    assert document["openapi"] == "3.0.3"


def test_the_document_is_yaml_unless_json_is_asked_for(document: Any, client: Client) -> None:
    response = client.get("/2.3.0/schema/", headers={"host": "localhost"})
    assert response["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(response.content) == document


def test_the_document_has_the_tables_paths_and_no_others(document: Any) -> None:
    paths = sorted(operation["path"] for operation in OPERATIONS)
    assert [path for path in sorted(document["paths"]) if not is_ours_alone(path)] == paths


def test_every_path_has_get_alone(document: Any) -> None:
    assert {tuple(methods) for methods in document["paths"].values()} == {("get",)}


def test_the_document_has_the_components_that_the_tables_reach_and_no_others(
    document: Any, components: Any
) -> None:
    contract = [of for path, of in document["paths"].items() if not is_ours_alone(path)]
    assert reached(references(contract), lambda name: references(components[name])) == REACHED
    all_paths = references(document["paths"])
    assert reached(all_paths, lambda name: references(components[name])) == sorted(components)


def test_the_contract_is_whole() -> None:
    assert (len(OPERATIONS), len(SHAPES)) == (23, 87)
    assert sorted(SHAPES) == REACHED


def test_the_document_has_the_tables_security_schemes_and_no_others(document: Any) -> None:
    assert document["components"]["securitySchemes"] == SCHEMES
    assert "security" not in document


@pytest.mark.parametrize("table", [BOUNDED, TITLES], ids=["bounds", "titles"])
def test_what_has_a_bound_or_a_title_is_a_field_that_is_reached(table: Any) -> None:
    fields = {(name, field["name"]) for name in OBJECTS for field in SHAPES[name]["fields"]}
    assert {(name, field) for name in table for field in table[name]} <= fields


# Operations


@by_id(OPERATIONS)
def test_operation_id_summary_and_tags(document: Any, operation: Any) -> None:
    ours = document["paths"][operation["path"]]["get"]
    assert ours["operationId"] == operation["operation_id"]
    assert ours["summary"] == operation["summary"]
    assert ours["tags"] == operation["tags"]


@by_id(OPERATIONS)
def test_an_operations_security(document: Any, operation: Any) -> None:
    assert document["paths"][operation["path"]]["get"]["security"] == SECURITY


@by_id(OPERATIONS)
def test_an_operations_answer(document: Any, operation: Any) -> None:
    responses = document["paths"][operation["path"]]["get"]["responses"]
    assert list(responses) == ["200"]
    assert responses["200"]["content"] == {
        "application/json": {"schema": reference(operation["response"])}
    }


@by_id(RECORDS)
def test_a_record_has_its_id_as_its_only_parameter(document: Any, operation: Any) -> None:
    (parameter,) = document["paths"][operation["path"]]["get"]["parameters"]
    named = (parameter["name"], parameter["in"], parameter["required"], parameter["schema"])
    assert named == ("id", "path", True, id_schema(operation["path"]))


def parameters(document: Any, operation: Any) -> dict[str, Any]:
    return {p["name"]: p for p in document["paths"][operation["path"]]["get"]["parameters"]}


def test_the_throttles_state_has_no_parameters(document: Any) -> None:
    assert "parameters" not in document["paths"][THROTTLE]["get"]


def filters_schema(filter: Any) -> dict[str, Any]:
    one = {"type": filter["type"]}
    return {**one, "items": {"type": "string"}} if filter["type"] == "array" else one


@by_id(LISTS)
def test_a_lists_filters(document: Any, operation: Any) -> None:
    others = {*PAGING, *OWN, "mode"}
    ours = {
        name: parameter["schema"]
        for name, parameter in parameters(document, operation).items()
        if name not in others
    }
    expected = {filter["name"]: filters_schema(filter) for filter in operation["filters"]}
    assert list(ours.items()) == list(expected.items())


@by_id(LISTS)
def test_a_filter_of_several_values_has_them_with_commas(document: Any, operation: Any) -> None:
    ours = parameters(document, operation)
    with_commas = {
        name: (parameter["style"], parameter["explode"])
        for name, parameter in ours.items()
        if "style" in parameter
    }
    expected = [f["name"] for f in operation["filters"] if f.get("comma_separated")]
    assert with_commas == dict.fromkeys(expected, ("form", False))


@by_id(LISTS)
def test_a_filter_of_several_values_says_that_commas_part_them(
    document: Any, operation: Any
) -> None:
    """In the words of django-filter's BaseCSVFilter, which are upstream's."""
    ours = parameters(document, operation)
    for filter in operation["filters"]:
        if filter.get("comma_separated"):
            message = ours[filter["name"]]["description"]
            assert message == "Multiple values may be separated by commas."


@by_id(LISTS)
def test_no_parameter_of_a_list_is_required_and_all_are_in_the_query(
    document: Any, operation: Any
) -> None:
    for parameter in parameters(document, operation).values():
        assert parameter["in"] == "query"
        assert not parameter.get("required", False)


@by_id(LISTS)
def test_a_lists_other_parameters(document: Any, operation: Any) -> None:
    expected = PAGING | ({"mode"} if operation["modes"] else set())
    expected |= {own for own in OWN if operation[f"{own}_fields"]}
    filters = {filter["name"] for filter in operation["filters"]}
    ours = set(parameters(document, operation)) - filters
    assert expected <= ours <= expected | OWN


@by_id([operation for operation in LISTS if operation["modes"]])
def test_a_lists_modes(document: Any, operation: Any) -> None:
    schema = parameters(document, operation)["mode"]["schema"]
    assert sorted(schema["enum"]) == sorted(operation["modes"])
    assert (schema["type"], schema["default"]) == ("string", "normal")


# Components


@pytest.mark.parametrize("name", OBJECTS)
def test_a_components_keys_and_their_order(components: Any, name: str) -> None:
    assert set(components[name]) == {"type", "properties", "required"}
    assert components[name]["type"] == "object"
    assert list(components[name]["properties"]) == [f["name"] for f in SHAPES[name]["fields"]]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_components_required_keys(components: Any, name: str) -> None:
    required = [field["name"] for field in SHAPES[name]["fields"] if field["required"]]
    assert sorted(components[name].get("required", [])) == sorted(required)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field(components: Any, name: str, field: Any) -> None:
    ours = dict(components[name]["properties"][field["name"]])
    ours.pop("example", None)  # of a page's links: no promise
    assert ours == schema_of_field(name, field)


@pytest.mark.parametrize("name", UNIONS)
def test_a_lists_modes_are_told_apart_by_response_mode(components: Any, name: str) -> None:
    assert components[name] == schema_of(name)


# The pages that show it


@pytest.mark.parametrize("page", ["swagger", "redoc"])
def test_a_page_of_the_document_loads_files_of_this_server_alone(client: Client, page: str) -> None:
    response = client.get(f"/2.3.0/{page}/", headers={"host": "localhost", "accept": "text/html"})
    assert response.status_code == 200
    files = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", response.text)
    assert files
    for file in files:
        assert re.match(r"/(?!/)|\?|\./|data:image/", file), file
        if not file.startswith("data:"):
            url = file if file.startswith("/") else f"/2.3.0/{page}/{file}"
            # A link to the admin leads on to its log-in.
            answer = client.get(unescape(url), headers={"host": "localhost"}, follow=True)
            assert (answer.status_code, bool(answer.getvalue())) == (200, True), file
