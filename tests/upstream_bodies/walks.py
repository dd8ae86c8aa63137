"""Over all objects of a catalogue, however deep they are nested."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.upstream_bodies.catalogue import Catalogue
from tests.upstream_bodies.tables import KIND_OF, RICHEST, SHAPES

Body = dict[str, Any]
Seen = tuple[str, str, Body]  # a component, where it stands, an object
SMALL: dict[str, Any] = {"craft": 40, "configurations": 9, "agencies": 30, "flights": 60}
WITHOUT_ID = {"info_urls": "url", "vid_urls": "url"}  # what tells them apart


def objects(shape: str, body: Body, at: str = "") -> Iterator[Seen]:
    """An object and all that are nested in it."""
    yield shape, at, body
    for field in SHAPES[shape]["fields"]:
        value = body.get(field["name"])
        if "shape" in field and value is not None:
            for part in value if field.get("many") else [value]:
                yield from objects(field["shape"], part, f"{at}.{field['name']}")


def all_objects(catalogue: Catalogue) -> Iterator[Seen]:
    for resource in catalogue.resources:
        for index in range(catalogue.count(resource)):
            body = catalogue.body(resource, index)
            yield from objects(RICHEST[resource], body, f"{resource} {body['id']}")


def identity(kind: str, body: Body) -> Any:
    return body[WITHOUT_ID.get(kind, "id")]


def flat(field: Any, value: Any) -> Any:
    """A nested row as its identity, for it is looked at by itself."""
    if "shape" not in field or value is None:
        return value
    kind = KIND_OF[field["shape"]]
    return [identity(kind, item) for item in value] if field.get("many") else identity(kind, value)


def all_said(catalogue: Catalogue) -> tuple[dict[str, dict[Any, Body]], list[str]]:
    """What is said of each row, wherever it is nested; and where it is not the same."""
    rows: dict[str, dict[Any, Body]] = defaultdict(lambda: defaultdict(dict))
    contradictions = []
    for shape, at, body in all_objects(catalogue):
        kind = KIND_OF[shape]
        known = rows[kind][identity(kind, body)]
        for field in SHAPES[shape]["fields"]:
            name = field["name"]
            if name == "response_mode" or name not in body:
                continue
            observed = flat(field, body[name])
            if known.setdefault(name, observed) != observed:
                contradictions.append(f"{at}.{name}: {observed!r}, elsewhere {known[name]!r}")
    return rows, contradictions


def craft_in(catalogue: Catalogue) -> list[Body]:
    return [catalogue.body("spacecraft", index) for index in range(catalogue.count("spacecraft"))]
