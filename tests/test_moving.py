"""The table of how to move from 2.2.0 to 2.3.0 is what the contract's mapping says."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest

from spacedevs.api.moving import Move, moves, paths, unknown
from spacedevs.api.versions import versions
from tests.older import ENDPOINTS, SHAPES, TABLE

OLD = next(version for version in versions() if version.name == "2.2.0")
MOVES = list(moves(OLD))
# What the mapping says of several shapes or fields in one line, and of other things than fields.
OF_SEVERAL = ("*", "(", "/", ",", ".")


def of(shape: str, field: str) -> Move:
    (found,) = (move for move in MOVES if (move.shape, move.old) == (shape, field))
    return found


def mapped() -> Iterator[dict[str, Any]]:
    """The mapping's lines of one field of one shape."""
    for line in TABLE["mapping"]:
        names = line["shape"] + line["field"]
        if not any(mark in names for mark in OF_SEVERAL) and line["shape"] in SHAPES:
            yield line


def test_each_field_of_each_shape_is_in_it_in_order() -> None:
    found = {
        shape: [move.old for move in of_shape if move.old]
        for shape, of_shape in groupby(MOVES, key=lambda move: move.shape)
    }
    same = {"AgencyType", "SpacecraftStatus", "SpacecraftConfigType"}  # shapes of both
    other = {"APIThrottle"}
    assert found == {
        shape: [field["name"] for field in fields]
        for shape, fields in SHAPES.items()
        if shape not in same | other and shape in found
    }
    assert SHAPES.keys() - found.keys() <= same | other


@pytest.mark.parametrize(
    "line", list(mapped()), ids=lambda line: f"{line['shape']}.{line['field']}"
)
def test_a_field_is_where_the_mapping_has_it(line: dict[str, Any]) -> None:
    move = of(line["shape"], line["field"])
    assert move.now == (line["from_2_3_0"] or [""])[0]
    if line["derivable"] is True:
        assert move.follows
    if line["derivable"] == "constant":
        assert (move.how, move.follows) == ("always null", False)


def test_what_2_2_0_had_not_is_in_it() -> None:
    for line in TABLE["mapping"]:
        if line["field"] == "(dropped)":
            those = [move for move in MOVES if move.shape.startswith(line["shape"][:-1])]
            names = {move.now.partition(".")[0] for move in those}
            assert set(line["from_2_3_0"]) - {"response_mode"} <= names


def test_each_path_is_in_it() -> None:
    given = {each["path"]: each["from_2_3_0"] for each in ENDPOINTS if "{" not in each["path"]}
    del given["/2.2.0/api-throttle/"]
    assert {f"/2.2.0/{path.old}": f"/2.3.0/{path.now}" for path in paths(OLD)} == given


def test_a_filter_of_another_name_is_in_it() -> None:
    filters = {path.old: path.filters for path in paths(OLD)}
    assert filters["config/spacecraft/"] == {"manufacturer": "agency"}
    assert filters["agencies/"]["agency_type"] == "type__id"
    assert filters["agencies/"]["administrator"] == ""


def test_what_does_not_follow_is_told_apart() -> None:
    assert {f"{move.shape}.{move.old}" for move in unknown(OLD)} == {
        "AgencySerializerDetailed.launch_library_url",
        "AgencySerializerDetailedCommon.launch_library_url",
        "LaunchSerializerCommon.holdreason",
        "LauncherConfigDetailSerializerForAgency.family",
        "LauncherConfigDetailSerializerForAgency.vehicle_range",
        "LauncherConfigList.family",
        "Mission.launch_designator",
        "Pad.agency_id",
        "SpacecraftConfiguration.nation_url",
        "SpacecraftConfigurationDetail.nation_url",
    }
