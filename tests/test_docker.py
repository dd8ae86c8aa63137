"""The image and compose.yaml, without an engine: their commands run in a folder like theirs."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import fresh_database
from tests.servers import ROOT, free_port, wait_until_it_answers

PREPARE = ["python", "manage.py", "prepare"]
Instruction = tuple[str, str]


def stages() -> list[list[Instruction]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    instructions = [
        (word, rest.strip()) for word, _, rest in (x.partition(" ") for x in lines) if word
    ]
    starts = [index for index, (word, _) in enumerate(instructions) if word == "FROM"]
    return [instructions[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


def last(word: str) -> str:
    return [rest for name, rest in stages()[-1] if name == word][-1]


def command(word: str) -> list[str]:
    """The JSON form, which no shell reads."""
    found = json.loads(last(word).partition("CMD ")[2] or last(word))
    assert isinstance(found, list)
    return found


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(last("ENV")))


def copies(stage: list[Instruction]) -> Iterator[tuple[str, str]]:
    """What a stage copies from the context: path and destination."""
    for word, rest in stage:
        if word == "COPY" and "--from=" not in rest:
            *paths, to = [part for part in rest.split() if not part.startswith("--")]
            yield from ((path, to) for path in paths)


def ignored(path: str) -> bool:
    """Docker's rule: the last pattern that names the path, or a folder that it is in, decides."""
    parts = path.split("/")
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    answer = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = (
                re.escape(line.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            )
            if any(re.fullmatch(pattern, head) for head in heads):
                answer = not line.startswith("!")
    return answer


def files(path: str) -> list[str]:
    found = [ROOT / path] if (ROOT / path).is_file() else sorted((ROOT / path).rglob("*"))
    return [str(file.relative_to(ROOT)) for file in found if file.is_file()]


def lay_out(image: Path) -> Path:
    """The folder in which the image's commands run, as its last stage fills it."""
    app = image / last("WORKDIR").lstrip("/")
    for path, to in copies(stages()[-1]):
        for file in files(path):
            if ignored(file):
                continue
            target = app / to / Path(file).relative_to(path if (ROOT / path).is_dir() else ".")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, target)
    return app


