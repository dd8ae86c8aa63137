"""The controls of an admin's page, as a browser sends them."""

from html.parser import HTMLParser
from typing import Any

Controls = dict[str, list[str]]


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Controls = {}
        self.select = self.multiple = self.area = ""
        self.options: list[str] = []  # of a select of which none is chosen yet

    def add(self, name: str | None, value: str | None) -> None:
        if name:
            self.found.setdefault(name, []).append(value or "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag == "input" and given.get("type") not in ("submit", "button"):
            box = given.get("type") in ("checkbox", "radio")
            if not box or "checked" in given:
                self.add(given.get("name"), given.get("value", "on" if box else ""))
        elif tag == "select":
            self.select = "" if "multiple" in given else given.get("name", "")
            self.multiple, self.options = given.get("name", ""), []
        elif tag == "option" and "selected" in given:
            self.add(self.multiple, given.get("value"))
            self.select = ""
        elif tag == "option":
            self.options.append(given.get("value", ""))
        elif tag == "textarea":
            self.area = given["name"]
            self.add(self.area, "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select and self.options:
            self.add(self.select, self.options[0])  # as a browser shows it
        if tag == "textarea":
            # HTML leaves out the first end of a line.
            text = self.found[self.area][-1].replace("\r\n", "\n").removeprefix("\n")
            self.found[self.area][-1] = text.replace("\n", "\r\n")
            self.area = ""


def controls(page: str) -> Controls:
    """Each name with its values, of all forms of the page's content."""
    reader = _Controls()
    reader.feed(page.partition('id="content"')[2])
    return reader.found
