"""The log on PostgreSQL, where many write at once: a commit is given its number at its end.

A number that is given earlier, as a sequence gives it, may be seen by readers after a greater one;
one that is taken from a row would make every writer wait for the one before. So a deferred trigger
takes it, for as long as the commit itself lasts. It does that in a second round, after whatever
else was deferred: a foreign key's check may wait for another writer, who must not wait for us.
"""

from typing import Any

LOG = """
CREATE TABLE IF NOT EXISTS spacedevs_change_head (
    number bigint NOT NULL,
    token text NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO spacedevs_change_head (number)
SELECT 1 WHERE NOT EXISTS (SELECT FROM spacedevs_change_head);

CREATE TABLE IF NOT EXISTS spacedevs_change_commit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ends boolean NOT NULL DEFAULT false,
    number bigint UNIQUE,
    at timestamptz
);
ALTER TABLE spacedevs_change_commit ADD COLUMN IF NOT EXISTS token text;
CREATE TABLE IF NOT EXISTS spacedevs_change (
    commit_id bigint NOT NULL,
    "table" text NOT NULL,
    key text,
    kind text NOT NULL
);
CREATE INDEX IF NOT EXISTS spacedevs_change_commit_id ON spacedevs_change (commit_id);

CREATE OR REPLACE FUNCTION spacedevs_change_commit() RETURNS bigint LANGUAGE plpgsql AS $body$
-- The transaction's row among the commits. The setting ends with it, or with its savepoint.
DECLARE
    found bigint := nullif(current_setting('spacedevs.commit', true), '');
BEGIN
    IF found IS NULL THEN
        INSERT INTO spacedevs_change_commit DEFAULT VALUES RETURNING id INTO found;
        PERFORM set_config('spacedevs.commit', found::text, true);
    END IF;
    RETURN found;
END $body$;

CREATE OR REPLACE FUNCTION spacedevs_change() RETURNS trigger LANGUAGE plpgsql AS $body$
-- Of the rows of one statement.
DECLARE
    rows text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT %1$I FROM added'
        WHEN 'DELETE' THEN 'SELECT %1$I FROM removed'
        WHEN 'UPDATE' THEN 'SELECT %1$I FROM added UNION SELECT %1$I FROM removed'
        ELSE 'SELECT NULL' END;
    kind text := CASE TG_OP WHEN 'TRUNCATE' THEN 'delete' ELSE lower(TG_OP) END;
    any_row boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (' || rows || ')', TG_ARGV[0]) INTO any_row;
    IF any_row THEN
        EXECUTE format(
            'INSERT INTO spacedevs_change SELECT $1, $2, key, $3 FROM (' || rows
            || ') AS written (key)', TG_ARGV[0]
        ) USING spacedevs_change_commit(), TG_TABLE_NAME, kind;
    END IF;
    RETURN NULL;
END $body$;

CREATE OR REPLACE FUNCTION spacedevs_change_of_owner() RETURNS trigger LANGUAGE plpgsql AS $body$
-- The rows that have shown those which are gone, or belong to others now. Given: the column of the
-- key, that which names the owner, and the owner's table.
DECLARE
    left_by text := CASE TG_OP
        WHEN 'DELETE' THEN 'SELECT %2$I AS owner FROM removed WHERE %2$I IS NOT NULL'
        ELSE 'SELECT removed.%2$I FROM removed LEFT JOIN added USING (%1$I)
              WHERE removed.%2$I IS NOT NULL AND removed.%2$I IS DISTINCT FROM added.%2$I' END;
    any_row boolean;
BEGIN
    left_by := format(left_by, TG_ARGV[0], TG_ARGV[1]);
    EXECUTE 'SELECT EXISTS (' || left_by || ')' INTO any_row;
    IF any_row THEN
        EXECUTE 'INSERT INTO spacedevs_change SELECT DISTINCT $1, $2, owner::text, ''update'''
            || ' FROM (' || left_by || ') AS those (owner)'
            USING spacedevs_change_commit(), TG_ARGV[2];
    END IF;
    RETURN NULL;
END $body$;

CREATE OR REPLACE FUNCTION spacedevs_change_ends() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE spacedevs_change_commit SET ends = true WHERE id = NEW.id;
    RETURN NULL;
END $body$;

CREATE OR REPLACE FUNCTION spacedevs_change_number() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    WITH given AS (
        UPDATE spacedevs_change_head
        SET number = number + 1, token = gen_random_uuid(), at = clock_timestamp()
        RETURNING *
    )
    UPDATE spacedevs_change_commit AS ended
    SET number = given.number, token = given.token, at = given.at FROM given
    WHERE ended.id = NEW.id;
    RETURN NULL;
END $body$;

DO $body$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'spacedevs_change_ends'
        AND tgrelid = 'spacedevs_change_commit'::regclass)
    THEN
        CREATE CONSTRAINT TRIGGER spacedevs_change_ends
        AFTER INSERT ON spacedevs_change_commit DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION spacedevs_change_ends();
        CREATE CONSTRAINT TRIGGER spacedevs_change_number
        AFTER UPDATE OF ends ON spacedevs_change_commit DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION spacedevs_change_number();
    END IF;
END $body$;
"""
# When each fires, and the rows that it sees.
WHEN = {
    "spacedevs_insert": ("INSERT", "NEW TABLE AS added"),
    "spacedevs_update": ("UPDATE", "NEW TABLE AS added OLD TABLE AS removed"),
    "spacedevs_delete": ("DELETE", "OLD TABLE AS removed"),
    "spacedevs_truncate": ("TRUNCATE", ""),
}
NAMES = tuple(WHEN)
WHEN_OF_OWNERS = {
    "spacedevs_left": ("DELETE", "OLD TABLE AS removed"),
    "spacedevs_moved": ("UPDATE", "NEW TABLE AS added OLD TABLE AS removed"),
}
OF_OWNERS = tuple(WHEN_OF_OWNERS)
TRIGGERS = """
SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname LIKE 'spacedevs!_%' ESCAPE '!' AND tgenabled IN ('O', 'A')
AND pg_table_is_visible(tgrelid)
"""

