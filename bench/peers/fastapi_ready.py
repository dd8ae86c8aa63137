"""FastAPI with its bytes ready: parameters are read and checked, and nothing is made."""

from fastapi import FastAPI, HTTPException, Response

from bench.peers.ready import LISTS, RECORDS

app = FastAPI()


@app.get("/2.3.0/spacecraft/")
async def craft_list(limit: int = 10, in_space: bool | None = None) -> Response:
    if limit not in LISTS:
        raise HTTPException(404)
    return Response(LISTS[limit], media_type="application/json")


@app.get("/2.3.0/spacecraft/{pk}/")
async def craft_record(pk: int) -> Response:
    if pk not in RECORDS:
        raise HTTPException(404)
    return Response(RECORDS[pk], media_type="application/json")
