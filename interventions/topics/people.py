"""What a page hears about people: who else looks at a question, and what concerns the one who is at it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.template.loader import get_template

from accounts.models import Membership
from interventions.models import Intervention
from interventions.queries.mentions import news_for
from interventions.topics.pages import Audience, anyone_of, audience_of, ids_of, may_see
from live.topics import Topic, register


class Looker(NamedTuple):
    """One person: nobody is shown themselves. Few have the same question open."""

    pk: int
    role: Audience


def render_presence(organization_id: int, keys: list[str], looker: Looker) -> dict[str, Any]:
    """Who looks at each question, but for the one who is told."""
    ids = ids_of(keys)
    viewer = anyone_of(looker.role)
    found = Intervention.objects.visible_to(viewer).only("status").in_bulk(list(ids.values()))
    viewer.pk = looker.pk
    template = get_template("interventions/_presence.html")
    return {
        key: {"html": template.render({"i": found[pk], "actor": viewer})} if pk in found else None
        for key, pk in ids.items()
    }


def render_news(organization_id: int, keys: list[str], member_id: int) -> dict[str, Any]:
    """What was lately said or given to the member; a page shows what it has not shown yet."""
    member = Membership.objects.select_related("pilot").get(pk=member_id)
    return {str(member_id): {"news": news_for(member)}}


def missed_news(actor: Membership, key: str, since: datetime) -> list[str]:
    return [key] if news_for(actor, since) else []


register(
    Topic(
        "interventions.presence",
        may_listen=lambda actor, key: bool(key) and may_see(actor, key),
        audience=lambda actor: Looker(actor.pk, audience_of(actor)),
        render=render_presence,
        missed=lambda actor, key, since: [key],
    )
)
register(
    Topic(
        "interventions.told",
        may_listen=lambda actor, key: key == str(actor.pk),
        audience=lambda actor: actor.pk,
        render=render_news,
        missed=missed_news,
    )
)
