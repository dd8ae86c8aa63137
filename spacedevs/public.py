"""What a site that others can reach must not be started with."""

from ipaddress import ip_address

from django.conf import settings
from django.core.management import CommandError

SHORTEST_KEY = 32  # letters: 128 bits in hexadecimal


def check_public(ip: str) -> None:
    """Raises CommandError, with what to set, unless the site is fit for others or `ip` is
    a loopback. `0.0.0.0` is every interface, and so for others."""
    if ip_address(ip.partition("%")[0]).is_loopback:
        return
    if sentences := _unfit():
        raise CommandError(f"Others can reach {ip}. {' '.join(sentences)} Or set HOST=127.0.0.1.")


def _unfit() -> list[str]:
    found = []
    if settings.DEBUG:
        found.append("Set DEBUG=false: its pages show the code and the settings.")
    if "*" in settings.ALLOWED_HOSTS:
        found.append("Name the site's hosts in ALLOWED_HOSTS, and not *.")
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        found.append(
            f"SECRET_KEY can be guessed: give one of {SHORTEST_KEY} letters or more, or none, and "
            "one is made and kept."
        )
    return found
