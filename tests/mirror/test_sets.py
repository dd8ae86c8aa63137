"""A list that is much smaller, or much of which is refused, is not believed; the others are."""

import pytest

from spacecraft import models
from spacedevs.mirror.load import FEW
from spacedevs.mirror.run import Exit
from tests.mirror.running import CATALOGUE, Site, site

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

__all__ = ["site"]  # a fixture


@pytest.fixture
def mirrored(site: Site) -> Site:
    """36 craft, the last six of which have not flown, and so are not in use."""
    for number in range(FEW + 1):
        site.catalogue.add("spacecraft", name=f"Dragon {number}")
    assert site.mirror().code == Exit.DONE
    return site


def remove_last(site: Site, resource: str, count: int) -> None:
    last = site.catalogue.count(resource)
    for pk in [site.id_of(resource, index) for index in range(last - count, last)]:
        site.catalogue.remove(resource, pk)


def test_one_family_of_eight_may_go(mirrored: Site) -> None:
    mirrored.catalogue.remove("spacecraft_configuration_families", childless(mirrored))
    result = mirrored.mirror()
    assert result.code == Exit.DONE
    assert models.SpacecraftConfigFamily.objects.count() == 7


def childless(site: Site) -> int:
    """A family that is nobody's parent: one that is stays, and is noted."""
    families = models.SpacecraftConfigFamily.objects.filter(children=None).order_by("pk")
    return families.values_list("pk", flat=True)[0]


def test_a_list_that_is_smaller_by_five_rows_is_believed(mirrored: Site) -> None:
    remove_last(mirrored, "spacecraft", 5)
    assert mirrored.mirror().code == Exit.DONE
    assert models.Spacecraft.objects.count() == 31


def test_a_list_that_is_much_smaller_is_not_believed_and_keeps_its_rows(mirrored: Site) -> None:
    remove_last(mirrored, "spacecraft", 6)
    result = mirrored.mirror()
    assert (result.code, models.Spacecraft.objects.count()) == (Exit.PARTLY, 36)
    sentence = (
        "spacecraft: the source has 30 where 36 are here. "
        "If that is right, run with --force spacecraft."
    )
    assert sentence in result.notes
    assert mirrored.state("spacecraft").fault == sentence


def test_an_empty_list_is_not_believed(mirrored: Site) -> None:
    count = mirrored.catalogue.count("config/spacecraft_statuses")
    remove_last(mirrored, "config/spacecraft_statuses", count)
    result = mirrored.mirror()
    assert (result.code, result.says("the source has 0 where 5 are here")) == (Exit.PARTLY, True)
    assert models.SpacecraftStatus.objects.count() == 5


def test_the_other_lists_of_the_group_are_loaded(mirrored: Site) -> None:
    remove_last(mirrored, "spacecraft", 6)
    pk = mirrored.id_of("agencies")
    mirrored.catalogue.edit("agencies", pk, administrator="Another")
    mirrored.mirror()
    assert models.Agency.objects.get(pk=pk).administrator == "Another"


def test_the_next_run_reads_anew_what_was_not_believed(mirrored: Site) -> None:
    gone = mirrored.id_of("spacecraft", 35)
    remove_last(mirrored, "spacecraft", 6)
    mirrored.mirror()
    mirrored.catalogue.add("spacecraft", name="Not gone after all")
    result = mirrored.mirror()
    assert (result.code, result.asked[0]) == (Exit.DONE, "spacecraft")
    assert models.Spacecraft.objects.filter(name="Not gone after all").exists()
    assert not models.Spacecraft.objects.filter(pk=gone).exists()


def test_force_believes_it_and_asks_for_nothing_again(mirrored: Site) -> None:
    remove_last(mirrored, "spacecraft", 6)
    mirrored.mirror(only=CATALOGUE)
    result = mirrored.mirror(only=CATALOGUE, force=("spacecraft",))
    assert (result.code, models.Spacecraft.objects.count()) == (Exit.DONE, 30)
    assert "spacecraft" not in result.asked


def test_force_of_another_list_does_not_believe_it(mirrored: Site) -> None:
    remove_last(mirrored, "spacecraft", 6)
    assert mirrored.mirror(force=("agencies",)).code == Exit.PARTLY


@pytest.mark.parametrize(("refused", "code"), [(5, Exit.DONE), (6, Exit.PARTLY)])
def test_a_list_of_which_too_much_is_refused_is_not_believed(
    site: Site, refused: int, code: Exit
) -> None:
    bad = {site.id_of("agencies", index) for index in range(refused)}
    site.change(
        "agencies", None, lambda body: body.update(founding_year="x") if body["id"] in bad else None
    )
    result = site.mirror()
    assert (result.code, result.says("founding_year: 'x' where a whole")) == (code, True)
    assert result.says("6 and more of 25 are refused") == (code is Exit.PARTLY)


def test_what_was_made_by_hand_does_not_count_as_missing(mirrored: Site) -> None:
    for number in range(10):
        models.Agency.objects.create(name=f"Ours {number}")
    assert mirrored.mirror().code == Exit.DONE
