"""What the mirror remembers: its runs, its calls, its staged pages, what came from where."""

from django.db import models
from django.utils.text import Truncator

SHOWN = 200  # characters of what the source says of a field


class MirrorRun(models.Model):
    """One run of `manage.py mirror`, as the admin lists it."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        UNCHANGED = "unchanged"
        UNFINISHED = "unfinished", "unfinished: out of calls"
        REFUSED = "refused"
        FAILED = "failed"

    source = models.CharField(max_length=255)  # its address, never its token
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)  # of the first page
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.RUNNING)
    complete = models.BooleanField(default=False)  # the whole catalogue was read
    rehearsal = models.BooleanField(default=False)  # --dry-run: nothing was kept
    calls = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    held = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    message = models.TextField(blank=True)
    notes = models.TextField(blank=True)  # a line each: what was refused, kept out, kept

    class Meta:
        ordering = ("-started", "-id")
        verbose_name = "mirror run"

    def __str__(self) -> str:
        return f"{self.source} {self.started:%Y-%m-%d %H:%M}, {self.outcome}"


class MirrorCall(models.Model):
    """A call of the source, recorded before it is made: the budget holds across runs."""

    host = models.CharField(max_length=255)  # and its port, where that is not the usual one
    moment = models.DateTimeField()

    class Meta:
        ordering = ("moment", "id")
        indexes = (models.Index(fields=("host", "moment"), name="mirror_call"),)
        verbose_name = "mirror call"

    def __str__(self) -> str:
        return f"{self.host} {self.moment:%Y-%m-%d %H:%M:%S}"


class MirrorPage(models.Model):
    """A page as the source last gave it: staged until it is loaded, and then kept for its ETag."""

    source = models.CharField(max_length=255)
    resource = models.CharField(max_length=100)
    offset = models.IntegerField()
    count = models.IntegerField()
    results = models.TextField()  # JSON
    date = models.DateTimeField()  # of the answer
    etag = models.CharField(max_length=200, null=True)
    staged = models.BooleanField(default=True)

    class Meta:
        ordering = ("resource", "offset")
        constraints = (
            models.UniqueConstraint(fields=("source", "resource", "offset"), name="mirror_page"),
        )
        verbose_name = "mirror page"

    def __str__(self) -> str:
        return f"{self.resource} from {self.offset}"


class Mirrored(models.Model):
    """A row that came from the source: gone there, it goes here."""

    model = models.CharField(max_length=100)
    key = models.CharField(max_length=36)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("model", "key"), name="mirrored"),)

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class Hold(models.Model):
    """A field that an editor changed by hand, and that the mirror leaves."""

    model = models.CharField(max_length=100)
    key = models.CharField(max_length=36)
    field = models.CharField(max_length=100)
    upstream = models.TextField(null=True, blank=True)  # what the source says now, in JSON
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-since", "id")
        constraints = (models.UniqueConstraint(fields=("model", "key", "field"), name="hold"),)

    def __str__(self) -> str:
        return f"{self.model} {self.key}: {self.field}"

    def said(self) -> str:
        """What the source says of the field, for an editor to read."""
        if self.upstream is None:
            return "upstream has not said anything since"
        return f"upstream says {Truncator(self.upstream).chars(SHOWN)}"
