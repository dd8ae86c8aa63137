"""A request as granian gives it (RSGI), in the form that Django takes (WSGI, PEP 3333)."""

import io
import sys
from typing import Any

# Fixed by PEP 3333. Django asks for none of the machine's own variables here.
BASE = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE"}


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    """The WSGI environment of an RSGI scope, with a body that has been read.

    A header whose name has an underscore is left out: it would stand for the one with hyphens, and
    `X_Forwarded_For` would pass a proxy that replaces `X-Forwarded-For`. Granian leaves out those
    whose value is not ASCII.
    """
    name, _, port = scope.server.rpartition(":")
    environ = {
        **BASE,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": name.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": native(scope.path),
        "QUERY_STRING": native(scope.query_string),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for key, value in scope.headers.items():
        if "_" in key or key in ("content-length", "transfer-encoding"):
            continue
        variable = WITHOUT_PREFIX.get(key) or f"HTTP_{key.upper().replace('-', '_')}"
        joint = "; " if key == "cookie" else ","
        environ[variable] = f"{environ[variable]}{joint}{value}" if variable in environ else value
    return environ


def native(text: str) -> str:
    """PEP 3333's text: one character for each byte."""
    return text if text.isascii() else text.encode().decode("latin-1")
