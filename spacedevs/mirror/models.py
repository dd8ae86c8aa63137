"""What the mirror remembers: its runs, its calls, its lists, what came from the source."""

from django.apps import apps
from django.db import models

from spacedevs.values import name_of_column

COUNTED = ("added", "changed", "unchanged", "removed", "held", "refused")  # rows, in a run


class MirrorRun(models.Model):
    """One run of `manage.py mirror`, as the admin lists it."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        UNCHANGED = "unchanged"
        PARTLY = "partly"
        UNFINISHED = "unfinished", "unfinished: out of calls"
        FAILED = "failed"

    source = models.CharField(max_length=255)  # its URL, never its token
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)  # of the first group, where it was loaded
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.RUNNING)
    rehearsal = models.BooleanField(default=False)  # --dry-run: nothing was kept
    calls = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    held = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    message = models.TextField(blank=True)
    notes = models.TextField(blank=True)  # a line each: what was refused, left out, kept

    class Meta:
        ordering = ("-started", "-id")

    def __str__(self) -> str:
        return f"{self.source} {self.started:%Y-%m-%d %H:%M}, {self.outcome}"


class MirrorCall(models.Model):
    """A call of the source, recorded as it is sent: the budget holds across runs."""

    host = models.CharField(max_length=255)  # and its port, where that is not the usual one
    moment = models.DateTimeField()

    class Meta:
        ordering = ("moment", "id")
        indexes = (models.Index(fields=("host", "moment"), name="mirror_call"),)


class MirrorList(models.Model):
    """A list of a source: how it is read, and what of it was loaded."""

    source = models.CharField(max_length=255)
    resource = models.CharField(max_length=100)
    count = models.IntegerField(default=0)  # as the source said last
    page_size = models.IntegerField(default=100)  # that the source can bear
    fault = models.TextField(blank=True)  # of the last reading; empty where there was none
    disbelieved = models.BooleanField(default=False)  # much smaller, or too much of it refused
    read_at = models.DateTimeField(null=True)  # first answer of the reading that was loaded last
    loaded_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)  # when each object was last compared with its row
    loaded = models.TextField(default="{}")  # JSON: a digest of each object that was loaded, by id

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "resource"), name="mirror_list"),)

    def __str__(self) -> str:
        return f"{self.resource} of {self.source}"


class MirrorPage(models.Model):
    """A page as the source last gave it: staged until its list is loaded, then only remembered."""

    list = models.ForeignKey(MirrorList, models.CASCADE, related_name="pages")
    offset = models.IntegerField()
    limit = models.IntegerField()  # rows that were asked for
    length = models.IntegerField()  # rows that came
    count = models.IntegerField()  # rows of the list, as it said
    date = models.DateTimeField()  # of the answer
    etag = models.CharField(max_length=200, null=True)
    digest = models.BinaryField()  # of the body
    objects_read = models.TextField()  # JSON: digest and length of each object, by id
    changed = models.BinaryField()  # JSON, packed: the objects that were not loaded as they are
    staged = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("list", "offset"), name="mirror_page"),)


class Mirrored(models.Model):
    """A row that came from the source: gone there, it goes here."""

    model = models.CharField(max_length=100)
    key = models.CharField(max_length=36)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("model", "key"), name="mirrored"),)


class Hold(models.Model):
    """A field that an editor changed by hand, and that the mirror leaves.

    `label`, `ours` and `theirs` are words, as of when they were written: the record's name, our
    value and the source's, which is empty where the source has not said anything yet.
    """

    model = models.CharField(max_length=100)
    key = models.CharField(max_length=36)
    label = models.TextField(default="")
    field = models.CharField(max_length=100)
    ours = models.TextField(default="")
    theirs = models.TextField(default="")
    upstream = models.TextField(null=True, blank=True)  # what the source says now, in JSON
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-since", "id")
        constraints = (models.UniqueConstraint(fields=("model", "key", "field"), name="hold"),)

    def __str__(self) -> str:
        return f"{self.label or self.key}: {self.field_name}"

    @property
    def record_model(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def field_name(self) -> str:
        return name_of_column(self.record_model, self.field)

    def in_words(self) -> str:
        """What the source says, and what stands here: `Status: Active → Retired`."""
        theirs = self.theirs or "not said yet"
        return f"{self.field_name}: {theirs} → {self.ours}"
