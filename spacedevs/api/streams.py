"""`?format=csv` and `?format=ndjson`: all rows of a list in one answer, made as it is sent.

Not of upstream's API: these formats are in no page's menu, and in the document of our own alone.
In the memory is a chunk of objects at a time, and what they share.
"""

import csv
import re
from abc import ABC, abstractmethod
from array import array
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any, Literal
from urllib.parse import unquote_plus

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from spacedevs import clock
from spacedevs.api import fragments
from spacedevs.api.making import Fragment, Key, Making
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.opaque_shapes import fields_of
from spacedevs.api.renderers import parsed
from spacedevs.api.selection import Selection
from spacedevs.api.snapshots import snapshot

FIRST, CHUNK = 50, 500  # rows that are made at once
SHARED = 16 * 2**20  # bytes of JSON that the objects of a stream share

# The keys of an object that are columns of its own, and those of the objects within it.
Columns = dict[str, "Columns | None"]


class Stream(BaseRenderer, ABC):
    """How rows are written. `columns`: those of the shape that was asked for."""

    charset = "utf-8"

    def __init__(self, columns: Columns | None = None) -> None:
        self.columns: Columns = columns or {}

    def head(self) -> bytes:
        return b""

    @abstractmethod
    def lines(self, objects: Iterable[Any]) -> bytes: ...


class NDJSON(Stream):
    """An object a line, as the API prints it."""

    media_type = "application/x-ndjson"
    format = "ndjson"

    def lines(self, objects: Iterable[Any]) -> bytes:
        return b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in objects)


class Buffer(list[str]):
    """What csv.writer takes for a file."""

    def write(self, text: str) -> None:
        self.append(text)


class CSV(Stream):
    """RFC 4180. A key within an object has the names that lead to it, with dots; a list is JSON.

    Null is an empty cell. What begins like a formula stays as it is: programs read it. The names
    are quoted: who guesses a file's kind by its first 20,000 rows may find no other quote in them.
    """

    media_type = "text/csv"
    format = "csv"

    def head(self) -> bytes:
        return self._rows([list(names_of(self.columns))], csv.QUOTE_ALL)

    def lines(self, objects: Iterable[Any]) -> bytes:
        return self._rows(
            [_cell(value) for value in values_of(parsed(each), self.columns)] for each in objects
        )

    @staticmethod
    def _rows(rows: Iterable[list[str]], quoted: Literal[0, 1] = csv.QUOTE_MINIMAL) -> bytes:
        buffer = Buffer()
        csv.writer(buffer, quoting=quoted).writerows(rows)
        return "".join(buffer).encode()


STREAMS: dict[str, type[Stream]] = {stream.format: stream for stream in (CSV, NDJSON)}
_ASKED = re.compile(rf"(?:^|&)format=(?:{'|'.join(STREAMS)})(?:&|$)")


_HINT = re.compile(rf"%|{'|'.join(STREAMS)}")  # without one of these a query asks for none


def is_asked(query: str) -> bool:
    """Whether a query, as it was sent, may ask for a stream."""
    return bool(_HINT.search(query) and _ASKED.search(unquote_plus(query)))


def columns_of(shape: Any, selection: Selection | None) -> Columns:
    """Those of a shape, in its order; of what is chosen alone."""
    columns: Columns = selection.of(_columns(shape)) if selection else _columns(shape)
    return columns


def _columns(shape: Any) -> Columns:
    """A list of objects is one column: how many it has differs by the row."""
    return {
        name: _columns(type(field)) if hasattr(field, "fields") else None
        for name, field in fields_of(shape).items()
    }


def names_of(columns: Columns, before: str = "") -> Iterator[str]:
    for name, below in columns.items():
        if below is None:
            yield f"{before}{name}"
        else:
            yield from names_of(below, f"{before}{name}.")


def values_of(value: dict[str, Any] | None, columns: Columns) -> Iterator[Any]:
    for name, below in columns.items():
        found = value.get(name) if value else None
        if below is None:
            yield found
        else:
            yield from values_of(found, below)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


class Shared:
    """The objects within those of a stream: of the latest chunks, as much as fits."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Fragment] = OrderedDict()
        self._size = 0

    def find(self, keys: list[Key]) -> list[Fragment]:
        return [self._kept[key] for key in keys if key in self._kept]

    def keep(self, made: Iterable[Fragment]) -> None:
        for fragment in made:
            for part in fragment.below():
                if part.key not in self._kept:
                    self._kept[part.key] = part
                    self._size += part.size + fragments.OVERHEAD
                    self.keep([part])
        while self._size > SHARED:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size + fragments.OVERHEAD


class Begun:
    """Pieces, of which the first is made: what fails at once is an error as any other."""

    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces
        self._first = next(pieces, b"")

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._pieces

    def close(self) -> None:
        self._pieces.close()


class StreamedAnswer(StreamingHttpResponse):
    whole = 0  # bytes that the server waits for before it sends any


def answer(view: Any, rows: QuerySet) -> StreamedAnswer:
    """All of `rows`, in the mode and with the fields that the request asks for."""
    request, shape = view.request, view.get_serializer_class()
    format = request.accepted_renderer.format
    selection = Selection.asked_for(request.query_params, shape)
    stream = STREAMS[format](columns_of(shape, selection))
    ids = view.paginator.part_of(rows.values_list("pk", flat=True), request)
    if request.META["REQUEST_METHOD"] == "HEAD":
        ids = ids.none()
    pieces = Begun(_pieces(request, shape, ids, selection, stream))
    response = StreamedAnswer(pieces, content_type=f"{stream.media_type}; charset=utf-8")
    name = request.path.strip("/").rpartition("/")[2]
    response["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    response["Cache-Control"] = settings.CACHE_CONTROL
    return response


def _pieces(
    request: Any, shape: Any, rows: QuerySet, selection: Selection | None, stream: Stream
) -> Generator[bytes, None, None]:
    head = stream.head()
    urls, second = ObjectUrls(request, with_format=False), clock.of_request(request)
    with snapshot() as began:
        cache = fragments.cache_of_snapshot(request, began)
        known: Any = Shared()
        for ids, is_all in _chunks(rows):
            if is_all and cache:  # few: as other answers, of what is kept
                known = cache
            making = Making(urls, second, known)
            made = making.fragments(shape, ids)
            known.keep(made.values())
            objects: Iterator[Any] = (making.json(made[pk]) for pk in ids if pk in made)
            yield head + stream.lines(map(selection.of, objects) if selection else objects)
            head = b""
    yield head


def _chunks(rows: QuerySet) -> Iterator[tuple[list[Any], bool]]:
    """Ids; and whether all that are to come are few.

    All are read while the first are made: a cursor that waited for a slow client would be closed.
    """
    with closing(iter(rows.iterator(chunk_size=2000))) as cursor:  # type: ignore[type-var]
        first = list(islice(cursor, FIRST))
        if not first:
            return
        yield first, len(first) < FIRST
        rest: Any = array("q") if all(type(pk) is int for pk in first) else []
        rest.extend(cursor)
    is_all = len(rest) <= fragments.SHORT
    for start in range(0, len(rest), CHUNK):
        yield list(rest[start : start + CHUNK]), is_all
