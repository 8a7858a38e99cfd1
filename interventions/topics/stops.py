"""What is stopped: for pages the banner and the tally, for programs a frame that says stop, or go on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.loader import get_template

from accounts.models import Membership
from interventions import actions
from interventions.models import Stop
from interventions.queries.stop_pages import as_frame, banners_of, stop_pages, tally_of
from interventions.topics.pages import Audience, anyone_of, audience_of
from kit.requests import Actor
from live.topics import Topic, register

HEARING = (
    "interventions.view_intervention",
    "interventions.decide_intervention",
    "interventions.raise_intervention",
    "work.submit_unit",
)


def may_see(actor: Membership, key: str) -> bool:
    return actor.has_power("interventions.view_intervention")


def render_pages(organization_id: int, keys: list[str], audience: Audience) -> dict[str, Any]:
    """The banner of every page, and the tally on the page of each stop."""
    anyone = anyone_of(audience)
    told: dict[str, Any] = {}
    if "" in keys:
        told[""] = {"html": get_template("interventions/_stopped.html").render({"stops": banners_of(anyone)})}
    tally = get_template("interventions/_tally.html")
    for stop in stop_pages(anyone, _ids(keys)):
        told[str(stop.pk)] = {"html": tally.render({"stop": stop, "tally": tally_of(stop)}), "state": stop.stage}
    return told


def may_hear(actor: Actor, key: str) -> bool:
    return any(actor.has_power(power) for power in HEARING)


def render_frames(organization_id: int, keys: list[str], audience: int) -> dict[str, list[dict[str, Any]]]:
    """Once for each membership: what it was sent, it has been told."""
    caller = Membership.objects.acting().get(pk=audience)
    named = {key: UUID(key.partition(":")[2]) for key in keys}
    stops = {stop.pk: stop for stop in stop_pages(caller, list(named.values()))}
    for stop in stops.values():
        actions.note_told(stop.pk, actor=caller, is_caller=True)
    return {key: [as_frame(stops[pk], on=key.startswith("on:"))] for key, pk in named.items() if pk in stops}


def missed(actor: Actor, key: str, since: datetime) -> list[str]:
    pulled = Stop.objects.visible_to(actor).filter(at__gte=since).order_by("at")
    lifted = Stop.objects.visible_to(actor).filter(rearmed_at__gte=since).order_by("rearmed_at")
    return [*(f"on:{stop.pk}" for stop in pulled), *(f"off:{stop.pk}" for stop in lifted)]


def _ids(keys: list[str]) -> list[UUID]:
    """What of it is an id: a key is whatever somebody asked to listen to."""
    ids = []
    for key in keys:
        try:
            ids.append(UUID(key))
        except ValueError:
            continue
    return ids


register(
    Topic(
        "interventions.stops",
        may_see,
        audience_of,
        render_pages,
        missed=lambda actor, key, since: [key],
    )
)
register(
    Topic("interventions.kill_switch", may_hear, lambda actor: actor.pk, render_frames, missed=missed, program=True)
)
