"""What is stopped, whether something may proceed, and how its caller is told."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Organization, Platform
from guardians.models import Gate
from interventions.models import Intervention, Scope, Source, Stop
from interventions.queries.moments import moment
from kit.errors import Stopped
from live.fresh import Fresh
from live.hub import on_hint
from work.models import Unit

TYPE = f"{settings.BASE_URL}/problems/stopped"


# Whether something may proceed


def stops_over(
    organization_id: int, *, gates: Collection[str], platform: str, workflow: str, known: Sequence[Stop] | None = None
) -> list[Stop]:
    """The stops that cover it, the first one first."""
    if known is None:
        known = list(Stop.objects.on().filter(organization_id=organization_id).order_by("at", "pk"))
    return [stop for stop in known if stop.covers(gates=gates, platform=platform, workflow=workflow)]


def stops_over_unit(unit: Unit, known: Sequence[Stop] | None = None) -> list[Stop]:
    if known is not None and not known:
        return []
    return stops_over(
        unit.organization_id, gates=(unit.gate,), platform=unit.platform.slug, workflow=unit.workflow, known=known
    )


def stops_over_question(question: Intervention, known: Sequence[Stop] | None = None) -> list[Stop]:
    if known is not None and not known:
        return []
    unit, gate = question.unit, question.gate
    gates = {unit.gate if unit else "", gate.slug if gate else ""}
    platform, workflow = (unit.platform.slug, unit.workflow) if unit else ("", "")
    return stops_over(question.organization_id, gates=gates - {""}, platform=platform, workflow=workflow, known=known)


def note_stops(questions: Iterable[Intervention]) -> None:
    """Tell each of these open questions of one organization which stop covers it; mostly there is none."""
    for_open = [question for question in questions if question.is_open]
    if not for_open:
        return
    on = Stop.objects.on().filter(organization_id=for_open[0].organization_id).order_by("at", "pk")
    known = list(on.prefetch_related("by__pilot"))
    for question in for_open:
        question.stop = next(iter(stops_over_question(question, known)), None)


def known_stops(organization_id: int) -> Sequence[Stop]:
    """Those in force, as remembered for a second at most: to refuse early. The database has the last word."""
    return _known.now(organization_id) or ()


def _load(organization_id: int) -> tuple[Stop, ...]:
    found = Stop.objects.on().filter(organization_id=organization_id).order_by("at", "pk")
    return tuple(found.select_related("by__pilot"))


_known: Fresh[int, tuple[Stop, ...]] = Fresh(_load)
known_in_loop = _known.get  # the same for code in the event loop
on_hint("interventions.stops", lambda _key, organization_id: _known.forget(organization_id))


def stops_everywhere() -> int:
    """How many are in force, in all organizations together."""
    return Stop.objects.on().count()


def is_there(organization: Organization, scope: str, target: str) -> bool:
    """Whether a scope names something. A workflow is whatever its callers call one."""
    if "\x00" in target or len(target) > 200:
        return False
    if scope == Scope.PLATFORM:
        return Platform.objects.filter(organization=organization, slug=target).exists()
    if scope == Scope.GATE:
        return Gate.objects.filter(organization=organization, slug=target).exists()
    return bool(target.strip()) if scope == Scope.WORKFLOW else not target


# In words


def why_stopped(stop: Stop) -> str:
    """Who stopped it and why, for whoever is refused because of it."""
    return _("%(who)s has stopped %(what)s, at %(at)s UTC: %(reason)s") % {
        "who": stop.by.name,
        "what": stop.what,
        "at": f"{stop.at:%H:%M:%S}",
        "reason": stop.reason,
    }


def refusal_of(stop: Stop) -> Stopped:
    """For what came to a stop from outside: come back when it is re-armed."""
    return Stopped(why_stopped(stop), type=TYPE, stop=str(stop.pk))


def refusals_of(stop_ids: Iterable[str]) -> dict[str, Stopped]:
    """Each stop as the refusal it leads to."""
    found = Stop.objects.filter(pk__in=set(stop_ids)).select_related("by__pilot")
    return {str(stop.pk): refusal_of(stop) for stop in found}


def as_stopped(stop: Stop) -> dict[str, Any]:
    """What a caller of something stopped is told beside its status."""
    return {
        "stop": str(stop.pk),
        "scope": stop.scope,
        "target": stop.target or None,
        "reason": stop.reason,
        "since": moment(stop.at),
    }


def stopped_unit(unit: Unit, settled_by: str | None) -> dict[str, Any] | None:
    """The first stop that covers it, unless it had ended before."""
    concerned = not unit.is_settled or settled_by == Source.KILL_SWITCH
    return next(map(as_stopped, stops_over_unit(unit)), None) if concerned else None


def stopped_question(question: Intervention) -> dict[str, Any] | None:
    """The same for a question."""
    concerned = question.is_open or question.resolution_source == Source.KILL_SWITCH
    return next(map(as_stopped, stops_over_question(question)), None) if concerned else None
