"""`contains` and `icontains` that mean the same on SQLite as on PostgreSQL.

SQLite's LIKE ignores the case of ASCII letters, always, and of no others: there,
`name__contains=NASA` would find "Nasa", and a search for "прогресс" would not find "Прогресс".
"""

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import lookups
from django.dispatch import receiver


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
    # PostgreSQL compares UPPER(x) LIKE UPPER(y); this is the same with Python's upper().
    sqlite_template = "instr(spacedevs_upper({lhs}), spacedevs_upper({rhs})) > 0"


@receiver(connection_created)
def register_upper(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            "spacedevs_upper", 1, lambda value: value and value.upper(), deterministic=True
        )
