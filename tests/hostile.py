"""Requests that nobody should send, and what every answer to them has to keep to."""

import json
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from django.conf import settings
from hypothesis import strategies as st

from spacedevs.api.registry import resources
from tests import openapi

STATUSES = {200, 301, 400, 404, 405, 406, 414}
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Request(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]


class Answer(NamedTuple):
    status: int
    content_type: str
    content: bytes


def check(request: Request, answer: Answer) -> None:
    """No 5xx; JSON unless HTML was asked for; a 200 as the document promises; a 4xx an object."""
    assert answer.status in STATUSES
    if answer.status == 301:
        return
    if answer.content_type.startswith("text/html"):
        assert asks_for_html(request)
        return
    assert answer.content_type == "application/json"
    if request.method == "HEAD":
        assert answer.content == b""
        return
    body = json.loads(answer.content)
    if answer.status == 200:
        assert faults(request.url, body) == []
    else:
        assert isinstance(body, dict)
        assert body


def asks_for_html(request: Request) -> bool:
    _, _, query = request.url.partition("?")
    return "api" in unquote(query) or "text/" in request.headers.get("accept", "")


def faults(url: str, body: Any) -> list[str]:
    path = unquote(url.partition("?")[0])
    if path == settings.API_ROOT:
        return [] if sorted(body) == sorted(resources()) else ["not the resources"]
    described = openapi.path_of(path)
    return openapi.faults(described, body) if described else ["not described"]


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


