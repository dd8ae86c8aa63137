"""Where calls are counted: one transaction, statement or script each, so that the count is exact.

The window slides, as DRF's does and so upstream's: a call leaves it `seconds` after it was made,
and upstream's `next_use_secs` is the time until the oldest leaves. A call that is refused is not
remembered. What is stored of a call is the time at which it leaves, in microseconds; one that
would stay longer than the rate says was written by a clock or a rate that was changed, and goes.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Protocol

from django.db import DatabaseError, InterfaceError, connection

from spacedevs.environment import Rate

Faults = tuple[type[Exception], ...]

MICRO = 1_000_000
# Seconds. A Redis that says nothing is away; a file that is locked is one that others count in.
REDIS_TIMEOUT = 0.25
SQLITE_TIMEOUT = 2.0


class Taken(NamedTuple):
    """`used`: calls in the window, this one too. `wait`: seconds until the oldest leaves it.

    `ticket`: by which the call can be given back; 0 for one that was refused.
    """

    admitted: bool
    used: int
    wait: float
    ticket: int


class Store(Protocol):
    """`take` counts a call, or refuses it; with a rate of 0 calls it only looks."""

    faults: Faults

    def take(self, ident: str, rate: Rate) -> Taken: ...
    def give_back(self, ident: str, ticket: int) -> None: ...
    def purge(self) -> None: ...
    def close(self) -> None: ...


class SQLiteStore:
    """A file of its own: counting waits for no editor and for no load of the mirror.

    A connection for each thread; a file that was replaced or removed is opened anew.
    """

    faults: Faults = (sqlite3.Error, OSError)

    TABLE = """
        PRAGMA journal_mode=WAL;
        CREATE TABLE calls
            (id INTEGER PRIMARY KEY AUTOINCREMENT, ident TEXT NOT NULL, leaves INTEGER NOT NULL);
        CREATE INDEX calls_of ON calls(ident, leaves);
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.local = threading.local()

    def take(self, ident: str, rate: Rate) -> Taken:
        span = rate.seconds * MICRO
        with self.transaction() as db:
            now = time.time_ns() // 1000
            gone = "DELETE FROM calls WHERE ident = ? AND (leaves <= ? OR leaves > ?)"
            db.execute(gone, (ident, now, now + span))
            row = db.execute("SELECT count(*), min(leaves) FROM calls WHERE ident = ?", (ident,))
            used, first = row.fetchone()
            if used >= rate.calls:
                return Taken(False, used, ((first or now) - now) / MICRO, 0)
            call = db.execute(
                "INSERT INTO calls (ident, leaves) VALUES (?, ?)", (ident, now + span)
            )
            return Taken(True, used + 1, ((first or now + span) - now) / MICRO, call.lastrowid or 0)

    def give_back(self, ident: str, ticket: int) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM calls WHERE id = ? AND ident = ?", (ticket, ident))

    def purge(self) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM calls WHERE leaves <= ?", (time.time_ns() // 1000,))

    def close(self) -> None:
        if db := getattr(self.local, "db", None):
            db.close()
        self.local.db = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        db = self.connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            self.close()  # which rolls back
            raise

    def connection(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.make()
        inode = self.path.stat().st_ino
        db: sqlite3.Connection | None = getattr(self.local, "db", None)
        if db is None or self.local.inode != inode:
            self.close()
            db = self.local.db = sqlite3.connect(
                self.path, timeout=SQLITE_TIMEOUT, isolation_level=None
            )
            self.local.inode = inode
            db.execute("PRAGMA synchronous=NORMAL")  # no commit waits for the disk
        return db

    def make(self) -> None:
        """Written beside and linked: of several processes at a start, none sees half a file.

        It names who asks, and is nobody else's to read: SQLite's other files take its mode.
        """
        with NamedTemporaryFile(dir=self.path.parent) as draft, suppress(FileExistsError):
            with closing(sqlite3.connect(draft.name)) as db:
                db.executescript(self.TABLE)
            os.link(draft.name, self.path)


class PostgreSQLStore:
    """One row for each client, which the UPSERT locks; the clock is the database's.

    It is read once the row is locked: a call that came first and waited longer would else find the
    others' calls later than its own moment, and drop them.

    The table is made by a migration.
    """

    faults: Faults = (DatabaseError, InterfaceError)

    TAKE = """
        INSERT INTO throttle_calls AS t (ident, leaving, admitted, moment)
        SELECT %(ident)s, CASE WHEN %(calls)s > 0 THEN ARRAY[m + %(span)s] ELSE '{}' END,
               %(calls)s > 0, m
        FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS m) AS clock
        ON CONFLICT (ident) DO UPDATE SET (leaving, admitted, moment) = (
            SELECT CASE WHEN cardinality(live) < %(calls)s
                        THEN live || (m + %(span)s) ELSE live END,
                   cardinality(live) < %(calls)s, m
            FROM (SELECT m, ARRAY(
                SELECT l FROM unnest(t.leaving) AS l WHERE l > m AND l <= m + %(span)s
            ) AS live
            FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS m
            ) AS clock_once_locked) AS window_of_calls)
        RETURNING admitted, cardinality(leaving), coalesce(leaving[1], moment) - moment,
                  moment + %(span)s
    """
    GIVE_BACK = """
        UPDATE throttle_calls SET leaving = array_remove(leaving, %s::bigint) WHERE ident = %s
    """
    PURGE = """
        DELETE FROM throttle_calls WHERE ident IN (
            SELECT ident FROM throttle_calls
            WHERE coalesce(leaving[cardinality(leaving)], 0)
                  < extract(epoch FROM clock_timestamp()) * 1000000
            FOR UPDATE SKIP LOCKED)
    """

    def take(self, ident: str, rate: Rate) -> Taken:
        given: dict[str, str | int] = {
            "ident": ident,
            "calls": rate.calls,
            "span": rate.seconds * MICRO,
        }
        with connection.cursor() as cursor:
            cursor.execute(self.TAKE, given)
            admitted, used, wait, ticket = cursor.fetchone()
        return Taken(admitted, used, wait / MICRO, ticket if admitted else 0)

    def give_back(self, ident: str, ticket: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self.GIVE_BACK, (ticket, ident))

    def purge(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self.PURGE)

    def close(self) -> None:
        connection.close()


class RedisStore:
    """A sorted set for each client, which Redis or Valkey forgets by itself. Its clock counts."""

    TAKE = """
        local key, calls, span = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local function text(number) return string.format('%.0f', number) end
        redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
        redis.call('ZREMRANGEBYSCORE', key, '(' .. text(now + span), '+inf')
        local used, ticket = redis.call('ZCARD', key), 0
        if used < calls then
            ticket = redis.call('INCR', KEYS[2])
            redis.call('ZADD', key, text(now + span), ticket)
            redis.call('PEXPIRE', key, text(span / 1000))
            used = used + 1
        end
        local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
        return {used, first[2] and first[2] - now or 0, ticket}
    """

    def __init__(self, url: str) -> None:
        # Not needed, and not loaded, without a REDIS_URL.
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self.faults: Faults = (redis.RedisError, OSError)
        # Once more, at once: a connection of before Redis was started anew is no outage.
        again = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        self.client: Any = redis.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=again
        )
        self.script = self.client.register_script(self.TAKE)

    def take(self, ident: str, rate: Rate) -> Taken:
        keys = (self.key(ident), "spacedevs:throttle:tickets")
        used, wait, ticket = self.script(keys, (rate.calls, rate.seconds * MICRO))
        return Taken(ticket > 0, used, wait / MICRO, ticket)

    def give_back(self, ident: str, ticket: int) -> None:
        self.client.zrem(self.key(ident), ticket)

    def purge(self) -> None:
        """Nothing is left: each set has its end."""

    def close(self) -> None:
        self.client.close()

    def key(self, ident: str) -> str:
        return f"spacedevs:throttle:calls:{ident}"
