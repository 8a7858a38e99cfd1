"""What a browser may listen to: the queue, one question, and the numbers in the bar."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import Group
from django.template.loader import get_template

from accounts.models import Membership
from accounts.standing import Standing
from interventions.models import Intervention, Stop
from interventions.queries.counts import counts_for
from interventions.queries.question_page import version_of
from interventions.queries.queue_page import Row, rows_of
from interventions.queries.stops import note_stops
from live.topics import Topic, register

MOST_MISSED = 100
STATE = ("status", "updated_at", "organization", "gate__slug", "unit__gate", "unit__workflow", "unit__platform__slug")
COUNT_SECONDS = 10.0  # questions become overdue without anybody doing anything


class Audience(NamedTuple):
    """All that decides what a row says and offers; one rendering serves everybody alike."""

    organization_id: int
    standing: Standing


def audience_of(actor: Membership) -> Audience:
    return Audience(actor.organization_id, actor.standing)


def anyone_of(audience: Audience) -> Membership:
    """A membership of that standing that is nobody's, to ask what everybody in the audience may do."""
    role = Group(name=audience.standing.elsewhere.role)
    anyone = Membership(organization_id=audience.organization_id, role=role)
    anyone.standing = audience.standing
    return anyone


def may_see(actor: Membership, key: str) -> bool:
    """All of the queue for those who may view it; one question for those who see that."""
    if not key:
        return actor.has_power("interventions.view_intervention")
    found = ids_of([key])
    return bool(found) and Intervention.objects.visible_to(actor).filter(pk__in=found.values()).exists()


def changed_since(actor: Membership, key: str, since: datetime) -> list[str] | None:
    if Stop.objects.visible_to(actor).moved_since(since).exists():
        # What it covers says something else now, though nobody has touched it.
        return [key] if key else None
    changed = Intervention.objects.visible_to(actor).filter(updated_at__gte=since)
    if key:
        changed = changed.filter(pk=UUID(key))
    ids = list(changed.order_by("updated_at").values_list("pk", flat=True)[: MOST_MISSED + 1])
    return None if len(ids) > MOST_MISSED else [str(pk) for pk in ids]


def render_rows(organization_id: int, keys: list[str], audience: Audience) -> dict[str, Any]:
    """Each changed question as the row it now is, settled ones too; None for those that are not there any more.

    Of platforms that the audience may not see nothing is said, not even that there is something.
    """
    ids = ids_of(keys)
    rows = rows_of(anyone_of(audience), ids.values())
    template = get_template("interventions/_row.html")
    shown = {key: _as_fragment(rows[pk], template.render) for key, pk in ids.items() if pk in rows}
    return shown if audience.standing.is_limited else dict.fromkeys(ids) | shown


def render_states(organization_id: int, keys: list[str], audience: Audience) -> dict[str, Any]:
    """Only that a question changed. What its page says is personal ("you have voted"), so each page asks anew."""
    ids = ids_of(keys)
    visible = Intervention.objects.visible_to(anyone_of(audience)).filter(pk__in=ids.values())
    found = visible.select_related("gate", "unit__platform").only(*STATE).in_bulk()
    note_stops(found.values())
    return {key: _as_state(found[pk]) if pk in found else None for key, pk in ids.items()}


def render_counts(organization_id: int, keys: list[str], audience: Audience) -> dict[str, Any]:
    counts = counts_for(anyone_of(audience)).as_json()
    frozen = Stop.objects.on().filter(organization_id=organization_id).exists()
    return {"": counts | {"mood": "frozen"} if frozen else counts}


def _as_fragment(row: Row, render: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    return {"html": render({"row": row}), "sort": row.sort, "status": row.question.status}


def _as_state(question: Intervention) -> dict[str, str]:
    return {"status": question.status, "version": version_of(question)}


def ids_of(keys: list[str]) -> dict[str, UUID]:
    """What of it is an id: a key is whatever somebody asked to listen to."""
    ids = {}
    for key in keys:
        try:
            ids[key] = UUID(key)
        except ValueError:
            continue
    return ids


register(Topic("interventions.queue", may_see, audience_of, render_rows, changed_since))
register(Topic("interventions.detail", may_see, audience_of, render_states, changed_since))
register(
    Topic(
        "interventions.counts",
        may_listen=lambda actor, key: not key and actor.has_power("interventions.view_intervention"),
        audience=audience_of,
        render=render_counts,
        missed=lambda actor, key, since: [""],
        every=COUNT_SECONDS,
    )
)
