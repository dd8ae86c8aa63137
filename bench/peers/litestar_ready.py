"""Litestar with its bytes ready: parameters are read and checked, and nothing is made."""

from litestar import Litestar, MediaType, get
from litestar.exceptions import NotFoundException

from bench.peers.ready import LISTS, RECORDS


@get("/2.3.0/spacecraft", media_type=MediaType.JSON)
async def craft_list(limit: int = 10, in_space: bool | None = None) -> bytes:
    if limit not in LISTS:
        raise NotFoundException
    return LISTS[limit]


@get("/2.3.0/spacecraft/{pk:int}", media_type=MediaType.JSON)
async def craft_record(pk: int) -> bytes:
    if pk not in RECORDS:
        raise NotFoundException
    return RECORDS[pk]


app = Litestar([craft_list, craft_record], openapi_config=None)
