"""Clients that users would generate read every page and every record: one generated from our
document, and one from upstream's, rebuilt from the contract's tables. Both allow the nulls that
upstream's bodies hold against its schema."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import httpx
import pytest

from spacedevs.api.documents import document
from spacedevs.api.registry import resources
from tests import openapi, tables, wsgi

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

DOCUMENTS = {"our_client": document, "upstreams_client": tables.document}
SERVER = "http://localhost"
LIMIT = 100
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LISTS = {
    prefix: next(id for id, path in openapi.operations().items() if path == f"/2.3.0/{prefix}/")
    for prefix in tables.IN_CONTRACT
}
IN_MODES = [
    (prefix, mode) for prefix in LISTS for mode in resources()[prefix].get_modes().names or (None,)
]


class Generated:
    """The generated package, and a client of it that asks this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = importlib.import_module(f"{folder.name}.models")
        self.client = importlib.import_module(folder.name).Client(base_url=SERVER)

    def operation(self, operation_id: str) -> ModuleType:
        (file,) = self.folder.glob(f"api/*/{operation_id}.py")
        return importlib.import_module(f"{self.folder.name}.api.{file.parent.name}.{file.stem}")

    def ask(self, operation_id: str, **arguments: Any) -> tuple[Any, Any]:
        """An answer as the client reads it, and as it was sent."""
        response = self.operation(operation_id).sync_detailed(client=self.client, **arguments)
        assert response.status_code == 200
        return response.parsed, json.loads(response.content)

    def mode(self, operation_id: str, mode: str | None) -> dict[str, Any]:
        if mode is None:
            return {}
        names = vars(self.operation(operation_id))
        (modes,) = (names[name] for name in names if name.endswith("ListMode"))
        return {"mode": modes(mode)}

    def pages(self, operation_id: str, mode: str | None) -> Iterator[tuple[Any, Any]]:
        offset = 0
        while True:
            parsed, sent = self.ask(
                operation_id, limit=LIMIT, offset=offset, **self.mode(operation_id, mode)
            )
            yield parsed, sent
            if sent["next"] is None:
                return
            offset += LIMIT


@pytest.fixture(scope="session", params=DOCUMENTS)
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Generated]:
    folder = tmp_path_factory.mktemp("client")
    with generated_from(openapi.as_observed(DOCUMENTS[request.param]()), folder / request.param):
        yield Generated(folder / request.param)


@contextmanager
def generated_from(document: dict[str, Any], package: Path) -> Iterator[None]:
    """A package that the generator makes of a document, to be imported."""
    folder = package.parent
    (folder / "document.json").write_text(json.dumps(document))
    (folder / "config.yml").write_text("post_hooks: []\n")  # its formatter is none of our concern
    subprocess.run(
        [
            Path(sys.executable).with_name("openapi-python-client"),
            "generate",
            f"--path={folder / 'document.json'}",
            f"--config={folder / 'config.yml'}",
            f"--output-path={package}",
            "--meta=none",
            "--fail-on-warning",
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def generated(db: None, package: Generated) -> Iterator[Generated]:
    with asking_this_process(package):
        yield package


@contextmanager
def asking_this_process(package: Generated) -> Iterator[None]:
    with wsgi.application() as application:
        transport = httpx.WSGITransport(app=application)
        with httpx.Client(base_url=SERVER, transport=transport) as client:
            package.client.set_httpx_client(client)
            yield


def unknown(model: Any) -> list[str]:
    """The keys, at any depth, that the model has no attribute for."""
    if isinstance(model, list):
        return [key for one in model for key in unknown(one)]
    if not attrs.has(type(model)):
        return []
    known = (getattr(model, field.name) for field in attrs.fields(type(model)))
    return [*model.additional_properties, *(key for value in known for key in unknown(value))]


def as_python_writes(value: Any) -> Any:
    """The same, with UTC as Python's isoformat() has it: the client reads times as times."""
    if isinstance(value, dict):
        return {key: as_python_writes(below) for key, below in value.items()}
    if isinstance(value, list):
        return [as_python_writes(item) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return value.replace("Z", "+00:00")
    return value


def shape_of(prefix: str, mode: str | None) -> str:
    """The component of a record in that mode."""
    schemas = document()["components"]["schemas"]
    page = schemas[openapi.component(openapi.answer_of(f"/2.3.0/{prefix}/"))]
    record = openapi.component(page["properties"]["results"]["items"])
    if mode is None:
        return record
    return str(schemas[record]["discriminator"]["mapping"][mode]).removeprefix(openapi.REF)


@pytest.mark.parametrize(("prefix", "mode"), IN_MODES)
def test_the_client_reads_every_page(generated: Generated, prefix: str, mode: str | None) -> None:
    rows = 0
    for parsed, sent in generated.pages(LISTS[prefix], mode):
        assert as_python_writes(parsed.to_dict()) == as_python_writes(sent)
        assert parsed.count == sent["count"]
        rows += len(parsed.results)
    assert rows == resources()[prefix].queryset.count() > 0


# The client tries the models of a list's modes in turn and keeps what the poorest does not know
# aside: that a page comes back whole says little of the others. Their own models do.
@pytest.mark.parametrize(("prefix", "mode"), IN_MODES)
def test_the_modes_own_model_knows_every_key(
    generated: Generated, prefix: str, mode: str | None
) -> None:
    model = getattr(generated.models, shape_of(prefix, mode))
    rows = 0
    for _, sent in generated.pages(LISTS[prefix], mode):
        for record in sent["results"]:
            parsed = model.from_dict(record)
            assert parsed.to_dict() == as_python_writes(record)
            assert unknown(parsed) == []
            rows += 1
    assert rows == resources()[prefix].queryset.count() > 0


@pytest.mark.parametrize(("prefix", "mode"), IN_MODES)
def test_every_page_is_what_the_document_promises(
    generated: Generated, prefix: str, mode: str | None
) -> None:
    for _, sent in generated.pages(LISTS[prefix], mode):
        assert openapi.faults(f"/2.3.0/{prefix}/", sent) == []
        assert openapi.out_of_order(openapi.answer_of(f"/2.3.0/{prefix}/"), sent) == []


@pytest.mark.parametrize("prefix", LISTS)
def test_the_client_reads_every_record(generated: Generated, prefix: str) -> None:
    operation_id = LISTS[prefix].replace("_list", "_retrieve")
    path = openapi.operations()[operation_id]
    ids = list(resources()[prefix].queryset.values_list("pk", flat=True))
    assert ids
    for pk in ids:
        parsed, sent = generated.ask(operation_id, id=pk)
        assert parsed.id == sent["id"] == pk
        assert as_python_writes(parsed.to_dict()) == as_python_writes(sent)
        assert unknown(parsed) == []
        assert openapi.faults(path, sent) == []
        assert openapi.out_of_order(openapi.answer_of(path), sent) == []
