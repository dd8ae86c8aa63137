"""What is sent to a source, what may be connected to, and what of its answer is read."""

import ssl
from dataclasses import replace

import httpx2
import pytest

from spacedevs.mirror import source as source_module
from spacedevs.mirror.errors import Everywhere, ServerError, SourceError
from tests.mirror import upstream as u
from tests.mirror.sources import TOKEN, Make, error_of
from tests.mirror.upstream import Upstream

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

# Headers, and the token


def test_the_headers_are_polite(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    headers = upstream.requests[0].headers
    named = [headers[name] for name in ("user-agent", "accept", "accept-encoding")]
    assert named == ["spacedevs/0.1.0", "application/json", "gzip"]


def test_no_connection_is_kept(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    assert upstream.requests[0].headers["connection"] == "close"


def test_the_token_is_sent(source: Make, upstream: Upstream) -> None:
    source(token=TOKEN).page("agencies", 0)
    assert upstream.requests[0].headers["authorization"] == f"Token {TOKEN}"


def test_without_a_token_none_is_sent(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    assert "authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize(
    "behaviour",
    [
        u.fails(401),
        u.html(f"your token {TOKEN}"),
        u.answers({"detail": TOKEN}, 400),
        u.redirects(f"http://localhost/{TOKEN}"),
        u.sends(b"{}", TOKEN),
        u.sends(TOKEN.encode()),
        u.answers({"count": TOKEN}),
        u.headed(Content_Encoding=TOKEN),
    ],
    ids=["401", "html", "400", "redirect", "content type", "no JSON", "count", "encoding"],
)
def test_the_token_is_in_no_error(source: Make, upstream: Upstream, behaviour: u.Behaviour) -> None:
    upstream.behave(behaviour, times=None)
    assert TOKEN not in str(error_of(source(token=TOKEN)))


def test_the_token_is_in_no_repr(source: Make) -> None:
    asked = source(token=TOKEN)
    assert TOKEN not in repr(asked) + repr(asked._client)


@pytest.mark.parametrize("token", ["a b", "a\nb", "ключ"])
def test_a_token_that_can_be_no_header_is_refused_without_being_printed(
    source: Make, token: str
) -> None:
    with pytest.raises(Everywhere) as caught:
        source(token=token)
    assert token not in str(caught.value)


# Bodies


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (u.sends(b"\x89PNG", "image/png"), "sent image/png and not JSON: “�PNG”"),
        (u.sends(b"\x1b[31m\x07\xe2\x80\xaered", "text/plain"), "“[31m red”"),
        (u.sends(b"{}", ""), "sent no type and not JSON"),
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
    source: Make, upstream: Upstream, behaviour: u.Behaviour, message: str
) -> None:
    upstream.behave(behaviour)
    assert message in str(error_of(source()))
    assert len(upstream.requests) == 1


def test_an_error_names_what_was_asked_and_what_to_do(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.sends(b"PNG", "image/png"))
    error = str(error_of(source()))
    asked = "agencies/?mode=detailed&offset=0&ordering=id&limit=100"
    assert error.startswith(f"{upstream.url}{asked} sent ")
    assert error.endswith("; check that the URL is that of a server of Launch Library 2.3.0.")


def test_no_more_than_80_characters_of_what_came_are_quoted(
    source: Make, upstream: Upstream
) -> None:
    upstream.behave(u.sends(b"x" * 1000, "text/plain"))
    error = str(error_of(source()))
    assert "x" * 80 in error
    assert "x" * 81 not in error


@pytest.mark.parametrize("status", [200, 403, 500, 520, 527])
def test_a_page_of_html_is_an_error_of_the_moment(
    source: Make, upstream: Upstream, status: int
) -> None:
    upstream.behave(
        lambda request, reply: replace(u.html()(request, reply), status=status), times=None
    )
    error = error_of(source())
    message = f"answered {status}: sent HTML and not JSON: “<html><h1>Down for maintenance"
    assert (type(error), message in str(error), len(upstream.requests)) == (ServerError, True, 4)


@pytest.mark.parametrize("status", [401, 404])
def test_a_page_of_html_says_no_more_than_its_status_where_that_is_plain(
    source: Make, upstream: Upstream, status: int
) -> None:
    upstream.behave(lambda request, reply: replace(u.html()(request, reply), status=status))
    assert f"answered {status}, not " in str(error_of(source()))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        u.sends(b"<html>", "text/html", Server="cloudflare"),
        u.sends(b"<html>", "text/html", CF_RAY="8f0c1"),
        u.html("<html><title>Just a moment...</title> Performance by Cloudflare"),
    ],
    ids=["Server", "CF-RAY", "the word"],
)
def test_a_page_of_cloudflare_is_called_that(
    source: Make, upstream: Upstream, behaviour: u.Behaviour
) -> None:
    upstream.behave(behaviour, times=None)
    message = "sent a page of Cloudflare, before the source, and not JSON"
    assert message in str(error_of(source()))


