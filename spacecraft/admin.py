"""The records as editors see them, at /admin/.

A model gets its search, its links and its autocompletes from RecordAdmin, and declares here only
what is its own. One that is not named here has a page all the same (spacedevs/admin.py).
"""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html_join

from spacecraft import counting, models
from spacedevs import clock
from spacedevs.actions import confirmed, confirmed_action, count
from spacedevs.editing import RecordAdmin, RecordInline, figures
from spacedevs.pictures import thumbnail_of
from spacedevs.words import link_to, url_of

NEWEST_FIRST = F("launch__net").desc(nulls_last=True)  # of flights

admin.site.site_header = admin.site.site_title = "spacedevs"


def parts(title: str, *fields: str, collapsed: bool = False) -> Any:
    """A part of a page that holds opaque JSON, each column as a form."""
    about = "Nothing here is needed. Search for what is here already, or type what is new."
    classes = ("collapse",) if collapsed else ()
    return (title, {"classes": classes, "description": about, "fields": fields})


@admin.register(models.Country)
class CountryAdmin(RecordAdmin):
    list_display = ("id", "label", "alpha_2_code", "alpha_3_code", "nationality_name")
    search_fields = (*RecordAdmin.search_fields, "alpha_2_code", "alpha_3_code")


@admin.register(models.ImageLicense)
class ImageLicenseAdmin(RecordAdmin):
    list_display = ("id", "label", "priority", "link")


class ImageVariantInline(RecordInline):
    model = models.ImageVariant
    readonly_fields = ("picture",)
    picture = staticmethod(thumbnail_of())

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        return rows.select_related("image", "type")


@admin.register(models.Image)
class ImageAdmin(RecordAdmin):
    list_display = ("id", thumbnail_of(), "label", "credit", "license", "single_use")
    missing = ("credit", "license", "thumbnail_url")
    list_filter = ("single_use", ("license", RelatedOnlyFieldListFilter))
    list_select_related = ("license",)
    search_fields = (*RecordAdmin.search_fields, "credit")
    inlines = (ImageVariantInline,)


@admin.register(models.ImageVariant)
class ImageVariantAdmin(RecordAdmin):
    list_display = ("id", thumbnail_of(), "image", "type")
    list_display_links = ("id",)
    list_filter = (("type", RelatedOnlyFieldListFilter),)
    list_select_related = ("image", "type")
    search_fields = ("image__name", "image__sort_name", "id__exact")