@contextmanager
def container(image: Path, **given: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """The image's folder and environment: its own words, and this machine's paths and port."""
    (image / "data").mkdir()
    with fresh_database(image / "data") as database:
        given = {"DATABASE_URL": database["DATABASE_URL"], "PORT": str(free_port()), **given}
        env = {**variables(), **given}
        env["PATH"] = env["PATH"].replace("/venv/bin:$PATH", f"{sys.prefix}/bin:{os.defpath}")
        env["DATA_DIR"] = str(image) + env["DATA_DIR"]
        yield lay_out(image), env


def run(words: list[str], app: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # /usr/bin/env finds the program on the image's PATH.
    words = ["/usr/bin/env", *words]
    return subprocess.run(words, cwd=app, env=env, capture_output=True, text=True, timeout=60)


@contextmanager
def started(app: Path, env: dict[str, str]) -> Iterator[str]:
    process = subprocess.Popen(["/usr/bin/env", *command("CMD")], cwd=app, env=env)
    try:
        url = f"http://127.0.0.1:{env['PORT']}"
        wait_until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


@pytest.fixture
def compose() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_the_ignore_file_is_read_as_docker_reads_it() -> None:
    assert ignored("var/secret-key")
    assert ignored(".git/config")
    assert ignored("requirements/dev.txt")
    assert ignored("spacedevs/api/__pycache__/x.pyc")
    assert not ignored("requirements/serve.txt")
    assert not ignored("spacedevs/api/viewsets.py")


def test_every_copied_path_exists_and_is_not_ignored() -> None:
    paths = [path for stage in stages() for path, _ in copies(stage)]
    assert paths
    for path in paths:
        included = [file for file in files(path) if not ignored(file)]
        assert included, path


def test_nothing_but_what_is_copied_reaches_the_engine() -> None:
    paths = {path for stage in stages() for path, _ in copies(stage)}
    roots = {path.partition("/")[0] for path in paths}
    for path in ROOT.iterdir():
        assert path.name in roots or ignored(path.name)


def test_packages_are_installed_with_their_hashes() -> None:
    first = " ".join(rest for word, rest in stages()[0] if word == "RUN")
    assert "--require-hashes -r /serve.txt" in first
    assert ("requirements/serve.txt", "/") in copies(stages()[0])


def test_the_image_does_not_run_as_root_and_its_user_owns_the_data() -> None:
    made = " ".join(rest for word, rest in stages()[-1] if word == "RUN")
    assert f"useradd --uid 1000 --no-create-home {last('USER')}" in made
    assert f"--mode=0700 --owner={last('USER')} {last('VOLUME')}" in made
    assert variables()["DATA_DIR"] == last("VOLUME")


def test_the_image_can_back_up_the_postgresql_of_compose(compose: dict[str, Any]) -> None:
    """pg_dump refuses a server that is newer. The client is that of the image's Debian release."""
    version = compose["services"]["database"]["image"].partition(":")[2]
    made = " ".join(rest for word, rest in stages()[-1] if word == "RUN")
    assert f"postgresql-client-{version} " in made
    assert version == {"trixie": "17"}[last("FROM").rpartition("-")[2]]


def test_the_image_listens_where_it_says() -> None:
    assert variables()["HOST"] == "0.0.0.0"  # noqa: S104  # inside a container
    assert variables()["PORT"] == last("EXPOSE")


def test_what_the_image_holds_prepares_and_serves_and_is_healthy(tmp_path: Path) -> None:
    with container(tmp_path) as (app, env):
        prepared = run(PREPARE, app, env)
        assert prepared.returncode == 0, prepared.stderr
        assert "loaded" in prepared.stdout
        assert run(command("HEALTHCHECK"), app, env).returncode != 0
        with started(app, env) as url:
            for path in ("/2.3.0/spacecraft/", "/2.3.0/swagger/", "/static/admin/css/base.css"):
                with urllib.request.urlopen(url + path, timeout=10) as answer:
                    assert answer.status == 200
            health = run(command("HEALTHCHECK"), app, env)
            assert health.returncode == 0, health.stderr


def test_the_image_refuses_to_serve_whichever_host_is_asked_for(tmp_path: Path) -> None:
    with container(tmp_path, ALLOWED_HOSTS="*") as (app, env):
        refused = run(command("CMD"), app, env)
    assert refused.returncode == 1
    assert "Name the site's hosts in ALLOWED_HOSTS, and not *." in refused.stderr


@pytest.mark.parametrize("hosts", ["space.example.org", ".example.org,localhost"])
def test_the_image_is_healthy_whichever_hosts_are_allowed(tmp_path: Path, hosts: str) -> None:
    with container(tmp_path, ALLOWED_HOSTS=hosts) as (app, env), started(app, env):
        health = run(command("HEALTHCHECK"), app, env)
        assert health.returncode == 0, health.stderr


def test_the_commands_that_are_shown_are_the_images_own(compose: dict[str, Any]) -> None:
    prepare = " ".join(PREPARE)
    assert f"-v spacedevs:{last('VOLUME')} spacedevs {prepare}" in (ROOT / "Dockerfile").read_text()
    assert f"docker compose run --rm web {prepare}" in (ROOT / "compose.yaml").read_text()
    assert "command" not in compose["services"]["web"]


def test_compose_publishes_the_port_and_keeps_the_data_of_the_image(
    compose: dict[str, Any],
) -> None:
    web = compose["services"]["web"]
    assert web["build"] == "."
    assert [port.rpartition(":")[2] for port in web["ports"]] == [last("EXPOSE")]
    assert [volume.partition(":")[2] for volume in web["volumes"]] == [last("VOLUME")]


def test_compose_starts_the_site_on_the_database_that_it_describes(compose: dict[str, Any]) -> None:
    services = compose["services"]
    made = services["database"]["environment"]
    url = "postgres://{POSTGRES_USER}:{POSTGRES_PASSWORD}@database:5432/{POSTGRES_DB}"
    assert services["web"]["environment"]["DATABASE_URL"] == url.format(**made)
    assert services["web"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in services["database"]


def test_compose_mirrors_into_the_database_of_the_site(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    web, mirror = compose["services"]["web"], compose["services"]["mirror"]
    for name in ("build", "environment", "volumes", "depends_on"):
        assert mirror[name] == web[name]
    with container(tmp_path) as (app, env):
        asked = run([*mirror["command"], "--help"], app, env)
        assert asked.returncode == 0, asked.stderr
        assert "--every" in asked.stdout


def test_compose_keeps_each_volume_that_it_mounts(compose: dict[str, Any]) -> None:
    mounted = {v.partition(":")[0] for s in compose["services"].values() for v in s["volumes"]}
    assert mounted == set(compose["volumes"])
