"""Known answers: the same as those that are made, never old, and nobody's own."""

import gzip
import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import brotli
import pytest
from django.utils.http import http_date

from spacedevs import clock, compression
from spacedevs.answers import Answers
from spacedevs.api.registry import resources
from spacedevs.changes import log
from tests.conftest import fresh_database, longer_shell
from tests.editors import editing, make_editor
from tests.faults.connections import answer, connect
from tests.mirror.processes import prompt
from tests.servers import running_server

Env = dict[str, str]
ROOT = "/2.3.0/"
LIST = f"{ROOT}agencies/?limit=3"
STATUS = f"{ROOT}config/spacecraft_statuses/1/"
LIVING = f"{ROOT}spacecraft/?in_space=true&limit=2"
SEEN = 1.0  # second within which an edit is seen everywhere
# Of the moment, or what only a known answer has.
ITS_OWN = {"date", "x-request-id", "etag", "last-modified", "cache-control", "vary", "data-as-of"}
ITS_OWN |= {"cache-status"}  # on a machine that is busy the version may be read late


class Seen(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def get(url: str, path: str, method: str = "GET", **headers: str) -> Seen:
    """On a connection of its own, so that any worker may answer."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        sent = {"Host": "localhost", **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.request(method, path, headers=sent)
        reply = connection.getresponse()
        names = {name.lower(): value for name, value in reply.getheaders()}
        return Seen(reply.status, names, reply.read())


@pytest.fixture
def site(prepared: Env) -> Iterator[str]:
    with running_server(prepared, prepare=False) as url:
        yield url


@pytest.fixture(scope="module")
def pair(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two sites on one database: one that keeps answers, and one that makes each."""
    with (
        fresh_database(tmp_path_factory.mktemp("pair"), template) as env,
        running_server({**env, "WORKERS": "1"}, prepare=False) as one,
        running_server(
            {**env, "WORKERS": "1", "ANSWERS": "0", "FRAGMENTS": "0"}, prepare=False
        ) as other,
    ):
        yield one, other


# The same


def urls() -> list[str]:
    found = [f"{ROOT}", f"{ROOT}nothing/", f"{ROOT}agencies/0/", f"{ROOT}agencies/?limit=x",
             f"{ROOT}spacecraft/?search={'x' * 600}", f"{ROOT}schema/", f"{ROOT}swagger/",
             f"{ROOT}api-throttle/", "/2.2.0/", "/2.2.0/nothing/", "/2.2.0/swagger/",
             "/2.2.0/spacecraft/?limit=2", "/2.2.0/spacecraft/flight/?mode=detailed&limit=2",
             "/2.2.0/agencies/?format=api&limit=2"]  # fmt: skip
    for prefix, viewset in resources().items():
        found += [f"{ROOT}{prefix}/?mode={mode}&limit=4" for mode in viewset.get_modes().names]
        found += [f"{ROOT}{prefix}/?limit=2&offset=1", f"{ROOT}{prefix}/?format=api&limit=2"]
    return found


@pytest.mark.parametrize("path", urls())
def test_a_known_answer_is_the_one_that_is_made(pair: tuple[str, str], path: str) -> None:
    known, made = pair
    for _ in range(5):  # a second may go by between them
        seen = [get(known, path), get(known, path), get(made, path)]
        if len({reply.body for reply in seen}) == 1:
            break
    assert len({(reply.status, reply.body) for reply in seen}) == 1
    first, again, theirs = (
        {name: value for name, value in reply.headers.items() if name not in ITS_OWN}
        for reply in seen
    )
    assert first == again == theirs
    vary = [reply.headers.get("vary", "").replace(", Accept-Encoding", "") for reply in seen]
    assert len(set(vary)) == 1


def test_head_has_the_headers_of_get(site: str) -> None:
    for _ in range(3):
        one, other = get(site, LIST), get(site, LIST, "HEAD")
        assert other.body == b""
        same = {"etag", "content-length", "vary", "content-type"}
        assert {k: one.headers[k] for k in same} == {k: other.headers[k] for k in same}


def test_each_answer_has_a_request_id_and_a_date_of_its_own(site: str) -> None:
    ids = {get(site, LIST).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


# Conditional requests


def test_the_same_tag_in_every_process_and_a_304_of_any_of_them(
    prepared: Env, tmp_path: Path
) -> None:
    with (
        running_server(prepared, prepare=False) as one,
        running_server(prepared, prepare=False) as other,
    ):
        tag = get(one, LIST).headers["etag"]
        assert get(other, LIST).headers["etag"] == tag
        reply = get(other, f"{LIST}&x=1", if_none_match=tag)
        assert reply.status == 200  # another URL
    with running_server(prepared, prepare=False) as third:  # it has made nothing yet
        reply = get(third, LIST, if_none_match=tag)
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == tag


@pytest.mark.parametrize("form", ["{}", "W/{}", '"a", {}', '"a",W/{} , "b"', "*"])
def test_a_tag_in_any_form_is_a_304(pair: tuple[str, str], form: str) -> None:
    tag = get(pair[0], LIST).headers["etag"]
    reply = get(pair[0], LIST, if_none_match=form.format(tag))
    assert (reply.status, reply.body) == (304, b"")
    assert {"date", "etag", "vary", "cache-control"} <= reply.headers.keys()


@pytest.mark.parametrize("form", ['"a"', "", "x", '"', "{}x"])
def test_another_tag_is_a_200(pair: tuple[str, str], form: str) -> None:
    tag = get(pair[0], LIST).headers["etag"]
    assert get(pair[0], LIST, if_none_match=form.format(tag)).status == 200


def test_a_tag_does_for_no_error(pair: tuple[str, str]) -> None:
    reply = get(pair[0], f"{ROOT}agencies/0/", if_none_match="*")
    assert (reply.status, "etag" in reply.headers) == (404, False)


def test_what_lives_has_another_tag_each_second(pair: tuple[str, str]) -> None:
    first = get(pair[0], LIVING)
    assert b"PT" in first.body or b"P" in first.body
    time.sleep(1.1)
    reply = get(pair[0], LIVING, if_none_match=first.headers["etag"])
    assert reply.status == 200
    assert reply.body != first.body


def test_what_has_not_changed_since_is_a_304(pair: tuple[str, str]) -> None:
    time.sleep(2.5)  # before, a change may get the same second
    date = get(pair[0], LIST).headers["last-modified"]
    assert get(pair[0], LIST, if_modified_since=date).status == 304
    earlier = http_date(datetime.now(UTC).timestamp() - 10**6)
    assert get(pair[0], LIST, if_modified_since=earlier).status == 200
    assert get(pair[0], LIST, if_modified_since="yesterday").status == 200


# Edits


def test_an_edit_is_seen_by_all_within_a_second(prepared: Env) -> None:
    make_editor(prepared)
    with running_server(prepared, prepare=False) as url, editing(url) as editor:
        for number in range(3):
            before = [get(url, STATUS).headers["etag"] for _ in range(6)]
            assert editor.save(f"Name {number}").status_code == 302
            time.sleep(SEEN)
            seen = [get(url, STATUS) for _ in range(12)]
            assert {json.loads(reply.body)["name"] for reply in seen} == {f"Name {number}"}
            assert not {reply.headers["etag"] for reply in seen} & set(before)


WRITES = """
import random, time
from spacecraft.models import Country, SpacecraftStatus
from django.db import connection, transaction
random.seed({seed})
status = SpacecraftStatus.objects.get(pk=1)
for number in range({number}):
    name = f"{{number}}"
    door = random.randrange(4)
    if door == 0:
        status.name = name; status.save()
    elif door == 1:
        SpacecraftStatus.objects.filter(pk=1).update(name=name)
    elif door == 2:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE spacecraft_spacecraftstatus SET name = %s WHERE id = 1", [name])
    else:
        with transaction.atomic():
            SpacecraftStatus.objects.filter(pk=1).update(name=name)
            Country.objects.filter(pk=1).update(name=name)
    print(name, time.time(), flush=True)
    time.sleep(random.random() * {pause})
"""


def test_no_answer_is_older_than_a_second_and_no_tag_has_two_bodies(
    prepared: Env, many: int
) -> None:
    """Two readers ask two workers all along. `many` / 10 writes: 2,000 where --long is given."""
    code = WRITES.format(seed=1, number=many // 10, pause=0.04)
    tags: dict[str, bytes] = {}
    reads: list[tuple[float, str]] = []
    with running_server(prepared, prepare=False) as url, ThreadPoolExecutor() as threads:
        writes = threads.submit(longer_shell, prepared, code)
        while not writes.done():
            asked = time.time()
            reply = get(url, STATUS)
            reads.append((asked, json.loads(reply.body)["name"]))
            if "etag" in reply.headers:
                assert tags.setdefault(reply.headers["etag"], reply.body) == reply.body
    written = [(name, float(at)) for name, at in map(str.split, writes.result().splitlines())]
    late = []
    for asked, name in reads:
        due = [number for number, (_, at) in enumerate(written) if at < asked - SEEN]
        if due and (not name.isdigit() or int(name) < due[-1]):
            late.append((asked, name, due[-1]))
    assert late == []
    assert len(reads) > 100
    assert len(tags) > 5


@contextmanager
def away(env: Env) -> Iterator[None]:
    """SQLite's file is moved aside; PostgreSQL lets nobody in."""
    if not env["DATABASE_URL"]:
        file = Path(env["DATA_DIR"]) / "db.sqlite3"
        file.rename(aside := file.with_name("aside"))
        yield
        aside.rename(file)
        return
    name = env["DATABASE_URL"].rpartition("/")[2]
    admin = {**env, "DATABASE_URL": env["DATABASE_URL"].replace(name, "postgres")}
    ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    with prompt(admin) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        other.execute(ends)
        yield
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_with_the_database_away_known_answers_go_on_and_say_so(prepared: Env) -> None:
    env = {**prepared, "WORKERS": "1"}
    with running_server(env, prepare=False) as url:
        known = get(url, LIST)
        assert "cache-status" not in known.headers
        with away(prepared):
            time.sleep(3)
            get(url, LIST)
            seen = [get(url, LIST) for _ in range(3)]
            assert {(reply.status, reply.body) for reply in seen} == {(200, known.body)}
            assert seen[-1].headers["cache-status"].startswith("spacedevs; hit; ttl=-")
            assert get(url, f"{LIST}&x=1").status == 503
        time.sleep(1)
        assert "cache-status" not in get(url, LIST).headers


# Whose they are


def test_who_has_a_session_is_given_nothing_that_is_kept(prepared: Env) -> None:
    make_editor(prepared)
    path = f"{ROOT}agencies/?format=api&limit=1"
    with running_server(prepared, prepare=False) as url, editing(url) as editor:
        for _ in range(4):
            get(url, path)
        page = editor.http.get(path)
        assert page.status_code == 200
        assert "etag" not in page.headers


def test_two_headers_of_a_name_are_no_other_requests(site: str) -> None:
    """What is read of them in front of Django is what Django reads."""
    kinds = ("application/json", "text/html")
    line = f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for _ in range(3):
        for first, second in (kinds, kinds[::-1]):
            both = f"{line}Accept: {first}\r\nAccept: {second}\r\n\r\n".encode()
            with connect(site, both) as connection:
                head, _, _ = answer(connection).partition(b"\r\n\r\n")
            kind = get(site, LIST, accept=f"{first},{second}").headers["content-type"]
            assert f"content-type: {kind}".encode() in head
            assert get(site, LIST, accept=first).headers["content-type"].startswith(first)


def test_a_host_is_judged_by_django(pair: tuple[str, str]) -> None:
    for _ in range(2):
        assert get(pair[0], LIST, Host="evil.example").status == 400
        assert b"evil" not in get(pair[0], LIST).body


def test_a_known_answer_is_counted_and_a_304_is_not(prepared: Env) -> None:
    env = {**prepared, "THROTTLE": "5/hour"}
    with running_server(env, prepare=False) as url:
        tag = get(url, LIST).headers["etag"]
        assert {get(url, LIST, if_none_match=tag).status for _ in range(10)} == {304}
        seen = [get(url, LIST) for _ in range(6)]
        assert [reply.status for reply in seen] == [200] * 4 + [429] * 2
        left = [reply.headers["ratelimit-remaining"] for reply in seen[:4]]
        assert left == ["3", "2", "1", "0"]


def test_a_known_answer_is_in_the_access_log(
    prepared: Env, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {**prepared, "ACCESS_LOG": "true", "LOG_FORMAT": "json", "WORKERS": "1"}
    with running_server(env, prepare=False) as url:
        ids = [get(url, LIST).headers["x-request-id"] for _ in range(3)]
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "path" in line]
    found = {line["request_id"]: line for line in lines if line.get("path") == LIST}
    assert set(ids) == set(found)
    assert {line["status"] for line in found.values()} == {200}


# Compression


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "zstd"),
        ("gzip;q=0", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("*;q=0", "identity"),
        ("gzip;q=x", "identity"),
        (";;=,", "identity"),
    ],
)
def test_the_clients_q_values_decide(accepted: str, expected: str) -> None:
    assert compression.chosen(accepted) == expected


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [("gzip", gzip.decompress), ("br", brotli.decompress),
     ("zstd", lambda body: compression.zstd.decompress(body))],
)  # fmt: skip
def test_a_body_is_the_same_in_every_encoding(
    pair: tuple[str, str], encoding: str, decode: Any
) -> None:
    plain = get(pair[0], LIST)
    for _ in range(2):
        reply = get(pair[0], LIST, accept_encoding=encoding)
        assert reply.headers["content-encoding"] == encoding
        assert decode(reply.body) == plain.body
        assert int(reply.headers["content-length"]) == len(reply.body) < len(plain.body)
        assert reply.headers["etag"] != plain.headers["etag"]
        assert reply.headers["vary"] == plain.headers["vary"] == "Accept, Accept-Encoding"
        again = get(pair[0], LIST, accept_encoding=encoding, if_none_match=reply.headers["etag"])
        assert again.status == 304


