"""`manage.py serve`, as the person at the prompt and who asks it see it."""

import http.client
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote, urlsplit

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import run
from tests.servers import NOWHERE, manage, refusal, wait_until_it_answers

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

CSS = "/static/rest_framework/css/default.css"


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


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "80.5", "٨٠٨٠"])
def test_a_wrong_port_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(CommandError, match=f"PORT is {port!r}: write a whole number from 1 to 65"):
        call_command("serve")


@pytest.mark.parametrize("workers", ["none", "0", "257"])
def test_a_wrong_number_of_workers_is_named_with_its_value(
    monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("WORKERS", workers)
    with pytest.raises(CommandError, match=f"WORKERS is '{workers}': write a whole number"):
        call_command("serve")


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
def test_a_host_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HOST", host)
    with pytest.raises(CommandError, match=f"{re.escape(host)}:[0-9]+ can't be listened on: "):
        call_command("serve")


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
