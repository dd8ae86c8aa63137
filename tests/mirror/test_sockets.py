"""Servers that are late with each byte, and one that nobody vouches for: on real sockets.

An answer that drips in, a byte now and then, meets no timeout: it is cut when its time is over.
"""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from spacedevs.mirror.errors import Everywhere, TooLarge
from spacedevs.mirror.source import PATIENCE
from tests.mirror.sources import Clock, Make, counted, error_of

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

TIMEOUT = 0.25  # seconds
BYTE = 0.02  # seconds from one byte to the next
STATUS = b"HTTP/1.1 200 OK\r\n"
HEAD = STATUS + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of localhost's, signed by nobody, and its key, in one file."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("no openssl here")
    key, signed, both = (tmp_path / name for name in ("key.pem", "signed.pem", "both.pem"))
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    made = (openssl, "req", "-x509", *curve, *names, "-keyout", key, "-out", signed)
    subprocess.run(made, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def dripping(begins: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that sends `begins` at once and then a byte at a time, for ever; its port."""
    stopped = threading.Event()

    def serve() -> None:
        with suppress(OSError):  # the client has gone, or never came
            client, _ = listener.accept()
            with context.wrap_socket(client, server_side=True) if context else client as sent:
                sent.recv(65536)
                sent.sendall(begins)
                while not stopped.wait(BYTE):
                    sent.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            thread.join()


def seconds_until_cut(source: Make, root: str, **kwargs: object) -> float:
    begun = time.monotonic()
    with pytest.raises(TooLarge, match="sends too slowly"):
        source(root, timeout=TIMEOUT, **kwargs).page("agencies", 0, attempts=1)
    return time.monotonic() - begun


@pytest.mark.parametrize("begins", [b"", STATUS, STATUS + b"X: ", HEAD], ids=repr)
def test_what_drips_is_cut_when_its_time_is_over(source: Make, begins: bytes) -> None:
    with dripping(begins) as port:
        took = seconds_until_cut(source, f"http://127.0.0.1:{port}/")
    assert PATIENCE * TIMEOUT <= took < 3 * PATIENCE * TIMEOUT


@pytest.mark.parametrize("begins", [STATUS + b"X: ", HEAD], ids=["headers", "body"])
def test_what_drips_over_tls_is_cut_as_well(
    source: Make, tls: ssl.SSLContext, certificate: Path, begins: bytes
) -> None:
    trusting = httpx2.HTTPTransport(verify=ssl.create_default_context(cafile=certificate))
    with dripping(begins, tls) as port:
        took = seconds_until_cut(source, f"https://localhost:{port}/", transport=trusting)
    assert PATIENCE * TIMEOUT <= took < 3 * PATIENCE * TIMEOUT


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once_and_costs_no_call(
    source: Make, tls: ssl.SSLContext, clock: Clock
) -> None:
    with dripping(HEAD, tls) as port:
        error = error_of(source(f"https://localhost:{port}/"))
    assert (type(error), clock.slept, counted()) == (Everywhere, [], 0)
    assert "certificate" in str(error)
