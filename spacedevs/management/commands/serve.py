import socket
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError
from django.db import Error, connection
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from spacedevs import environment
from spacedevs.changes import log
from spacedevs.metrics_server import metrics_served
from spacedevs.public import check_public
from spacedevs.serving import heartbeat

MOST_WORKERS = 256
# Seconds that a worker has to end. One that is told to while it starts does not hear it, and the
# site would never stop; Docker waits for ten.
GRACE = 5
BACKLOG = 2048  # connections that wait to be accepted
CONNECTIONS = 10_000  # of each worker
IDLE = 60_000  # milliseconds: for the headers of a request, and between two requests
EVERY_INTERFACE = ("0.0.0.0", "::")  # noqa: S104  # only compared with


class Command(BaseCommand):
    help = "Serves the site with granian on HOST and PORT, static files included."

    def handle(self, *args: Any, **options: Any) -> None:
        host = environment.text("HOST")
        try:
            port = environment.number("PORT", least=1, most=environment.LARGEST_PORT)
            workers = environment.number("WORKERS", least=1, most=MOST_WORKERS)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        ip = self.free_ip(host, port)
        check_public(ip)
        self.check_changes()
        if environment.text("LOG_FORMAT") == "people":
            self.say_where(host, port)
        with metrics_served(ip):
            self.serve(ip, port, workers)

    def serve(self, ip: str, port: int, workers: int) -> None:
        server = Server(
            "spacedevs.rsgi:site",
            address=ip,
            port=port,
            interface=Interfaces.RSGI,
            workers=workers,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=GRACE,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=IDLE),
            log_enabled=True,
            log_dictconfig=settings.LOGGING,
        )
        heartbeat.watch(server)
        server.serve()

    def check_changes(self) -> None:
        """Without its triggers a table's changes would not be seen, and old answers stay."""
        try:
            unlogged = log.unlogged()
        except Error:  # a database that is away is a 503 until it is back
            return
        finally:
            connection.close()  # workers may be forked
        if unlogged:
            raise CommandError(
                f"Changes of these tables are not logged: {', '.join(unlogged)}. "
                "Run `manage.py prepare`, which makes their triggers."
            )

    def free_ip(self, host: str, port: int) -> str:
        """The number behind HOST, which is what granian takes, if nothing listens there yet."""
        try:
            # The least is IPv4: where a name has both, everybody can reach that one.
            family, *_, endpoint = min(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(endpoint)
        except (OSError, UnicodeError) as error:  # the latter: a name that can be none
            reason = getattr(error, "strerror", None) or error
            raise CommandError(
                f"{host}:{port} can't be listened on: {reason}. "
                "Set HOST or PORT to another, as in `PORT=8001 make serve`."
            ) from error
        return str(endpoint[0])

    def say_where(self, host: str, port: int) -> None:
        # A browser can't go to "every interface", and wants brackets around an IPv6 number.
        name = "localhost" if host in EVERY_INTERFACE else f"[{host}]" if ":" in host else host
        site = f"http://{name}:{port}"
        self.stdout.write(
            f"The API     {site}{settings.API_ROOT}spacecraft/\n"
            f"The pages   {site}/\n"
            f"OpenAPI     {site}{settings.API_ROOT}swagger/  {site}{settings.API_ROOT}redoc/\n"
            f"The admin   {site}/admin/  "
            f"(make an admin first: {sys.executable} manage.py createsuperuser)"
        )
        self.stdout._out.flush()  # type: ignore[attr-defined]
