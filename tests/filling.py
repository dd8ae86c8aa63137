"""As many records as upstream has, and more flights; for processes too, which know no admin."""

from typing import Any

from spacecraft.models import Launch, Spacecraft, SpacecraftFlight

CRAFT, FLIGHTS, FIRST = 603, 3_000, 3_000_000
ENDEAVOUR = 289


def copy_of(row: Any, key: Any, **values: Any) -> Any:
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    return type(row)(**{**columns, "id": key, "sort_name": f"c{key}", **values})


def fill() -> None:
    model = Spacecraft.objects.get(pk=ENDEAVOUR)
    missing = range(CRAFT - Spacecraft.objects.count())
    Spacecraft.objects.bulk_create(
        copy_of(model, FIRST + number, name=f"C{number}") for number in missing
    )
    keys = list(Spacecraft.objects.values_list("pk", flat=True))
    launches = list(Launch.objects.values_list("pk", flat=True))
    SpacecraftFlight.objects.bulk_create(
        SpacecraftFlight(
            pk=FIRST + number,
            spacecraft_id=keys[number % len(keys)],
            launch_id=launches[number % len(launches)],
        )
        for number in range(FLIGHTS - SpacecraftFlight.objects.count())
    )
