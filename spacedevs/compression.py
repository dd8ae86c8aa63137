"""gzip, br and zstd: which of them a client takes, and how much is spent on it."""

import sys
import zlib
from collections.abc import Callable
from functools import lru_cache

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

IDENTITY = "identity"
LEAST = 1024  # bytes: what is smaller goes in one packet either way
LARGE = 2**20  # bytes, above which time counts more than size
TYPES = ("application/json", "text/html", "application/vnd.oai.openapi")


def _gzip(body: bytes) -> bytes:
    deflate = zlib.compressobj(6 if len(body) < LARGE else 1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return deflate.compress(body) + deflate.flush()


def _brotli(body: bytes) -> bytes:
    done: bytes = brotli.compress(body, quality=5 if len(body) < LARGE else 1)
    return done


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, level=3 if len(body) < LARGE else 1)


# Of those that a client likes alike, the first.
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "zstd": _zstd, "gzip": _gzip}


@lru_cache(maxsize=1024)
def chosen(accept_encoding: str) -> str:
    """The encoding of RFC 9110, 12.5.3: by the client's q-values; `identity` where it has none."""
    liked = {}
    for each in accept_encoding[:512].split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        liked[name] = _quality(parameters)
    qualities = {name: liked.get(name, liked.get("*", 0)) for name in COMPRESS}
    best = max(qualities, key=lambda name: qualities[name])
    return best if qualities[best] and qualities[best] >= liked.get(IDENTITY, 0) else IDENTITY


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0), 1)
            except ValueError:
                return 0
    return 1
