"""`dump/`: the whole catalogue in files, with ETags and ranges."""

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from spacedevs.api.extensions import Extension
from spacedevs.dump import files
from spacedevs.dump.tables import table_name

TYPES = {".ndjson": "application/x-ndjson; charset=utf-8", ".sqlite3": "application/vnd.sqlite3"}
BLOCK = 256 * 1024  # bytes that are read and sent at once
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NotReady(APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The dump of this version is being made. Ask again in a few seconds."
    wait = 5  # DRF's Retry-After


class NotWritten(APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE


def folder(request: Request) -> Path:
    """Of the dump of the newest version, which is made if it is not there."""
    root = request.build_absolute_uri(reverse("api-root"))
    try:
        return files.dump_of(root)
    except files.BeingMade:
        raise NotReady from None
    except OSError as error:
        raise NotWritten(
            f"The dump can't be written: {error.strerror}. See the disk, and who may write in "
            "DATA_DIR."
        ) from error


class DumpView(Extension):
    summary = "The whole catalogue in files"
    words = (
        "A file of NDJSON for each resource, in its richest mode and in the order of the ids; one "
        "with all of them; and an SQLite file with a table for each. All are of one version, and "
        "`changes/` says what has changed since."
    )
    answers = {(200, "application/json"): OpenApiTypes.OBJECT}

    def get(self, request: Request, **kwargs: Any) -> Response:
        place = folder(request)
        about = orjson.loads((place / files.ABOUT).read_bytes())
        names = [
            files.TABLES,
            files.ALL,
            *(f"{table_name(each)}.ndjson" for each in about["rows"]),
        ]
        rows = dict(zip(names[2:], about["rows"].values(), strict=True))
        shown = [
            {
                "name": name,
                "url": reverse("dump-file", args=(name,), request=request),
                "bytes": (place / name).stat().st_size,
                "rows": rows.get(name, sum(rows.values())),
            }
            for name in names
        ]
        return Response({"version": about["version"], "made": about["made"], "files": shown})


class DumpFileView(Extension):
    summary = "A file of the dump"
    words = "With an ETag that is the version's, and with ranges, so that a download can go on."
    answers = {(200, "application/octet-stream"): OpenApiTypes.BINARY}

    def get(self, request: Request, name: str, **kwargs: Any) -> HttpResponseBase:
        path = folder(request) / name
        if path.suffix not in TYPES or not path.exists():
            raise Http404
        etag = f'"{path.parent.name}-{path.name}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        response = unchanged or file_response(request, path, etag)
        response["ETag"] = etag
        response["Accept-Ranges"] = "bytes"
        response["Cache-Control"] = "no-cache"
        return response


def file_response(request: Request, path: Path, etag: str) -> HttpResponseBase:
    """The file, or the part of it that `Range` names."""
    size, kind = path.stat().st_size, TYPES[path.suffix]
    part = asked_part(request, size, etag)
    if part is None:
        begin, end, status = 0, size, HTTPStatus.OK
    else:
        (begin, end), status = part, HTTPStatus.PARTIAL_CONTENT
    if begin >= end and part is not None:
        refused = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    response = FileResponse(Part(path, begin, end), content_type=kind, status=status)
    response.block_size = BLOCK
    response["Content-Length"] = str(end - begin)
    if part is not None:
        response["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return response


def asked_part(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Of the first byte, and of the one after the last; None for all of it (RFC 9110, 14.2).

    Several ranges at once are answered with the whole file, as the RFC allows.
    """
    found = RANGE.fullmatch(request.headers.get("Range", ""))
    if not found or found[0] == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size


class Part:
    """Of a file, what FileResponse reads."""

    def __init__(self, path: Path, begin: int, end: int) -> None:
        self._file = path.open("rb")
        self._file.seek(begin)
        self._left = end - begin

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()
