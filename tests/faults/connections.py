"""Connections of clients that are slow, or mean it ill: raw sockets, held open."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

UNFINISHED = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken={token}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na"
)


def unfinished_post(path: str) -> bytes:
    """One byte of a body of a thousand. The cookie makes Django's CSRF check read it."""
    return UNFINISHED.format(path=path, token="a" * 32).encode()


def connect(url: str, said: bytes = b"", *, buffer: int | None = None) -> socket.socket:
    """`buffer`: the bytes that the client takes before it reads; few, for one who never does."""
    where = urlsplit(url)
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(30)
    try:
        connection.connect((where.hostname, where.port))
        connection.sendall(said)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def held(url: str, number: int, *said: bytes, buffer: int | None = None) -> Iterator[None]:
    """`number` connections, which say these by turns, and nothing more."""
    with ExitStack() as stack:
        for each in range(number):
            words = said[each % len(said)] if said else b""
            stack.enter_context(connect(url, words, buffer=buffer))
        yield


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes it."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
