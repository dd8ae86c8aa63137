"""`manage.py prepare` and `manage.py serve`, as the person at the prompt sees them."""

import http.client
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.conftest import run, shell
from tests.servers import manage, wait_until_it_answers

NOWHERE = "postgres://127.0.0.1:1/x"
CSS = "/static/rest_framework/css/default.css"
COUNTS = """
from django.apps import apps
print({m._meta.label: m.objects.count() for m in apps.get_app_config("spacecraft").get_models()})
"""
EDIT = """
from spacecraft.models import Spacecraft
Spacecraft.objects.order_by("-pk")[:1].get().delete()
row = Spacecraft.objects.order_by("pk")[:1].get()
row.name = "Edited"
row.save()
"""
NAME = """
from spacecraft.models import Spacecraft
print(Spacecraft.objects.order_by("pk")[:1].get().name)
"""


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What was said by a command that could not do its work."""
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def ask(server: str, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


@contextmanager
def serving(env: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The URL that the server says that it has, and the first that it really answers at."""
    host = f"[{env['HOST']}]" if ":" in env["HOST"] else env["HOST"]
    with subprocess.Popen(
        manage("serve"), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        try:
            output = process.stdout.readline()
            url = f"http://{host}:{env['PORT']}"
            wait_until_it_answers(url, process)
            yield output, url
        finally:
            process.terminate()
            process.stdout.read()
    assert process.returncode == 0


# prepare


def test_prepare_loads_the_fixtures_into_an_empty_database_and_says_so(
    empty: dict[str, str],
) -> None:
    done = run(empty, "prepare")
    assert done.returncode == 0, done.stderr
    assert "The database is up to date." in done.stdout
    assert "The database was empty: loaded " in done.stdout
    assert "Spacecraft': 0" not in shell(empty, COUNTS)


def test_a_second_prepare_changes_nothing(prepared: dict[str, str]) -> None:
    shell(prepared, EDIT)
    before = shell(prepared, COUNTS)
    again = run(prepared, "prepare")
    assert again.returncode == 0, again.stderr
    assert again.stdout == "The database is up to date.\n"
    assert shell(prepared, COUNTS) == before
    assert shell(prepared, NAME) == "Edited\n"


@pytest.mark.parametrize("is_used", [False, True])
def test_three_who_prepare_at_once_succeed_and_one_of_them_does_the_work(
    empty: dict[str, str], is_used: bool
) -> None:
    if is_used:
        run(empty, "migrate", "spacecraft", "0003", "-v0")
    started = [
        subprocess.Popen(
            manage("prepare"),
            env=empty,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert all("The database is up to date." in each for each in said)
    assert sum("loaded " in each for each in said) == 1


def test_one_who_waits_for_another_prepare_says_so(prepared: dict[str, str]) -> None:
    code = """
import sys, time
from spacedevs.locks import alone
with alone("prepare"):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        manage("shell", "--no-imports", "-c", code),
        env=prepared,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with subprocess.Popen(
            manage("prepare"), env=prepared, stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout
            assert waiting.stdout.readline().startswith("Waiting: another `prepare`")
            holder.stdin.close()
            assert waiting.stdout.read() == "The database is up to date.\n"
    assert waiting.returncode == 0


def test_prepare_says_in_a_sentence_that_the_database_is_away(empty: dict[str, str]) -> None:
    output = refusal(run({**empty, "DATABASE_URL": NOWHERE}, "prepare"))
    assert "The database can't be used. The database does not answer." in output
    assert "check DATABASE_URL" in output


def test_prepare_names_a_data_dir_that_can_not_be_made(
    empty: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    env = {**empty, "DATABASE_URL": "", "SECRET_KEY": "x", "DATA_DIR": str(tmp_path / "file" / "x")}
    output = refusal(run(env, "prepare"))
    assert f"DATA_DIR can't be {tmp_path / 'file' / 'x'}" in output


def test_prepare_makes_a_data_dir_and_keeps_one_secret_key_that_no_other_may_read(
    empty: dict[str, str], tmp_path: Path
) -> None:
    env = {**empty, "DATA_DIR": str(tmp_path / "a" / "b")}
    assert run(env, "prepare").returncode == 0
    key = tmp_path / "a" / "b" / "secret-key"
    assert key.stat().st_mode & 0o777 == 0o600
    first = key.read_text()
    assert len(first) >= 50
    assert run(env, "prepare").returncode == 0
    assert key.read_text() == first
    assert [path.name for path in key.parent.iterdir() if "db.sqlite3" not in path.name] == [
        key.name
    ]


def test_processes_that_start_together_share_one_secret_key(
    empty: dict[str, str], tmp_path: Path
) -> None:
    env = {**empty, "DATA_DIR": str(tmp_path / "new")}
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    words = manage("shell", "--no-imports", "-c", code)
    started = [
        subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1


# serve


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "80.5", "٨٠٨٠"])
def test_a_wrong_port_is_named_with_its_value(empty: dict[str, str], port: str) -> None:
    output = refusal(run({**empty, "PORT": port}, "serve"))
    assert f"PORT is {port!r}: write a whole number from 1 to 65535." in output


@pytest.mark.parametrize("workers", ["none", "0", "257"])
def test_a_wrong_number_of_workers_is_named_with_its_value(
    empty: dict[str, str], workers: str
) -> None:
    output = refusal(run({**empty, "WORKERS": workers}, "serve"))
    assert f"WORKERS is {workers!r}: write a whole number from 1 to 256." in output


def test_a_port_in_use_is_named_and_another_is_suggested(empty: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(empty["PORT"]))):
        output = refusal(run(empty, "serve"))
    assert f"127.0.0.1:{empty['PORT']} can't be listened on: Address already in use." in output
    assert "`PORT=8001 make serve`" in output


def test_a_port_that_another_server_of_this_project_has_is_in_use(server: str) -> None:
    port = str(urlsplit(server).port)
    output = refusal(run({**os.environ, "HOST": "127.0.0.1", "PORT": port}, "serve"))
    assert f"127.0.0.1:{port} can't be listened on: Address already in use." in output


@pytest.mark.parametrize("host", ["host.invalid", "a..b", "127.0.0.999"])
def test_a_host_that_is_none_is_named(empty: dict[str, str], host: str) -> None:
    output = refusal(run({**empty, "HOST": host}, "serve"))
    assert f"{host}:{empty['PORT']} can't be listened on: " in output


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_server_says_where_it_answers(prepared: dict[str, str], host: str) -> None:
    with serving({**prepared, "HOST": host}) as (output, url):
        shown = output.split()[-1]
        assert shown == f"{url}/2.3.0/spacecraft/"
        assert ask(url, "GET", urlsplit(shown).path)[0] == 200


@pytest.mark.parametrize(
    ("host", "name"),
    [("0.0.0.0", "localhost"), ("::1", "[::1]")],  # noqa: S104
)
def test_the_url_that_is_shown_is_one_that_a_browser_can_go_to(
    empty: dict[str, str], host: str, name: str
) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving({**empty, "HOST": host}) as (output, _):
        assert output.split()[-1] == f"http://{name}:{empty['PORT']}/2.3.0/spacecraft/"


@pytest.mark.parametrize("url", [NOWHERE, "sqlite:////nowhere/x.sqlite3"])
def test_a_server_whose_database_is_away_starts_and_answers_503(
    empty: dict[str, str], url: str
) -> None:
    with serving({**empty, "DATABASE_URL": url}) as (_, url):
        status, headers, body = ask(url, "GET", "/2.3.0/spacecraft/")
    assert status == 503
    assert headers["retry-after"] == "5"
    assert "DATABASE_URL" in json.loads(body)["detail"]


def test_a_server_whose_database_is_not_prepared_answers_503(empty: dict[str, str]) -> None:
    with serving(empty) as (_, url):
        status, _, body = ask(url, "GET", "/2.3.0/spacecraft/")
    assert status == 503
    command = "migrate" if empty["DATABASE_URL"] else "prepare"
    assert f"`manage.py {command}`" in json.loads(body)["detail"]


# What comes over a real socket


def test_a_list_is_json_of_the_announced_length(server: str) -> None:
    status, headers, body = ask(server, "GET", "/2.3.0/spacecraft/")
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert len(json.loads(body)["results"]) == 10


def test_links_lead_to_the_host_that_was_asked(server: str) -> None:
    _, _, body = ask(server, "GET", "/2.3.0/spacecraft/", Host="localhost:1234")
    assert json.loads(body)["next"].startswith("http://localhost:1234/2.3.0/spacecraft/?")


def test_a_proxys_headers_are_not_believed_unless_there_is_a_proxy(server: str) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    _, _, body = ask(server, "GET", "/2.3.0/spacecraft/", **forwarded)
    assert json.loads(body)["next"].startswith(f"{server}/2.3.0/")


@pytest.mark.parametrize(
    "path",
    ["/2.3.0/agencies/", "/2.3.0/", "/2.3.0/nothing/", CSS],
)
def test_head_has_the_headers_of_get_and_no_body(server: str, path: str) -> None:
    status, headers, body = ask(server, "GET", path)
    head_status, head_headers, head_body = ask(server, "HEAD", path)
    assert body
    assert head_body == b""
    assert head_status == status
    assert without_its_own(head_headers) == without_its_own(headers)


def without_its_own(headers: dict[str, str]) -> dict[str, str]:
    """Without what each answer has for itself."""
    return {k: v for k, v in headers.items() if k not in ("date", "x-request-id")}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_would_write_is_refused(server: str, method: str) -> None:
    status, headers, body = ask(server, method, "/2.3.0/spacecraft/")
    assert status == 405
    assert headers["allow"] == "GET"
    assert json.loads(body) == {"detail": f'Method "{method}" not allowed.'}


def test_a_url_without_its_slash_leads_to_the_one_with_it(server: str) -> None:
    status, headers, _ = ask(server, "GET", "/2.3.0/spacecraft?limit=2")
    assert status == 301
    assert headers["location"] == "/2.3.0/spacecraft/?limit=2"


def test_the_root_is_a_page_for_people(server: str) -> None:
    status, headers, body = ask(server, "GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'<a href="/2.3.0/">' in body


def test_a_host_that_is_not_allowed_is_told_so_in_json_and_no_more(server: str) -> None:
    status, _, body = ask(server, "GET", "/2.3.0/spacecraft/", Host="evil.example")
    assert status == 400
    assert json.loads(body) == {"detail": "This host is not served here."}


def test_the_server_is_not_named(server: str) -> None:
    for path in ("/2.3.0/", "/2.3.0/nothing/", CSS, "/health/live"):
        assert not ask(server, "GET", path)[1].get("server")


def test_a_url_that_is_too_long_is_told_so_in_json(server: str) -> None:
    status, _, body = ask(server, "GET", "/2.3.0/spacecraft/?search=" + "a" * 4094)
    assert status == 414
    assert "4094 is the most" in json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (CSS, "text/css"),
        ("/static/admin/css/base.css", "text/css"),
        ("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js", "text/javascript"),
        ("/static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js", "text/javascript"),
    ],
)
def test_static_files_come_from_the_same_server(server: str, path: str, kind: str) -> None:
    status, headers, body = ask(server, "GET", path)
    assert status == 200
    assert headers["content-type"].partition(";")[0] == kind
    assert headers["content-length"] == str(len(body))


def test_a_static_file_that_the_client_has_is_not_sent_again(server: str) -> None:
    etag = ask(server, "GET", CSS)[1]["etag"]
    status, _, body = ask(server, "GET", CSS, **{"If-None-Match": etag})
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/../manage.py", "/static/%2e%2e/manage.py", "/static//etc/hostname"]
)
def test_no_other_file_of_the_machine_is_served(server: str, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404


def test_one_connection_carries_many_requests(server: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)) as connection:
        connection.connect()
        used = connection.sock
        for path in ("/2.3.0/spacecraft/", "/2.3.0/nothing/", CSS, "/2.3.0/"):
            connection.request("GET", path)
            connection.getresponse().read()
            assert connection.sock is used


def test_connections_that_say_nothing_keep_nobody_waiting(server: str) -> None:
    where = urlsplit(server)
    idle = [socket.create_connection((where.hostname, where.port)) for _ in range(50)]
    try:
        for half in idle[:25]:
            half.sendall(b"GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost: loc")
        assert ask(server, "GET", "/2.3.0/spacecraft/")[0] == 200
    finally:
        for connection in idle:
            connection.close()


def test_what_is_not_http_is_refused_and_the_server_goes_on(server: str) -> None:
    where = urlsplit(server)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert ask(server, "GET", "/2.3.0/")[0] == 200


@pytest.mark.parametrize("character", ['"', "<", ">"])
def test_a_character_that_the_servers_http_library_refuses_is_answered_where_it_is_escaped(
    server: str, character: str
) -> None:
    """The README says so. Where the raw one is answered too, the sentence is to go."""
    where = urlsplit(server)
    line = f"GET /2.3.0/spacecraft/?search={character}Crew HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(line.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert ask(server, "GET", f"/2.3.0/spacecraft/?search={quote(character)}Crew")[0] == 200


def test_a_server_that_is_told_to_stop_while_it_starts_stops(prepared: dict[str, str]) -> None:
    env = {**prepared, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        manage("serve"), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    assert any(b"Started worker" in line for line in process.stdout)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
