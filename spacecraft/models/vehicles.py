from datetime import timedelta
from typing import Any

from django.db import models

from spacecraft.models.agencies import Agency, count_field, image_field
from spacedevs.names import NamedModel
from spacedevs.relations import OrderedManyToManyField
from spacedevs.running import RunningDurationField
from spacedevs.texts import LongCharField, LongURLField


class SpacecraftConfigType(NamedModel):
    class Meta(NamedModel.Meta):
        verbose_name = "spacecraft configuration type"


class SpacecraftStatus(NamedModel):
    class Meta(NamedModel.Meta):
        verbose_name = "spacecraft status"
        verbose_name_plural = "spacecraft statuses"


class Record(models.Model):
    """What a family and a configuration have flown so far."""

    spacecraft_flown = count_field()
    total_launch_count = count_field()
    successful_launches = count_field()
    failed_launches = count_field()
    attempted_landings = count_field()
    successful_landings = count_field()
    failed_landings = count_field()

    class Meta:
        abstract = True


class SpacecraftConfigFamily(NamedModel, Record):
    name = LongCharField(max_length=200)
    description = models.TextField(max_length=2048, null=True, blank=True, default="")
    manufacturer = models.ForeignKey(Agency, models.PROTECT, related_name="families", null=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name = "spacecraft configuration family"
        verbose_name_plural = "spacecraft configuration families"


class SpacecraftConfiguration(NamedModel, Record):
    """What craft of one kind have in common: "Crew Dragon 2", "Soyuz MS"."""

    name = LongCharField(max_length=200)
    type = models.ForeignKey(
        SpacecraftConfigType, models.PROTECT, related_name="configurations", null=True
    )
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="configurations", null=True)
    family = OrderedManyToManyField(
        SpacecraftConfigFamily, blank=True, related_name="configurations"
    )
    in_use = models.BooleanField(default=False, null=True)
    image = image_field()
    capability = models.TextField(max_length=2048, null=True, blank=True, default="")
    history = models.TextField(max_length=1000, null=True, blank=True, default="")
    details = models.TextField(max_length=1000, null=True, blank=True, default="")
    maiden_flight = models.DateField(null=True, blank=True)
    height = models.FloatField("Length (m)", null=True, blank=True)
    diameter = models.FloatField("Diameter (m)", null=True, blank=True)
    human_rated = models.BooleanField(default=False, null=True)
    crew_capacity = count_field()
    payload_capacity = models.IntegerField("Payload Capacity (kg)", null=True, blank=True)
    payload_return_capacity = models.IntegerField(
        "Payload Return Capacity (kg)", null=True, blank=True
    )
    flight_life = models.TextField(max_length=2048, null=True, blank=True)
    wiki_link = LongURLField(max_length=200, null=True, blank=True, default="")
    info_link = LongURLField(max_length=200, null=True, blank=True, default="")
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name = "spacecraft configuration"


class Spacecraft(NamedModel):
    """One craft: "Crew Dragon Endeavour"."""

    serial_number = LongCharField(max_length=255, null=True, blank=True)
    # A placeholder stands for a craft that has not been chosen yet.
    is_placeholder = models.BooleanField(default=False, null=True)
    image = image_field()
    in_space = models.BooleanField(default=False, null=True)
    time_in_space = RunningDurationField("in_space_since", null=True, blank=True)
    in_space_since = models.DateTimeField(null=True, blank=True)
    time_docked = RunningDurationField("docked_since", null=True, blank=True)
    docked_since = models.DateTimeField(null=True, blank=True)
    flights_count = count_field()
    mission_ends_count = count_field()
    status = models.ForeignKey(
        SpacecraftStatus, models.PROTECT, related_name="spacecraft", null=True
    )
    description = models.TextField(max_length=2048, null=True, blank=True, default="")
    spacecraft_config = models.ForeignKey(
        SpacecraftConfiguration,
        models.PROTECT,
        related_name="spacecraft",
        verbose_name="configuration",
        null=True,
    )
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name_plural = "spacecraft"

    def __str__(self) -> str:
        return f"{self.name} ({self.serial_number})" if self.serial_number else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is None:
            self.start_at_zero()
        super().save(*args, **kwargs)

    def start_at_zero(self) -> None:
        """All flights of a craft that is made here will be here: unknown figures start at zero.

        `counting` leaves an unknown figure unknown, and would never count them.
        """
        self.flights_count = self.flights_count or 0
        self.mission_ends_count = self.mission_ends_count or 0
        self.time_in_space = self.time_in_space or timedelta()
        self.time_docked = self.time_docked or timedelta()
