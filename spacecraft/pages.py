"""The pages for people of craft, configurations and agencies: declarations."""

from spacecraft.sections import (
    by_year_of,
    crew,
    flights,
    members,
    name_of_craft,
    name_of_launch,
)
from spacedevs.pages.declared import RecordPages


class SpacecraftPages(RecordPages):
    resource = "spacecraft"
    names = {"flights_count": "flights", "mission_ends_count": "missions ended"}
    pictures = ("image", "spacecraft_config__image")
    notes = ("spacecraft_config",)
    facts = (
        "spacecraft_config",
        "spacecraft_config__agency",
        "serial_number",
        "status",
        "in_space",
    )
    figures = (
        "time_in_space",
        "time_docked",
        "flights_count",
        "mission_ends_count",
        "fastest_turnaround",
    )
    texts = ("description",)
    choices = {"In space": "in_space=true"}
    sections = (crew, flights("spacecraft", name_of_launch))


class SpacecraftConfigurationPages(RecordPages):
    resource = "spacecraft_configurations"
    names = {"wiki_link": "wiki", "info_link": "website"}
    pictures = ("image",)
    notes = ("agency",)
    facts = (
        "agency",
        "family",
        "type",
        "in_use",
        "human_rated",
        "maiden_flight",
        "height",
        "diameter",
        "crew_capacity",
        "payload_capacity",
        "payload_return_capacity",
        "flight_life",
        "wiki_link",
        "info_link",
    )
    figures = (
        "spacecraft_flown",
        "total_launch_count",
        "successful_launches",
        "failed_launches",
        "attempted_landings",
        "successful_landings",
        "failed_landings",
        "fastest_turnaround",
    )
    texts = ("details", "history", "capability")
    choices = {"In use": "in_use=true", "For people": "human_rated=true"}
    sections = (
        members(SpacecraftPages, "spacecraft_config"),
        by_year_of("spacecraft__spacecraft_config"),
        flights("spacecraft__spacecraft_config", name_of_craft),
    )


class AgencyPages(RecordPages):
    resource = "agencies"
    names = {"wiki_url": "wiki", "info_url": "website"}
    pictures = ("image", "logo", "social_logo")
    notes = ("abbrev", "type")
    facts = (
        "abbrev",
        "type",
        "country",
        "founding_year",
        "administrator",
        "parent",
        "launchers",
        "spacecraft",
        "wiki_url",
        "info_url",
    )
    figures = (
        "total_launch_count",
        "successful_launches",
        "failed_launches",
        "pending_launches",
        "consecutive_successful_launches",
        "attempted_landings",
        "successful_landings",
        "failed_landings",
    )
    texts = ("description",)
    choices = {"Featured": "featured=true", "With spacecraft": "spacecraft=true"}
    sections = (
        members(SpacecraftConfigurationPages, "agency"),
        by_year_of("spacecraft__spacecraft_config__agency"),
        flights("spacecraft__spacecraft_config__agency", name_of_craft),
    )
