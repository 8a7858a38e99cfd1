"""The one way into the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg.types.json import Jsonb

from audit.models import Entry
from kit.requests import Actor, came_from


def record(verb: str, *, actor: Actor, subject: models.Model, **data: Any) -> Entry:
    """Write one ledger line in the caller's transaction.

    `verb` is past tense with its subject in front, "intervention.decided"; `data` holds the
    particulars as JSON. No secret ever belongs in it.
    """
    return Entry.objects.create(
        organization_id=actor.organization_id,
        actor_id=actor.pk,
        actor_name=actor.name,
        actor_role=actor.role_name,
        verb=verb,
        subject_type=str(subject._meta.model_name),
        subject_id=str(subject.pk),
        data=data,
        came_from=came_from(),
    )


MANY = """
    INSERT INTO audit_entry (
        organization_id, actor_id, actor_name, actor_role, verb, subject_type, subject_id, data, came_from
    )
    SELECT %s, %s, %s, %s, %s, %s, subject, data, %s
    FROM unnest(%s::text[], %s::jsonb[]) WITH ORDINALITY AS lines (subject, data, position)
    ORDER BY position
"""


def record_each(
    verb: str, *, actor: Actor, subjects: type[models.Model], lines: Sequence[tuple[Any, dict[str, Any]]]
) -> None:
    """The bulk form of `record`: a line about each of many subjects of one kind, (id, data), in their order."""
    line = (actor.organization_id, actor.pk, actor.name, actor.role_name, verb, str(subjects._meta.model_name))
    with connection.cursor() as cursor:
        ids, data = [str(pk) for pk, _data in lines], [Jsonb(data) for _pk, data in lines]
        cursor.execute(MANY, [*line, came_from(), ids, data])


def record_past(entries: Iterable[Entry]) -> None:
    """Write lines that say when they happened: of an invented day, for the demo's organization and no other.

    What happens in earnest is recorded as it happens, by `record`.
    """
    Entry.objects.bulk_create(entries)
