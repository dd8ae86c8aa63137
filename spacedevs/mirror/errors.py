"""What can go wrong with a source, each in one sentence."""

EXCERPT = 80  # characters of what came

LATER = "try again later"
CHECK = "check that the URL is that of a server of Launch Library 2.3.0"


class SourceError(Exception):
    """One sentence: what was asked, what came, what to do."""


class Everywhere(SourceError):
    """Not of one list: no other answer of this source would be different."""


class NotServed(SourceError):
    """404: the source doesn't have this path."""


class Passing(SourceError):
    """What may pass by itself, and is tried again."""

    pause: float = 0  # seconds that the source asks for


class Unreachable(Everywhere, Passing):
    """No server was reached: the name is unknown, or the connection was refused."""


class Throttled(Passing):
    """429."""


class ServerError(Passing):
    """A 5xx, a page of a proxy's in its place, a lost connection."""


class TooLarge(ServerError):
    """A 504, a timeout, a body cut off: smaller pages may help."""


def excerpt(text: str) -> str:
    """The beginning of what came, harmless to a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:2000])
    return " ".join(printable.split())[:EXCERPT]
