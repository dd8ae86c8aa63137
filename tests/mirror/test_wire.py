"""What is sent to a source, what may be connected to, and what of its answer is read."""

import socket
from dataclasses import replace

import httpx
import pytest

from spacedevs.mirror import wire
from spacedevs.mirror.errors import SourceError, Struggling
from spacedevs.mirror.hosts import is_public
from tests.mirror import upstream as u
from tests.mirror.sources import JSON, TOKEN, Calls, Make, fault_of
from tests.mirror.upstream import Upstream

# Headers, and the token.


def test_the_headers_are_polite(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    headers = upstream.calls[0].headers
    named = [headers[name] for name in ("user-agent", "accept", "accept-encoding")]
    assert named == ["spacedevs/0.1.0", "application/json", "gzip"]


def test_the_token_is_sent(source: Make, upstream: Upstream) -> None:
    source(token=TOKEN).page("agencies", 0)
    assert upstream.calls[0].headers["authorization"] == f"Token {TOKEN}"


def test_without_a_token_none_is_sent(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    assert "authorization" not in upstream.calls[0].headers


@pytest.mark.parametrize(
    "behaviour",
    [
        u.fails(401),
        u.html(f"your token {TOKEN}"),
        u.answers({"detail": TOKEN}, 400),
        u.redirects(f"http://localhost/{TOKEN}"),
        u.sends(b"{}", TOKEN),
        u.answers({"count": TOKEN}),
    ],
    ids=["401", "html", "400", "redirect", "content type", "count"],
)
def test_the_token_is_in_no_fault(source: Make, upstream: Upstream, behaviour: u.Behaviour) -> None:
    upstream.behave(behaviour)
    assert TOKEN not in fault_of(source(token=TOKEN))


def test_the_token_is_in_no_repr(source: Make) -> None:
    assert TOKEN not in repr(vars(source(token=TOKEN)).get("_client")) + repr(source(token=TOKEN))


@pytest.mark.parametrize("token", ["a b", "a\nb", "ключ"])
def test_a_token_that_can_be_no_header_is_refused_without_being_printed(
    source: Make, token: str
) -> None:
    with pytest.raises(SourceError) as caught:
        source(token=token)
    assert token not in str(caught.value)


# Bodies.


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (u.html(), "sent text/html and not JSON: “<html><h1>Down"),
        (u.html("\x1b[31m\x07\u202ered"), "“[31m red”"),
        (u.sends(b"\x89PNG", "image/png"), "sent image/png"),
        (u.sends(b'{"a": "\xff"}'), "broken JSON"),
        (u.sends(b'{"a": NaN}'), "broken JSON"),
        (u.sends(b'{"a": "\\ud800"}'), "broken JSON"),
        (u.sends(b'{"a":' * 5000 + b"1" + b"}" * 5000), "broken JSON"),
        (u.sends(b"{}", Content_Encoding="br"), "packed as br"),
        (u.answers({}, 400), "answered 400 “{}”"),
        (u.answers({}, 204), "answered 204"),
        (u.fails(304), "answered 304"),
    ],
)
def test_what_is_not_the_json_that_was_asked_for_is_named(
    source: Make, upstream: Upstream, behaviour: u.Behaviour, said: str
) -> None:
    upstream.behave(behaviour)
    assert said in fault_of(source())


def test_a_fault_names_what_was_asked_and_what_to_do(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.html())
    fault = fault_of(source())
    asked = "agencies/?mode=detailed&offset=0&ordering=id&limit=100"
    assert fault.startswith(f"{upstream.url}{asked} sent ")
    assert fault.endswith("; check that the address is that of a server of Launch Library 2.3.0.")


