"""Make an empty installation usable: an organization, an Admin, sample gates and a key.

Running it again makes what is missing and leaves the rest as people have made it since.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import connection, transaction

from accounts import actions as accounts
from accounts.management.ops import DEFAULT_ORGANIZATION, OpsCommand, readable_password
from accounts.models import ApiKey, Membership, Organization, Pilot
from accounts.queries import default_platform_of, organization_named, pilot_named, system_of
from accounts.roles import ADMIN, OPERATOR
from chameleon.management.sample_gates import SAMPLE_GATES, SampleGate
from guardians.actions import create_gate, post_guardian
from guardians.models import Gate

ADMIN_NAME = "admin"
MACHINE_NAME = "first-program"
KEY_SCOPES = ("submit", "read", "decide")
ONE_AT_A_TIME = 0x6368616D  # any number will do that nothing else here locks by

EVERYWHERE = {"0.0.0.0", "::", "[::]"}  # noqa: S104  # nosec B104 -- recognised, not listened on


class Command(OpsCommand):
    help = "Make an organization, an Admin, sample gates and an API key. What exists is left as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead.")
        parser.add_argument("--new-password", action="store_true", help="Give the Admin a new password.")
        parser.add_argument("--new-key", action="store_true", help="Make another API key.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        _wait_for_others()
        organization = organization_named(DEFAULT_ORGANIZATION)
        if organization is None:
            organization = accounts.create_organization(DEFAULT_ORGANIZATION, "Default")
        system = system_of(organization.pk)
        for sample in SAMPLE_GATES:
            open_gate(sample, system)
        made = {
            "url": address(),
            "organization": organization.slug,
            "username": ADMIN_NAME,
            "password": _admin_password(system, anew=options["new_password"]),
            "api_key": _key(organization, system, anew=options["new_key"]),
        }
        self.stdout.write(json.dumps(made) if options["json"] else _told(made))


def _wait_for_others() -> None:
    """Containers of one installation start together; the second finds everything made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def open_gate(sample: SampleGate, system: Membership) -> None:
    """A gate that exists is its Admin's by now, guardians and all."""
    if Gate.objects.filter(organization_id=system.organization_id, slug=sample.slug).exists():
        return
    gate = create_gate(sample.slug, actor=system, **sample.form)
    for guardian in sample.guardians:
        post_guardian(gate.pk, actor=system, **guardian._asdict())


def _admin_password(system: Membership, *, anew: bool) -> str | None:
    """The password that was set just now; None when the Admin has one already."""
    pilot = pilot_named(ADMIN_NAME)
    if pilot is not None and not anew:
        return None
    password = readable_password()
    if pilot is None:
        pilot = accounts.create_pilot(ADMIN_NAME, actor=system, name="Admin", password=password)
        accounts.grant_role(pilot, ADMIN, actor=system)
    else:
        accounts.set_password(pilot, password, actor=system)
    return password


def _key(organization: Organization, system: Membership, *, anew: bool) -> str | None:
    """The text of the key that was made just now; None when the machine has a usable one."""
    pilot = pilot_named(MACHINE_NAME)
    if pilot is None:
        pilot = accounts.create_pilot(MACHINE_NAME, actor=system, name="First program", kind=Pilot.Kind.AGENT)
        accounts.grant_role(pilot, OPERATOR, actor=system)
    membership = Membership.objects.get(pilot=pilot, organization=organization)
    if not anew and ApiKey.objects.usable(datetime.now(UTC)).filter(membership=membership).exists():
        return None
    platform = default_platform_of(organization.pk)
    _made, text = accounts.create_key(membership, name="bootstrap", scopes=KEY_SCOPES, actor=system, platform=platform)
    return text


def address() -> str:
    """Where to open it: a server that listens everywhere is found at home."""
    url = str(settings.BASE_URL)
    return url.replace(f"//{settings.HOST}:", "//127.0.0.1:", 1) if settings.HOST in EVERYWHERE else url


def _told(made: dict[str, str | None]) -> str:
    gates = ", ".join(sample.slug for sample in SAMPLE_GATES)
    rows = [
        ("address", made["url"]),
        ("organization", made["organization"]),
        ("username", made["username"]),
        ("password", made["password"] or "as before (bootstrap --new-password makes a new one)"),
        ("API key", made["api_key"] or "as before (bootstrap --new-key makes another)"),
        ("gates", gates),
    ]
    lines = [f"  {name:<14}{value}" for name, value in rows]
    if made["password"] or made["api_key"]:
        lines.append("\nA password and a key are shown this once: neither is stored in a form that can be read.")
    return "\n".join(["Chameleon is set up.\n", *lines])
