"""API keys and the key that signs tokens, from the machine."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.management.ops import OpsCommand, system_named
from accounts.models import ApiKey, Membership, Platform
from accounts.queries import default_platform_of, member_named, pilot_named
from accounts.roles import SCOPES
from kit.errors import NotThere

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """`30m`, `24h`, `90d`; `0` for nothing."""
    number, unit = (text[:-1], text[-1:]) if text != "0" else ("0", "d")
    if unit not in UNITS or not number.isascii() or not number.isdecimal() or len(number) > 5:
        raise ArgumentTypeError(f"“{text}” is no time: write 30m, 24h or 90d.")
    return timedelta(**{UNITS[unit]: int(number)})


class Command(OpsCommand):
    help = "List, make, rotate and revoke API keys; rotate the key that signs access tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|create|rotate|revoke|rotate-signing")
        self._verb(verbs, "list", "The keys in use, the latest first.").add_argument(
            "--all", action="store_true", help="Those that have ended, too."
        )
        create = self._verb(verbs, "create", "Make a key; its text is printed this once.")
        create.add_argument("member", help="Whom it acts as: username, public id or e-mail.")
        create.add_argument("--name", required=True)
        create.add_argument("--scope", action="append", required=True, choices=[*SCOPES], dest="scopes")
        create.add_argument(
            "--gate", action="append", default=[], dest="gates", help="Only this gate; may be repeated."
        )
        create.add_argument("--from", action="append", default=[], dest="networks", metavar="NETWORK")
        create.add_argument("--platform", metavar="SLUG", help="The organization's first, without one.")
        create.add_argument("--expires", type=duration, metavar="TIME", help="30m, 24h or 90d from now.")
        rotate = self._verb(verbs, "rotate", "Make a key that takes the place of another.")
        rotate.add_argument("key", help="What it begins with (chm_1a2b3c4d), or its number.")
        rotate.add_argument(
            "--overlap", type=duration, default=timedelta(days=1), help="How long the old one goes on (24h)."
        )
        self._verb(verbs, "revoke", "End a key at once.").add_argument(
            "key", help="What it begins with, or its number."
        )
        self._verb(
            verbs, "rotate-signing", "Sign access tokens with a new key; the old one verifies until they ran out."
        )

    def _verb(self, verbs: Any, name: str, about: str) -> CommandParser:
        parser: CommandParser = verbs.add_parser(name, help=about, description=about)
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="Print JSON instead.")
        return parser

    def handle(self, *args: Any, verb: str, organization: str, **options: Any) -> None:
        do: Callable[..., tuple[Any, str]] = getattr(self, f"_{verb.replace('-', '_')}")
        told, sentence = do(system_named(organization), **options)
        self.stdout.write(json.dumps(told) if options["json"] else sentence)

    def _list(self, system: Membership, **options: Any) -> tuple[Any, str]:
        keys = ApiKey.objects.filter(membership__organization_id=system.organization_id)
        keys = keys if options["all"] else keys.usable(timezone.now())
        found = [told_of(key) for key in keys.select_related("membership__pilot", "platform").order_by("-pk")]
        return found, "\n".join(map(_as_line, found)) or "No program has a key."

    def _create(self, system: Membership, **said: Any) -> tuple[Any, str]:
        pilot = pilot_named(said["member"])
        if pilot is None:
            raise CommandError(f"There is no pilot “{said['member']}”.")
        expires_at = timezone.now() + said["expires"] if said["expires"] else None
        key, text = actions.create_key(
            member_named(pilot.public_id, system),
            platform=_platform(said["platform"], system),
            expires_at=expires_at,
            actor=system,
            **{name: said[name] for name in ("name", "scopes", "gates", "networks")},
        )
        return told_of(key) | {"key": text}, text

    def _rotate(self, system: Membership, *, key: str, overlap: timedelta, **options: Any) -> tuple[Any, str]:
        made, text = actions.rotate_key(_number(key, system), overlap=overlap, actor=system)
        return told_of(made) | {"key": text}, text

    def _revoke(self, system: Membership, *, key: str, **options: Any) -> tuple[Any, str]:
        number = _number(key, system)
        actions.revoke_key(number, actor=system)
        return {"id": number}, "The key is revoked."

    def _rotate_signing(self, system: Membership, **options: Any) -> tuple[Any, str]:
        made = actions.rotate_signing_key(actor=system)
        return {"kid": made.kid}, f"Access tokens are signed with {made.kid} from now on."


def told_of(key: ApiKey) -> dict[str, Any]:
    """A key as JSON; its text is nowhere."""
    moments = {name: getattr(key, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    return {
        "id": key.pk,
        "prefix": key.prefix,
        "name": key.name,
        "member": key.membership.pilot.public_id,
        "platform": key.platform.slug,
        **{name: getattr(key, name) for name in ("scopes", "gates", "networks")},
        **{name: at.isoformat() if hasattr(at, "isoformat") else None for name, at in moments.items()},
    }


def _as_line(key: dict[str, Any]) -> str:
    limits = [",".join(key["scopes"]), *key["gates"], *key["networks"]]
    ends = "revoked" if key["revoked_at"] else f"ends {key['expires_at'] or 'never'}"
    used = f"used {key['last_used_at'] or 'never'}"
    return "  ".join([f"{key['prefix']}…", key["name"], key["member"], " ".join(limits), ends, used])


def _number(key: str, system: Membership) -> int:
    """By its number, its beginning, or even all of its text."""
    ours = ApiKey.objects.filter(membership__organization_id=system.organization_id)
    wanted = {"pk": int(key)} if key.isascii() and key.isdecimal() and len(key) < 19 else {"prefix": key[:12]}
    found = ours.filter(**wanted).values_list("pk", flat=True).first() if "\x00" not in key else None
    if found is None:
        raise NotThere("There is no such key in this organization.")
    return found


def _platform(slug: str | None, system: Membership) -> Platform:
    if slug is None:
        return default_platform_of(system.organization_id)
    found = Platform.objects.filter(organization_id=system.organization_id, slug=slug).first()
    if found is None:
        raise NotThere(f"There is no platform “{slug}” in this organization.")
    return found