def test_a_small_body_is_sent_as_it_is(pair: tuple[str, str]) -> None:
    reply = get(pair[0], STATUS, accept_encoding="gzip")
    assert "content-encoding" not in reply.headers
    assert reply.headers["vary"] == "Accept"


# The store


class Views:
    """A WSGI application that counts its calls."""

    def __init__(self, size: int = 100, takes: float = 0, headers: Any = ()) -> None:
        self.calls, self.size, self.takes, self.headers = 0, size, takes, list(headers)

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.calls += 1
        time.sleep(self.takes)
        start_response("200 OK", [("Content-Type", "application/json"), *self.headers])
        return [b"x" * self.size]


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> list[log.Version]:
    """The last of these is the database's."""
    versions = [log.Version(1, "a", 0)]
    monkeypatch.setattr(log, "version", lambda: versions[-1])
    return versions


def ask(site: Answers, query: str = "", **given: Any) -> bytes:
    environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "PATH_INFO": ROOT,
               "QUERY_STRING": query, "HTTP_HOST": "localhost", **given}  # fmt: skip
    return b"".join(site(environ, lambda status, headers: None))


def test_many_who_ask_at_once_have_it_made_once(version: Any) -> None:
    views = Views(takes=0.2)
    site = Answers(views)
    with ThreadPoolExecutor(20) as threads:
        bodies = set(threads.map(lambda _: ask(site), range(20)))
    assert (views.calls, len(bodies)) == (1, 1)