@admin.register(models.Agency)
class AgencyAdmin(RecordAdmin):
    list_display = (
        "id",
        thumbnail_of("image", "logo"),
        "label",
        "abbrev",
        "type",
        "parent",
        "featured",
        "founding_year",
    )
    missing = ("image", "logo", "type", "founding_year")
    list_filter = (
        "featured",
        ("type", RelatedOnlyFieldListFilter),
        ("country", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("type", "parent", "image", "logo")
    search_fields = (*RecordAdmin.search_fields, "abbrev")
    help_texts = {
        "launchers": "In words: Ariane | Vega.",
        "spacecraft": "In words: Mars Express | Rosetta | Dawn.",
    }
    fieldsets = (
        (None, {"fields": ("id", "name", "abbrev", "type", "country", "parent", "featured")}),
        (
            "About",
            {
                "fields": (
                    "description",
                    "administrator",
                    "founding_year",
                    "launchers",
                    "spacecraft",
                    "info_url",
                    "wiki_url",
                )
            },
        ),
        ("Pictures", {"fields": ("image", "logo", "social_logo")}),
        parts("Launchers and links", "launcher_list", "social_media_links", collapsed=True),
        (
            "Launches",
            figures(
                "total_launch_count",
                "successful_launches",
                "consecutive_successful_launches",
                "failed_launches",
                "pending_launches",
            ),
        ),
        (
            "Landings",
            figures(
                "attempted_landings",
                "successful_landings",
                "consecutive_successful_landings",
                "failed_landings",
                "attempted_landings_spacecraft",
                "successful_landings_spacecraft",
                "failed_landings_spacecraft",
                "attempted_landings_payload",
                "successful_landings_payload",
                "failed_landings_payload",
            ),
        ),
    )


FLOWN = (
    "Flown so far",
    figures(
        "spacecraft_flown",
        "total_launch_count",
        "successful_launches",
        "failed_launches",
        "attempted_landings",
        "successful_landings",
        "failed_landings",
    ),
)


@admin.register(models.SpacecraftConfigFamily)
class SpacecraftConfigFamilyAdmin(RecordAdmin):
    list_display = ("id", "label", "manufacturer", "parent", "maiden_flight")
    list_filter = (("manufacturer", RelatedOnlyFieldListFilter),)
    list_select_related = ("manufacturer", "parent")
    search_fields = (*RecordAdmin.search_fields, "manufacturer__name")
    fieldsets = (
        (
            None,
            {"fields": ("id", "name", "manufacturer", "parent", "maiden_flight", "description")},
        ),
        FLOWN,
    )


@admin.register(models.SpacecraftConfiguration)
class SpacecraftConfigurationAdmin(RecordAdmin):
    list_display = (
        "id",
        thumbnail_of("image"),
        "label",
        "type",
        "agency",
        "in_use",
        "human_rated",
        "maiden_flight",
    )
    missing = ("image", "type", "agency", "height", "maiden_flight")
    list_filter = (
        "in_use",
        "human_rated",
        ("type", RelatedOnlyFieldListFilter),
        ("agency", RelatedOnlyFieldListFilter),
        ("family", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("type", "agency", "image")
    search_fields = (*RecordAdmin.search_fields, "agency__name")
    bulk_fields = ("in_use", "type", "agency", "image", "human_rated")
    help_texts = {
        "height": "Metres.",
        "diameter": "Metres.",
        "crew_capacity": "People.",
        "payload_capacity": "Kilograms.",
        "payload_return_capacity": "Kilograms.",
        "flight_life": "How long a craft stays up, in words.",
    }
    fieldsets = (
        (
            None,
            {"fields": ("id", "name", "type", "agency", "family", "in_use", "maiden_flight")},
        ),
        (
            "About",
            {"fields": ("capability", "history", "details", "image", "info_link", "wiki_link")},
        ),
        (
            "Figures",
            figures(
                "height",
                "diameter",
                "human_rated",
                "crew_capacity",
                "payload_capacity",
                "payload_return_capacity",
                "flight_life",
                "fastest_turnaround",
                collapsed=False,
            ),
        ),
        FLOWN,
    )


@admin.register(models.Spacecraft)
class SpacecraftAdmin(RecordAdmin):
    change_form_template = "admin/spacecraft/spacecraft/change_form.html"
    list_display = (
        "id",
        thumbnail_of("image"),
        "label",
        "serial_number",
        "spacecraft_config",
        "status",
        "in_space",
    )
    missing = ("image", "status", "spacecraft_config", "time_in_space", "flights_count")
    list_filter = (
        "in_space",
        "is_placeholder",
        ("status", RelatedOnlyFieldListFilter),
        ("spacecraft_config", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("spacecraft_config", "status", "image")
    search_fields = (*RecordAdmin.search_fields, "serial_number", "spacecraft_config__name")
    help_texts = {
        "is_placeholder": "Stands for a craft that has not been chosen yet.",
        "time_in_space": "As of the last return; what runs since comes on top.",
        "in_space_since": "While this is set, the time in space grows.",
        "time_docked": "As of the last departure; what runs since comes on top.",
        "docked_since": "While this is set, the time docked grows.",
    }
    actions = (*RecordAdmin.actions, "count_anew")
    bulk_fields = ("status", "spacecraft_config", "image", "is_placeholder")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "name",
                    "serial_number",
                    "spacecraft_config",
                    "status",
                    "is_placeholder",
                    "description",
                    "image",
                )
            },
        ),
        (
            "Flights",
            figures(
                "in_space",
                "flights_count",
                "mission_ends_count",
                "time_in_space",
                "in_space_since",
                "time_docked",
                "docked_since",
                "fastest_turnaround",
                collapsed=False,
            ),
        ),
    )

    @admin.action(
        description="Count the figures anew from the flights that are here",
        permissions=["change"],
    )
    def count_anew(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return confirmed_action(
            self,
            request,
            lambda: counting.count_anew(*queryset),
            title=f"Count the figures of {count(queryset.count())} anew",
            lead="From the flights that are here, as if there were no others. What is held stays.",
            button="Count them anew",
        )

    def page_context(self, request: HttpRequest, row: models.Spacecraft) -> dict[str, Any]:
        """With its flights, for those who may see them."""
        context = super().page_context(request, row)
        flight_admin = self.admin_site.get_model_admin(models.SpacecraftFlight)
        if flight_admin.has_view_permission(request):
            now = clock.now()
            flights = row.flights.select_related("launch").order_by(NEWEST_FIRST, "-id")
            context |= {
                "flights_of_craft": [(flight, flight.is_up(now)) for flight in flights],
                "may_add_flight": flight_admin.has_add_permission(request),
                "may_change_flight": flight_admin.has_change_permission(request),
            }
        return context


@admin.register(models.Launch)
class LaunchAdmin(RecordAdmin):
    list_display = ("label", "no_earlier_than", "launch_service_provider", "launch_designator")
    list_display_links = ("label",)
    list_filter = (("launch_service_provider", RelatedOnlyFieldListFilter),)
    list_select_related = ("launch_service_provider",)
    search_fields = ("name", "sort_name", "id", "slug", "launch_designator")
    prepopulated_fields = {"slug": ("name",)}
    labels = {"net": "No earlier than (NET)", "failreason": "Why it failed"}
    help_texts = {
        "window_start": "Empty in a launch that is made here: the same moment as net.",
        "window_end": "Empty in a launch that is made here: the same moment as net.",
        "probability": "Per cent.",
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "name",
                    "slug",
                    "launch_designator",
                    "launch_service_provider",
                    "net",
                    "window_start",
                    "window_end",
                    "last_updated",
                )
            },
        ),
        (
            "About",
            {
                "fields": (
                    "image",
                    "infographic",
                    "probability",
                    "weather_concerns",
                    "failreason",
                    "hashtag",
                    "webcast_live",
                )
            },
        ),
        (
            "Attempts",
            figures(
                "orbital_launch_attempt_count",
                "location_launch_attempt_count",
                "pad_launch_attempt_count",
                "agency_launch_attempt_count",
                "orbital_launch_attempt_count_year",
                "location_launch_attempt_count_year",
                "pad_launch_attempt_count_year",
                "agency_launch_attempt_count_year",
            ),
        ),
        parts(
            "Status, rocket, mission and pad",
            "status",
            "net_precision",
            "rocket",
            "mission",
            "pad",
            "program",
        ),
    )

    @admin.display(description="no earlier than", ordering="net")
    def no_earlier_than(self, launch: models.Launch) -> datetime | None:
        return launch.net


