"""Everything that is kept about a person, in the shape of docs/privacy.md: written part by part, as it is read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import (
    Absence,
    ApiKey,
    DirectoryFacts,
    Identity,
    Invitation,
    Membership,
    Pilot,
    PlatformRole,
    Preferences,
    ProvisionedUser,
    TokenFamily,
)
from accounts.roles import SYSTEM, title_of
from accounts.signals import asked_about
from audit.models import Entry
from kit.errors import NotThere

CHUNK = 500
FORMAT = "chameleon.person/1"

Row = dict[str, Any]
# Every section is a list of rows: how the columns are called in the file, and where they come from.
Columns = Mapping[str, str]

OF_THE_ACCOUNT: dict[type[models.Model], tuple[str, str, Columns]] = {
    Identity: (
        "identities",
        "pilot",
        {
            "provider": "provider",
            "issuer": "issuer",
            "number": "uid",
            "login": "login",
            "leads": "leads",
            "connected_at": "created_at",
            "last_used_at": "last_used_at",
            "ended_at": "ended_at",
        },
    ),
    DirectoryFacts: ("directory_facts", "pilot", {"provider": "provider", "facts": "facts", "at": "at"}),
    UserSession: (
        "sessions",
        "user",
        {"address": "ip", "browser": "user_agent", "since": "created_at", "last_seen_at": "last_seen_at"},
    ),
    Authenticator: ("second_factors", "user", {"kind": "type", "since": "created_at", "last_used_at": "last_used_at"}),
    Preferences: (
        "preferences",
        "pilot",
        {name: name for name in ("density", "theme", "language", "time_zone", "layout", "page_size", "keys", "notify")},
    ),
}
OF_MEMBERSHIPS: dict[type[models.Model], tuple[str, str, Columns]] = {
    Membership: (
        "memberships",
        "pk",
        {
            "organization": "organization__slug",
            "role": "role__name",
            "let_in_by": "origin",
            "joined_at": "created_at",
            "ended_at": "ended_at",
            "visits_until": "until",
            "last_seen_at": "seen_at",
        },
    ),
    PlatformRole: (
        "platform_roles",
        "membership",
        {"organization": "membership__organization__slug", "platform": "platform__slug", "role": "role__name"},
    ),
    Absence: (
        "absences",
        "membership",
        {
            "organization": "membership__organization__slug",
            "since": "since",
            "until": "until",
            "stands_in": "delegate__pilot__public_id",
        },
    ),
    Invitation: (
        "invitations",
        "accepted_by",
        {"organization": "organization__slug", "email": "email", "role": "role__name", "accepted_at": "accepted_at"},
    ),
    ApiKey: (
        "keys",
        "membership",
        {
            "organization": "membership__organization__slug",
            "name": "name",
            "begins_with": "prefix",
            "scopes": "scopes",
            "gates": "gates",
            "addresses": "networks",
            "created_at": "created_at",
            "expires_at": "expires_at",
            "revoked_at": "revoked_at",
            "last_used_at": "last_used_at",
        },
    ),
    TokenFamily: (
        "programs",
        "membership",
        {
            "organization": "membership__organization__slug",
            "scopes": "scopes",
            "address": "came_from",
            "signed_in_at": "created_at",
            "last_refreshed_at": "refreshed_at",
            "ended_at": "ended_at",
        },
    ),
}
BY_SCIM: Columns = {
    "organization": "organization__slug",
    "user_name": "user_name",
    "number": "external_id",
    "active": "active",
    "emails": "addresses",
    "details": "details",
    "groups": "in_groups",
    "since": "created_at",
    "changed_at": "changed_at",
    "removed_at": "removed_at",
}
LEDGER: Columns = {
    "organization": "organization__slug",
    "id": "id",
    "at": "at",
    "by": "actor_name",
    "role": "actor_role",
    "verb": "verb",
    "about": "subject_type",
    "about_id": "subject_id",
    "data": "data",
    "address": "came_from",
}


def member_ever(pk: int, actor: Membership) -> Membership:
    """Somebody who is or was a member of the actor's organization. Raises NotThere."""
    here = Membership.objects.filter(organization_id=actor.organization_id).exclude(role__name=SYSTEM)
    found = here.select_related("pilot", "organization", "role").filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such member in this organization."))
    return found


def dossier(pilot: Pilot, memberships: Sequence[int], *, whole: bool) -> Iterator[bytes]:
    """One JSON object, part by part. `whole`: with what is of the account and of no organization."""
    about: Row = {"name": pilot.name, "username": pilot.username, "public_id": pilot.public_id, "email": pilot.email}
    about |= {"picture": pilot.avatar_url, "kind": pilot.kind, "active": pilot.is_active}
    about |= {"joined_at": pilot.date_joined, "last_sign_in_at": pilot.last_login}
    head = {"format": FORMAT, "made_at": timezone.now(), "whole": whole, "about": about}
    yield msgspec.json.encode(head)[:-1]
    for section, rows in _sections(pilot, memberships, whole=whole):
        yield b",\n" + msgspec.json.encode(section) + b": ["
        between = b"\n"
        for chunk in rows:
            if not connection.in_atomic_block:
                connection.close()  # back to the pool: whoever reads slowly keeps nobody waiting
            yield between + b",\n".join(msgspec.json.encode(row, enc_hook=str) for row in chunk)
            between = b",\n"
        yield b"]"
    yield b"}\n"


def in_chunks(found: models.QuerySet[Any], columns: Columns) -> Iterator[list[Row]]:
    """The rows in the order of their keys, so many at a time: one short statement each."""
    rows_of, last = found.order_by("pk").values_list("pk", *columns.values()), None
    while rows := list((rows_of if last is None else rows_of.filter(pk__gt=last))[:CHUNK]):
        yield [dict(zip(columns, row[1:], strict=True)) for row in rows]
        last = rows[-1][0]


def _sections(pilot: Pilot, memberships: Sequence[int], *, whole: bool) -> Iterator[tuple[str, Iterable[list[Row]]]]:
    if whole:
        for model, (section, whose, columns) in OF_THE_ACCOUNT.items():
            yield section, in_chunks(model._default_manager.filter(**{whose: pilot.pk}), columns)
    for model, (section, whose, columns) in OF_MEMBERSHIPS.items():
        found = in_chunks(model._default_manager.filter(**{f"{whose}__in": memberships}), columns)
        yield section, map(_with_titles, found)
    for _receiver, told in asked_about.send(Membership, memberships=memberships):
        above: Mapping[str, Iterable[list[Row]]] = told  # type: ignore[assignment]
        yield from above.items()
    organizations = Membership.objects.filter(pk__in=memberships).values("organization_id")
    in_groups = ArrayAgg("groups__name", filter=Q(groups__isnull=False), default=[])
    by_scim = ProvisionedUser.objects.filter(pilot=pilot, organization__in=organizations)
    yield "provisioned", in_chunks(by_scim.annotate(in_groups=in_groups), BY_SCIM)
    about = Q(subject_type="membership", subject_id__in=[str(pk) for pk in memberships])
    about |= Q(subject_type="pilot", subject_id=str(pilot.pk), organization__in=organizations)
    yield "ledger", in_chunks(Entry.objects.filter(Q(actor__in=memberships) | about), LEDGER)


def _with_titles(rows: list[Row]) -> list[Row]:
    return [row | {"role": title_of(row["role"])} if "role" in row else row for row in rows]
