"""The accounts of an installation: list, make, switch off and on, give a new password, export, erase."""

import json
from argparse import SUPPRESS
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts import actions
from accounts.management.ops import DEFAULT_ORGANIZATION, OpsCommand, readable_password, spelled, system_named, told
from accounts.models import Pilot, ProvisionedUser
from accounts.queries import accounts_of, all_provisioned, pilot_named, system_of
from accounts.queries.dossier import dossier


class Command(OpsCommand):
    help = "The accounts of the installation: pilots list, create, deactivate, reactivate, password, export, erase."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON instead.")
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        listing = deeds.add_parser("list", help="Every account, by user name.")
        listing.add_argument(
            "--provisioned", action="store_true", help="Whom directories keep by SCIM, those who never signed in, too."
        )
        listing.add_argument("search", nargs="?", default="", help="Only those with this in a name or an address.")
        create = deeds.add_parser("create", help="Make an account, and a member of an organization.")
        create.add_argument("user", help="User name.")
        create.add_argument("--name", default="", help="Full name.")
        create.add_argument("--email", default="", help="E-mail address.")
        create.add_argument("--kind", choices=Pilot.Kind.values, default=Pilot.Kind.PERSON, help="(%(default)s)")
        create.add_argument("--role", help="Viewer, Operator, Admin, or a role made by an Admin. Without: no member.")
        create.add_argument("--organization", default=DEFAULT_ORGANIZATION, metavar="SLUG", help="(%(default)s)")
        create.add_argument("--no-password", action="store_true", help="Nobody signs in with it.")
        for deed, words in ONE.items():
            one = deeds.add_parser(deed, help=words)
            one.add_argument("user", help="User name, public id (github:octocat) or e-mail.")
            if deed in {"deactivate", "erase"}:
                one.add_argument("--reason", required=True, help="It stands in the ledger of their organizations.")
        deeds.choices["erase"].add_argument("--yes", action="store_true", help="Do it; without, only say what goes.")
        for one in deeds.choices.values():
            one.add_argument("--json", action="store_true", default=SUPPRESS, help="Print JSON instead.")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        getattr(self, f"_{deed}")(**options)

    def _list(self, *, search: str, provisioned: bool, **options: Any) -> None:
        if provisioned:
            self.stdout.write(told([_told(one) for one in all_provisioned(search)], as_json=options["json"]))
            return
        self.stdout.write(told([_line(one) for one in accounts_of(search)], as_json=options["json"]))

    @transaction.atomic
    def _create(self, *, user: str, name: str, email: str, kind: str, role: str | None, **options: Any) -> None:
        system = system_named(options["organization"])
        _check_email(email)
        password = None if options["no_password"] or kind != Pilot.Kind.PERSON else readable_password()
        pilot = actions.create_pilot(user, actor=system, name=name, email=email, kind=kind, password=password)
        if role:
            actions.grant_role(pilot, spelled(role), actor=system)
        said = f"The account {user} is made{f', {spelled(role)} of {system.organization.name}' if role else ''}."
        self._say(said, user=user, password=password, role=role and spelled(role), **options)

    def _deactivate(self, *, user: str, reason: str, **options: Any) -> None:
        actions.deactivate_pilot(_there(user), by=None, reason=reason)
        self._say(f"The account {user} is switched off. What was open in its name has ended.", user=user, **options)

    def _reactivate(self, *, user: str, **options: Any) -> None:
        actions.reactivate_pilot(_there(user), by=None)
        self._say(f"The account {user} is on again. Its keys and sessions stay ended.", user=user, **options)

    def _password(self, *, user: str, **options: Any) -> None:
        password = readable_password()
        actions.reset_password(_there(user), password, by=None)
        self._say(
            f"The account {user} has a new password; its sessions have ended.", user=user, password=password, **options
        )

    def _export(self, *, user: str, **options: Any) -> None:
        pilot = _there(user)
        memberships = list(pilot.memberships.select_related("pilot", "role").order_by("pk"))
        for one in memberships:
            actions.export_person(one, actor=system_of(one.organization_id))
        for part in dossier(pilot, [one.pk for one in memberships], whole=True):
            self.stdout.write(part.decode(), ending="")

    def _erase(self, *, user: str, reason: str, yes: bool, **options: Any) -> None:
        pilot = _there(user)
        if not yes:
            raise CommandError(f"{GOES % pilot.get_full_name()} Say --yes to do it.")
        pseudonym = actions.erase_pilot(pilot, by=None, reason=reason)
        self._say(f"Erased. What they did stands on record under the name {pseudonym}.", user=pseudonym, **options)

    def _say(self, sentence: str, **facts: Any) -> None:
        kept = {name: facts[name] for name in ("user", "password", "role") if name in facts}
        if facts["json"]:
            self.stdout.write(json.dumps(kept))
            return
        self.stdout.write(sentence)
        if facts.get("password"):
            self.stdout.write(f"Password, shown this once: {facts['password']}")


ONE = {
    "deactivate": "Switch an account off: nobody signs in with it, and all that is open in its name ends.",
    "reactivate": "Switch it on again.",
    "password": "Give it a new password, which is shown once.",
    "export": "Print everything that is kept about the person, as JSON; docs/privacy.md tells its shape.",
    "erase": "Erase the person: nothing that is theirs is left, what they did stays under a pseudonym. No way back.",
}
GOES = (
    "This erases %s for good: name, address, ways to sign in, sessions, keys and tokens go; decisions, votes, comments "
    "and the ledger stay, under a pseudonym."
)


def _there(user: str) -> Pilot:
    found = pilot_named(user)
    if found is None:
        raise CommandError(f"There is no pilot “{user}”. manage.py pilots list names them all.")
    return found


def _check_email(email: str) -> None:
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise CommandError(f"“{email}” is no e-mail address.") from None


def _line(pilot: Any) -> dict[str, Any]:
    return {
        "user": pilot.username,
        "name": pilot.name,
        "public_id": pilot.public_id,
        "email": pilot.email,
        "kind": pilot.kind,
        "organizations": pilot.organizations,
        "provisioned": pilot.provisioned_by,
        "platform_administrator": pilot.is_superuser,
        "active": pilot.is_active,
        "last_login": pilot.last_login.isoformat(timespec="seconds") if pilot.last_login else None,
    }


def _told(user: ProvisionedUser) -> dict[str, Any]:
    return {
        "organization": user.organization.slug,
        "user_name": user.user_name,
        "name": user.name,
        "email": next(iter(user.addresses), ""),
        "active": user.active,
        "pilot": user.pilot.username if user.pilot else None,
        "groups": ", ".join(sorted(one.name for one in user.groups.all())),
    }
