"""The contract's tables, which are upstream's OpenAPI document written down a field a line."""

import json
from pathlib import Path
from typing import Any

from spacedevs.api.registry import resources

TABLES = Path(__file__).parent / "contract"
OPERATIONS = json.loads((TABLES / "endpoints.json").read_text())
SHAPES = json.loads((TABLES / "shapes.json").read_text())
# What the tables of the shapes leave out: bounds, titles, security.
BEYOND = json.loads((TABLES / "openapi.json").read_text())
SCHEMES, SECURITY = BEYOND["security_schemes"], BEYOND["security_of_each_operation"]
TITLES, BOUNDED = BEYOND["titles"], BEYOND["integer_bounds"]["fields"]
BOUNDS = {bound: BEYOND["integer_bounds"][bound] for bound in ("minimum", "maximum")}

# Of no resource: the table has it among the lists, and it is neither list nor record.
THROTTLE = "/2.3.0/api-throttle/"
LISTS = [
    operation
    for operation in OPERATIONS
    if "filters" in operation and operation["path"] != THROTTLE
]
RECORDS = [operation for operation in OPERATIONS if "filters" not in operation]
# The registered resources that the tables are about; another is ours alone.
IN_CONTRACT = sorted(prefix for prefix, viewset in resources().items() if viewset.in_contract)

# A table's word for a field, and OpenAPI's.
WORDS = {
    "type": "type",
    "format": "format",
    "max_length": "maxLength",
    "default": "default",
    "description": "description",
    "pattern": "pattern",
    "read_only": "readOnly",
    "nullable": "nullable",
}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def mode_of(name: str) -> str:
    (mode,) = (f["default"] for f in SHAPES[name]["fields"] if f["name"] == "response_mode")
    return str(mode)


def id_schema(path: str) -> dict[str, Any]:
    """The schema of a path's `id`."""
    bounds = BOUNDS if path in BEYOND["integer_bounds"]["path_parameters"] else {}
    return {"type": "integer", **bounds}


def schema_of_field(name: str, field: Any) -> dict[str, Any]:
    """A field of the component `name` as OpenAPI writes it."""
    expected = {openapi: field[word] for word, openapi in WORDS.items() if field.get(word)}
    if field["name"] in BOUNDED.get(name, ()):
        expected |= BOUNDS
    if title := TITLES.get(name, {}).get(field["name"]):
        expected["title"] = title
    if field.get("many"):
        return {**expected, "type": "array", "items": reference(field["shape"])}
    if "shape" not in field:
        return expected
    # A reference stands alone in OpenAPI 3.0: what else is said stands around it.
    return (
        {**expected, "allOf": [reference(field["shape"])]}
        if expected
        else reference(field["shape"])
    )


def schema_of(name: str) -> dict[str, Any]:
    """A component as OpenAPI writes it."""
    shape = SHAPES[name]
    if "one_of" in shape:
        mapping = {mode_of(member): reference(member)["$ref"] for member in shape["one_of"]}
        return {
            "oneOf": [reference(member) for member in shape["one_of"]],
            "discriminator": {"propertyName": shape["discriminator"], "mapping": mapping},
        }
    return {
        "type": "object",
        "properties": {field["name"]: schema_of_field(name, field) for field in shape["fields"]},
        "required": sorted(field["name"] for field in shape["fields"] if field["required"]),
    }


def document() -> dict[str, Any]:
    """Upstream's OpenAPI document, rebuilt as far as a client needs it."""

    def parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": place, "required": place == "path", "schema": schema}

    def operation(of: Any) -> dict[str, Any]:
        integers = ("limit", "offset") if of in LISTS else ()
        given = [parameter(name, "query", {"type": "integer"}) for name in integers]
        if of in RECORDS:
            given.append(parameter("id", "path", id_schema(of["path"])))
        elif of["modes"]:
            given.append(parameter("mode", "query", {"type": "string", "enum": of["modes"]}))
        content = {"application/json": {"schema": reference(of["response"])}}
        return {
            "operationId": of["operation_id"],
            "tags": of["tags"],
            "parameters": given,
            "security": SECURITY,
            "responses": {"200": {"description": "", "content": content}},
        }

    return {
        "openapi": "3.0.3",
        "info": {"title": "Launch Library", "version": "2.3.0"},
        "paths": {of["path"]: {"get": operation(of)} for of in OPERATIONS},
        "components": {
            "schemas": {name: schema_of(name) for name in SHAPES},
            "securitySchemes": SCHEMES,
        },
    }
