"""What is gone at the source goes here, if its list was read whole; what is in use stays."""

from typing import Any

from spacecraft import models
from spacedevs.ids import FIRST_OWN
from spacedevs.mirror.models import Hold, Mirrored
from tests.mirror.running import CATALOGUE, NOW, Site, mirrored, site

__all__ = ["mirrored", "site"]  # fixtures


def a_new_agency(site: Site) -> Any:
    """One that comes over, and that no other row needs."""
    pk = site.catalogue.add("agencies", name="Alone")
    site.mirror(only=CATALOGUE)
    assert models.Agency.objects.filter(pk=pk).exists()
    return pk


def test_what_is_gone_from_its_list_goes_with_what_is_remembered_of_it(mirrored: Site) -> None:
    pk = a_new_agency(mirrored)
    of_it = {"model": "spacecraft.agency", "key": str(pk)}
    Hold.objects.create(**of_it, field="abbrev")
    mirrored.catalogue.remove("agencies", pk)
    assert mirrored.mirror().run.removed == 1
    assert not models.Agency.objects.filter(pk=pk).exists()
    assert not Mirrored.objects.filter(**of_it).exists()
    assert not Hold.objects.exists()


def test_a_part_of_the_catalogue_alone_removes_nothing(mirrored: Site) -> None:
    pk = a_new_agency(mirrored)
    mirrored.catalogue.remove("agencies", pk)
    assert mirrored.mirror(only=("agencies",)).run.removed == 0
    assert models.Agency.objects.filter(pk=pk).exists()


def test_a_lookup_that_is_read_alone_is_read_whole(mirrored: Site) -> None:
    pk = mirrored.catalogue.add("config/countries", name="Nowhere")
    mirrored.mirror(only=("config/countries",))
    mirrored.catalogue.remove("config/countries", pk)
    assert mirrored.mirror(only=("config/countries",)).run.removed == 1


def test_what_is_in_use_here_stays_and_is_noted(mirrored: Site) -> None:
    pk = a_new_agency(mirrored)
    models.Launch.objects.create(name="Ours", net=NOW, launch_service_provider_id=pk)
    mirrored.catalogue.remove("agencies", pk)
    assert mirrored.mirror().says(f"agency {pk} is gone at the source, but in use here.")
    assert models.Agency.objects.filter(pk=pk).exists()


def test_what_stayed_goes_once_nothing_here_needs_it(mirrored: Site) -> None:
    pk = a_new_agency(mirrored)
    ours = models.Launch.objects.create(name="Ours", net=NOW, launch_service_provider_id=pk)
    mirrored.catalogue.remove("agencies", pk)
    mirrored.mirror()
    models.Launch.objects.filter(pk=ours.pk).delete()
    mirrored.mirror()
    assert not models.Agency.objects.filter(pk=pk).exists()


def test_a_parent_and_its_child_that_are_gone_go_together(mirrored: Site) -> None:
    parent = mirrored.catalogue.add("agencies", name="Parent")
    child = mirrored.catalogue.add("agencies", name="Child", parent=parent)
    mirrored.mirror()
    assert models.Agency.objects.get(pk=child).parent_id == parent
    mirrored.catalogue.remove("agencies", child)
    mirrored.catalogue.remove("agencies", parent)
    mirrored.mirror()
    assert not models.Agency.objects.filter(pk__in=(parent, child)).exists()


def test_a_flight_that_is_no_longer_in_its_crafts_list_goes(mirrored: Site) -> None:
    flight = mirrored.catalogue.body("spacecraft_flights", 0)
    flights = models.SpacecraftFlight.objects.filter(pk=flight["id"])
    assert flights.exists()
    mirrored.catalogue.remove("spacecraft_flights", flight["id"])
    mirrored.mirror(only=CATALOGUE)
    assert not flights.exists()


def test_a_flight_that_moved_to_another_craft_stays(mirrored: Site) -> None:
    flight = mirrored.catalogue.body("spacecraft_flights", 0)
    other = mirrored.catalogue.add("spacecraft", name="Another")
    mirrored.catalogue.edit("spacecraft_flights", flight["id"], spacecraft=other)
    mirrored.mirror(only=CATALOGUE)
    assert models.SpacecraftFlight.objects.get(pk=flight["id"]).spacecraft_id == other


