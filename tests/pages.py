"""What a browsable page says, as a person reads it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class _Reader(HTMLParser):
    """The text of the first element of a class, and the links in it."""

    def __init__(self, css_class: str) -> None:
        super().__init__()
        self.css_class = css_class
        self.open: list[str] = []
        self.text = ""
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        starts = not self.text and self.css_class in (values.get("class") or "").split()
        if (self.open and tag not in VOID) or starts:
            self.open.append(tag)
        if self.open and tag in ("h4", "p", "pre"):
            self.text += "\n"
        if self.open and tag == "a":
            self.links.append(("", values["href"] or ""))

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text += data
            if "a" in self.open:
                text, href = self.links.pop()
                self.links.append((text + data, href))


def _read(html: str, css_class: str) -> _Reader:
    reader = _Reader(css_class)
    reader.feed(html)
    return reader


def description(html: str) -> list[str]:
    """The lines of a page's sections."""
    text = _read(html, "pull-left").text
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


def links(html: str) -> list[tuple[str, str]]:
    return _read(html, "pull-left").links


def breadcrumbs(html: str) -> list[str]:
    """The URLs of a page's breadcrumbs."""
    return [href for _, href in _read(html, "breadcrumb").links]


def request_line(html: str) -> str:
    return _read(html, "request-info").text.strip()


def response(html: str) -> tuple[list[str], str]:
    """The lines of the response's head, and its body."""
    head, _, body = _read(html, "response-info").text.strip().partition("\n\n")
    return head.splitlines(), body
