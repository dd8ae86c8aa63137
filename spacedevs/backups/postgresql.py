"""Backups of PostgreSQL: all of the database, in pg_dump's custom format."""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from spacedevs.api.snapshots import FIRST_TABLE
from spacedevs.backups.common import BackupError, Migrations
from spacedevs.indexes.postgresql import GIN, has_extension

# All tables go, in the transaction in which those of the backup come: also what a newer release
# has made. An extension's stay. `FIRST_TABLE` goes first, which whoever reads locks first: so
# nobody reads some of the old tables and some of the new.
BEGIN = f"""
BEGIN;
DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT oid FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        ORDER BY relname <> '{FIRST_TABLE}'
    LOOP EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', name); END LOOP;
END $$;
"""  # noqa: S608  # a word of ours
TRIES = 5
COMMIT, ROLLBACK = "\nCOMMIT;\n", "\nROLLBACK;\n"
# The tables are the user's of DATABASE_URL, whoever had them where the backup was made.
CLEAN = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
COPY = re.compile(r"^COPY \S+ \((.*)\) FROM stdin;\n(.*?)^\\\.$", flags=re.MULTILINE | re.DOTALL)


def write(path: Path) -> None:
    arguments, env = _command("pg_dump")
    done = _run([*arguments, "--format=custom", f"--file={path}"], env)
    if done.returncode:
        raise BackupError(f"No backup was made. {_words(done.stderr)}")


def read_migrations(path: Path) -> Migrations:
    """Reads the whole file, so that one that is cut off is noticed before anything is changed."""
    table = ["--data-only", f"--table={FIRST_TABLE}"]
    for options in ([], table):
        done = _run([_find("pg_restore"), *options, "--file=-", str(path)])
        if done.returncode:
            raise BackupError(
                f"{path} is not a backup of a PostgreSQL database, or is damaged. "
                f"{_words(done.stderr)}"
            )
    found = COPY.search(done.stdout)
    if not found:
        return set()
    columns = found[1].split(", ")
    rows = [dict(zip(columns, row.split("\t"), strict=True)) for row in found[2].splitlines()]
    return {(row["app"], row["name"]) for row in rows}


def restore(path: Path) -> None:
    """In one transaction, by pg_restore and psql. Who reads meanwhile waits for its end.

    One who writes may have some of the tables and wait for others: where PostgreSQL then ends the
    restore and not the writer, it is tried again.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = _list_of(path, Path(folder))
        for left in reversed(range(TRIES)):
            fault = _restore(path, options)
            if not fault:
                return
            if not left or "deadlock" not in fault:
                raise BackupError(f"Nothing was restored. {fault}")


def _list_of(path: Path, folder: Path) -> list[str]:
    """Options: where trigrams can't be here, all but their indexes. `prepare` makes them later."""
    with connection.cursor() as cursor:
        if has_extension(cursor):
            return []
    entries = _run([_find("pg_restore"), "--list", str(path)]).stdout.splitlines(keepends=True)
    kept = folder / "list"
    kept.write_text("".join(entry for entry in entries if f" {GIN}" not in entry))
    return [f"--use-list={kept}"]


def _restore(path: Path, options: list[str]) -> str:
    """What went wrong, in PostgreSQL's words."""
    arguments, env = _command("psql")
    env["PGOPTIONS"] = "-c client_min_messages=warning"
    arguments += ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    options = [*CLEAN, *options, f"--schema={schema}"]
    source = [_find("pg_restore"), *options, "--file=-", str(path)]
    with tempfile.TemporaryFile("w+") as output:
        with subprocess.Popen(  # noqa: S603  # PostgreSQL's own programs
            arguments,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=output,
            text=True,
        ) as psql:
            assert psql.stdin  # noqa: S101  # for mypy
            with suppress(BrokenPipeError):  # psql has ended, and its words say why
                psql.stdin.write(BEGIN)
                psql.stdin.flush()
            read = subprocess.run(source, stdout=psql.stdin, stderr=output, check=False)  # noqa: S603
            psql.communicate(ROLLBACK if read.returncode else COMMIT)
        output.seek(0)
        return _words(output.read()) if psql.returncode or read.returncode else ""


def _find(program: str) -> str:
    found = shutil.which(program)
    if not found:
        raise BackupError(
            f"{program} is not installed. Install PostgreSQL's client programs, of the server's "
            "version or a newer one; on Debian and Ubuntu: apt-get install postgresql-client"
        )
    return found


def _command(program: str) -> tuple[list[str], dict[str, str]]:
    """The program with the database's host and user; the password goes by the environment."""
    found, settings = _find(program), connection.settings_dict
    arguments, env = DatabaseClient.settings_to_cmd_args_env(settings, ["--no-password"])
    *where, name = arguments[1:]
    return [found, *where, f"--dbname={name}"], {**os.environ, **(env or {})}


def _run(
    arguments: list[str], env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, env=env, capture_output=True, text=True, check=False)  # noqa: S603


def _words(output: str) -> str:
    """What PostgreSQL's programs said, with what to do where they are too old."""
    hint = " Install the client programs of the server's version." if "mismatch" in output else ""
    return " ".join(output.split())[:600] + hint
