"""Somebody who edits in the admin, of a server in a process of its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.conftest import shell

EDITOR = """
from django.contrib.auth.models import User
User.objects.create_superuser("editor", password="a password")
"""
STATUS = "/admin/spacecraft/spacecraftstatus/1/change/"


class Editor:
    """Logged in. Each save is a page's form, sent as a browser sends it."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    def log_in(self) -> httpx2.Response:
        form = {"username": "editor", "password": "a password"}
        return self.post("/admin/login/", **form)

    def save(self, name: str) -> httpx2.Response:
        """Gives the first status this name."""
        return self.post(STATUS, name=name)

    def post(self, path: str, **form: str) -> httpx2.Response:
        page = self.http.get(path)
        if page.status_code != httpx2.codes.OK:
            return page
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token, page.text
        return self.http.post(path, data={"csrfmiddlewaretoken": token[1], **form})

    def name(self) -> str:
        """What the API says of the first status."""
        return str(self.http.get("/2.3.0/config/spacecraft_statuses/1/").json()["name"])


def make_editor(env: dict[str, str]) -> None:
    shell(env, EDITOR)


@contextmanager
def editing(url: str) -> Iterator[Editor]:
    with httpx2.Client(base_url=url, timeout=30) as http:
        editor = Editor(http)
        assert editor.log_in().status_code == httpx2.codes.FOUND
        yield editor
