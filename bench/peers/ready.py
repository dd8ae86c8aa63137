"""The answers that are ready: the bytes that our server gave, by what was asked for."""

import os
from pathlib import Path

FOLDER = Path(os.environ["BENCH_READY"])
LISTS = {int(file.stem): file.read_bytes() for file in FOLDER.glob("lists/*.json")}
RECORDS = {int(file.stem): file.read_bytes() for file in FOLDER.glob("records/*.json")}
