"""What programs hear after `subscribe`, and what they may ask.

Pushes: `new_request`, `status_changed` and `action_completed` as they happen, `metrics_update` every half minute.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.standing import NOWHERE, Reach
from interventions import queries
from interventions.models import Intervention
from kit.errors import BadInput
from kit.requests import Actor
from live.topics import Topic, register, register_call

SEE, DECIDE = "interventions.view_intervention", "interventions.decide_intervention"
ASK = "interventions.raise_intervention"
METRICS_SECONDS = 30
MOST_MISSED = 200

Frame = dict[str, Any]
TYPES = {"new": "new_request", "changed": "status_changed", "completed": "action_completed"}


@dataclass(unsafe_hash=True)
class Audience:
    """Everybody who sees the same rows, standing in for each of them: `visible_to` takes it for an actor.

    Who views or decides sees all of a platform, so `pk` is None; where a program only asks it sees its own.
    """

    organization_id: int
    seen: Reach
    asked: Reach = NOWHERE
    pk: int | None = None
    name: str = ""
    role_name: str = ""
    is_system: bool = False
    gates: tuple[str, ...] | None = None

    def has_power(self, power: str) -> bool:
        return bool(self.reach(power))

    def reach(self, *powers: str) -> Reach:
        if SEE in powers or DECIDE in powers:
            return self.seen
        return self.asked if ASK in powers else NOWHERE

    def role_at(self, platform_id: int | None) -> str:
        return self.role_name


def may_listen(actor: Actor, key: str) -> bool:
    return any(actor.has_power(power) for power in (SEE, DECIDE, ASK))


def audience_of(actor: Actor) -> Audience:
    seen, asked, gates = actor.reach(SEE, DECIDE), actor.reach(ASK), getattr(actor, "gates", None)
    if seen.is_whole or not asked:
        return Audience(actor.organization_id, seen, gates=gates)
    return Audience(actor.organization_id, seen, asked, actor.pk, gates=gates)


def render(organization_id: int, keys: list[str], audience: Audience) -> dict[str, list[Frame]]:
    """The frames of each hint: `new:<id>`, `changed:<id>`, `completed:<id>`, or "" for the figures."""
    named = [(key, *key.partition(":")[::2]) for key in keys if key]
    seen = Intervention.objects.visible_to(audience).filter(pk__in={UUID(id) for _key, _news, id in named})
    rows = {str(row.pk): row for row in queries.with_row(seen)}
    frames = {key: [_frame(news, rows[id])] for key, news, id in named if id in rows}
    if "" in keys:
        frames[""] = [{"type": "metrics_update", "metrics": queries.metrics_for(_as_member(audience))}]
    return frames


def missed(actor: Actor, key: str, since: datetime) -> list[str] | None:
    """What happened to each question since then, told once however often it changed."""
    changed = Intervention.objects.visible_to(actor).filter(updated_at__gte=since).order_by("updated_at")
    rows = changed.values_list("pk", "created_at", "settled_at")[: MOST_MISSED + 1]
    if len(rows) > MOST_MISSED:
        return None
    keys: list[str] = []
    for pk, created_at, settled_at in rows:
        if created_at >= since:
            keys.append(f"new:{pk}")
        if settled_at is not None and settled_at >= since:
            keys.append(f"completed:{pk}")
        elif created_at < since:
            keys.append(f"changed:{pk}")
    return keys


def get_pending(actor: Actor, frame: Frame) -> Frame:
    """The queue, most urgent first: at most `limit` of it."""
    limit = frame.get("limit", 50)
    if type(limit) is not int:
        raise BadInput.field("limit", _("a whole number"))
    page = queries.queue_for(_as_member(actor), queries.Filters(), limit=limit)
    return {"results": [queries.as_brief(row) for row in page.rows], "more": page.next is not None}


def get_metrics(actor: Actor, frame: Frame) -> Frame:
    return {"metrics": queries.metrics_for(_as_member(actor))}


def request_detail(actor: Actor, frame: Frame) -> Frame:
    """One question by its `request_id`, with votes, comments and decision."""
    try:
        request_id = UUID(frame["request_id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        raise BadInput.field("request_id", _("the id of a question")) from None
    return {"request": queries.as_full(queries.intervention_for(_as_member(actor), request_id))}


def _frame(news: str, row: Intervention) -> Frame:
    frame = {"type": TYPES[news], "request_id": str(row.pk), **queries.as_brief(row)}
    if news == "completed":
        frame["decision"] = queries.as_decision(row.decision)
    return frame


def _as_member(actor: Actor) -> Membership:
    """What the queries ask of an actor is whom it sees: an audience answers that as its members would."""
    return cast(Membership, actor)


register(
    Topic(
        name="interventions.program",
        may_listen=may_listen,
        audience=audience_of,
        render=render,
        missed=missed,
        program=True,
        every=METRICS_SECONDS,
    )
)
register_call("get_pending", get_pending)
register_call("get_metrics", get_metrics)
register_call("request_detail", request_detail)
