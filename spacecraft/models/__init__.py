"""The records. Upstream's ids are the primary keys, upstream's names the fields."""

from spacecraft.models.agencies import Agency, AgencyType, Country
from spacecraft.models.flights import Landing, Launch, SpacecraftFlight
from spacecraft.models.images import Image, ImageLicense, ImageVariant, ImageVariantType
from spacecraft.models.vehicles import (
    Spacecraft,
    SpacecraftConfigFamily,
    SpacecraftConfigType,
    SpacecraftConfiguration,
    SpacecraftStatus,
)

__all__ = [
    "Agency",
    "AgencyType",
    "Country",
    "Image",
    "ImageLicense",
    "ImageVariant",
    "ImageVariantType",
    "Landing",
    "Launch",
    "Spacecraft",
    "SpacecraftConfigFamily",
    "SpacecraftConfigType",
    "SpacecraftConfiguration",
    "SpacecraftFlight",
    "SpacecraftStatus",
]