def test_no_more_than_80_characters_of_what_came_are_quoted(
    source: Make, upstream: Upstream
) -> None:
    upstream.behave(u.html("x" * 1000))
    fault = fault_of(source())
    assert "x" * 80 in fault
    assert "x" * 81 not in fault


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_too_large_is_not_read_to_its_end(
    source: Make, upstream: Upstream, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LARGEST", 2**20)
    upstream.gzip = packed
    upstream.behave(u.answers({"text": "x" * 2**21}))
    assert "sent more than 1 MiB" in fault_of(source())


def test_a_packed_body_is_unpacked(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    assert source().page("agencies", 0).results == upstream.rows["agencies"][:100]


def test_a_packed_body_that_is_cut_off_is_asked_for_again(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    upstream.behave(
        lambda request, reply: replace(
            reply, headers={**reply.headers, "Connection": "close"}, cut=60
        )
    )
    source().page("agencies", 0)
    assert [call.params["limit"] for call in upstream.calls] == ["100", "50"]


def test_a_body_that_drips_in_for_too_long_is_given_up(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.drips(0.02), times=None)
    with pytest.raises(Struggling, match="sends too slowly"):
        source(limit=15, timeout=0.25).get("agencies/", {"limit": 100})


# Where the source is.


@pytest.mark.parametrize(
    "root",
    [
        *(
            "ftp://host/",
            "file:///etc/passwd",
            "host/2.3.0",
            "",
            "http://",
            "http://h:x/",
            "//host/",
        ),
        *(
            "https://host/?a=b",
            "https://host/#a",
            "https://me:pass@host/",
            "http://[::1/",
            "http://h:99999/",
        ),
    ],
)
def test_a_root_that_is_no_http_address_is_refused(source: Make, root: str) -> None:
    with pytest.raises(SourceError) as caught:
        source(root or " ")
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("end", ["/2.3.0", "/2.3.0/", "/2.3.0//"])
def test_the_root_ends_with_a_slash(source: Make, end: str) -> None:
    assert str(source(f"https://host{end}").root) == "https://host/2.3.0/"


@pytest.mark.parametrize("path", ["../admin/", "//host/", "http://host/", "a/../", "agencies", "/"])
def test_a_path_that_leaves_the_root_is_a_mistake(source: Make, path: str) -> None:
    with pytest.raises(ValueError, match="no path under the root"):
        source().get(path, {})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *(
            "0.0.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
        ),
        *("ff02::1", "fec0::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "2001:db8::1", "2001:0:0:0:0:0:80ff:fffe"),
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_that_is_public(address: str) -> None:
    assert is_public(address)


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_a_private_address_is_refused(source: Make, upstream: Upstream, host: str) -> None:
    asked = source(f"http://{host}:{upstream.port}/2.3.0/", allow_private=False)
    assert "no public address" in fault_of(asked) or "not known" in fault_of(asked)
    assert upstream.requests == []


def test_a_refused_address_costs_no_call(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    fault_of(source(allow_private=False, ledger=ledger))
    assert ledger == []


def test_one_private_address_among_public_ones_is_refused(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, "8.8.8.8", "10.0.0.1")
    assert "10.0.0.1" in fault_of(source("https://host/", allow_private=False))


def test_only_the_address_that_was_looked_at_is_connected_to(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers=JSON, content=iter([b"{}"]))

    resolves(monkeypatch, "8.8.8.8")
    transport = httpx.MockTransport(answer)
    source("https://host/", allow_private=False, transport=transport).get("agencies/", {})
    named = (seen[0].url.host, seen[0].headers["Host"], seen[0].extensions["sni_hostname"])
    assert named == ("8.8.8.8", "host", "host")


def test_the_next_address_is_tried_where_one_does_not_answer(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "8.8.8.8":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, headers=JSON, content=iter([b"{}"]))

    resolves(monkeypatch, "8.8.8.8", "8.8.4.4")
    asked = source("https://host/", allow_private=False, transport=httpx.MockTransport(answer))
    assert asked.get("agencies/", {}).body == {}


# Redirects.


@pytest.mark.parametrize(
    "location",
    [
        *("http://localhost:{port}/2.3.0/agencies/", "http://127.0.0.1:1/", "ftp://127.0.0.1/", ""),
        *("http://me:pass@127.0.0.1:{port}/", "//example.org/"),
    ],
)
def test_a_redirect_elsewhere_is_refused(source: Make, upstream: Upstream, location: str) -> None:
    upstream.behave(u.redirects(location.format(port=upstream.port)))
    assert "redirects elsewhere" in fault_of(source())
    assert len(upstream.requests) == 1


def test_a_redirect_to_no_address_is_refused(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("http://[::1/"), times=None)
    assert "Invalid URL in location header" in fault_of(source())


def test_a_redirect_on_the_same_host_is_followed(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("/2.3.0/agencies/7/"))
    assert source().get("agencies/", {}).body == {"id": 7}


def test_a_redirect_is_a_call_of_the_budget(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    upstream.behave(u.redirects("/2.3.0/agencies/7/"))
    source(ledger=ledger).get("agencies/", {})
    assert len(ledger) == 2


def test_a_fourth_redirect_is_refused(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("/2.3.0/agencies/"), times=None)
    assert "redirect after 3 others" in fault_of(source())
    assert len(upstream.calls) == 4


def test_a_redirect_from_https_to_http_is_refused(source: Make) -> None:
    moved = httpx.Response(301, headers={"Location": "http://host/agencies/"})
    transport = httpx.MockTransport(lambda request: moved)
    assert "redirects elsewhere" in fault_of(source("https://host/", transport=transport))