def test_the_least_used_leaves_first_and_the_bound_is_kept(version: Any, settings: Any) -> None:
    settings.ANSWERS = 1
    views = Views(size=50_000)
    site = Answers(views)
    for number in range(100):
        ask(site, "hot")
        ask(site, f"x={number}")
        assert site._size <= site.most
        real = sum(each.size for each in site._answers.values())
        assert site._size == real
    assert views.calls == 101  # the hot one was made once


@pytest.mark.parametrize("headers", [[("Set-Cookie", "a=b")], [("Cache-Control", "no-store")]])
def test_what_is_ones_own_is_not_kept(version: Any, headers: Any) -> None:
    views = Views(headers=headers)
    site = Answers(views)
    ask(site)
    ask(site)
    assert views.calls == 2


def test_an_answer_that_a_writer_overtook_is_not_kept(version: Any) -> None:
    views = Views()

    def overtaken(environ: Any, start_response: Any) -> Any:
        version.append(log.Version(len(version) + 1, "b", 0))
        return views(environ, start_response)

    site = Answers(overtaken)
    ask(site)
    ask(site)
    assert views.calls == 2
    assert not site._answers


def test_what_is_compressed_after_it_has_left_is_no_part_of_the_size(version: Any) -> None:
    site = Answers(Views(size=5000))
    ask(site)
    (answer,) = site._answers.values()
    key = next(iter(site._answers))
    version.append(log.Version(2, "b", 0))
    site.refresh()
    site._encode(key, answer, "gzip")
    assert site._size == 0


