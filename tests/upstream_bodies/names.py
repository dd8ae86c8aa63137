"""Names: short lists of real ones, and made ones that tell what they name."""

# Lists that are short upstream; what goes past their ends is numbered.
NAMES = {
    "config/agency_types": ("Government", "Multinational", "Commercial", "Private"),
    "config/spacecraft_statuses": (
        "Active", "Retired", "Lost", "Single Use", "Under construction",
    ),
    "config/spacecraft_configuration_types": (
        "Unknown", "Capsule", "Spaceplane", "Cargo Resupply", "Lander", "Space Shuttle", "Tug",
    ),
    "config/image_licenses": ("Unknown", "CC BY-SA 4.0", "ESA Standard Licence", "NASA Policy"),
    "config/image_variant_types": ("Square", "16:9", "4:3"),
    "config/countries": (
        "France", "United States of America", "Russia", "Côte d'Ivoire", "Åland Islands",
        "Österreich",
    ),
    "celestial_bodies": ("Earth", "Moon", "Mars"),
    "celestial_body_types": ("Planet", "Moon"),
    "launch_statuses": ("Go for Launch", "Launch Successful", "Launch Failure", "To Be Determined"),
    "net_precisions": ("Second", "Minute", "Day", "Month"),
    "orbits": ("Low Earth Orbit", "Sun-Synchronous Orbit", "Heliocentric N/A", "Suborbital"),
    "program_types": ("Crewed", "Satellite"),
    "landing_types": ("Parachute Landing", "Splashdown", "Horizontal Landing"),
    "social_media": ("Facebook", "Instagram", "X (Twitter)", "YouTube", "LinkedIn"),
    "info_url_types": ("Official Page", "Press Kit"),
    "vid_url_types": ("Official Webcast", "Unofficial Webcast"),
    "languages": ("English", "Français", "Русский"),
    "astronaut_roles": ("Commander", "Pilot", "Mission Specialist"),
    "astronaut_statuses": ("Active", "Retired", "Deceased"),
    "astronaut_types": ("Government", "Private"),
    "space_station_statuses": ("Active", "De-Orbited"),
    "space_station_types": ("Government", "Private"),
    "payload_types": ("Module", "Target Vehicle"),
}  # fmt: skip

# An agency's name is one of each, and its number where these are used up.
_PLACES = (
    "National", "Aérospatiale", "O'Neill", "Rocket-Lab", "Ångström", "Space", "Agência", "S.P.",
    "Orbital", "Łódź", "Блок", "virgin", "Northrop", "i-Space", "Institut für", "United",
    "La Niña", "Deep", "China",
)  # fmt: skip
_WORKS = (
    "Space Agency", "Systems", "& Sons", "(Energia)", "Dynamics", "Aerospace, Inc.", "Exploration",
    "Launch Alliance", "Research", "Works", "do Espaço", "Laboratories", "Corporation",
)  # fmt: skip
_CRAFT = (
    "Soyuz", "Progress-M (modified)", "Progress-M1", "Progress MS", "Dragon 2", "Space Rider",
    "SpaceShipTwo", "Space Shuttle", "Übersee", "Shenzhou", "éclair", "CST-100", "Cygnus",
)  # fmt: skip
_MARKS = ("", " II", "-MS", " (enhanced)", " XL")


def agency(number: int) -> str:
    """Each is there once, for a parent is told by its name."""
    again, work = divmod(number // len(_PLACES), len(_WORKS))
    name = f"{_PLACES[number % len(_PLACES)]} {_WORKS[work]}"
    return f"{name} {again + 1}" if again else name


def vehicle(number: int) -> str:
    """Of a craft's configuration or family. Some are there twice."""
    mark = number // len(_CRAFT)
    return f"{_CRAFT[number * 5 % len(_CRAFT)]}{_MARKS[mark % len(_MARKS)]}"


def name(kind: str, number: int) -> str:
    """The name of a row that has no maker of its own."""
    known = NAMES.get(kind, ())
    if number < len(known):
        return known[number]
    singular = kind.rpartition("/")[2].replace("ies", "y").removesuffix("s").replace("_", " ")
    return f"{singular.capitalize()} {number}"
