"""The records as editors see them, at /admin/.

A model gets its search, its links and its autocompletes from RecordAdmin, and declares here only
what is its own. One that is not named here has a page all the same (spacedevs/admin.py).
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from spacecraft import history, models
from spacedevs.editing import RecordAdmin, RecordOptions, figures
from spacedevs.pictures import thumbnail_of

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
    readonly_fields = ("picture",)
    picture = staticmethod(thumbnail_of())

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("image", "type")


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


@admin.register(models.Launch)
class LaunchAdmin(RecordAdmin):
    list_display = ("label", "net", "launch_service_provider", "launch_designator")
    list_display_links = ("label",)
    list_filter = (("launch_service_provider", RelatedOnlyFieldListFilter),)
    list_select_related = ("launch_service_provider",)
    search_fields = ("name", "sort_name", "id", "slug", "launch_designator")
    prepopulated_fields = {"slug": ("name",)}
    help_texts = {
        "net": "No earlier than.",
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


@admin.register(models.Landing)
class LandingAdmin(RecordAdmin):
    list_display = ("id", "attempt", "success", "downrange_distance")
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


@admin.register(models.SpacecraftFlight)
class SpacecraftFlightAdmin(RecordAdmin):
    list_display = ("id", "spacecraft", "destination", "launch", "mission_end")
    list_display_links = ("id",)
    list_filter = (("spacecraft__spacecraft_config", RelatedOnlyFieldListFilter),)
    list_select_related = ("spacecraft", "launch")
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
