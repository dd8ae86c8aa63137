"""A client that users would generate from our document of 2.2.0 reads every page and record."""

from collections.abc import Iterator
from typing import Any

import pytest

from spacedevs.api.documents import document
from spacedevs.api.versions import versions
from tests import openapi
from tests.older import LISTS, RECORDS, shape_of
from tests.test_clients import (
    Generated,
    as_python_writes,
    asking_this_process,
    generated_from,
    unknown,
)

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

OLD = next(version for version in versions() if version.name == "2.2.0")
IN_MODES = [(each["path"], mode) for each in LISTS for mode in each["modes"] or (None,)]
BY_PATH = {each["path"]: each for each in LISTS}
# What 2.3.0's bodies hold as null, though neither schema says so, and what nobody knows of the
# fixtures' records.
NULLS = {
    "DockingEventSerializerForSpacecraftFlight": ("spacestation", "docking_location"),
    "DockingLocation": ("spacestation",),
    "LandingLocation": ("successful_landings",),
    "LaunchSerializerCommon": ("last_updated", "launch_service_provider", "rocket", "pad"),
    "LaunchStatus": ("abbrev", "description"),
    "Spacecraft": ("time_in_space", "time_docked", "flights_count"),
    "SpacecraftDetailed": ("time_in_space", "time_docked", "flights_count"),
    "SpacecraftDetailedNoFlights": ("time_in_space", "time_docked", "flights_count"),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    folder = tmp_path_factory.mktemp("older") / "older_client"
    with generated_from(openapi.as_observed(document(OLD), NULLS), folder):
        yield Generated(folder)


@pytest.fixture
def generated(db: None, package: Generated) -> Iterator[Generated]:
    with asking_this_process(package):
        yield package


@pytest.mark.parametrize(("path", "mode"), IN_MODES)
def test_the_client_reads_every_page_and_the_modes_own_model_every_record(
    generated: Generated, path: str, mode: str | None
) -> None:
    model = getattr(generated.models, shape_of(BY_PATH[path], mode or ""))
    rows: list[Any] = []
    for parsed, sent in generated.pages(BY_PATH[path]["operation_id"], mode):
        assert as_python_writes(parsed.to_dict()) == as_python_writes(sent)
        for record in sent["results"]:
            read = model.from_dict(record)
            assert as_python_writes(read.to_dict()) == as_python_writes(record)
            assert unknown(read) == []
            rows.append(record["id"])
    assert len(set(rows)) == sent["count"] > 0


@pytest.mark.parametrize("endpoint", RECORDS, ids=lambda each: each["path"])
def test_the_client_reads_every_record(generated: Generated, endpoint: dict[str, Any]) -> None:
    prefix = endpoint["path"].removeprefix("/2.2.0/").removesuffix("/{id}/")
    ids = OLD.resources()[prefix].queryset.values_list("pk", flat=True)
    for pk in list(ids):
        parsed, sent = generated.ask(endpoint["operation_id"], id=pk)
        assert parsed.id == sent["id"] == pk
        assert as_python_writes(parsed.to_dict()) == as_python_writes(sent)
        assert unknown(parsed) == []
