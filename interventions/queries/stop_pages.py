"""The kill switch as its pages show it, and as programs read it: stops, their tallies, and what one would stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Platform
from guardians.models import Gate
from interventions.models import Acknowledgement, Intervention, Scope, Stop
from interventions.models.stops import PULL, in_words, may_be_stopped_by, questions_in, units_in
from interventions.queries.moments import moment
from interventions.queries.stops import is_there
from kit.errors import NotAllowed, NotThere
from work.models import OPEN, Status, Unit

MOST_STOPS = 100
MOST_WORKFLOWS = 100


def as_stop(stop: Stop, *, tally: "Tally | None" = None) -> dict[str, Any]:
    """A stop in the words of the wire; with its tally, who was stopped and who has acknowledged."""
    told = {
        "id": str(stop.pk),
        "on": stop.is_on,
        "scope": {stop.scope: stop.target or True},
        "what": stop.what,
        "reason": stop.reason,
        "settle": stop.settles,
        "by": stop.by.name,
        "by_id": stop.by.pilot.public_id,
        "at": moment(stop.at),
        "rearm_asked_by": stop.rearm_asked_by.name if stop.rearm_asked_by else None,
        "rearm_asked_at": moment(stop.rearm_asked_at),
        "rearmed_by": stop.rearmed_by.name if stop.rearmed_by else None,
        "rearmed_at": moment(stop.rearmed_at),
        "rearm_reason": stop.rearm_reason or None,
    }
    if tally is None:
        return told
    callers = [
        {
            "caller": row.caller.name,
            "caller_id": row.caller.pilot.public_id,
            "units": row.units,
            "told_at": moment(row.told_at),
            "acknowledged_at": moment(row.acknowledged_at),
        }
        for row in tally.rows
    ]
    return told | {"paused": tally.paused, "callers": callers, "acknowledged": tally.acknowledged}


def stop_seen_by(actor: Membership, stop_id: UUID) -> Stop:
    """Raises NotThere."""
    found: Stop | None = _with_people().visible_to(actor).filter(pk=stop_id).first()
    if found is None:
        raise NotThere(_("There is no such stop."))
    return found


def as_frame(stop: Stop, *, on: bool) -> dict[str, Any]:
    """What programs hear over their socket."""
    return {
        "type": "kill_switch",
        "stop": str(stop.pk),
        "on": on,
        "scope": stop.scope,
        "target": stop.target or None,
        "reason": stop.reason if on else stop.rearm_reason,
        "by": stop.by.name if on or stop.rearmed_by is None else stop.rearmed_by.name,
        "since": moment(stop.at if on else stop.rearmed_at),
    }


def stop_pages(actor: Membership, stop_ids: Sequence[UUID]) -> list[Stop]:
    """Those of these that there are."""
    return list(_with_people().visible_to(actor).filter(pk__in=stop_ids)) if stop_ids else []


def stops_in_force(actor: Membership) -> list[Stop]:
    """The first one first."""
    on = Stop.objects.visible_to(actor).on().order_by("at", "pk")
    # Not joined: every page asks, and mostly there are none to say anything of.
    return list(on.prefetch_related("organization", "by__pilot", "rearm_asked_by__pilot", "rearmed_by__pilot"))


def stops_of(actor: Membership, limit: int = MOST_STOPS) -> list[Stop]:
    """The latest, those that are on before those that are not."""
    found = _with_people().visible_to(actor)
    return sorted(found.order_by("-at", "-pk")[:limit], key=lambda stop: not stop.is_on)


class Banner(NamedTuple):
    """A stop that is on, as every page of its organization says it."""

    stop: Stop
    acknowledged: int
    callers: int


class StopsPage(NamedTuple):
    """Stops with how many have acknowledged, of how many."""

    on: list[Banner]
    lifted: list[Banner]


def stops_page(actor: Membership) -> StopsPage:
    stops = stops_of(actor)
    tallies = tallies_of(stops)
    rows = [Banner(stop, *tallies.get(stop.pk, (0, 0))) for stop in stops]
    return StopsPage([row for row in rows if row.stop.is_on], [row for row in rows if not row.stop.is_on])


def _with_people() -> Any:
    return Stop.objects.select_related("organization", "by__pilot", "rearm_asked_by__pilot", "rearmed_by__pilot")


@dataclass(frozen=True)
class Tally:
    """Who has acknowledged a stop. Silent ones first, those who have known of it longest before the others."""

    stop: Stop
    rows: Sequence[Acknowledgement]
    paused: int
    now: datetime

    @property
    def callers(self) -> int:
        return len(self.rows)

    @cached_property
    def silent(self) -> list[Acknowledgement]:
        return [row for row in self.rows if row.acknowledged_at is None]

    @property
    def acknowledged(self) -> int:
        return len(self.rows) - len(self.silent)


def tally_of(stop: Stop) -> Tally:
    rows = Acknowledgement.objects.filter(stop=stop).select_related("caller__pilot", "caller__role")
    order = sorted(rows, key=lambda row: (row.acknowledged_at is not None, row.told_at is None, row.told_at, row.pk))
    paused = Unit.objects.filter(stop.units, organization_id=stop.organization_id, status=Status.PAUSED).count()
    return Tally(stop, order, paused if stop.is_on else 0, timezone.now())


def tallies_of(stops: Sequence[Stop]) -> dict[UUID, tuple[int, int]]:
    """How many have acknowledged, of how many, for each of these stops."""
    found = Acknowledgement.objects.filter(stop__in=stops).values_list("stop")
    counted = found.annotate(Count("acknowledged_at"), Count("pk"))
    return {stop: (acknowledged, callers) for stop, acknowledged, callers in counted}


def banners_of(actor: Membership) -> list[Banner]:
    stops = stops_in_force(actor)
    tallies = tallies_of(stops) if stops else {}
    return [Banner(stop, *tallies.get(stop.pk, (0, 0))) for stop in stops]


def stop_named(actor: Membership, scope: str, target: str) -> UUID:
    """The id of the one in force over exactly this. Raises NotThere."""
    found = Stop.objects.visible_to(actor).on().filter(scope=scope, target=target).first()
    if found is None:
        raise NotThere(_("Nothing of that name is stopped."))
    return found.pk


@dataclass(frozen=True)
class Preview:
    """What a stop would stop, as of `at`."""

    scope: str
    target: str
    word: str  # what is typed by whoever cannot hold a button
    units: dict[str, int]
    questions: int
    callers: int
    gates: Sequence[str]
    already: Stop | None
    at: datetime

    @property
    def what(self) -> str:
        return in_words(self.scope, self.target)

    @property
    def what_value(self) -> str:
        """As the form's choice spells it."""
        return f"{self.scope}:{self.target}" if self.target else self.scope

    @property
    def active(self) -> int:
        return self.units.get(Status.ACTIVE, 0)

    @property
    def others(self) -> list[tuple[str, int]]:
        """The other open units, by state: they stay where they are."""
        return [(status, n) for status, n in self.units.items() if status != Status.ACTIVE]


