"""The records: their columns, their fixtures, their protection."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db.models import ProtectedError

from spacecraft import models

MODELS = list(apps.get_app_config("spacecraft").get_models())


UNKNOWN = ": null where a value is required."  # in opaque JSON: it is kept, and not known


def faults(row: Any, exclude: set[str]) -> list[str]:
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_is_known_of_every_fixture_is_valid(db: None, model: Any) -> None:
    rows = model.objects.all()
    assert rows
    for row in rows:
        unknown = {f.name for f in model._meta.fields if getattr(row, f.attname) is None}
        assert [fault for fault in faults(row, unknown) if not fault.endswith(UNKNOWN)] == []


@pytest.mark.parametrize("path", sorted(settings.FIXTURES.glob("*.json")), ids=lambda p: p.stem)
def test_every_fixture_names_every_field_that_an_editor_may_set(path: Any) -> None:
    for row in json.loads(path.read_text()):
        fields = apps.get_model(row["model"])._meta
        editable = {f.name for f in (*fields.concrete_fields, *fields.many_to_many) if f.editable}
        assert editable - set(row["fields"]) == {fields.pk.name}


def test_loading_the_fixtures_again_changes_nothing(db: None) -> None:
    def rows() -> list[Any]:
        return [list(model.objects.order_by("pk").values()) for model in MODELS]

    before = rows()
    call_command("loaddata", *(p.stem for p in settings.FIXTURES.glob("*.json")), verbosity=0)
    assert rows() == before


@pytest.mark.parametrize(
    ("model", "pk"),
    [
        (models.Country, 2),
        (models.AgencyType, 1),
        (models.Agency, 63),
        (models.Agency, 1000),
        (models.ImageLicense, 1),
        (models.ImageVariantType, 1),
        (models.Image, 1927),
        (models.SpacecraftStatus, 4),
        (models.SpacecraftConfigType, 2),
        (models.SpacecraftConfigFamily, 1),
        (models.SpacecraftConfigFamily, 6),
        (models.SpacecraftConfiguration, 1),
    ],
)
def test_a_row_that_others_refer_to_is_not_deleted(db: None, model: Any, pk: int) -> None:
    with pytest.raises(ProtectedError):
        model.objects.get(pk=pk).delete()


def test_an_images_variants_go_with_it(db: None) -> None:
    image = models.Image.objects.create(
        name="x", image_url="https://a.example/x", thumbnail_url="https://a.example/y", license_id=1
    )
    models.ImageVariant.objects.create(image=image, type_id=1, image_url="https://a.example/z")
    image.delete()
    assert not models.ImageVariant.objects.filter(image_url="https://a.example/z").exists()


def test_an_agency_goes_without_its_countries(db: None) -> None:
    agency = models.Agency.objects.create(name="x", type_id=1)
    agency.country.add(1)
    agency.delete()
    assert models.Country.objects.filter(pk=1).exists()