# As they stand in a URL, escapes and all.
BYTES = (
    *("%00", "a%00b", "%00%00", "%ff", "%fe%ff", "%c3%28", "%c0%80", "%e2%82", "%f4%90%80%80"),
    *("%ed%a0%80", "%ed%b0%80", "%ed%a0%bd%ed%b8%80"),  # surrogates
    *("%", "%zz", "%u0000", "%2500", "%25%30%30", "+", "%20", "%0d%0aX:1", "%7f", "%1b[0m", "é"),
)
NUMBERS = (
    *("0", "-0", "1", "-1", "121", "+1", "00001", "1.0", "1.5", ".5", "5.", "-.0", "1e2", "1E+2"),
    *("2147483647", "2147483648", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775808", "-9223372036854775809", "18446744073709551616", "-2147483649"),
    *("1e999999999", "-1e999999999", "1e-999999999", "1e400", "1e19", "1e9999", "0e999999999"),
    *("NaN", "-NaN", "sNaN", "nan", "Infinity", "-Infinity", "inf", "1_000", "0x10", "0b1", "1,2"),
    *("9" * 100, "9" * 1900, "-" + "9" * 1900, "0." + "0" * 1900 + "1", "1" + "0" * 4300),
    *("٣", "१२", "１", "²", "½", "Ⅷ", "٣٤٥٦٧٨٩٠١٢٣٤٥٦٧٨٩٠", " 1 ", "1\n", "−1"),
)
TEXTS = (
    *("", " ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\ufeff", "\u200b", "\u0301"),
    *("'", '"', "''", "'a", '"a b', "\\", "\\'", "\\0", "%", "_", "%%", "__", "*", "?", "[", "("),
    *("' OR 1=1 --", "1; DROP TABLE spacecraft_agency", "1) UNION SELECT 1--", "$1", "%s", "%(a)s"),
    *("{}", "{0}", "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "&amp;", "../..", "/", ";"),
    *(
        ",",
        ",,,",
        "a,b",
        ",a",
        "FR,US",
        "fra,",
        "US," * 500,
        "אבג",
        "\u202eabc",
        "مرحبا",
        "🚀",
        "👩‍🚀",
    ),
    *("ß", "İ", "ı", "ﬁ", "ﷺ", "Å", "\ud800", "\udfff", "a\udc80b", "\U0010ffff", "\uffff", "é"),
    *("true", "True", "TRUE", "1", "false", "0", "null", "None", "undefined", "on", "[]", "{}"),
    *("detailed", "list", "normal", "Detailed", "json", "xml", "html", "yaml", "csv"),
    *("id", "-id", "--id", "-", "name", "-name", "pk", "-pk", "?", "name,-name,id", "name__len"),
    *("-total_launch_count", "time_docked,-time_in_space", "agency__name", "password", "id asc"),
    *("o " * 32, "o " * 33, "'o' " * 40, "x" * 512, "x" * 513, "é" * 512, "🚀" * 300),
    *(",".join(["id"] * 10), ",".join(["-id"] * 11), "id," * 400, "x" * 3000, "x" * 6000),
)
ACCEPTS = (
    *("", "*/*", "application/json", "application/*", "text/html", "application/xml", "image/png"),
    *("*/json", "json", "/", ",", ";", ";;=,", "application/json;q=x", "application/json;q=-1"),
    *("application/json; indent=4", "application/json; indent=-1", "application/json; indent=x"),
    *("application/json; indent=99999999999", "application/json; indent=1e9", "a/b;indent=1"),
    *("text/html;q=0.1,application/json;q=0.9", "application/json;version=9", "a/b," * 500),
    *("application/json; charset=\x00", "\xff\xfe", "%00", "application/json\t", "x" * 3000),
)
HOSTS = (
    *("", " ", ".", "evil.example", "localhost.evil.example", "localhost:x"),
    *("[::1", "[]", "::1", "a b", "a/b", "a@localhost", "localhost,evil"),
    *("\x00", "\xff", "x" * 3000, "localhost\\evil", "127.0.0.1.nip.example", "%6c", "-", "_"),
)
NAMES = ("limit", "offset", "ordering", "search", "mode", "format")
ODD_NAMES = ("", "unknown", "%00", "%ff", "%ed%a0%80", "id__in", "name__regex", "pk", "x[]", "é")
FLOODS = ("a=&" * 1001, "a&" * 1001, "search=o&" * 400, "limit=1&" * 300, "&" * 2000)


def values() -> st.SearchStrategy[str]:
    """What stands after `=`, escaped."""
    return st.one_of(
        st.sampled_from(BYTES),
        st.sampled_from(NUMBERS).map(encoded),
        st.sampled_from(TEXTS).map(encoded),
        st.text(st.characters(exclude_categories=()), max_size=40).map(encoded),
        st.integers().map(str),
        st.floats().map(repr),
    )


def rarely(usual: str, odd: tuple[str, ...]) -> st.SearchStrategy[str]:
    return often(st.just(usual), 14, st.sampled_from(odd))


def often(usual: st.SearchStrategy, times: int, odd: st.SearchStrategy) -> st.SearchStrategy:
    """`usual`, `times` as often as `odd`. `one_of` counts the same strategy once."""
    return st.sampled_from([usual] * times + [odd]).flatmap(lambda chosen: chosen)


def queries(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    pair = st.tuples(st.sampled_from((*names, *NAMES, *ODD_NAMES)), values()).map("=".join)
    pairs = st.lists(pair, max_size=5).map("&".join)
    # A page takes longer than an answer.
    return often(pairs, 20, st.sampled_from(FLOODS) | pairs.map("format=api&{}".format))


def paths(prefix: str) -> st.SearchStrategy[str]:
    """The list, a record, and now and then nothing at all."""
    ids = often(st.integers(1, 20).map(str), 2, values())
    listed = often(st.just(f"{prefix}/"), 2, ids.map(f"{prefix}/{{}}/".format))
    return often(listed, 14, values() | values().map(f"{prefix}/1/{{}}".format))


@st.composite
def requests(draw: st.DrawFn, prefix: str) -> Request:
    filterset = resources()[prefix].filterset_class
    names = tuple(filterset.get_filters()) if filterset else NAMES
    method = draw(rarely("GET", METHODS))
    url = f"{settings.API_ROOT}{draw(paths(prefix))}?{draw(queries(names))}"
    accept = draw(rarely("application/json", ACCEPTS))
    return Request(method, url, {"accept": accept, "host": draw(rarely("localhost", HOSTS))})
