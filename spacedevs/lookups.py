"""`contains`, `icontains` and `istartswith` that mean the same on SQLite as on PostgreSQL.

SQLite's LIKE ignores the case of ASCII letters, always, and of no others: there,
`name__contains=NASA` would find "Nasa", and a search for "прогресс" would not find "Прогресс".

PostgreSQL, and so upstream, compares in capitals letter by letter: `upper` does the same for
SQLite. On PostgreSQL the database's LC_CTYPE says which letters have capitals. C.UTF-8, en_US.UTF-8
and the like agree on all of Unicode; "C" knows ASCII alone, of which `check_capitals` warns.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models import lookups
from django.dispatch import receiver

# Two letters that "C" does not know, and one of which ICU makes two.
SMALL, CAPITAL = "éяß", "ÉЯß"


def upper(text: str) -> str:
    """`text` in capitals, as long as before: a letter whose capitals are several keeps its form.

    This is Unicode's simple case mapping, which the C library's towupper() and so PostgreSQL has.
    Python's upper() is the full one: it makes "SS" of "ß", and a search for "ß" would find "ss".

    >>> upper("Groß-Gerau")
    'GROß-GERAU'
    """
    full = text.upper()
    return full if len(full) == len(text) else "".join(map(_upper_letter, text))


@cache
def _upper_letter(letter: str) -> str:
    # Of a letter with several capitals, title() gives the one that simple mapping has: "ᾳ" → "ᾼ".
    return next((one for one in (letter.upper(), letter.title()) if len(one) == 1), letter)


class _Substring:
    """instr() on SQLite, Django's own LIKE elsewhere."""

    sqlite_template = "instr({lhs}, {rhs}) > 0"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)  # type: ignore[attr-defined]
        # The right side as it was given: the escapes of LIKE are not for instr().
        rhs, rhs_params = lookups.Lookup.process_rhs(self, compiler, connection)  # type: ignore[arg-type]
        return self.sqlite_template.format(lhs=lhs, rhs=rhs), [*lhs_params, *rhs_params]


class Contains(_Substring, lookups.Contains):
    pass


class IContains(_Substring, lookups.IContains):
    # PostgreSQL compares UPPER(x) LIKE UPPER(y).
    sqlite_template = "instr(spacedevs_upper({lhs}), spacedevs_upper({rhs})) > 0"


class IStartsWith(_Substring, lookups.IStartsWith):
    sqlite_template = "instr(spacedevs_upper({lhs}), spacedevs_upper({rhs})) = 1"


@receiver(connection_created)
def register_upper(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            "spacedevs_upper", 1, lambda value: value and upper(value), deterministic=True
        )


def check_capitals(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A check of databases, which `migrate` and `prepare` run: where search finds other rows."""
    return [
        Warning(
            f"The database {alias!r} makes {found!r} of {SMALL!r}, and not {CAPITAL!r}: "
            "searches that have letters beyond ASCII find other rows than they should.",
            hint="Make a database with LC_CTYPE 'C.UTF-8' or 'en_US.UTF-8', and provider libc.",
            id="spacedevs.check_capitals",
        )
        for alias in databases or ()
        if connections[alias].vendor == "postgresql" and (found := _capitals(alias)) != CAPITAL
    ]


def _capitals(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT UPPER(%s::text)", [SMALL])
        (capitals,) = cursor.fetchone()
    return str(capitals)
