"""The answers that are ready: the bytes and headers that our server gave, by what was asked for."""

import json
import os
from pathlib import Path

FOLDER = Path(os.environ["BENCH_READY"])
LISTS = {int(file.stem): file.read_bytes() for file in FOLDER.glob("lists/*.json")}
HEADERS = [tuple(pair) for pair in json.loads((FOLDER / "headers.json").read_text())]
RECORDS = {int(file.stem): file.read_bytes() for file in FOLDER.glob("records/*.json")}
