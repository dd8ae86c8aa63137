"""Who is measured: our server in its settings, and the peers. Each is one process that answers."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import pinned
from tests.servers import ROOT, free_port, manage, wait_until_it_answers

BIN = ROOT / ".venv-bench" / "bin"
JSON_SERVER = ROOT / ".venv-bench" / "node" / "node_modules" / ".bin" / "json-server"
OURS, OFF, TODAY = "spacedevs", "spacedevs, answers off", "spacedevs, answers and fragments off"
DRF, NINJA, FASTAPI, LITESTAR = "DRF", "django-ninja", "FastAPI + SQLAlchemy", "Litestar + msgspec"
RAW, BARE = "raw WSGI, bytes ready", "raw WSGI, bytes ready, two headers"
FASTAPI_READY, LITESTAR_READY = "FastAPI, bytes ready", "Litestar, bytes ready"
NGINX, JSON, DATASETTE = "nginx, the file", "json-server", "Datasette"

SETTINGS = {OURS: {}, OFF: {"ANSWERS": "0"}, TODAY: {"ANSWERS": "0", "FRAGMENTS": "0"}}
FRAMEWORKS = {
    DRF: "drf",
    NINJA: "ninja",
    FASTAPI: "fastapi_sqlalchemy",
    LITESTAR: "litestar_msgspec",
}
READY = {
    RAW: "wsgi_ready",
    BARE: "wsgi_ready",
    FASTAPI_READY: "fastapi_ready",
    LITESTAR_READY: "litestar_ready",
}
UNDER_WSGI = (DRF, NINJA, RAW, BARE)

CRAFT = 603
IDLE = 0.2  # seconds without work, after which a server is taken to be done
TICK = os.sysconf("SC_CLK_TCK")

NGINX_CONF = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=100;
    default_type application/json;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port};
        root {ready};
        location = /2.3.0/spacecraft/ {{ try_files /lists/$arg_limit.json =404; }}
        location ~ ^/2.3.0/spacecraft/([0-9]+)/$ {{ try_files /records/$1.json =404; }}
    }}
}}
"""


@dataclass
class Database:
    """`url`: what Django is told; empty: the SQLite file of the folder."""

    name: str
    folder: Path
    url: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "db.sqlite3"

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.url,
            "WORKERS": "1",
            "HOST": "127.0.0.1",
        }


@dataclass
class Server:
    name: str
    command: list[str]
    env: dict[str, str]
    port: int
    core: int | None
    process: subprocess.Popen = field(init=False)

    def start(self, log: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                preexec_fn=pinned(self.core),  # there are no threads here
            )

    def wait(self) -> None:
        wait_until_it_answers(f"http://127.0.0.1:{self.port}", self.process)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def pids(self) -> list[int]:
        """Its processes, itself first."""
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def settle(self) -> None:
        """Waits until it has done what it was asked for last, though nobody waits for it."""
        end = time.monotonic() + 30
        before = -1.0
        while time.monotonic() < end and self.cpu() - before > 1 / TICK:
            before = self.cpu()
            time.sleep(IDLE)

    def cpu(self) -> float:
        """The seconds that its processes have used."""
        ticks = 0
        for pid in self.pids():
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / TICK

    def memory(self) -> dict[str, float]:
        """MiB of its largest process, which is the one that answers: Rss and Pss."""
        found = []
        for pid in self.pids():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {line.partition(":")[0]: line.split()[1] for line in lines}
            found.append({name: int(sizes[name]) / 1024 for name in ("Rss", "Pss")})
        return max(found, key=lambda sizes: sizes["Rss"])


def ours(name: str, database: Database, core: int | None, **settings: str) -> Server:
    port = free_port()
    env = {**database.env, **SETTINGS[name], **settings, "PORT": str(port)}
    return Server(name, manage("serve"), env, port, core)


def peer(name: str, database: Database, ready: Path, core: int | None) -> Server | str:
    """The server, or why there is none."""
    port = free_port()
    where = database.url or str(database.file)
    env = {**os.environ, "BENCH_DATABASE": where, "BENCH_READY": str(ready)}
    if name == NGINX:
        return _nginx(port, ready, core)
    if name == JSON:
        if not JSON_SERVER.exists():
            return "json-server is not installed: npm was not there."
        command = [str(JSON_SERVER), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
        return Server(name, [*command, str(ready / "db.json")], env, port, core)
    if name == DATASETTE:
        command = [str(BIN / "datasette"), "serve", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--setting", "suggest_facets", "off", str(database.file)]
        return Server(name, command, env, port, core)
    module = f"bench.peers.{(FRAMEWORKS | READY)[name]}"
    if name in UNDER_WSGI:
        command = [str(BIN / "granian"), "--interface", "wsgi", "--workers", "1"]
        command += ["--blocking-threads", "1", "--no-log", "--host", "127.0.0.1"]
        function = "body_alone" if name == BARE else "application"
        command += ["--port", str(port), f"{module}:{function}"]
        return Server(name, command, env, port, core)
    command = [str(BIN / "uvicorn"), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command += ["--log-level", "warning", "--host", "127.0.0.1", "--port", str(port)]
    return Server(name, [*command, f"{module}:app"], env, port, core)


def _nginx(port: int, ready: Path, core: int | None) -> Server | str:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        return "nginx is not installed."
    # Its workers are nobody's where root starts it, and the folder is closed to others.
    user = "user root;" if os.geteuid() == 0 else ""
    conf = ready / "nginx.conf"
    conf.write_text(NGINX_CONF.format(user=user, folder=ready, ready=ready, port=port))
    return Server(NGINX, [program, "-c", str(conf), "-e", "stderr"], dict(os.environ), port, core)