@admin.register(models.Landing)
class LandingAdmin(RecordAdmin):
    list_display = ("id", "of_flights", "attempt", "success", "downrange_distance")
    list_display_links = ("id",)
    list_filter = ("attempt", "success")
    search_fields = ("id__exact", "description", "flights__spacecraft__name")
    help_texts = {"downrange_distance": "Kilometres."}
    fieldsets = (
        (
            None,
            {"fields": ("id", "attempt", "success", "description", "downrange_distance")},
        ),
        parts("Place and type", "landing_location", "type"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what it says of its flights, in lists and in pickers."""
        rows: QuerySet = super().get_queryset(request)
        return models.Landing.with_labels(rows)

    @admin.display(description="flight")
    def of_flights(self, landing: models.Landing) -> str:
        links = ((link_to(flight),) for flight in landing.flights.all())
        return format_html_join(", ", "{}", links)


class GoingOn(admin.SimpleListFilter):
    title = "how it goes"
    parameter_name = "going"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("up", "Up now"), ("over", "Over"), ("to-come", "To come")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        now = clock.now()
        match self.value():
            case "up":
                return queryset.up(now)  # type: ignore[no-any-return]
            case "over":
                return queryset.filter(mission_end__lte=now)  # type: ignore[no-any-return]
            case "to-come":
                return queryset.filter(launch__net__gt=now)  # type: ignore[no-any-return]
        return None


@admin.register(models.SpacecraftFlight)
class SpacecraftFlightAdmin(RecordAdmin):
    list_display = ("id", "spacecraft", "destination", "launch", "mission_end")
    list_display_links = ("id",)
    ordering = (NEWEST_FIRST, "-id")  # the API's order is another
    list_filter = (GoingOn, ("spacecraft__spacecraft_config", RelatedOnlyFieldListFilter))
    search_fields = ("spacecraft__name", "spacecraft__sort_name", "destination", "id__exact")
    help_texts = {
        "mission_end": "Empty while the craft is up. The craft's figures follow.",
        "duration": "Follows from the launch and the mission's end where both are known.",
        "turn_around_time": "Follows from the flight before, where no flight is missing.",
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "spacecraft",
                    "launch",
                    "destination",
                    "mission_end",
                    "landing",
                    "duration",
                    "turn_around_time",
                )
            },
        ),
        parts("Crew and dockings", "launch_crew", "onboard_crew", "landing_crew", "docking_events"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what tells one flight from another, in lists and in pickers."""
        rows: QuerySet = super().get_queryset(request)
        return models.SpacecraftFlight.with_labels(rows)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        """A landing with what it says of its flights."""
        return self.admin_site.get_model_admin(db_field.related_model).get_queryset(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.end_now)
        route = path("<int:pk>/end/", view, name="spacecraft_spacecraftflight_end")
        return [route, *super().get_urls()]

    def end_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ends a flight that is up, as of when this page was opened."""
        flight = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, flight):
            raise PermissionDenied
        back = url_of(flight.spacecraft or flight)
        if not flight.is_up(clock.now()):
            messages.error(request, f"{flight}: not up now.")
            return redirect(back)
        at = parse_datetime(request.POST.get("at", "")) or clock.now()
        page = confirmed(
            request,
            self.admin_site,
            lambda: self.end(flight, at),
            title=f"End {flight}",
            lead=f"It ended at {at:%Y-%m-%d %H:%M:%S}. The status of its craft stays.",
            button="Yes, it has ended",
            back=back,
            opts=self.opts,
            inputs=[("at", at.isoformat())],
        )
        return page or redirect(back)

    def end(self, flight: models.SpacecraftFlight, at: datetime) -> None:
        """Raises Refused."""
        row = models.SpacecraftFlight.objects.select_for_update().get(pk=flight.pk)
        self.set_row(row, {"mission_end": at})
