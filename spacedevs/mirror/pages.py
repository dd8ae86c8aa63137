"""A page's bytes → its objects. One whose bytes came before is not parsed again.

A craft in space changes its page by the second, and the other 99 objects of it not at all: what is
known of each, its digest and its length, tells where it stands and that it is the same.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

MOST_ROWS, LEAST_ROWS = 100, 10  # 100 is the contract's most
ATTEMPTS = 4  # at a page
# What stands before the objects, as DRF writes it; a page that begins otherwise is parsed whole.
LINK = rb'(?:null|"[^"]*")'
HEAD = re.compile(rb'\{"count":(\d+),"next":%s,"previous":%s,"results":\[' % (LINK, LINK))
SLACK = 4096  # bytes that an object may have grown
MISSES = 8  # objects that are new: then the rest is parsed at once

Objects = Mapping[str, Sequence[Any]]  # digest and length by id, in the order of the page


class Same(str):
    """The id of an object that is known, and the same; no text that a source sent."""


Object = dict[str, Any] | Same


class Known(NamedTuple):
    """What is known of a page from before, of the same offset and limit."""

    etag: str | None = None
    digest: bytes = b""
    objects: Objects = {}


@dataclass(frozen=True)
class Page:
    """Rows `offset` to `offset + len(results)` of `count`; `limit` is what was asked for.

    In place of an object of which the bytes are known, `results` have its id.
    `date`: the source's clock, to the second. With `unchanged` the page is the same as when it had
    that ETag or digest: it has no results then, and `count` is 0.
    """

    offset: int
    limit: int
    count: int
    results: list[Object]
    date: datetime
    etag: str | None
    digest: bytes
    unchanged: bool


def digest_of(text: bytes) -> str:
    return blake2b(text, digest_size=8).hexdigest()


def read_page(body: bytes, known: Objects) -> dict[str, Any]:
    """The page, with the ids of known objects in place of these. Raises ValueError: no JSON."""
    head = HEAD.match(body) if known else None
    if head is None:
        page: dict[str, Any] = orjson.loads(body)
        return page
    after = dict(pairwise(["", *known]))
    results: list[Object] = []
    place, expected, misses = head.end(), after[""], 0
    while body[place : place + 1] != b"]":
        digest, length = known.get(expected, ("", 0))
        if digest and digest_of(body[place : place + length]) == digest:
            results.append(Same(expected))
        else:
            misses += 1
            length = 0 if misses > MISSES else _length_of(body, place, length)
            if not length:
                return orjson.loads(body)  # type: ignore[no-any-return]
            item = orjson.loads(body[place : place + length])
            results.append(item)
            expected = str(item.get("id")) if isinstance(item, dict) else ""
        place += length
        place += body[place : place + 1] == b","
        expected = after.get(expected, "")
    return {"count": int(head[1]), "results": results}


def _length_of(body: bytes, place: int, before: int) -> int:
    """The bytes of the object that begins at `place`; 0 where it does not end soon."""
    text = body[place : place + before + SLACK].decode("utf-8", "ignore")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return 0
    return len(text[:end].encode())
