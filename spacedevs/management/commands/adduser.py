"""`manage.py adduser ada --role librarian`: somebody who may log in to the admin."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from spacedevs.roles import LIBRARIAN, ROLES


class Command(BaseCommand):
    help = "Makes a user of a role. Asks for the password, or reads it from a pipe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = "; ".join(f"a {role} {may}" for role, may in ROLES.items())
        parser.add_argument("name", help="the name to log in with")
        parser.add_argument("--role", choices=ROLES, default=LIBRARIAN, help=words)

    def handle(self, *, name: str, role: str, **options: Any) -> None:
        group = Group.objects.filter(name=role).first()
        if group is None:
            raise CommandError("The roles are not there yet. Run `manage.py prepare` first.")
        user = User(username=name, is_staff=True)
        password = self.ask()
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(f"{name} was not made: {' '.join(error.messages)}") from error
        user.set_password(password)
        with transaction.atomic():
            user.save()
            user.groups.add(group)
        self.stdout.write(f"{name} may log in at /admin/ as a {role}: {ROLES[role]}.")

    def ask(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        password = getpass("Password: ")
        if getpass("Again: ") != password:
            raise CommandError("The two are not the same. Nothing was made.")
        return password
