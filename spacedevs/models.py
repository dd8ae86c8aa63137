from django.db import models


class OfferedFixtures(models.Model):
    """The keys of a model's fixtures that this database has met: loaded, or left."""

    model = models.CharField(max_length=100, primary_key=True)
    keys = models.JSONField(default=list)
