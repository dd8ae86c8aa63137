"""Where a source may be: http or https, and no private IP unless its host was named outright."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2

from spacedevs.mirror.errors import Everywhere, excerpt

LONGEST = 200  # characters of a root
# An IPv4 address behind a translator: its last 32 bits say which.
NAT64, LOCAL_NAT64 = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")


def parse_root(text: str) -> httpx2.URL:
    """The source's root, with a slash at its end. Raises `SourceError`."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError):
        raise Everywhere("The source is no URL; write one like https://host/2.3.0/.") from None
    # The URL is not printed where it has a password.
    if url.userinfo:
        raise Everywhere(f"The source at {url.host} has a user name in its URL; give --token.")
    usable = url.scheme in ("http", "https") and url.host and (url.port or 80) < 2**16
    if not usable or url.query or url.fragment or len(str(url)) > LONGEST:
        shown = excerpt(str(url.copy_with(query=None, fragment=None)))
        raise Everywhere(
            f"{shown} can't be a source; write a URL like https://host/2.3.0/, "
            f"of at most {LONGEST} characters."
        )
    return url.copy_with(path=url.path.rstrip("/") + "/", query=None, fragment=None)


def is_public(text: str) -> bool:
    """Whether an IP, and the IPv4 address that it may wrap, is one of the public Internet."""
    ip = ip_address(text)
    if isinstance(ip, IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            wrapped = IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped:
            return is_public(str(wrapped))
        if ip.is_site_local or ip in LOCAL_NAT64:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def resolve(host: str) -> list[str]:
    """The IPs behind a name, each once. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