def preview_of(actor: Membership, scope: str, target: str) -> Preview:
    """Raises NotAllowed for who may not pull it, NotThere when this names nothing of the organization."""
    organization = actor.organization
    if not actor.has_power("interventions.pull_kill_switch"):
        raise NotAllowed(_("Only an Admin may stop work, or let it go on."))
    if not may_be_stopped_by(actor, scope, target):
        raise NotAllowed(_("Your role may stop work only on some platforms, one at a time; this reaches beyond them."))
    if scope not in Scope.values or not is_there(organization, scope, target):
        raise NotThere(_("There is nothing of that name to stop."))
    units = Unit.objects.filter(units_in(scope, target), organization=organization, status__in=OPEN)
    questions = Intervention.objects.filter(questions_in(scope, target), organization=organization).open()
    callers = set(units.values_list("submitted_by", flat=True).distinct())
    callers |= set(questions.values_list("requester", flat=True).distinct())
    gates = [target] if scope == Scope.GATE else sorted(units.values_list("gate", flat=True).distinct())
    counted = dict(units.order_by("status").values_list("status").annotate(Count("pk")))
    return Preview(
        scope=scope,
        target=target,
        word=target or organization.name,
        units=counted,
        questions=questions.count(),
        callers=len(callers),
        gates=gates,
        already=_with_people().filter(organization=organization, scope=scope, target=target, rearmed_at=None).first(),
        at=timezone.now(),
    )


def scopes_of(actor: Membership) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the actor can stop, as groups of (value, name): the organization, gates, platforms, workflows under way."""
    organization, reach = actor.organization, actor.reach(PULL)
    gates = Gate.objects.filter(organization=organization).order_by("slug").values_list("slug", flat=True)
    there = Platform.objects.filter(reach.rows("pk"), organization=organization)
    platforms = there.order_by("slug").values_list("slug", flat=True)
    if not reach.is_whole:
        return [(_("Platforms"), [(f"{Scope.PLATFORM.value}:{name}", name) for name in platforms])]
    under_way = Unit.objects.filter(organization=organization, status__in=OPEN).exclude(workflow="")
    workflows = under_way.order_by("workflow").values_list("workflow", flat=True).distinct()[:MOST_WORKFLOWS]
    everything = [(Scope.ORGANIZATION.value, _("Everything in %(name)s") % {"name": organization.name})]
    groups = [(_("Gates"), Scope.GATE, gates), (_("Platforms"), Scope.PLATFORM, platforms)]
    groups.append((_("Workflows under way"), Scope.WORKFLOW, workflows))
    named = [(label, [(f"{scope.value}:{name}", name) for name in names]) for label, scope, names in groups]
    return [(label, names) for label, names in named if names] + [(_("Organization"), everything)]
