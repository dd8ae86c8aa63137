"""A copy of all that a process's API answers, kept by `changes/` alone."""

import random
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
from django.test import Client

from spacedevs import clock
from spacedevs.api.registry import resources
from tests.random_edits import edit

CHANGES = "/2.3.0/changes/"
Copy = dict[tuple[str, str, Any], Any]  # resource, mode, id → object


def client() -> Client:
    return Client(headers={"host": "localhost"})


def modes(resource: str) -> tuple[str, ...]:
    return resources()[resource].get_modes().names or ("",)


def whole(api: Client) -> Copy:
    """What all lists hold, in every mode."""
    copy: Copy = {}
    for resource in resources():
        for mode in modes(resource):
            answer = api.get(f"/2.3.0/{resource}/?format=ndjson&mode={mode}")
            for row in map(orjson.loads, answer.getvalue().splitlines()):
                copy[resource, mode, row["id"]] = row
    return copy


def refresh(api: Client, copy: Copy, since: str) -> tuple[str, int]:
    """Takes of each list what the feed names, and says how many that were."""
    url: str | None = f"{CHANGES}?since={since}"
    named: set[tuple[str, Any]] = set()
    while url:
        page = api.get(url).json()
        for entry in page["results"]:
            named.add((entry["resource"], entry["id"]))
        since, url = page["version"], page["next"]
    now = whole(api)
    for resource, pk in named:
        for mode in modes(resource):
            copy.pop((resource, mode, pk), None)
            if (resource, mode, pk) in now:
                copy[resource, mode, pk] = now[resource, mode, pk]
    return since, len(named)


def keep_equal(seed: int, rounds: int, edits: int) -> None:
    """Raises AssertionError where the copy is not what the API answers, and prints how many rows
    it took."""
    random.seed(seed)
    second = datetime(2026, 11, 1, 12, tzinfo=UTC)
    clock.now = lambda: second  # what runs grows by itself, and no feed says so
    api = client()
    since = api.get(CHANGES).json()["version"]
    copy, taken = whole(api), 0
    for _ in range(rounds):
        for _ in range(edits):
            edit()
        since, named = refresh(api, copy, since)
        taken += named
        now = whole(api)
        keys = copy.keys() | now.keys()
        wrong = sorted({key[::2] for key in keys if copy.get(key) != now.get(key)}, key=str)
        assert not wrong, f"seed {seed}: not as it is answered: {wrong[:9]}"
    print(taken)


def print_whole() -> None:
    """Of each object a digest, in every list and mode, at a second that is the same everywhere."""
    second = datetime(2030, 1, 1, tzinfo=UTC)
    clock.now = lambda: second
    rows = {
        f"{resource} {mode} {pk}": blake2b(orjson.dumps(row), digest_size=8).hexdigest()
        for (resource, mode, pk), row in whole(client()).items()
    }
    print(orjson.dumps(rows).decode())


def edit_at_random(seed: int, edits: int) -> None:
    random.seed(seed)
    for _ in range(edits):
        edit()
