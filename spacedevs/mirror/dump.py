"""The dump of another server of this project: all its lists, as of one moment."""

from collections import defaultdict
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from spacedevs.mirror.errors import CHECK, NotServed
from spacedevs.mirror.pages import Known, Object, Page, Same, digest_of


class Dump:
    """`date`: the second of which it is; `version`: of the data. Raises ValueError where it is not
    whole, or none."""

    def __init__(self, body: bytes) -> None:
        first, *lines = body.splitlines()
        about = orjson.loads(first)
        if not isinstance(about, dict) or not isinstance(about.get("rows"), dict):
            raise ValueError("it does not begin with what is in it")
        self.date = datetime.fromisoformat(about["made"])
        self.version = str(about["version"])
        self._lines: defaultdict[str, list[bytes]] = defaultdict(list)
        names = {orjson.dumps(name): name for name in about["rows"]}
        for line in lines:
            name = line[len(b'{"resource":') :].partition(b",")[0]
            self._lines[names[name]].append(line)
        rows = {name: len(self._lines[name]) for name in about["rows"]}
        if rows != about["rows"]:
            raise ValueError(f"it has {len(lines)} rows of {sum(about['rows'].values())}")

    def page(self, resource: str, offset: int, limit: int, known: Known) -> Page:
        """As the source would give it."""
        if resource not in self._lines:
            raise NotServed(f"The source's dump has no {resource}; {CHECK}.")
        lines = self._lines[resource]
        asked = lines[offset : offset + limit]
        digest = blake2b(b"\n".join(asked), digest_size=16).digest()
        unchanged = digest == known.digest
        results = [] if unchanged else [_object(line, known) for line in asked]
        count = 0 if unchanged else len(lines)
        return Page(offset, limit, count, results, self.date, None, digest, unchanged)

    def running(self) -> dict[tuple[str, Any], list[str]]:
        """The names of the durations that run, by resource and id."""
        return {
            (name, entry["object"]["id"]): entry["runs"]
            for name, lines in self._lines.items()
            for entry in map(orjson.loads, lines)
        }


def _object(line: bytes, known: Known) -> Object:
    body: dict[str, Any] = orjson.loads(line)["object"]
    digest, _ = known.objects.get(key := str(body.get("id")), ("", 0))
    return Same(key) if digest and digest_of(orjson.dumps(body)) == digest else body
