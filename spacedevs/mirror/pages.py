"""A page's bytes → its objects. One whose bytes came before is not parsed again.

A craft in space changes its page by the second, and the other 99 objects of it not at all: what is
known of each, its digest and its length, tells where it stands and that it is the same.
"""

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

# What stands before the objects, as DRF writes it; a page that begins otherwise is parsed whole.
HEAD = re.compile(rb'\{"count":(\d+),"next":(?:null|"[^"]*"),"previous":(?:null|"[^"]*"),"results":\[')
SLACK = 4096  # bytes that an object may have grown
MISSES = 8  # objects that are new: then the rest is parsed at once

Objects = Mapping[str, tuple[str, int]]  # digest and length by id, in the order of the page
Object = dict[str, Any] | str  # a text: the id of one that is known, and the same


def digest_of(text: bytes) -> str:
    return blake2b(text, digest_size=8).hexdigest()


def read_page(body: bytes, known: Objects) -> dict[str, Any]:
    """The page, with the ids of known objects in place of these. Raises ValueError: no JSON."""
    head = HEAD.match(body) if known else None
    if head is None:
        page: dict[str, Any] = orjson.loads(body)
        return page
    after = dict(zip(known, [*list(known)[1:], None], strict=True))
    results: list[Object] = []
    place, expected, misses = head.end(), next(iter(known)), 0
    while body[place : place + 1] != b"]":
        digest, length = known.get(expected or "", ("", 0))
        if length and digest_of(body[place : place + length]) == digest:
            results.append(expected)
        else:
            misses += 1
            if misses > MISSES or (length := _length_of(body, place, length)) is None:
                whole: dict[str, Any] = orjson.loads(body)
                return whole
            results.append(orjson.loads(body[place : place + length]))
            expected = str(results[-1].get("id"))
        place += length
        place += body[place : place + 1] == b","
        expected = after.get(expected)
    return {"count": int(head[1]), "results": results}


def _length_of(body: bytes, place: int, before: int) -> int | None:
    """The bytes of the object that begins at `place`; None where it does not end soon."""
    text = body[place : place + before + SLACK].decode("utf-8", "ignore")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return len(text[:end].encode())