def test_a_version_that_was_read_before_anothers_is_not_taken(version: Any) -> None:
    site = Answers(Views())
    site.refresh()
    newer = site._state._replace(version=log.Version(2, "b", 0), read=time.monotonic() + 1)
    site._state = newer
    site.refresh()
    assert site._state == newer


def test_a_version_that_was_read_before_a_write_of_this_process_is_not_fresh(
    version: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Answers(Views())

    def written_meanwhile() -> log.Version:
        before = version[-1]
        version.append(log.Version(2, "b", 0))
        ask(site, PATH_INFO="/admin/", REQUEST_METHOD="POST")
        return before

    ask(site)
    assert site.is_fresh
    with monkeypatch.context() as patched:
        patched.setattr(log, "version", written_meanwhile)
        site.refresh()
    assert not site.is_fresh
    ask(site)
    assert site._state.version == version[-1]


def test_what_lives_is_kept_for_its_second(
    version: Any, monkeypatch: pytest.MonkeyPatch, frozen_clock: datetime
) -> None:
    views = Views()

    def living(environ: Any, start_response: Any) -> Any:
        environ[clock.LIVES] = clock.now()
        return views(environ, start_response)

    site = Answers(living)
    ask(site), ask(site)
    assert views.calls == 1
    monkeypatch.setattr(clock, "now", lambda: frozen_clock + timedelta(seconds=1))
    ask(site), ask(site)
    assert views.calls == 2


def test_answers_can_be_switched_off(version: Any, settings: Any) -> None:
    settings.ANSWERS = 0
    views = Views()
    site = Answers(views)
    ask(site), ask(site)
    assert views.calls == 2
