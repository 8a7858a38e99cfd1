"""The one way into the ledger."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Q
from psycopg.types.json import Jsonb

from audit.models import Entry, Erasure
from kit.requests import Actor, came_from


def record(verb: str, *, actor: Actor, subject: models.Model, **data: Any) -> Entry:
    """Write one ledger line in the caller's transaction.

    `verb` is past tense with its subject in front, "intervention.decided"; `data` holds the
    particulars as JSON. No secret ever belongs in it. What is about something of a platform is of that platform, and
    its actor did it in the role they have there.
    """
    platform_id: int | None = getattr(subject, "platform_id", None)
    return Entry.objects.create(
        organization_id=actor.organization_id,
        actor_id=actor.pk,
        actor_name=actor.name,
        actor_role=actor.role_at(platform_id),
        platform_id=platform_id,
        verb=verb,
        subject_type=str(subject._meta.model_name),
        subject_id=str(subject.pk),
        data=data,
        came_from=came_from(),
    )


MANY = """
    INSERT INTO audit_entry (
        organization_id, actor_id, actor_name, verb, subject_type, came_from, subject_id, platform_id, actor_role, data
    )
    SELECT %s, %s, %s, %s, %s, %s, subject, platform, role, data
    FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::jsonb[])
        WITH ORDINALITY AS lines (subject, platform, role, data, position)
    ORDER BY position
"""

Lines = Sequence[tuple[Any, int | None, dict[str, Any]]]


def record_each(verb: str, *, actor: Actor, subjects: type[models.Model], lines: Lines) -> None:
    """The bulk form of `record`: lines about many subjects of one kind, (id, platform, data) each, in their order."""
    line = (actor.organization_id, actor.pk, actor.name, verb, str(subjects._meta.model_name), came_from())
    ids, platforms = [str(pk) for pk, _platform, _data in lines], [platform for _pk, platform, _data in lines]
    roles, data = [actor.role_at(platform) for platform in platforms], [Jsonb(data) for _pk, _platform, data in lines]
    with connection.cursor() as cursor:
        cursor.execute(MANY, [*line, ids, platforms, roles, data])


def record_past(entries: Iterable[Entry]) -> None:
    """Write lines that say when they happened: of an invented day, for the demo's organization and no other.

    What happens in earnest is recorded as it happens, by `record`.
    """
    Entry.objects.bulk_create(entries)


def drop_old(organization_id: int, before: datetime, most: int) -> int:
    """Let go of an organization's oldest lines, `most` at a time; returns how many. Part of the clock's turn.

    The database lets no line go that is younger than the organization keeps its ledger.
    """
    past = Entry.objects.filter(organization_id=organization_id, at__lt=before).order_by("at", "id")
    return Entry.objects.filter(pk__in=list(past.values_list("pk", flat=True)[:most])).delete()[0]


# The particulars that may name somebody; the trigger of the ledger lets no others be exchanged.
WHO = frozenset({"by", "delegate", "email", "held_by", "instead_of", "login", "member", "mentioned", "pilot", "to"})
WHO |= {"to_id", "username", "was"}
OF_ONESELF = frozenset({"address", "email", "fact", "login", "member", "name", "pilot", "rule", "username"})
RULES = frozenset({"after", "before", "fact", "rule"})  # sentences: a rule may look for a single person

NAMING = """
    SELECT id, data FROM audit_entry
    WHERE organization_id = ANY(%s) AND EXISTS (
        SELECT FROM jsonb_path_query(data, '$.** ? (@.type() == "string")') AS said (word)
        WHERE word #>> '{}' = ANY(%s)
            OR EXISTS (SELECT FROM unnest(%s::text[]) AS address WHERE strpos(word #>> '{}', address) > 0)
    )
"""
EXCHANGE = """
    UPDATE audit_entry line SET data = told.data
    FROM unnest(%s::bigint[], %s::jsonb[]) AS told (id, data) WHERE line.id = told.id
"""
LATE = """
    UPDATE audit_entry line SET actor_name = e.pseudonym, came_from = ''
    FROM audit_erasure e JOIN accounts_membership m ON m.pilot_id = e.pilot_id
    WHERE line.organization_id = m.organization_id AND line.actor_id = m.id
        AND e.at > now() - interval '7 days' AND line.at > e.at - interval '1 day' AND line.actor_name <> e.pseudonym
"""


@dataclass(frozen=True)
class Person:
    """Somebody who is being erased: their rows, and every name and address the records may call them by."""

    pilot_id: int
    pseudonym: str
    memberships: Collection[int]
    organizations: Collection[int]
    invitations: Collection[int]  # that were for their address
    provisioned: Collection[UUID]  # what directories have told of them
    names: frozenset[str]
    addresses: frozenset[str]  # those of the names that are nobody else's, also within a sentence


def forget(person: Person) -> Erasure:
    """Let the ledger tell of this person by the pseudonym alone, from its first line on. Part of what erases them.

    The erasure is a row that stays. While this transaction lasts, it opens the ledger to this one exchange.
    """
    erasure = Erasure.objects.create(pilot_id=person.pilot_id, pseudonym=person.pseudonym)
    own = Entry.objects.filter(actor_id__in=person.memberships)
    own.update(actor_name=person.pseudonym, came_from="")
    about = Q(subject_type="pilot", subject_id=str(person.pilot_id))
    about |= Q(subject_type="membership", subject_id__in=[str(pk) for pk in person.memberships])
    about |= Q(subject_type="invitation", subject_id__in=[str(pk) for pk in person.invitations])
    about |= Q(subject_type="provisioneduser", subject_id__in=[str(pk) for pk in person.provisioned])
    about |= Q(verb="key.refused", actor_id__in=person.memberships)
    _exchange(Entry.objects.filter(about).only("data"), person, OF_ONESELF)
    naming = [list(person.organizations), list(person.names), list(person.addresses)]
    _exchange(Entry.objects.raw(NAMING, naming), person)
    return erasure


def forget_late_lines() -> int:
    """Lines that were under way while their actor was erased, and came in afterwards with the name. Part of the clock's
    turn; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(LATE)
        return int(cursor.rowcount)


def _exchange(lines: Iterable[Entry], person: Person, own: Collection[str] = ()) -> None:
    told = ((line, _without(line.data, person, own)) for line in lines)
    changed = [(line.pk, Jsonb(data)) for line, data in told if data != line.data]
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(EXCHANGE, [list(column) for column in zip(*changed, strict=True)])


def _without(data: Mapping[str, Any], person: Person, own: Collection[str]) -> dict[str, Any]:
    """These particulars with the person's names exchanged; what stands under `own` is theirs, whatever it says."""

    def said(key: str, value: Any) -> Any:
        if isinstance(value, list):
            return [said(key, one) for one in value]
        if not value or not isinstance(value, str):
            return value
        if key in own or (key in WHO and value in person.names):
            return person.pseudonym
        for address in person.addresses if key in RULES else ():
            value = value.replace(address, person.pseudonym)
        return value

    return {key: said(key, value) for key, value in data.items()}
