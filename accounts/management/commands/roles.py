"""Roles, who has them, and the rules that make roles of what a directory says."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts import actions
from accounts.management.ops import OpsCommand, spelled, system_named
from accounts.management.role_files import RoleFile, RoleText, as_toml, read_role_file
from accounts.models import Membership, Pilot, Platform, Role
from accounts.queries import pilot_named, preview_of_rules, rules_of
from accounts.roles import IN_WORDS, powers_of, role_named, roles_in, title_of


class Command(OpsCommand):
    help = "Roles made of powers, given everywhere or on one platform, by hand or by the rules of a directory."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        self._deed(deeds, "list", "The roles, and what each may do.")
        make = self._deed(deeds, "make", "Make a role.")
        make.add_argument("title")
        make.add_argument("--power", action="append", default=[], metavar="APP.POWER", help=", ".join(IN_WORDS))
        make.add_argument("--like", default="", metavar="ROLE", help="Begin with all powers of this role.")
        make.add_argument("--description", default="")
        for name, says in (("grant", "Give a role."), ("revoke", "Take a role on a platform, or the membership.")):
            deed = self._deed(deeds, name, says)
            deed.add_argument("user", help="Username, public id (github:octocat) or e-mail.")
            if name == "grant":
                deed.add_argument("role")
            deed.add_argument("--platform", default="", metavar="SLUG", help="On this platform only.")
        load = self._deed(deeds, "load", "Make or change the roles of a file, give those it names, and set its rules.")
        load.add_argument("file")
        rules = self._deed(deeds, "rules", "The rules of the directory: export them, or import them from a file.")
        rules.add_argument("way", choices=["export", "import"])
        rules.add_argument("file", nargs="?")
        rules.add_argument("--dry-run", action="store_true", help="Say who would get what, and change nothing.")
        preview = self._deed(deeds, "preview", "Who gets what at the next sign-in.")
        preview.add_argument("--rules", metavar="FILE", help="By the rules of this file instead of those in force.")

    def _deed(self, deeds: Any, name: str, says: str) -> CommandParser:
        deed: CommandParser = deeds.add_parser(name, help=says, description=says)
        super().add_arguments(deed)
        deed.add_argument("--json", action="store_true", help="Answer in JSON.")
        return deed

    def handle(self, *args: Any, deed: str, organization: str, **options: Any) -> None:
        said = getattr(self, f"_{deed}")(system_named(organization), options)
        self.stdout.write(json.dumps(said, indent=2) if options["json"] else _in_lines(said))

    def _list(self, system: Membership, options: dict[str, Any]) -> list[dict[str, Any]]:
        return [_told(group) for group in roles_in(system.organization_id)]

    def _make(self, system: Membership, options: dict[str, Any]) -> dict[str, Any]:
        asked = RoleText(options["title"], options["power"], options["like"], options["description"])
        return _told(_make_or_change(asked, system).group)

    def _grant(self, system: Membership, options: dict[str, Any]) -> dict[str, Any]:
        pilot, role = _pilot(options["user"]), spelled(options["role"])
        if not options["platform"]:
            return _held(actions.grant_role(pilot, role, actor=system))
        member, platform = _member(pilot, system), _platform(options["platform"], system)
        actions.grant_on_platform(member, platform, role, actor=system)
        return _held(member)

    def _revoke(self, system: Membership, options: dict[str, Any]) -> dict[str, Any]:
        member = _member(_pilot(options["user"]), system)
        if options["platform"]:
            actions.revoke_on_platform(member, _platform(options["platform"], system), actor=system)
            return _held(member)
        actions.end_membership(member, actor=system)
        return {"pilot": member.pilot.public_id, "role": None, "on": {}}

    def _load(self, system: Membership, options: dict[str, Any]) -> dict[str, Any]:
        """All of the file, or nothing."""
        with transaction.atomic():
            return _load(read_role_file(options["file"]), system)

    def _rules(self, system: Membership, options: dict[str, Any]) -> Any:
        known = rules_of(system.organization_id)
        if options["way"] == "export":
            if options["file"]:
                Path(options["file"]).write_text(as_toml(known))
            return [rule._asdict() for rule in known] if options["json"] or options["file"] else as_toml(known)
        if not options["file"]:
            raise CommandError("Say which file to import.")
        asked = read_role_file(options["file"]).rules
        with transaction.atomic():
            actions.set_rules(asked, actor=system)
            changes = [change.as_told() for change in preview_of_rules(system) if change.is_change]
            transaction.set_rollback(options["dry_run"])
        return {"rules": len(asked), "in_force": not options["dry_run"], "would_change": changes}

    def _preview(self, system: Membership, options: dict[str, Any]) -> list[dict[str, Any]]:
        asked = read_role_file(options["rules"]).rules if options["rules"] else None
        return [change.as_told() for change in preview_of_rules(system, asked)]


def _load(file: RoleFile, system: Membership) -> dict[str, Any]:
    roles = [_make_or_change(asked, system) for asked in file.role]
    for one in file.member:
        pilot = _pilot(one.pilot)
        member = Membership.objects.filter(pilot=pilot, organization_id=system.organization_id, ended_at=None).first()
        member = member or actions.grant_role(pilot, spelled(one.role), actor=system)
        actions.set_roles(member, spelled(one.role), one.on, actor=system)
    if file.rule:
        actions.set_rules(file.rules, actor=system)
    return {"roles": [role.title for role in roles], "members": len(file.member), "rules": len(file.rule)}


def _make_or_change(asked: RoleText, system: Membership) -> Role:
    powers = frozenset(asked.powers)
    if asked.like:
        like = role_named(spelled(asked.like), system.organization_id)
        if like is None:
            raise CommandError(f"There is no role “{asked.like}” to begin with.")
        powers |= powers_of(like)
    known = Role.objects.filter(organization_id=system.organization_id, title__iexact=asked.title).first()
    if known is None:
        return actions.make_role(asked.title, powers, actor=system, description=asked.description)
    return actions.change_role(known.pk, actor=system, powers=powers, description=asked.description)


def _told(group: Group) -> dict[str, Any]:
    return {"title": title_of(group.name), "powers": sorted(powers_of(Group.objects.get(pk=group.pk)))}


def _held(member: Membership) -> dict[str, Any]:
    on = member.platform_roles.select_related("role", "platform").order_by("platform__slug")
    return {
        "pilot": member.pilot.public_id,
        "role": member.role_name,
        "on": {one.platform.slug: one.role_title for one in on},
    }


def _pilot(user: str) -> Pilot:
    pilot = pilot_named(user)
    if pilot is None:
        raise CommandError(f"There is no pilot “{user}”. One exists after a first sign-in, or createsuperuser.")
    return pilot


def _member(pilot: Pilot, system: Membership) -> Membership:
    ours = Membership.objects.filter(organization_id=system.organization_id, ended_at=None)
    member = ours.filter(pilot=pilot).first()
    if member is None:
        raise CommandError(f"{pilot} is no member of {system.organization.name}: grant a role there first.")
    return member


def _platform(slug: str, system: Membership) -> Platform:
    platform = Platform.objects.filter(organization_id=system.organization_id, slug=slug).first()
    if platform is None:
        raise CommandError(f"There is no platform “{slug}” in {system.organization.name}.")
    return platform


def _in_lines(said: Any) -> str:
    """For a person at a terminal."""
    if isinstance(said, str):
        return said.rstrip()
    lines = said if isinstance(said, list) else [said]
    return "\n".join("  ".join(f"{name}: {_value(value)}" for name, value in line.items()) for line in lines)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_value(one)}" for name, one in value.items()) or "-"
    return "-" if value is None else str(value)
