"""Fill an organization of its own with invented work, and say how to sign in to it."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.management.ops import OpsCommand
from accounts.models import DEMO
from chameleon.management.commands.bootstrap import address
from chameleon.management.demo.past import write_past
from chameleon.management.demo.people import VISITOR, new_password, set_up


class Command(OpsCommand):
    help = "Make an organization of invented pilots, programs and questions. bin/up --demo keeps it alive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead.")
        parser.add_argument("--new-password", action="store_true", help="Give the visitor a new password.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        system, password = set_up()
        if password is None and options["new_password"]:
            password = new_password(system)
        write_past(system, timezone.now())
        made = {"url": address(), "organization": DEMO, "username": VISITOR, "password": password}
        self.stdout.write(json.dumps(made) if options["json"] else _told(made))


def _told(made: dict[str, str | None]) -> str:
    password = made["password"] or "as before (bin/manage demo --new-password makes a new one)"
    rows = [("address", made["url"]), ("username", made["username"]), ("password", password)]
    lines = [f"  {name:<14}{value}" for name, value in rows]
    return "\n".join(["The demo is set up. Everything in it is invented.\n", *lines])