def test_a_byte_order_mark_is_taken_and_noted(source: Make, upstream: Upstream) -> None:
    upstream.behave(lambda request, reply: replace(reply, body=b"\xef\xbb\xbf" + reply.body))
    asked = source()
    assert len(asked.page("agencies", 0).results) == 100
    assert asked.notes == {"Its answers begin with a byte order mark (BOM); taken without it."}


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_too_large_is_not_read_to_its_end(
    source: Make, upstream: Upstream, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "LARGEST", 2**20)
    upstream.gzip = packed
    upstream.behave(u.answers({"text": "x" * 2**21}))
    assert "sent more than 1 MiB" in str(error_of(source()))


def test_a_packed_body_is_unpacked(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    assert source().page("agencies", 0).results == upstream.rows["agencies"][:100]


def test_a_packed_body_that_is_cut_off_is_asked_for_again(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    closed = {"Connection": "close"}
    upstream.behave(
        lambda request, reply: replace(reply, headers={**reply.headers, **closed}, cut=60)
    )
    source().page("agencies", 0)
    assert [call.params["limit"] for call in upstream.requests] == ["100", "50"]


# Where the source is


@pytest.mark.parametrize(
    "root",
    [
        *("ftp://host/", "file:///etc/passwd", "host/2.3.0", "", "http://", "http://h:x/"),
        *("//host/", "https://host/?a=b", "https://host/#a", "https://me:pass@host/"),
        *("http://[::1/", "http://h:99999/", f"https://host/{'x' * 200}/"),
    ],
)
def test_a_root_that_is_no_http_url_is_refused(source: Make, root: str) -> None:
    with pytest.raises(Everywhere) as caught:
        source(root or " ")
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("end", ["/2.3.0", "/2.3.0/", "/2.3.0//"])
def test_the_root_ends_with_a_slash(source: Make, end: str) -> None:
    assert str(source(f"https://host{end}").root) == "https://host/2.3.0/"


def test_a_certificate_that_is_refused_is_not_asked_for_again(source: Make) -> None:
    tried = []

    def refuse(request: httpx2.Request) -> httpx2.Response:
        tried.append(request)
        raise httpx2.ConnectError("bad") from ssl.SSLCertVerificationError("expired")

    error = error_of(source("https://host/", transport=httpx2.MockTransport(refuse)))
    assert (type(error), len(tried)) == (Everywhere, 1)


# A source that has moved


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        *("/2.3.0/agencies/7/", "http://localhost:1/2.3.0/agencies/", "//example.org/"),
        *("http://me:pass@127.0.0.1/", "http://[::1/", "ftp://127.0.0.1/"),
    ],
)
def test_a_redirect_is_not_followed_and_named(
    source: Make, upstream: Upstream, status: int, location: str
) -> None:
    upstream.behave(u.redirects(location, status))
    error = error_of(source())
    assert type(error) is SourceError
    message = f" has moved to “{location}”; name the source by that URL."
    assert str(error).endswith(message)
    assert len(upstream.requests) == 1


def test_a_redirect_to_nowhere_is_named_by_its_status(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects(""))
    assert "answered 302" in str(error_of(source()))
