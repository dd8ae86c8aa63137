"""The craft in space. `python3 in_space.py`, or with a host that serves the same."""

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

HOST = sys.argv[1] if len(sys.argv) > 1 else "https://ll.thespacedevs.com"
kept: dict[str, tuple[str | None, Any]] = {}  # by URL: an ETag, and the page that it names
unchanged = 0


def get(url: str) -> Any:
    global unchanged
    etag, page = kept.get(url, (None, None))
    try:
        with urlopen(Request(url, headers={"If-None-Match": etag} if etag else {})) as answer:
            kept[url] = answer.headers["ETag"], json.load(answer)
    except HTTPError as error:
        if error.code != 304:
            raise
        unchanged += 1
        return page
    return kept[url][1]


def pages() -> Iterator[Any]:
    url = f"{HOST}/2.3.0/spacecraft/?in_space=true"
    while url:
        page = get(url)
        yield page
        url = page["next"]


for page in pages():
    for craft in page["results"]:
        print(craft["id"], craft["name"])
again = len(list(pages()))
print(f"asked again: {unchanged} of {again} pages unchanged")
