"""Tokens, which lift the throttle's limit."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, models, transaction
from django.utils import timezone

KEY_BYTES = 20  # 40 hexadecimal digits, as DRF's keys have
TOUCH_EVERY = timedelta(minutes=1)


def digest_of(key: str) -> str:
    """SHA-256: a key of 160 random bits can't be guessed from its digest, however fast that is.

    A slow hash protects what people choose, and would have to be made for each request.
    """
    return sha256(key.encode()).hexdigest()


class Token(models.Model):
    """The key itself is kept nowhere: `key` is set where it was made, or was shown by a client."""

    key: str

    name = models.CharField(max_length=100, help_text="Whose it is, or what for.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked = models.BooleanField(default=False, help_text="It is refused from now on.")
    last_used = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created", "-id")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.digest:
            self.key = secrets.token_hex(KEY_BYTES)
            self.digest = digest_of(self.key)
        super().save(*args, **kwargs)

    @property
    def is_valid(self) -> bool:
        return not self.revoked and (self.expires is None or self.expires > timezone.now())

    def touch(self) -> None:
        """Notes the use, once in TOUCH_EVERY at most.

        It waits for no other writer: the next use notes it, if this can't.
        """
        now = timezone.now()
        if self.last_used and now - self.last_used < TOUCH_EVERY:
            return
        with suppress(DatabaseError, InterfaceError), _no_wait(), transaction.atomic():
            row = Token.objects.select_for_update(skip_locked=True).filter(pk=self.pk)
            Token.objects.filter(pk__in=row).update(last_used=now)


@contextmanager
def _no_wait() -> Iterator[None]:
    """Within, SQLite's lock for writers is had at once or not at all."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


def find(key: str) -> Token | None:
    """The token of a key that a client shows, if it is one and still valid."""
    token = Token.objects.filter(digest=digest_of(key)).first()
    if token is None or not token.is_valid:
        return None
    token.key = key
    return token
