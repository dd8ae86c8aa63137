"""What can go wrong with a source, each in one sentence."""

EXCERPT = 80  # characters of what came

LATER = "try again later"
CHECK = "check that the address is that of a server of Launch Library 2.3.0"


class SourceFault(Exception):
    """One sentence: what was asked, what came, what to do."""


class Refused(SourceFault):
    """401 or 403."""


class NotServed(SourceFault):
    """404: the source doesn't have this path; a caller that can do without goes on."""


class Passing(SourceFault):
    """What may pass by itself, and is tried again."""

    pause: float = 0  # seconds that the source asks for


class Throttled(Passing):
    """429."""


class Struggling(Passing):
    """A timeout, a lost connection, a 5xx, a body cut off: smaller pages may help."""


def excerpt(text: str) -> str:
    """The beginning of what came, harmless to a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:2000])
    return " ".join(printable.split())[:EXCERPT]
