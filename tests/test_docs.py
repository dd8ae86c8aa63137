"""The documentation is a tested artefact."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from spacedevs.api.registry import resources
from spacedevs.environment import BASE_DIR, VARIABLES
from tests.tables import IN_CONTRACT

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

README = (BASE_DIR / "README.md").read_text()
CONTRIBUTING = (BASE_DIR / "CONTRIBUTING.md").read_text()
OPERATING = (BASE_DIR / "docs" / "operating.md").read_text()
FIXTURES = (settings.FIXTURES / "README.md").read_text()


def test_the_readme_lists_every_variable_with_its_default_and_meaning() -> None:
    table = README.partition("| variable |")[2].partition("\n\n")[0]
    rows = [
        f"| `{v.name}` | {f'`{v.default}`' if v.default else ''} | {v.meaning} |" for v in VARIABLES
    ]
    assert table.split("\n")[2:] == rows


def test_the_readme_lists_every_resource_of_the_contract_with_its_modes() -> None:
    found = dict(re.findall(r"^\| `([a-z_/]+)/` \| (.*)\|$", README, flags=re.MULTILINE))
    assert {name: modes.strip() for name, modes in found.items()} == {
        prefix: ", ".join(resources()[prefix].get_modes().names) for prefix in IN_CONTRACT
    }


def test_the_readmes_request_gets_the_readmes_answer(api: Client) -> None:
    request = re.search(r"^curl 'http://([^/]+)(/[^']+)'$", README, flags=re.MULTILINE)
    answer = re.search(r"^```json\n(.*)\n```$", README, flags=re.MULTILINE)
    assert request
    assert answer
    response = api.get(request[2], headers={"host": request[1]})
    assert response.content.decode() == answer[1]


def test_what_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (BASE_DIR / target).exists(), target


def test_the_commands_of_operating_work_as_they_stand(
    prepared: dict[str, str], tmp_path: Path
) -> None:
    """In a copy of the project, in which `make serve` has been run; one after the other."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("manage.py", "fixtures", "spacecraft", "spacedevs"):
        copy = shutil.copytree if (BASE_DIR / name).is_dir() else shutil.copy
        copy(BASE_DIR / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    env = {**prepared, "DATA_DIR": ""}
    run: dict[str, Any] = {"cwd": folder, "env": env, "check": True, "timeout": 120}
    subprocess.run([sys.executable, "manage.py", "prepare"], **run)
    commands = re.findall(r"^```sh\n(.*?)^```$", OPERATING, flags=re.MULTILINE | re.DOTALL)
    assert len(commands) == 5
    for command in commands:
        subprocess.run(["bash", "-euc", command], **run)


@pytest.mark.parametrize(
    ("name", "sentence"), re.findall(r"^\| `(\w+\.json)` \| (.*) \|$", FIXTURES, flags=re.MULTILINE)
)
def test_the_fixtures_readme_counts_the_records(name: str, sentence: str) -> None:
    rows = json.loads((settings.FIXTURES / name).read_text())
    assert sum(map(int, re.findall(r"\d+", sentence))) == len(rows)


def test_contributing_has_every_file_of_the_code_once() -> None:
    chapter = CONTRIBUTING.partition("## The map\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(\S+\.py)` \|", chapter, flags=re.MULTILINE)
    paths = [
        path for root in ("spacedevs", "spacecraft") for path in BASE_DIR.glob(f"{root}/**/*.py")
    ]
    files = [
        str(path.relative_to(BASE_DIR))
        for path in paths
        if path.name != "__init__.py" and path.parent.name != "migrations"
    ]
    assert sorted(found) == sorted(files)


def test_the_words_that_are_ours_are_ten_at_most() -> None:
    table = CONTRIBUTING.partition("| word | what it means |")[2].partition("\n\n")[0]
    assert 0 < len(table.strip().splitlines()) - 1 <= 10
