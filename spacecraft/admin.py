"""The records as editors see them, at /admin/.

A model gets its search, its links and its autocompletes from RecordAdmin, and declares here only
what is its own. One that is not named here has a page all the same (spacedevs/admin.py).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from spacecraft import history, models
from spacedevs import clock
from spacedevs.editing import RecordAdmin, RecordOptions, figures
from spacedevs.words import label, link_to, show_field, url_of

NEWEST_FIRST = F("launch__net").desc(nulls_last=True)  # of flights

admin.site.site_header = admin.site.site_title = "spacedevs"


def json_fieldset(*fields: str) -> Any:
    """Parts that upstream gave as JSON. An editor may leave them out."""
    about = "As upstream gave it, in JSON. Leave it as it is, or empty: nothing here is needed."
    return ("As JSON", {"classes": ("collapse",), "description": about, "fields": fields})


@admin.register(models.Country)
class CountryAdmin(RecordAdmin):
    list_display = ("id", "label", "alpha_2_code", "alpha_3_code", "nationality_name")
    search_fields = (*RecordAdmin.search_fields, "alpha_2_code", "alpha_3_code")


@admin.register(models.ImageLicense)
class ImageLicenseAdmin(RecordAdmin):
    list_display = ("id", "label", "priority", "link")


class ImageVariantInline(RecordOptions, admin.TabularInline):
    model = models.ImageVariant
    extra = 0


@admin.register(models.Image)
class ImageAdmin(RecordAdmin):
    # A link and not a picture: the Content-Security-Policy lets no page ask another host.
    list_display = ("id", "label", "credit", "license", "single_use", "thumbnail_url")
    list_filter = ("single_use", ("license", RelatedOnlyFieldListFilter))
    list_select_related = ("license",)
    search_fields = (*RecordAdmin.search_fields, "credit")
    inlines = (ImageVariantInline,)


@admin.register(models.ImageVariant)
class ImageVariantAdmin(RecordAdmin):
    list_display = ("id", "image", "type", "image_url")
    list_display_links = ("id",)
    list_filter = (("type", RelatedOnlyFieldListFilter),)
    list_select_related = ("image", "type")
    search_fields = ("image__name", "image__sort_name", "id__exact")


@admin.register(models.Agency)
class AgencyAdmin(RecordAdmin):
    list_display = ("id", "label", "abbrev", "type", "parent", "featured", "founding_year")
    list_filter = (
        "featured",
        ("type", RelatedOnlyFieldListFilter),
        ("country", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("type", "parent")
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
        json_fieldset("launcher_list", "social_media_links"),
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
    list_display = ("id", "label", "type", "agency", "in_use", "human_rated", "maiden_flight")
    list_filter = (
        "in_use",
        "human_rated",
        ("type", RelatedOnlyFieldListFilter),
        ("agency", RelatedOnlyFieldListFilter),
        ("family", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("type", "agency")
    search_fields = (*RecordAdmin.search_fields, "agency__name")
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
    list_display = ("id", "label", "serial_number", "spacecraft_config", "status", "in_space")
    list_filter = (
        "in_space",
        "is_placeholder",
        ("status", RelatedOnlyFieldListFilter),
        ("spacecraft_config", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("spacecraft_config", "status")
    search_fields = (*RecordAdmin.search_fields, "serial_number", "spacecraft_config__name")
    help_texts = {
        "is_placeholder": "Stands for a craft that has not been chosen yet.",
        "time_in_space": "As of the last return; what runs since comes on top.",
        "in_space_since": "While this is set, the time in space grows.",
        "time_docked": "As of the last departure; what runs since comes on top.",
        "docked_since": "While this is set, the time docked grows.",
    }
    actions = ("count_anew",)
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

    @admin.action(description="Count the figures anew from the flights that are here")
    def count_anew(self, request: HttpRequest, queryset: QuerySet) -> None:
        for craft in queryset:
            history.count_anew(craft)
        messages.success(request, f"Counted {len(queryset)} spacecraft anew.")

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """With its flights, for those who may see them."""
        flight_admin = self.admin_site.get_model_admin(models.SpacecraftFlight)
        if obj and flight_admin.has_view_permission(request):
            now = clock.now()
            flights = obj.flights.select_related("launch").order_by(NEWEST_FIRST, "-id")
            context |= {
                "flights_of_craft": [(flight, flight.is_up(now)) for flight in flights],
                "may_add_flight": flight_admin.has_add_permission(request),
                "may_change_flight": flight_admin.has_change_permission(request),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)


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
        json_fieldset("status", "net_precision", "rocket", "mission", "pad", "program"),
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
        json_fieldset("landing_location", "type"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what it says of its flights, in lists and in pickers."""
        said = ("landing", "spacecraft__name", "spacecraft__serial_number", "launch__net")
        flights = models.SpacecraftFlight.objects.select_related("spacecraft", "launch")
        with_flights = Prefetch("flights", flights.only(*said))
        return super().get_queryset(request).prefetch_related(with_flights)

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
        json_fieldset("launch_crew", "onboard_crew", "landing_crew", "docking_events"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what tells one flight from another, in lists and in pickers."""
        return super().get_queryset(request).select_related("spacecraft", "launch")

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        """A landing with what it says of its flights."""
        return self.admin_site.get_model_admin(db_field.related_model).get_queryset(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.end_now)
        route = path("<int:pk>/end/", view, name="spacecraft_spacecraftflight_end")
        return [route, *super().get_urls()]

    def end_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A page that says what the end of a flight that is up will change; POST ends it."""
        with transaction.atomic():
            flights = models.SpacecraftFlight.objects.select_for_update(of=("self",))
            flight = flights.select_related("spacecraft__status", "launch").filter(pk=pk).first()
            if flight is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined,no-any-return]
            if not self.has_change_permission(request, flight):
                raise PermissionDenied
            craft_admin = self.admin_site.get_model_admin(models.Spacecraft)
            seen = flight.spacecraft if craft_admin.has_view_permission(request) else None
            back, now = url_of(seen or flight), clock.now()
            if not flight.is_up(now):
                messages.error(request, f"{flight}: not up now.")
                return redirect(back)
            changes = [*what_changes(flight, now)]
            moment = {"mission_end_0": f"{now:%Y-%m-%d}", "mission_end_1": f"{now:%H:%M:%S}"}
            form_class = self.get_form(request, flight, change=True, fields=("mission_end",))
            form = form_class(moment, instance=flight)
            if form.is_valid() and request.method == "POST":
                self.save_model(request, flight, form, change=True)
                self.log_change(request, flight, self.construct_change_message(request, form, []))
                messages.success(request, f"{flight}: ended at {now:%Y-%m-%d %H:%M:%S}.")
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": "End a flight now",
            "opts": self.opts,
            "flight": flight,
            "changes": changes,
            "problems": [line for lines in form.errors.values() for line in lines],
            "back": back,
        }
        return TemplateResponse(request, "admin/spacecraft/spacecraftflight/end.html", context)


def what_changes(flight: models.SpacecraftFlight, now: datetime) -> Iterator[tuple[str, str, str]]:
    """What the end of a flight changes, in words: what, from what, to what."""
    ended, craft = history.if_ended(flight, now)
    parts: list[tuple[Any, Any, tuple[str, ...]]] = [(flight, ended, ("mission_end", "duration"))]
    if craft is not None:
        parts.append((flight.spacecraft, craft, history.FIGURES))
    for before, after, columns in parts:
        for column in columns:
            old, new = show_field(before, column, now), show_field(after, column, now)
            if old != new:
                yield f"{before._meta.verbose_name}: {label(before, column)}", old, new