def test_a_craft_that_is_gone_takes_its_flights_with_it(mirrored: Site) -> None:
    pk = mirrored.catalogue.body("spacecraft_flights", 0)["spacecraft"]["id"]
    mirrored.catalogue.remove("spacecraft", pk)
    mirrored.mirror(only=CATALOGUE)
    assert not models.Spacecraft.objects.filter(pk=pk).exists()
    assert not models.SpacecraftFlight.objects.filter(spacecraft=pk).exists()


def test_a_craft_that_is_gone_stays_while_a_flight_of_ours_is_its(mirrored: Site) -> None:
    pk = mirrored.catalogue.body("spacecraft_flights", 0)["spacecraft"]["id"]
    models.SpacecraftFlight.objects.create(spacecraft_id=pk)
    mirrored.catalogue.remove("spacecraft", pk)
    assert mirrored.mirror().says(f"spacecraft {pk} is gone at the source, but in use here.")
    assert models.Spacecraft.objects.filter(pk=pk).exists()


def with_variants(site: Site, *numbers: int) -> Any:
    """The newest agency has an image of its own, with these variants. Returns the image's id."""
    kind = site.catalogue.body("config/image_variant_types", 0)
    image = {
        "id": 90_000,
        "name": "Of its own",
        "variants": [
            {"id": 70_000 + number, "type": kind, "image_url": "https://example.org/"}
            for number in numbers
        ],
    }
    last = site.id_of("agencies", site.catalogue.count("agencies") - 1)
    site.say("agencies", last, image=image)
    return image["id"]


def test_a_variant_that_is_no_longer_in_its_images_list_goes(mirrored: Site) -> None:
    a_new_agency(mirrored)
    image = with_variants(mirrored, 1, 2)
    mirrored.mirror(only=CATALOGUE)
    variants = models.ImageVariant.objects.filter(image=image)
    assert [*variants.values_list("pk", flat=True)] == [70_001, 70_002]
    mirrored.upstream.relent()
    with_variants(mirrored, 2)
    mirrored.mirror(only=CATALOGUE)
    assert [*variants.values_list("pk", flat=True)] == [70_002]


def test_a_variant_that_was_made_by_hand_stays_with_its_image(mirrored: Site) -> None:
    a_new_agency(mirrored)
    image = with_variants(mirrored, 1)
    mirrored.mirror(only=CATALOGUE)
    ours = models.ImageVariant.objects.create(image_id=image, image_url="https://x.test/")
    mirrored.upstream.relent()
    with_variants(mirrored)
    mirrored.mirror(only=CATALOGUE)
    assert [*models.ImageVariant.objects.filter(image=image)] == [ours]


def test_an_image_goes_when_nothing_refers_to_it(mirrored: Site) -> None:
    a_new_agency(mirrored)
    image = with_variants(mirrored, 1)
    mirrored.mirror(only=CATALOGUE)
    assert models.Image.objects.filter(pk=image).exists()
    mirrored.upstream.relent()
    mirrored.mirror(only=CATALOGUE)
    assert not models.Image.objects.filter(pk=image).exists()


def test_a_launch_goes_with_its_last_flight(mirrored: Site) -> None:
    flight = mirrored.catalogue.body("spacecraft_flights", 0)
    launch = models.Launch.objects.filter(pk=flight["launch"]["id"])
    assert launch.get().flights.count() == 1
    mirrored.catalogue.remove("spacecraft_flights", flight["id"])
    mirrored.mirror(only=("spacecraft_flights",))
    assert not launch.exists()


def test_what_was_made_by_hand_is_never_removed(mirrored: Site) -> None:
    made: list[Any] = [
        models.Agency.objects.create(name="Ours"),
        models.Image.objects.create(name="Ours"),
        models.Launch.objects.create(name="Ours", net=NOW),
        models.Landing.objects.create(),
    ]
    mirrored.catalogue.edition(1)
    mirrored.pass_(days=2)
    mirrored.mirror()
    for row in made:
        assert type(row).objects.filter(pk=row.pk).exists()


def test_records_made_by_hand_get_ids_that_upstream_will_not_come_to(mirrored: Site) -> None:
    made = [models.Agency.objects.create(name=name) for name in ("Ours", "And ours")]
    assert [agency.pk for agency in made] == [FIRST_OWN, FIRST_OWN + 1]


def test_rows_of_this_server_that_the_source_does_not_have_stay(site: Site) -> None:
    """As the fixtures' are before the first run."""
    models.Agency.objects.create(pk=999, name="Of the fixtures")
    site.mirror()
    site.mirror()
    assert models.Agency.objects.filter(pk=999).exists()
