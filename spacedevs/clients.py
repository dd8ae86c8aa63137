"""Who asks: the one place that reads the client's IP."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# One customer has at least a /64 of IPv6, and can ask from each of its addresses in turn.
PREFIX = 64


def client_ip(request: HttpRequest) -> str | None:
    return ip_of(request.META)


def client_network(request: HttpRequest) -> str | None:
    """What is counted as one client: an IPv4 address, or the first of an IPv6 /64."""
    return network_of(client_ip(request))


def ip_of(environ: Mapping[str, Any]) -> str | None:
    """The client's IP from a WSGI environ, or None where there is none: a socket of a file.

    A client may write any `X-Forwarded-For`. Each of the PROXIES adds one at the end, so that the
    last of them that counts is the one that the outermost proxy saw.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-settings.PROXIES :]
    ip = _parsed(forwarded[0]) if settings.PROXIES else None
    ip = ip or _parsed(environ.get("REMOTE_ADDR") or "")
    return str(ip) if ip else None


def network_of(ip: str | None) -> str | None:
    if ip is None or ":" not in ip:
        return ip
    return str(ip_network((ip, PREFIX), strict=False).network_address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        # A zone names an interface of this machine, and no client.
        ip = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
