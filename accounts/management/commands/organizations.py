"""The organizations of an installation: list, make, rename."""

import json
from argparse import SUPPRESS
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from django.urls import reverse

from accounts import actions
from accounts.management.ops import OpsCommand, system_named, told
from accounts.queries import organizations_in_numbers, system_of
from accounts.roles import ADMIN


class Command(OpsCommand):
    help = "The organizations of the installation: organizations list, create, rename."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON instead.")
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        deeds.add_parser("list", help="Every organization, by name, with how many members it has.")
        create = deeds.add_parser("create", help="Make an organization, and a link for its first Admin.")
        create.add_argument("slug", help="Short name: letters, digits, hyphens.")
        create.add_argument("name", help="Name.")
        create.add_argument("--email", default="", help="Whom the link is for; only an account of this address.")
        rename = deeds.add_parser("rename", help="Give an organization another name; its short name stays.")
        rename.add_argument("slug", help="Short name.")
        rename.add_argument("name", help="New name.")
        for one in deeds.choices.values():
            one.add_argument("--json", action="store_true", default=SUPPRESS, help="Print JSON instead.")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        getattr(self, f"_{deed}")(**options)

    def _list(self, **options: Any) -> None:
        rows = [
            {"slug": one.slug, "name": one.name, "members": one.member_count, "made": one.created_at.date().isoformat()}  # type: ignore[attr-defined]
            for one in organizations_in_numbers()
        ]
        self.stdout.write(told(rows, as_json=options["json"]))

    @transaction.atomic
    def _create(self, *, slug: str, name: str, email: str, **options: Any) -> None:
        made = actions.create_organization(slug, name)
        _invitation, secret = actions.invite(ADMIN, actor=system_of(made.pk), email=email)
        link = f"{settings.BASE_URL}{reverse('accounts:opening', args=(secret,))}"
        if options["json"]:
            self.stdout.write(json.dumps({"slug": slug, "name": name, "invitation": link}))
            return
        self.stdout.write(f"The organization {name} ({slug}) is made. Nobody is a member yet.")
        self.stdout.write(f"The link for its first Admin, good for {actions.DAYS} days and shown this once:\n{link}")

    def _rename(self, *, slug: str, name: str, **options: Any) -> None:
        system = system_named(slug)
        kept = system.organization.rearm_by_two
        renamed = actions.change_organization(actor=system, name=name, rearm_by_two=kept)
        if options["json"]:
            self.stdout.write(json.dumps({"slug": slug, "name": renamed.name}))
            return
        self.stdout.write(f"The organization {slug} is called {renamed.name} now.")