HEAD = "SELECT number, token, extract(epoch FROM at)::bigint FROM spacedevs_change_head"
OLDEST = """
SELECT coalesce(
    (SELECT min(number) - 1 FROM spacedevs_change_commit),
    (SELECT number FROM spacedevs_change_head)
)
"""
# The head has a token before the first commit.
GIVEN = """
SELECT token FROM spacedevs_change_commit WHERE number = %s
UNION SELECT token FROM spacedevs_change_head WHERE number = %s
"""
SINCE = """
SELECT number, "table", key, kind
FROM spacedevs_change_commit JOIN spacedevs_change ON commit_id = id
WHERE number > %s ORDER BY number LIMIT %s
"""
COMMITS = """
SELECT number, "table", key, kind, token, extract(epoch FROM at)::bigint
FROM spacedevs_change_commit JOIN spacedevs_change ON commit_id = id
WHERE number > %s ORDER BY number LIMIT %s
"""
PRUNE = (
    "DELETE FROM spacedevs_change USING spacedevs_change_commit "
    "WHERE commit_id = id AND at < now() - make_interval(secs => %s)",
    "DELETE FROM spacedevs_change_commit WHERE at < now() - make_interval(secs => %s)",
)


def make_log(cursor: Any) -> None:
    cursor.execute(LOG)


def make_trigger(cursor: Any, trigger: Any) -> None:
    table, name, key, column, owner = trigger
    if owner:
        event, rows = WHEN_OF_OWNERS[name.removesuffix(f"_{column}")]
        function = f"spacedevs_change_of_owner('{key}', '{column}', '{owner}')"
    else:
        event, rows = WHEN[name]
        function = f"spacedevs_change('{key}')"
    referencing = f"REFERENCING {rows}" if rows else ""
    cursor.execute(
        f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" {referencing} '
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}"
    )
