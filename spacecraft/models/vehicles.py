from django.db import models

from spacecraft.models.agencies import Agency, count, picture
from spacedevs.living import LivingDurationField
from spacedevs.names import Named
from spacedevs.relations import ProtectingManyToManyField


class SpacecraftConfigType(Named):
    class Meta(Named.Meta):
        verbose_name = "spacecraft configuration type"


class SpacecraftStatus(Named):
    class Meta(Named.Meta):
        verbose_name = "spacecraft status"
        verbose_name_plural = "spacecraft statuses"


class Record(models.Model):
    """What a family and a configuration have flown so far."""

    spacecraft_flown = count()
    total_launch_count = count()
    successful_launches = count()
    failed_launches = count()
    attempted_landings = count()
    successful_landings = count()
    failed_landings = count()

    class Meta:
        abstract = True


class SpacecraftConfigFamily(Named, Record):
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2048, blank=True)
    manufacturer = models.ForeignKey(Agency, models.PROTECT, related_name="families")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)

    class Meta(Named.Meta):
        verbose_name = "spacecraft configuration family"
        verbose_name_plural = "spacecraft configuration families"


class SpacecraftConfiguration(Named, Record):
    """What craft of one kind have in common: "Crew Dragon 2", "Soyuz MS"."""

    name = models.CharField(max_length=200)
    type = models.ForeignKey(SpacecraftConfigType, models.PROTECT, related_name="configurations")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="configurations")
    family = ProtectingManyToManyField(
        SpacecraftConfigFamily, blank=True, related_name="configurations"
    )
    in_use = models.BooleanField(default=False)
    image = picture()
    capability = models.TextField(max_length=2048, blank=True)
    history = models.TextField(max_length=1000, blank=True)
    details = models.TextField(max_length=1000, blank=True)
    maiden_flight = models.DateField(null=True, blank=True)
    height = models.FloatField("Length (m)", null=True, blank=True)
    diameter = models.FloatField("Diameter (m)", null=True, blank=True)
    human_rated = models.BooleanField(default=False)
    crew_capacity = count()
    payload_capacity = models.IntegerField("Payload Capacity (kg)", null=True, blank=True)
    payload_return_capacity = models.IntegerField(
        "Payload Return Capacity (kg)", null=True, blank=True
    )
    flight_life = models.TextField(max_length=2048, null=True, blank=True)
    wiki_link = models.URLField(max_length=200, blank=True)
    info_link = models.URLField(max_length=200, blank=True)
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta(Named.Meta):
        verbose_name = "spacecraft configuration"


class Spacecraft(Named):
    """One craft: "Crew Dragon Endeavour"."""

    serial_number = models.CharField(max_length=255, null=True, blank=True)
    is_placeholder = models.BooleanField(default=False)  # stands for a craft not chosen yet
    image = picture()
    in_space = models.BooleanField(default=False)
    time_in_space = LivingDurationField("in_space_since", null=True, blank=True)
    in_space_since = models.DateTimeField(null=True, blank=True)
    time_docked = LivingDurationField("docked_since", null=True, blank=True)
    docked_since = models.DateTimeField(null=True, blank=True)
    flights_count = count()
    mission_ends_count = count()
    status = models.ForeignKey(SpacecraftStatus, models.PROTECT, related_name="spacecraft")
    description = models.TextField(max_length=2048, blank=True)
    spacecraft_config = models.ForeignKey(
        SpacecraftConfiguration,
        models.PROTECT,
        related_name="spacecraft",
        verbose_name="configuration",
    )
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta(Named.Meta):
        verbose_name_plural = "spacecraft"
