"""What a list costs as the catalogue grows: each ordering, far pages, counts, search.

    make bench-growth                # 603, 60,300 and 603,000 craft; CRAFT="603 6030" for others

Each database is made by bench.grow: SQLite files in a temporary folder, or databases of the
PostgreSQL server that DATABASE_URL names, which are dropped at the end. A figure is the least of
the times that the ids of a page took, by the site's own queries; nothing makes JSON of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from tests.servers import manage

SIZES = (603, 60_300, 603_000)
TIMES = 9
SEARCHES = ("babath", "endeavour babath", "endeavour", "soyuz", "b7")


def least(ask: Callable[[], Any]) -> float:
    """Milliseconds."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - begun))
        if took[-1] > 1000:
            break  # a few such are enough
    return min(took)


def questions(large: int) -> Iterator[tuple[str, str, str, bool]]:
    """The name of a line of the table, the resource, its query, and whether that is counted."""
    from spacedevs.api.registry import resources

    for resource, viewset in resources().items():
        if "config/" in resource:
            continue
        yield f"{resource}", resource, "", False
        for field in viewset.ordering_fields:
            for term in (field, f"-{field}"):
                yield f"{resource} {term}", resource, f"ordering={term}", False
    for term in ("", "id", "-flights_count"):
        query = f"offset={large - 13}&ordering={term}"
        yield f"far down: spacecraft {term}", "spacecraft", query, False
    yield "count: spacecraft", "spacecraft", "", True
    for words in SEARCHES:
        yield f"search: {words}", "spacecraft", f"search={words}", False
        yield f"search, count: {words}", "spacecraft", f"search={words}", True


def measure() -> None:
    """In a process of its own, on the database that its environment names: prints a JSON object."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")
    django.setup()
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from spacecraft.models import Spacecraft
    from spacedevs.api.registry import resources

    times = {}
    for name, resource, query, counts in questions(Spacecraft.objects.count()):
        viewset = resources()[resource]
        request = Request(APIRequestFactory().get(f"/2.3.0/{resource}/?{query}"))
        view = viewset(request=request, action="list", format_kwarg=None, kwargs={})

        def ids(view: Any = view) -> Any:
            return view.filter_queryset(view.queryset.all()).values_list("pk")

        def page(view: Any = view, ids: Any = ids, request: Any = request) -> Any:
            paginator = view.pagination_class()
            paginator.get_count = lambda rows: 10**9
            return paginator.paginate_queryset(ids(), request, view)

        times[name] = least((lambda ids=ids: ids().count()) if counts else page)
    print(json.dumps(times))


@contextmanager
def database() -> Iterator[dict[str, str]]:
    url = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATA_DIR": folder}
        if not url.startswith("postgres"):
            yield env
            return
        import psycopg

        name = f"growth_{uuid4().hex}"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            try:
                yield {**env, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
            finally:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def python(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--craft", nargs="+", type=int, default=SIZES)
    parser.add_argument("--measure", action="store_true", help="the database that is there, alone")
    arguments = parser.parse_args()
    if arguments.measure:
        measure()
        return
    columns: list[dict[str, float]] = []
    for craft in arguments.craft:
        with database() as env:
            subprocess.run(manage("prepare"), env=env, check=True, stdout=subprocess.DEVNULL)
            print(python(env, "bench.grow", str(craft)).strip(), flush=True)
            columns.append(json.loads(python(env, "bench.growth", "--measure")))
    table(arguments.craft, columns)


def table(sizes: list[int], columns: list[dict[str, float]]) -> None:
    print("| ms | " + " | ".join(f"{size:,}" for size in sizes) + " | times the first |")
    print("| --- |" + " ---: |" * (len(sizes) + 1))
    for name, first in columns[0].items():
        figures = " | ".join(f"{column[name]:.2f}" for column in columns)
        print(f"| {name} | {figures} | {columns[-1][name] / first:.1f} |")


if __name__ == "__main__":
    main()
