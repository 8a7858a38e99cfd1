"""Give a pilot a role, or another one."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import actions
from accounts.management.ops import OpsCommand, spelled, system_named
from accounts.queries import pilot_named


class Command(OpsCommand):
    help = "Give a pilot a role in an organization, or change it: grant ada Operator."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", help="Username, public id (github:octocat) or e-mail.")
        parser.add_argument("role", help="Viewer, Operator, Admin, or a role made by an Admin.")

    def handle(self, *args: Any, user: str, role: str, organization: str, **options: Any) -> None:
        system = system_named(organization)
        pilot = pilot_named(user)
        if pilot is None:
            raise CommandError(f"There is no pilot “{user}”. One exists after a first sign-in, or createsuperuser.")
        membership = actions.grant_role(pilot, spelled(role), actor=system)
        self.stdout.write(f"{membership.name} is now {membership.role_name} of {system.organization.name}.")
