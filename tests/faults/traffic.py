"""What readers and an editor meet while a fault is made: statuses, times, edits that are lost."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.conftest import shell
from tests.faults.connections import answer, connect

CHEAP = "/2.3.0/config/spacecraft_statuses/"
ADD = "/admin/spacecraft/imagelicense/add/"
FOUND = "/2.3.0/config/image_licenses/?limit=100&search="
GIVEN_UP = 30.0  # seconds: a client that has waited so long
MAKE_EDITOR = """
from django.contrib.auth.models import User
if not User.objects.filter(username="editor").exists():
    User.objects.create_superuser("editor", password="editor")
"""


@dataclass
class Seen:
    """By status: how many answers, and how long the slowest took. 0: no answer came."""

    answers: list[tuple[int, float]] = field(default_factory=list)

    def note(self, status: int, seconds: float) -> None:
        self.answers.append((status, seconds))

    @property
    def counts(self) -> Counter[int]:
        return Counter(status for status, _ in self.answers)

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        ordered = sorted(seconds for _, seconds in self.answers)
        return ordered[int(share * (len(ordered) - 1))] if ordered else 0.0

    def __str__(self) -> str:
        counts = " ".join(f"{status}×{number}" for status, number in sorted(self.counts.items()))
        p95, slowest = 1000 * self.quantile(0.95), 1000 * self.quantile(1)
        return f"{counts or '-':28} p95 {p95:6.0f} ms, slowest {slowest:6.0f} ms"


class Traffic:
    """Readers of `path` and, with `env`, an editor, until the end of the `with`.

    Each request of a reader has a connection of its own: one that hangs is no excuse for the next.
    It is a GET unless `said` makes another, and no two are alike: a known answer needs no view.
    The editor waits while somebody holds `pause`.
    """

    def __init__(
        self,
        url: str,
        env: dict[str, str] | None = None,
        *,
        path: str = CHEAP,
        said: Callable[[], bytes] | None = None,
        each: float = 0.05,
        readers: int = 2,
    ) -> None:
        self.url, self.env, self.each = url, env, each
        self.reads, self.writes = Seen(), Seen()
        self.saved: list[str] = []
        self.pause = threading.Lock()
        self._said = said or (lambda: get(unlike_any(path)))
        self._ended = threading.Event()
        works = [*[self._read] * readers, *([self._edit] if env else [])]
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> Self:
        if self.env:
            shell(self.env, MAKE_EDITOR)
            self._editor = httpx2.Client(base_url=self.url, timeout=GIVEN_UP)
            page = self._editor.get("/admin/login/").text
            form = {"username": "editor", "password": "editor", **_token(page)}
            assert self._editor.post("/admin/login/", data=form).status_code == 302
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(GIVEN_UP + 5)
        if self.env:
            self._editor.close()

    def lost(self) -> list[str]:
        """The edits that were said to be saved, and are not there."""
        with httpx2.Client(base_url=self.url, timeout=GIVEN_UP) as client:
            return [name for name in self.saved if not client.get(FOUND + name).json()["count"]]

    def ask(self, path: str) -> int:
        return status_of(self.url, get(path))

    def _read(self) -> None:
        while not self._ended.wait(self.each):
            self.reads.note(*_timed(lambda: status_of(self.url, self._said())))

    def _edit(self) -> None:
        while not self._ended.wait(0.2):
            with self.pause:
                name = uuid4().hex
                status, took = _timed(lambda name=name: self._save(name))
                self.writes.note(status, took)
                if status == 302:
                    self.saved.append(name)

    def _save(self, name: str) -> int:
        page = self._editor.get(ADD)
        if page.status_code != 200:
            return page.status_code
        form = {"name": name, "priority": "0", "link": "", **_token(page.text)}
        return self._editor.post(ADD, data=form).status_code


def unlike_any(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}x={uuid4().hex}"


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def status_of(url: str, request: bytes) -> int:
    """0: no answer came."""
    with connect(url, request) as connection:
        words = answer(connection).split(b" ", 2)
        return int(words[1]) if len(words) > 1 else 0


def _timed(request: Any) -> tuple[int, float]:
    began, status = time.monotonic(), 0
    with suppress(httpx2.HTTPError, OSError):
        status = request()
    return status, time.monotonic() - began


def _token(page: str) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found, page[:300]
    return {"csrfmiddlewaretoken": found[1], "next": "/admin/"}
