from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from spacecraft.figures import (
    apply_difference,
    flights_of,
    recompute_fastest,
    recompute_turnarounds,
    tally,
)
from spacecraft.models.agencies import Agency, count_field, image_field
from spacecraft.models.vehicles import Spacecraft
from spacedevs import clock
from spacedevs.ids import FIRST_OWN, NumberedModel, is_own, own_uuid
from spacedevs.names import NamedModel, SortedModel, SortedQuerySet, SortKeyField
from spacedevs.opaque_json import OpaqueJSONField
from spacedevs.running import RunningDurationField
from spacedevs.texts import LongCharField, LongSlugField, LongURLField


def day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "no date"


class Launch(NamedModel):
    """A launch, as far as it shares rows with us; the rest is opaque JSON."""

    id = models.UUIDField(primary_key=True, default=own_uuid)
    name = LongCharField(max_length=2048, blank=True)
    slug = LongSlugField(max_length=2048, db_index=False, null=True, blank=True, default="")
    launch_designator = LongCharField(max_length=255, null=True, blank=True)
    status = OpaqueJSONField("spacecraft.serializers.launches.LaunchStatus")
    last_updated = models.DateTimeField(default=timezone.now, null=True)
    net = models.DateTimeField(null=True)  # no earlier than
    net_precision = OpaqueJSONField("spacecraft.serializers.launches.NetPrecision")
    window_end = models.DateTimeField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    image = image_field()
    infographic = LongURLField(max_length=1024, null=True, blank=True)
    probability = models.IntegerField(null=True, blank=True)  # %
    weather_concerns = LongCharField(max_length=255, null=True, blank=True)
    failreason = models.TextField(max_length=2048, null=True, blank=True)
    hashtag = models.TextField(max_length=2048, null=True, blank=True)
    launch_service_provider = models.ForeignKey(
        Agency, models.PROTECT, related_name="launches", null=True
    )
    rocket = OpaqueJSONField("spacecraft.serializers.launches.RocketNormal")
    mission = OpaqueJSONField("spacecraft.serializers.launches.Mission")
    pad = OpaqueJSONField("spacecraft.serializers.launches.Pad")
    webcast_live = models.BooleanField(default=False, null=True)
    program = OpaqueJSONField("spacecraft.serializers.launches.ProgramNormal", many=True)
    orbital_launch_attempt_count = count_field()
    location_launch_attempt_count = count_field()
    pad_launch_attempt_count = count_field()
    agency_launch_attempt_count = count_field()
    orbital_launch_attempt_count_year = count_field()
    location_launch_attempt_count_year = count_field()
    pad_launch_attempt_count_year = count_field()
    agency_launch_attempt_count_year = count_field()

    class Meta(NamedModel.Meta):
        verbose_name_plural = "launches"

    def __str__(self) -> str:
        return f"{self.name}, {day(self.net)}"

    def clean(self) -> None:
        self.fill_in()

    def fill_in(self) -> None:
        """What an editor may leave out: a window that is a moment, and the slug of the name.

        Of a launch that is upstream's, null is what upstream sent and stays.
        """
        if not is_own(self.pk):
            return
        self.window_start = self.window_start or self.net
        self.window_end = self.window_end or self.net
        self.slug = self.slug or slugify(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Where it moves, its flights follow, and with them the figures of their craft."""
        self.fill_in()
        moved = not Launch.objects.filter(pk=self.pk, net=self.net).exists()
        with transaction.atomic():
            super().save(*args, **kwargs)
            for flight in self.flights.all() if moved else ():
                flight.launch = self
                flight.save(moved=True)


class Landing(NumberedModel):
    """How a flight ended, or is meant to; where is opaque JSON."""

    attempt = models.BooleanField(default=False, null=True)
    success = models.BooleanField(null=True, blank=True)
    description = models.TextField(max_length=2048, null=True, blank=True, default="")
    downrange_distance = models.FloatField("Downrange distance (km)", null=True, blank=True)
    landing_location = OpaqueJSONField("spacecraft.serializers.places.LandingLocation")
    type = OpaqueJSONField("spacecraft.serializers.places.LandingType")

    class Meta:
        ordering = ("id",)

    @classmethod
    def with_labels(cls, rows: models.QuerySet) -> models.QuerySet:
        said = ("landing", "spacecraft__name", "spacecraft__serial_number", "launch__net")
        flights = SpacecraftFlight.objects.select_related("spacecraft", "launch").only(*said)
        return rows.prefetch_related(models.Prefetch("flights", flights))

    def __str__(self) -> str:
        """Whose it is, too."""
        of = " and ".join(map(str, self.flights.all())) if self.pk else ""
        return f"Landing {self.pk}: {of}" if of else f"Landing {self.pk}"


@contextmanager
def updating_figures(*craft_ids: int | None) -> Iterator[None]:
    """Around the writing of flights: afterwards it brings the figures of these craft up to date.

    A flight without a craft gives None.
    """
    with transaction.atomic():
        known = [pk for pk in craft_ids if pk is not None]
        crafts = list(Spacecraft.objects.select_for_update().filter(pk__in=known).order_by("pk"))
        before = {craft.pk: tally(flights_of(craft)) for craft in crafts}
        yield
        for craft in crafts:
            craft.refresh_from_db()
            flights = flights_of(craft)
            after = tally(flights)
            apply_difference(craft, before[craft.pk], after)
            recompute_turnarounds(craft, flights)
            turn_arounds = tally(flights).turn_arounds
            recompute_fastest(craft, before[craft.pk].turn_arounds, turn_arounds)
            craft.save()


class FlightQuerySet(SortedQuerySet):
    """A deletion moves the craft's figures; `update()` and `bulk_create()` don't (counting.py)."""

    def up(self, now: datetime) -> QuerySet:
        """Those of which is_up() is true."""
        ended = Q(mission_end__lte=now)
        started = Q(running_since__lte=now) | Q(pk__gte=FIRST_OWN, launch__net__lte=now)
        return self.filter(started).exclude(ended)

    def delete(self) -> tuple[int, dict[str, int]]:
        with updating_figures(*self.values_list("spacecraft", flat=True)):
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


FlightManager = models.Manager.from_queryset(FlightQuerySet)


class SpacecraftFlight(SortedModel):
    """One flight of one craft. Its craft's figures follow what is saved and deleted here."""

    destination = LongCharField(max_length=255, null=True, blank=True)
    sort_destination = SortKeyField("destination", null=True)
    mission_end = models.DateTimeField(null=True, blank=True)
    spacecraft = models.ForeignKey(Spacecraft, models.PROTECT, related_name="flights", null=True)
    launch = models.ForeignKey(Launch, models.PROTECT, related_name="flights", null=True)
    landing = models.ForeignKey(
        Landing, models.PROTECT, null=True, blank=True, related_name="flights"
    )
    duration = RunningDurationField("running_since", null=True, blank=True)
    running_since = models.DateTimeField(null=True, blank=True, editable=False)
    turn_around_time = models.DurationField(null=True, blank=True)
    launch_crew = OpaqueJSONField("spacecraft.serializers.crews.AstronautFlight", many=True)
    onboard_crew = OpaqueJSONField("spacecraft.serializers.crews.AstronautFlight", many=True)
    landing_crew = OpaqueJSONField("spacecraft.serializers.crews.AstronautFlight", many=True)
    docking_events = OpaqueJSONField(
        "spacecraft.serializers.dockings.DockingEventForChaserNormal", many=True
    )

    objects = FlightManager()

    class Meta:
        ordering = ("id",)
        verbose_name = "spacecraft flight"

    @classmethod
    def with_labels(cls, rows: models.QuerySet) -> models.QuerySet:
        return rows.select_related("spacecraft", "launch")

    def __str__(self) -> str:
        return f"{self.spacecraft or 'No craft'}, {day(self.start)}"

    @property
    def start(self) -> datetime | None:
        return self.launch.net if self.launch else None

    def is_up(self, now: datetime) -> bool:
        """Whether it goes on: not where upstream has forgotten the end of an old flight."""
        start = self.start if is_own(self.pk) else None
        began = self.running_since or start
        ended = self.mission_end is not None and self.mission_end <= now
        return began is not None and began <= now and not ended

    def settle(self, now: datetime) -> None:
        """Duration from the launch and the mission's end, where those are known."""
        start = self.start
        if start is None:
            pass  # nothing follows
        elif self.mission_end and self.mission_end <= now:
            self.duration, self.running_since = self.mission_end - start, None
        elif self.duration is not None and self.running_since is None:
            pass  # as upstream said
        elif start <= now:
            self.duration, self.running_since = timedelta(), start
        else:
            self.duration, self.running_since = None, None

    def counted(self) -> tuple[timedelta | None, datetime | None]:
        """Its duration and since when that runs, as its craft's figures have it.

        Upstream gives no duration to a flight that goes on (contract, "null"), but counts it in
        its craft's figures. They run since `in_space_since`.
        """
        up = self.spacecraft.in_space_since if self.spacecraft else None
        if self.duration is not None or self.mission_end or is_own(self.pk):
            return self.duration, self.running_since
        if up is None or self.start is None or self.start > up:
            return None, None
        return up - self.start, up

    def save(self, *args: Any, moved: bool = False, **kwargs: Any) -> None:
        """`moved`: its launch has moved, and is saved already."""
        stored = SpacecraftFlight.objects.select_related("launch").filter(pk=self.pk).first()
        crafts: Iterable[int | None] = {self.spacecraft_id} | (
            {stored.spacecraft_id} if stored else set()
        )
        if stored and stored.mission_end and not self.mission_end:
            self.duration = None  # it goes on
        as_it_was = stored and (stored.start, stored.mission_end) == (self.start, self.mission_end)
        with updating_figures(*crafts):
            # What upstream says of its flight stays, where nothing changed that it follows from.
            if moved or is_own(self.pk) or not as_it_was:
                self.settle(clock.now())
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with updating_figures(self.spacecraft_id):
            return super().delete(*args, **kwargs)
