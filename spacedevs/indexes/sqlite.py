"""Trigrams on SQLite: a table of FTS5's beside each that is searched, kept by triggers.

It says which rows may hold a word, and the rows themselves are asked as ever: it must leave none
out, and may name too many. FTS5 folds letters in its own way; so every letter of the word stands
with all those that have the same capital, one of which is in the text.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import product
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

from spacedevs.indexes.trigrams import TRIGRAM
from spacedevs.lookups import upper

INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE %s"
PREFIX = "spacedevs_search"
TABLES = """
SELECT name, sql FROM sqlite_master
WHERE sql LIKE 'CREATE VIRTUAL TABLE "spacedevs!_search!_%' ESCAPE '!'
"""
TRIGGERS = """
SELECT name, tbl_name FROM sqlite_master
WHERE type = 'trigger' AND name LIKE 'spacedevs!_search!_%' ESCAPE '!'
"""
WHEN = ("insert", "update", "delete")
HINT = (
    "Run it with a Python whose SQLite is 3.34 or newer and has FTS5, and then `manage.py prepare`."
)
MOST_TRIGRAMS = 16  # of a word: more make the rows no fewer
CASED = range(0x20000)  # past it Unicode has ideographs


@cache
def is_possible() -> bool:
    """Whether the SQLite that runs here has FTS5 with trigrams."""
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("CREATE VIRTUAL TABLE probe USING fts5(text, tokenize='trigram')")
        except sqlite3.OperationalError:
            return False
    return True


def lacks(alias: str) -> str:
    return "" if is_possible() else HINT


def trigram_indexes(searched: dict[type[Model], list[Any]]) -> Iterator[str]:
    return iter(())  # they are tables


def install(cursor: Any, searched: dict[type[Model], list[Any]]) -> None:
    """The tables and triggers of these columns, and no others; of none, the tables are left.

    A migration that makes a table anew takes its triggers along: what was written since is not in
    the trigrams, and they are made anew too.
    """
    wanted = {
        _table_of(model): (_table_sql(model, columns), _triggers(model, columns))
        for model, columns in searched.items()
        if is_possible() and _has_rowid(model)
    }
    cursor.execute(TABLES)
    tables = dict(cursor.fetchall())
    triggers = _triggers_there(cursor)
    kept = {name for _, of_model in wanted.values() for name in of_model}
    with transaction.atomic():
        for name in triggers.keys() - kept:
            cursor.execute(f'DROP TRIGGER "{name}"')
        if not is_possible():
            return  # tables that nothing here can read, or drop
        for name in tables:
            if searched and (name not in wanted or tables[name] != wanted[name][0]):
                cursor.execute(f'DROP TABLE "{name}"')
        for name, (sql, of_model) in wanted.items():
            is_there = tables.get(name) == sql
            if is_there and of_model.keys() <= triggers.keys():
                continue
            if not is_there:
                cursor.execute(sql)
            cursor.execute(f"""INSERT INTO "{name}" ("{name}") VALUES ('rebuild')""")  # noqa: S608
            for trigger, statement in of_model.items():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
                cursor.execute(statement)


def narrowing() -> Callable[[QuerySet, str], QuerySet]:
    """What leaves those of a model's rows that may hold a word; all where there are no trigrams."""
    with connection.cursor() as cursor:
        there = Counter(_triggers_there(cursor).values())

    def narrowed(rows: QuerySet, word: str) -> QuerySet:
        if there[rows.model._meta.db_table] < len(WHEN):
            return rows
        table = _table_of(rows.model)
        sql = f'SELECT rowid FROM "{table}" WHERE "{table}" MATCH %s'  # noqa: S608
        return rows.filter(pk__in=RawSQL(sql, [match_of(word)]))  # noqa: S611

    return narrowed


def match_of(word: str) -> str:
    """FTS5's expression for the texts that have trigrams which together are the word.

    >>> match_of("Dragon")
    '("dra") AND ("gon")'
    """
    letters = [_alike(letter) for letter in upper(word)]
    last = len(letters) - TRIGRAM
    starts = sorted({*range(0, last, TRIGRAM), last})[:MOST_TRIGRAMS]
    trigrams = (letters[start : start + TRIGRAM] for start in starts)
    return " AND ".join(
        "(" + " OR ".join(map(_quoted, map("".join, product(*trigram)))) + ")"
        for trigram in trigrams
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _alike(capital: str) -> list[str]:
    """The letters that have this capital; of ASCII's one form, since FTS5 knows their case."""
    forms = {capital, *_forms().get(capital, ())}
    return sorted({form.lower() if form.isascii() else form for form in forms})


@cache
def _forms() -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {}
    for letter in map(chr, CASED):
        if (capital := upper(letter)) != letter:
            forms.setdefault(capital, []).append(letter)
    return forms


def _has_rowid(model: type[Model]) -> bool:
    """FTS5 knows a row by an integer that stays: an integer primary key."""
    return model._meta.pk.get_internal_type().endswith(("AutoField", "IntegerField"))


def _table_of(model: type[Model]) -> str:
    return f"{PREFIX}_{model._meta.db_table}"


def _table_sql(model: type[Model], columns: list[Any]) -> str:
    """The text stays in the rows' own table; which trigrams a row has is enough, and not where."""
    names = ", ".join(f'"{column.column}"' for column in columns)
    pk = model._meta.pk.column
    return (
        f'CREATE VIRTUAL TABLE "{_table_of(model)}" USING fts5({names}, '
        f"content='{model._meta.db_table}', content_rowid='{pk}', "
        "tokenize='trigram', detail='none', columnsize=0)"
    )


def _triggers(model: type[Model], columns: list[Any]) -> dict[str, str]:
    """By their names. A row that is written with the same text costs nothing."""
    table, trigrams = model._meta.db_table, _table_of(model)
    names = [model._meta.pk.column, *(column.column for column in columns)]
    into = ", ".join(["rowid", *(f'"{name}"' for name in names[1:])])
    new, old = (", ".join(f'{row}."{name}"' for name in names) for row in ("NEW", "OLD"))
    differs = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in names)
    add = f'INSERT INTO "{trigrams}" ({into}) VALUES ({new});'  # noqa: S608
    take = f"""INSERT INTO "{trigrams}" ("{trigrams}", {into}) VALUES ('delete', {old});"""  # noqa: S608
    bodies = {
        "insert": ("", add),
        "update": (f"WHEN {differs}", f"{take} {add}"),
        "delete": ("", take),
    }
    return {
        f"{PREFIX}_{when}_{table}": f'CREATE TRIGGER "{PREFIX}_{when}_{table}" '
        f'AFTER {when.upper()} ON "{table}" {condition} BEGIN {body} END'
        for when, (condition, body) in bodies.items()
    }


def _triggers_there(cursor: Any) -> dict[str, str]:
    cursor.execute(TRIGGERS)
    return dict(cursor.fetchall())
