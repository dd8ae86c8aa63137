import socket
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError
from granian.constants import Interfaces
from granian.server import Server

from spacedevs import environment

LARGEST_PORT = 65535
MOST_WORKERS = 256


class Command(BaseCommand):
    help = "Serves the site with granian on HOST and PORT, static files included."

    def handle(self, *args: Any, **options: Any) -> None:
        host = environment.text("HOST")
        try:
            port = environment.number("PORT", least=1, most=LARGEST_PORT)
            workers = environment.number("WORKERS", least=1, most=MOST_WORKERS)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.check_free(host, port)
        self.say_where(host, port)
        Server(
            "spacedevs.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=1,
            websockets=False,
            respawn_failed_workers=True,
            log_enabled=True,
        ).serve()

    def check_free(self, host: str, port: int) -> None:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"{host}:{port} can't be listened on: {error.strerror}. "
                "Set HOST or PORT to another, as in `PORT=8001 make serve`."
            ) from error

    def say_where(self, host: str, port: int) -> None:
        site = f"http://{host}:{port}"
        self.stdout.write(
            f"The API     {site}{settings.API_ROOT}spacecraft/\n"
            f"OpenAPI     {site}{settings.API_ROOT}swagger/  {site}{settings.API_ROOT}redoc/\n"
            f"The admin   {site}/admin/  "
            "(make an admin first: .venv/bin/python manage.py createsuperuser)"
        )
        self.stdout._out.flush()  # type: ignore[attr-defined]
