"""Clients of PyPI that were written for older versions, pointed at a server here by its host alone.

Neither asks for spacecraft or agencies in a call of its own: pylaunches knows 2.2.0's launches and
events, nextinspace 2.1.0's. So each asks by what all its calls go through, as a program does that
wants more of it; and what is not served here reaches their users as their own error.
"""

import asyncio
from typing import Any

import nextinspace
import pylaunches
import pytest
import requests
from pylaunches import api

from tests.older import SHAPES

pytestmark = [
    pytest.mark.only_on("sqlite"),  # which database makes no difference
    pytest.mark.filterwarnings("ignore::DeprecationWarning:nextinspace"),
]
ASKED = [
    ("spacecraft/", "Spacecraft"),
    ("spacecraft/8/", "SpacecraftDetailed"),
    ("spacecraft/flight/", "SpacecraftFlight"),
    ("config/spacecraft/6/", "SpacecraftConfigurationDetail"),
    ("agencies/", "Agency"),
    ("agencies/121/", "AgencySerializerDetailed"),
    ("config/agencytype/", "AgencyType"),
    ("config/spacecraftstatus/", "SpacecraftStatus"),
    ("api-throttle/", "APIThrottle"),
]


async def by_pylaunches(path: str) -> Any:
    async with pylaunches.PyLaunches() as client:
        return await client._call_api(f"{client._base_url}/{path}", params={"limit": "2"})


async def launches() -> Any:
    async with pylaunches.PyLaunches() as client:
        return await client.launch_upcoming()


def assert_is(body: Any, shape: str) -> None:
    found = body.get("results", [body])
    assert found
    for each in found:
        assert list(each) == [field["name"] for field in SHAPES[shape]]


@pytest.mark.parametrize(("path", "shape"), ASKED)
def test_pylaunches_gets_what_is_served(
    server: str, monkeypatch: pytest.MonkeyPatch, path: str, shape: str
) -> None:
    monkeypatch.setattr(api, "BASE_URL", server)
    assert_is(asyncio.run(by_pylaunches(path)), shape)


@pytest.mark.parametrize(("path", "shape"), ASKED)
def test_nextinspaces_requests_get_what_is_served(server: str, path: str, shape: str) -> None:
    assert_is(nextinspace.api_get_request(f"{server}/2.2.0/{path}", {"limit": 2}), shape)


def test_pylaunches_says_that_launches_are_not_here(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BASE_URL", server)
    with pytest.raises(pylaunches.PyLaunchesError, match="Unexpected statuscode 404"):
        asyncio.run(launches())


def test_nextinspace_says_so_too(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nextinspace, "BASE_URL", f"{server}/2.1.0")
    with pytest.raises(requests.HTTPError, match="404"):
        nextinspace.next_launch(1)
