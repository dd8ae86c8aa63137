"""The log on SQLite, where one writes at a time: the order of the rows is that of the commits."""

from typing import Any

LOG = """
CREATE TABLE IF NOT EXISTS spacedevs_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    "table" TEXT NOT NULL,
    key,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
    token TEXT NOT NULL DEFAULT (lower(hex(randomblob(8))))
)
"""
# A log without a row has no token yet.
FIRST = """
INSERT INTO spacedevs_change ("table", kind)
SELECT '', 'begin' WHERE NOT EXISTS (SELECT 1 FROM spacedevs_change)
"""
# When each fires, and the key that it notes. One row may be written under two keys.
WHEN = {
    "spacedevs_insert": ("INSERT", "NEW", ""),
    "spacedevs_update": ("UPDATE", "NEW", ""),
    "spacedevs_move": ("UPDATE", "OLD", 'WHEN OLD."{key}" IS NOT NEW."{key}"'),
    "spacedevs_delete": ("DELETE", "OLD", ""),
}
NAMES = tuple(WHEN)
# The row that has shown one which is gone, or belongs to another now.
WHEN_OF_OWNERS = {
    "spacedevs_left": ("DELETE", 'WHEN OLD."{column}" IS NOT NULL'),
    "spacedevs_moved": (
        'UPDATE OF "{column}"',
        'WHEN OLD."{column}" IS NOT NULL AND OLD."{column}" IS NOT NEW."{column}"',
    ),
}
OF_OWNERS = tuple(WHEN_OF_OWNERS)
TRIGGERS = """
SELECT tbl_name, substr(name, 1, length(name) - length(tbl_name) - 1)
FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'spacedevs!_%' ESCAPE '!'
"""

HEAD = "SELECT number, token, at FROM spacedevs_change ORDER BY number DESC LIMIT 1"
OLDEST = "SELECT min(number) FROM spacedevs_change"
GIVEN = "SELECT token FROM spacedevs_change WHERE number IN (%s, %s)"
SINCE = """
SELECT number, "table", CAST(key AS TEXT), kind FROM spacedevs_change
WHERE number > %s ORDER BY number LIMIT %s
"""
COMMITS = """
SELECT number, "table", CAST(key AS TEXT), kind, token, at FROM spacedevs_change
WHERE number > %s ORDER BY number LIMIT %s
"""
PRUNE = (
    "DELETE FROM spacedevs_change WHERE at < CAST(strftime('%%s', 'now') AS INTEGER) - %s "
    "AND number < (SELECT max(number) FROM spacedevs_change)",
)


def make_log(cursor: Any) -> None:
    cursor.execute(LOG)
    cursor.execute(FIRST)


def make_trigger(cursor: Any, trigger: Any) -> None:
    table, name, key, column, owner = trigger
    if owner:
        event, condition = WHEN_OF_OWNERS[name.removesuffix(f"_{column}")]
        event, condition = event.format(column=column), condition.format(column=column)
        noted, row, key, kind = owner, "OLD", column, "update"
    else:
        event, row, condition = WHEN[name]
        condition, noted, kind = condition.format(key=key), table, event.lower()
    cursor.execute(f"""
        CREATE TRIGGER "{name}_{table}" AFTER {event} ON "{table}" {condition}
        BEGIN
            INSERT INTO spacedevs_change ("table", key, kind)
            VALUES ('{noted}', {row}."{key}", '{kind}');
        END
    """)  # noqa: S608  # names of this code
