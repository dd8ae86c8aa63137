"""All records in files, of one state of the database: made once for each version of the data.

A file of NDJSON for each resource, one with all of them, which another server of this project
mirrors, and an SQLite file. The URLs in them are of the host that was asked: another has files of
its own.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, BinaryIO

import orjson
from django.conf import settings
from django.db import connection

from spacedevs import clock, environment
from spacedevs.api.making import Making
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.registry import resources
from spacedevs.api.renderers import parsed
from spacedevs.api.snapshots import snapshot
from spacedevs.api.streams import CHUNK, Shared
from spacedevs.api.whole_objects import whole_objects
from spacedevs.changes import log
from spacedevs.changes.log import Version
from spacedevs.dump.tables import Tables, table_name
from spacedevs.locks import Busy, alone

ALL, TABLES, ABOUT = "catalogue.ndjson", "catalogue.sqlite3", "about.json"
OBJECTS = "objects"  # while it is made
KEPT = 4  # dumps: of the last versions, and of the hosts that are asked
WAIT = 20.0  # seconds that a client waits for one that is made
PAUSE = 0.1  # seconds between two looks


Entries = list[dict[str, Any]]


class BeingMade(Exception):
    """It takes longer than a client waits."""


def folder_of(root: str, version: Version) -> Path:
    """Where the dump of a version is, or will be, for the host with this root of the API."""
    words = f"{environment.VERSION} {version} {root}"
    name = blake2b(words.encode(), digest_size=12).hexdigest()
    folder: Path = settings.DATA_DIR / "dumps" / name
    return folder


def dump_of(root: str) -> Path:
    """The folder of the dump of the newest version. Raises BeingMade."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        folder = folder_of(root, log.version())
        if (folder / ABOUT).exists():
            return folder
        _maker.start(root)
        _maker.wait(PAUSE)
    raise BeingMade


class Maker:
    """Makes a dump in a thread of its own, one at a time, in one process at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.fault: Exception | None = None

    def start(self, root: str) -> None:
        with self._lock:
            fault, self.fault = self.fault, None
            if fault:
                raise fault
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._make, args=(root,), daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> None:
        if thread := self._thread:
            thread.join(seconds)

    def _make(self, root: str) -> None:
        try:
            with suppress(Busy), alone("dump"):
                make(root)
        except Exception as error:  # who asked says so
            self.fault = error
        finally:
            connection.close()


_maker = Maker()


def make(root: str) -> Path:
    """Makes the dump of the state that the database is in, if it is not there."""
    parent: Path = settings.DATA_DIR / "dumps"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with snapshot():
        version, second = log.version(), clock.now()
        folder = folder_of(root, version)
        if not (folder / ABOUT).exists():
            draft = Path(mkdtemp(dir=parent, prefix="draft-"))
            try:
                _write(draft, root, version, second)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    _forget(parent, folder)
    return folder


def _forget(parent: Path, newest: Path) -> None:
    """The oldest dumps go. Who reads a file of theirs has it open, and reads it to its end."""
    others = [path for path in parent.iterdir() if path != newest and path.is_dir()]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _write(folder: Path, root: str, version: Version, second: datetime) -> None:
    rows: dict[str, int] = {}
    with closing(Tables(folder / TABLES)) as tables, (folder / OBJECTS).open("w+b") as whole:
        for resource in resources():
            rows[resource] = _write_list(
                folder, resource, _objects(resource, root, second), whole, tables
            )
        made = f"{second:%Y-%m-%dT%H:%M:%SZ}"
        tables.finish(version=str(version), made=made, root=root)
        about = {"version": str(version), "made": made, "rows": rows}
        whole.seek(0)
        with (folder / ALL).open("wb") as file:  # what is in it stands first
            file.write(orjson.dumps(about, option=orjson.OPT_APPEND_NEWLINE))
            shutil.copyfileobj(whole, file)
    (folder / OBJECTS).unlink()
    (folder / ABOUT).write_bytes(orjson.dumps(about))


def _write_list(
    folder: Path, resource: str, chunks: Iterator[Entries], whole: BinaryIO, tables: Tables
) -> int:
    """Into its own file, that of all, and its table. How many rows there are."""
    name, rows = table_name(resource), 0
    tables.add(name, resource)
    with (folder / f"{name}.ndjson").open("wb") as own:
        for chunk in chunks:
            for entry in chunk:
                own.write(orjson.dumps(entry["object"], option=orjson.OPT_APPEND_NEWLINE))
                line = {"resource": resource, **entry}
                whole.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            tables.write(name, [parsed(each["object"]) for each in chunk])
            rows += len(chunk)
    return rows


def _objects(resource: str, root: str, second: datetime) -> Iterator[Entries]:
    """In the order of the ids, a chunk at a time."""
    urls, shared = ObjectUrls.under(root), Shared()
    ids = resources()[resource].queryset.model._base_manager.order_by("pk").values_list("pk")
    known = [pk for (pk,) in ids.iterator()]
    for start in range(0, len(known), CHUNK):
        chunk = known[start : start + CHUNK]
        making = Making(urls, second, shared)
        found = whole_objects(resource, chunk, making)
        shared.keep(making.made())
        yield [found[pk] for pk in chunk if pk in found]
