"""The OpenAPI document as a check of answers: JSON Schema, with what OpenAPI 3.0 says otherwise."""

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from spacedevs.api.documents import document

REF = "#/components/schemas/"

# What upstream's bodies hold as null though its schema forbids it (contract, "null"), and what
# nothing is known of in the fixtures.
NULL_AGAINST_SCHEMA = {
    "DockingEventForChaserNormal": (
        "docking_location",
        "space_station_target",
        "flight_vehicle_target",
        "payload_flight_target",
    ),
    "DockingLocation": ("spacestation", "spacecraft", "payload"),
    "LandingLocation": ("active", "location", "celestial_body"),
    "LaunchNormal": ("last_updated", "window_end", "window_start", "launch_service_provider"),
    "LaunchStatus": ("abbrev", "description"),
    "Location": ("id", "url", "celestial_body", "active", "timezone_name"),
    "Mission": ("description",),
    "Orbit": ("celestial_body",),
    "Pad": ("active",),
    "SpacecraftFlightDetailed": ("landing", "duration", "turn_around_time"),
    "SpacecraftFlightNormal": ("landing", "duration", "turn_around_time"),
}


def as_observed(
    document: dict[str, Any], nulls: Mapping[str, tuple[str, ...]] = NULL_AGAINST_SCHEMA
) -> dict[str, Any]:
    """A document that allows what the bodies hold: a client of the schema alone can't read them."""
    changed = deepcopy(document)
    for name, keys in nulls.items():
        properties = changed["components"]["schemas"][name]["properties"]
        for key in keys:
            pattern = properties[key]
            pattern = {"allOf": [pattern]} if "$ref" in pattern else pattern
            properties[key] = {**pattern, "nullable": True}
    return changed


def operations() -> dict[str, str]:
    """The path of each operation by its id."""
    return {methods["get"]["operationId"]: path for path, methods in document()["paths"].items()}


def answer_of(path: str) -> dict[str, Any]:
    """What the operation at `path` answers: a reference to a component."""
    answer = document()["paths"][path]["get"]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def component(ref: dict[str, Any]) -> str:
    return str(ref["$ref"]).removeprefix(REF)


def path_of(url: str) -> str | None:
    """The document's path that a URL without its query belongs to."""
    for path in document()["paths"]:
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)), url):
            return str(path)
    return None


def faults(path: str, body: Any) -> list[str]:
    """Where `body` is not what the operation at `path` promises."""
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in _validator(path).iter_errors(body)
    ]


def out_of_order(ref: dict[str, Any], value: Any) -> list[str]:
    """The components, at any depth of `value`, whose keys don't stand as the document has them."""
    if isinstance(value, list):
        return [name for one in value for name in out_of_order(ref["items"], one)]
    if not isinstance(value, dict):
        return []
    name = component(ref["allOf"][0] if "allOf" in ref else ref)
    schema = document()["components"]["schemas"][name]
    if "discriminator" in schema:
        mode = value[schema["discriminator"]["propertyName"]]
        return out_of_order({"$ref": schema["discriminator"]["mapping"][mode]}, value)
    properties = schema["properties"]
    below = [found for key in value for found in out_of_order(properties[key], value[key])]
    return below if list(value) == list(properties) else [name, *below]


@cache
def _validator(path: str) -> jsonschema_rs.Draft202012Validator:
    schemas = as_observed(document())["components"]["schemas"]
    return jsonschema_rs.Draft202012Validator(
        {
            **answer_of(path),
            "components": {"schemas": {name: _schema(schemas[name]) for name in schemas}},
        },
        validate_formats=True,
        formats={"uri": _is_url_or_empty},
    )


def _is_url_or_empty(text: str) -> bool:
    """A link that a configuration does not have is "" (contract, "empty")."""
    return not text or (urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc))


def _schema(node: dict[str, Any]) -> dict[str, Any]:
    """`node` as JSON Schema: stricter than the document where an answer always has more to give.

    An answer has every key of its shape, those also that a body sent in might leave out, and no
    other; the mode of a shape is what the document calls its default.
    """
    if "discriminator" in node:
        return _one_of(node["discriminator"])
    if "allOf" in node:
        return _nullable(node, dict(node["allOf"][0]))
    if node.get("type") == "object":
        properties = {name: _property(name, below) for name, below in node["properties"].items()}
        closed = {"additionalProperties": False, "required": list(properties)}
        return _nullable(node, {"type": "object", "properties": properties, **closed})
    if "items" in node:
        node = {**node, "items": _schema(node["items"])}
    return _nullable(node, node)


def _property(name: str, node: dict[str, Any]) -> dict[str, Any]:
    return {"const": node["default"]} if name == "response_mode" else _schema(node)


def _nullable(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]} if node.get("nullable") else schema


def _one_of(discriminator: dict[str, Any]) -> dict[str, Any]:
    """The schema that the discriminator names. A rich mode has all keys of a poor one, so that
    JSON Schema's own `oneOf` would find two."""
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    return {
        "required": [name],
        "properties": {name: {"enum": list(mapping)}},
        "allOf": [
            {"if": {"properties": {name: {"const": mode}}}, "then": {"$ref": ref}}
            for mode, ref in mapping.items()
        ],
    }
