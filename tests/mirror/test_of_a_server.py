"""A server process of this project as the source of a mirror, over HTTP."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx2
import pytest
from django.core.management import call_command
from django.test import Client

from spacedevs import clock
from spacedevs.api.registry import resources
from spacedevs.mirror.models import MirrorRun
from tests.mirror.running import empty

EACH = 10  # record is asked for by its URL, too


@pytest.fixture
def source(server: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server) as client:
        yield client


@pytest.fixture
def mirrored(server: str, db: None) -> None:
    """This database, emptied and filled again from the server."""
    empty()
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", "--from", f"{server}/2.3.0/", "--budget", "50")
    assert ended.value.code == 0


def test_a_second_run_changes_nothing_and_says_so(
    server: str, mirrored: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", "--from", f"{server}/2.3.0/", "--budget", "100")
    assert ended.value.code == 0
    assert "unchanged: 0 added, 0 changed" in capsys.readouterr().out


def test_all_lists_come_by_one_call_for_the_dump(server: str, mirrored: None) -> None:
    """The first run finds out by a list's first page whom it asks."""
    with pytest.raises(SystemExit):
        call_command("mirror", "--from", f"{server}/2.3.0/", "--budget", "100")
    calls = MirrorRun.objects.order_by("pk").values_list("calls", flat=True)
    assert list(calls) == [2, 1]


def urls(source: httpx2.Client) -> list[str]:
    """Every page of every list in every mode, and some of the records."""
    found = []
    for resource, viewset in resources().items():
        for mode in viewset.get_modes().names or ("",):
            count = source.get(f"/2.3.0/{resource}/").json()["count"]
            found += [
                f"/2.3.0/{resource}/?limit=100&mode={mode}&offset={offset}"
                for offset in range(0, count, 100)
            ]
        for offset in range(0, count, 100):
            page = source.get(f"/2.3.0/{resource}/?limit=100&offset={offset}").json()
            found += [f"/2.3.0/{resource}/{row['id']}/" for row in page["results"][::EACH]]
    return found


def test_a_mirror_answers_everything_byte_for_byte_as_the_server_that_it_mirrors(
    source: httpx2.Client, mirrored: None, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = urls(source)
    assert len(asked) > 100
    host = str(source.base_url).rstrip("/")
    for url in asked:
        theirs = source.get(url)
        second = parsedate_to_datetime(theirs.headers["Date"])
        monkeypatch.setattr(clock, "now", lambda second=second: second)
        assert api.get(url).text == theirs.text.replace(host, "http://localhost"), url
