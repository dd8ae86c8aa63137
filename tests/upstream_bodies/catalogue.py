"""A whole catalogue, made on demand: each row from the seed, its kind and its id alone."""

import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Self
from urllib.parse import urlencode

from tests.upstream_bodies.rows import LEADING, Rows
from tests.upstream_bodies.tables import MODES, RICHEST, SHAPES
from tests.upstream_bodies.values import MISSING, Ref, Running, duration, encode

LARGEST = 100  # of a page
BYTES_KEPT = 16_000_000
# Rows that only one other row shows: to keep what was printed of them is of no use.
SHOWN_ONCE = {
    "spacecraft", "spacecraft_flights", "launches", "missions", "rockets", "landings", "info_urls",
    "vid_urls", "docking_events", "docking_locations", "astronaut_flights", "payload_flights",
    "space_stations",
}  # fmt: skip


@cache
def plan_of(shape: str) -> list[tuple[str, bytes, Any]]:
    """Of each field its name, what is printed before its value, and what the shape says of it."""
    fields = SHAPES[shape]["fields"]
    return [(field["name"], encode(field["name"]) + b":", field) for field in fields]


class Catalogue(Rows):
    """The rows of a source, and the JSON of them.

    `craft`, `flights`, `agencies` …: how many there are. `weight`: "light", or "real" with texts
    and lists as long as upstream's. `rough`: the share of rows of which any other field is null
    too. `now`: as of when the durations are that grow; with its microseconds, as upstream's.

    A light craft has 5 KB, and each flight of it 10 more: fewer `flights` make quick tests.

    A row is named by its kind (as in its URL: "agencies", "pads") and its number, from 0 on, in
    the order of the ids; or by its kind and id where the arguments say `id`.
    """

    def at(self, now: datetime) -> Self:
        """The same catalogue, edits included, as of another moment: what lives has grown."""
        later = copy.copy(self)
        later.now = now
        return later

    # JSON

    def _print(self, shape: str, ref: Ref) -> bytes:
        fragment = self._fragments.get((shape, ref))
        if fragment is not None:
            return fragment
        facts = self.facts(ref)
        parts = []
        for name, before, field in plan_of(shape):
            value = facts[name]
            if type(value) is str:  # most are
                parts.append(before + encode_basestring(value).encode())
            elif value is not MISSING:
                parts.append(before + self._value(ref, field, value))
        printed = b"{" + b",".join(parts) + b"}"
        if ref.kind not in SHOWN_ONCE:
            self._keep((shape, ref), printed)
        return printed

    def _keep(self, key: tuple[str, Ref], printed: bytes) -> None:
        if self._kept[0] + len(printed) > BYTES_KEPT:
            self._fragments.clear()
            self._kept[0] = 0
        self._fragments[key] = printed
        self._kept[0] += len(printed)

    def _value(self, ref: Ref, field: Any, value: Any) -> bytes:
        """JSON of what is no text."""
        if isinstance(value, list):
            return self._list(ref, field, value)
        if isinstance(value, Ref):
            if value in self._removed and field["nullable"]:
                return b"null"
            if "shape" in field:
                return self._print(field["shape"], value)
            return encode(self.facts(value)["name"])  # a parent
        if isinstance(value, Running):  # a mark, for `as_of_now`: no JSON holds a plain NUL
            settled = value.settled // timedelta(seconds=1)
            return b'"\x00%d\x00%d\x00"' % (settled, value.since.timestamp())
        return encode(field["default"] if field["name"] == "response_mode" else value)

    def _list(self, ref: Ref, field: Any, value: list[Ref]) -> bytes:
        name = field["name"]
        if name == "flights" or (ref.kind, name) in LEADING:
            value = self._shown(ref, name)
        present = (item for item in value if item not in self._removed)
        return b"[" + b",".join(self._print(field["shape"], item) for item in present) + b"]"

    def as_of_now(self, printed: bytes) -> bytes:
        """With the running durations as they are now."""
        if b"\x00" not in printed:
            return printed

        pieces = printed.split(b"\x00")  # text, settled, since, text, …
        for index in range(1, len(pieces), 3):
            settled, since = int(pieces[index]), int(pieces[index + 1])
            running = max(self.now - datetime.fromtimestamp(since, UTC), timedelta())
            pieces[index] = duration(timedelta(seconds=settled) + running).encode()
            pieces[index + 1] = b""
        return b"".join(pieces)

    # Answers

    def template(self, resource: str, number: int, mode: str | None = None) -> bytes:
        """The body of a row for any moment: `as_of_now` puts in the durations that live."""
        shape = MODES.get(resource, {}).get(mode or "", RICHEST[resource])
        return self._print(shape, Ref(resource, number))

    def body(self, resource: str, index: int, mode: str | None = None) -> dict[str, Any]:
        """The body of the `index`-th row by id, in `mode` or in the richest."""
        number = self.numbers(resource)[index]
        printed = self.as_of_now(self.template(resource, number, mode))
        body: dict[str, Any] = json.loads(printed)
        return body

    def page(
        self, resource: str, offset: int = 0, limit: int = 10, **params: Any
    ) -> dict[str, Any]:
        """As `page_bytes`, read."""
        page: dict[str, Any] = json.loads(self.page_bytes(resource, offset, limit, **params))
        return page

    def page_bytes(
        self, resource: str, offset: int = 0, limit: int = 10, by: str = "id", **params: Any
    ) -> bytes:
        """`limit` rows, at most 100, from `offset` on, by "id" or by "name".

        `params` are kept in the links to the next and the previous page. Of them these are
        followed: `mode`, `in_space`, `docked_vehicles__gte`.
        """
        mode = params.get("mode")
        return self.as_of_now(self.page_template(resource, offset, limit, by, mode, params))

    def page_template(
        self,
        resource: str,
        offset: int,
        limit: int,
        by: str,
        mode: str | None,
        params: dict[str, Any],
    ) -> bytes:
        """A page for any moment, as `template`."""
        limit = min(limit, LARGEST)
        numbers = self._chosen(resource, by, params)
        after = offset + limit if offset + limit < len(numbers) else None
        before = max(offset - limit, 0) if offset else None
        head = {
            "count": len(numbers),
            "next": self._link(resource, limit, after, params),
            "previous": self._link(resource, limit, before, params),
        }
        rows = (
            self.template(resource, number, mode) for number in numbers[offset : offset + limit]
        )
        start = json.dumps(head, separators=(",", ":"))[:-1] + ',"results":['
        return start.encode() + b",".join(rows) + b"]}"

    def _link(self, resource: str, limit: int, offset: int | None, params: Any) -> str | None:
        if offset is None:
            return None
        query = {**params, "limit": limit, **({"offset": offset} if offset else {})}
        return f"{self.url(resource)}?{urlencode(sorted(query.items()))}"

    def _chosen(self, resource: str, by: str, params: Any) -> Sequence[int]:
        """The numbers of the rows that are asked for, in their order."""
        if resource == "spacecraft" and str(params.get("in_space")).lower() in ("true", "1"):
            return self._in_space()
        numbers = self.by_name(resource) if by == "name" else self.numbers(resource)
        least = params.get("docked_vehicles__gte")
        if resource != "space_stations" or not least:
            return numbers
        docked = (self.facts(Ref(resource, number))["docked_vehicles"] for number in numbers)
        pairs = zip(numbers, docked, strict=True)
        return [number for number, count in pairs if (count or 0) >= int(least)]

    def _in_space(self) -> list[int]:
        """By id: of 20,000 craft only those are looked at that may be up."""
        maybe = {Ref("spacecraft", number) for number in self._timelines.craft_up()}
        maybe |= {ref for ref in self._edits if ref.kind == "spacecraft"}
        present = sorted(maybe - self._removed)
        return [ref.number for ref in present if self.facts(ref)["in_space"]]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Everything, as tests/mirror/upstream.py takes it: for small catalogues."""
        return {
            resource: [self.body(resource, index) for index in range(self.count(resource))]
            for resource in self.resources
        }
