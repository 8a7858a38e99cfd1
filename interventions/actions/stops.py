"""The kill switch: stop what is under way and let nothing in, until an Admin re-arms it.

The stop itself is one short transaction, and from its commit on nothing in its scope proceeds. What it does to units
and questions follows at once, in the slices of `standstill`: here, and by the worker if this process dies.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import refuse_unless_fresh
from accounts.models import Membership, Organization
from audit.actions import record
from interventions.actions.holding import check_words
from interventions.actions.standstill import bring_to_rest, give_time_back, let_go
from interventions.actions.stopping import hold_everybody_off, hold_off_stops
from interventions.models import Acknowledgement, Scope, Stop
from interventions.models.stops import may_be_stopped_by
from interventions.queries.stops import is_there, refusal_of, stops_over_unit, why_stopped
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from kit.jobs import defer
from live.bus import Hint, announce_many
from work import actions as work
from work.models import OPEN, Unit

MOST_WORDS = 2_000
INLINE_SECONDS = 3.0  # what takes longer, the worker finishes


def stop_work(*, scope: str, target: str = "", reason: str, settles: bool = False, actor: Membership) -> Stop:
    """Pull the kill switch, and see it carried out as far as whoever pulled it can be kept waiting."""
    stop = pull(scope=scope, target=target, reason=reason, settles=settles, actor=actor)
    bring_to_rest(stop.pk, seconds=INLINE_SECONDS)
    return stop


def let_work_go_on(stop_id: UUID, *, reason: str, cancels: bool = False, actor: Membership) -> Stop:
    """Re-arm a stop, and let what it held go on as far as whoever re-armed it can be kept waiting."""
    stop = rearm(stop_id, reason=reason, cancels=cancels, actor=actor)
    if not stop.is_on:
        let_go(stop.pk, cancels=cancels, seconds=INLINE_SECONDS)
    return stop


@transaction.atomic
def pull(*, scope: str, target: str = "", reason: str, settles: bool = False, actor: Membership) -> Stop:
    """Stop a scope. When this has committed, nothing in it is let in, decided or settled by a clock.

    `settles`: its open questions are cancelled, and their units with them; else they are held until re-armed.
    """
    _refuse_unless_admin(actor)
    _refuse_unless_over(scope, target, actor)
    _check_scope(scope, target, actor.organization)
    _check_reason(reason)
    hold_everybody_off(actor.organization_id)
    _refuse_a_second(scope, target, actor)
    stop = Stop.objects.create(
        organization_id=actor.organization_id,
        scope=scope,
        target=target,
        reason=reason.strip(),
        settles=settles,
        by_id=actor.pk,
        at=timezone.now(),
    )
    record(
        "kill_switch.pulled", actor=actor, subject=stop, scope=scope, target=target, reason=stop.reason, settles=settles
    )
    defer("interventions.carry_out_stop", stop_id=str(stop.pk))
    _announce(stop, "on")
    return stop


@transaction.atomic
def rearm(stop_id: UUID, *, reason: str, cancels: bool = False, actor: Membership) -> Stop:
    """Lift a stop. Held questions get back the time they stood; paused units go on, or with `cancels` end.

    Where the organization wants two Admins for it, the first only asks, and another one confirms.
    """
    known = Stop.objects.visible_to(actor).filter(pk=stop_id).first()
    if known is None:
        raise NotThere(_("There is no such stop."))
    _refuse_unless_admin(actor)
    _refuse_unless_over(known.scope, known.target, actor)
    _check_reason(reason)
    hold_everybody_off(actor.organization_id)
    stop = Stop.objects.select_for_update(of=("self",)).select_related("by__pilot").get(pk=stop_id)
    if stop.rearmed_by is not None and stop.rearmed_at is not None:
        raise Refusal(
            _("%(who)s has already re-armed this, at %(at)s UTC.")
            % {"who": stop.rearmed_by.name, "at": f"{stop.rearmed_at:%H:%M:%S}"}
        )
    stop.rearm_reason = reason.strip()
    if _needs_another(stop, actor):
        return _ask_another(stop, actor)
    stop.rearmed_by_id, stop.rearmed_at = actor.pk, timezone.now()
    stop.save(update_fields=["rearmed_by", "rearmed_at", "rearm_reason"])
    give_time_back(stop, stop.rearmed_at)
    record("kill_switch.rearmed", actor=actor, subject=stop, reason=stop.rearm_reason, cancels=cancels, what=stop.what)
    defer("interventions.let_go_of_stop", stop_id=str(stop.pk), cancels=cancels)
    _announce(stop, "off")
    return stop


@transaction.atomic
def acknowledge(stop_id: UUID, *, actor: Membership) -> Stop:
    """A caller has heard of the stop and keeps to it. Saying so again changes nothing."""
    stop = Stop.objects.visible_to(actor).select_related("by__pilot").filter(pk=stop_id).first()
    if stop is None:
        raise NotThere(_("There is no such stop."))
    if not (actor.has_power("work.submit_unit") or actor.has_power("interventions.raise_intervention")):
        raise NotAllowed(_("Only who submits work acknowledges that it is stopped."))
    if _note(stop, actor, acknowledged=True, is_caller=True):
        record("kill_switch.acknowledged", actor=actor, subject=stop)
    return stop


@transaction.atomic
def note_told(stop_id: UUID, *, actor: Membership, acknowledged: bool = False, is_caller: bool = False) -> None:
    """This caller was just told of the stop; `acknowledged` when it asked about its own stopped work.

    Nobody becomes one of its callers by that, but for `is_caller`. No ledger line: it is an answer, not a deed.
    """
    stop = Stop.objects.visible_to(actor).on().filter(pk=stop_id).first()
    if stop is not None:
        _note(stop, actor, acknowledged=acknowledged, is_caller=is_caller)


def heartbeat_unit(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The caller is alive. While its unit is stopped it is told so instead, and has thereby acknowledged it."""
    with transaction.atomic():
        known = hold_off_stops(actor.organization_id)
        unit = Unit.objects.visible_to(actor).select_related("platform").filter(pk=unit_id).first() if known else None
        covering = stops_over_unit(unit, known) if unit is not None and unit.status in OPEN else []
        if not covering:
            return work.heartbeat(unit_id, actor=actor, note=note)
    note_told(covering[0].pk, actor=actor, acknowledged=True)
    raise refusal_of(covering[0])


def _refuse_unless_admin(actor: Membership) -> None:
    if not actor.has_power("interventions.pull_kill_switch"):
        raise NotAllowed(_("Only an Admin may stop work, or let it go on."))
    refuse_unless_fresh(actor)


def _refuse_unless_over(scope: str, target: str, actor: Membership) -> None:
    """A key for some gates and a role on some platforms narrow it each for itself."""
    if not actor.may_use_gate(target if scope == Scope.GATE else ""):
        raise NotAllowed(_("This key is for some gates only: it can stop those, and nothing else."))
    if not may_be_stopped_by(actor, scope, target):
        raise NotAllowed(_("Your role may stop work only on some platforms, one at a time; this reaches beyond them."))


def _check_scope(scope: str, target: str, organization: Organization) -> None:
    if scope not in Scope.values:
        raise BadInput.field("scope", _("choose one of %(known)s") % {"known": ", ".join(Scope.values)})
    if not is_there(organization, scope, target):
        raise BadInput.field("target", _("there is nothing of that name to stop"))


def _check_reason(reason: str) -> None:
    check_words(reason, "reason")
    if not reason.strip():
        raise BadInput.field("reason", _("say why: everyone who is stopped will read it"))
    if len(reason) > MOST_WORDS:
        raise BadInput.field("reason", _("at most %(most)s characters") % {"most": MOST_WORDS})


def _refuse_a_second(scope: str, target: str, actor: Membership) -> None:
    """The same scope is stopped once; the second to pull is told who was first."""
    of_scope = Stop.objects.visible_to(actor).on().filter(scope=scope, target=target)
    first = of_scope.select_related("by__pilot").first()
    if first is not None:
        raise Refusal(why_stopped(first), stop=str(first.pk))


def _needs_another(stop: Stop, actor: Membership) -> bool:
    """Whether this is only the first of two Admins. Raises Refusal for the same one a second time."""
    if not Organization.objects.filter(pk=stop.organization_id, rearm_by_two=True).exists():
        return False
    if stop.rearm_asked_by_id == actor.pk:
        raise Refusal(_("You have asked to re-arm this; another Admin has to confirm it."))
    return stop.rearm_asked_by_id is None


def _ask_another(stop: Stop, actor: Membership) -> Stop:
    stop.rearm_asked_by_id, stop.rearm_asked_at = actor.pk, timezone.now()
    stop.save(update_fields=["rearm_asked_by", "rearm_asked_at", "rearm_reason"])
    record("kill_switch.rearm_asked", actor=actor, subject=stop, reason=stop.rearm_reason, what=stop.what)
    _announce(stop, "on")
    return stop


def _note(stop: Stop, caller: Membership, *, acknowledged: bool, is_caller: bool) -> bool:
    """Whether this was news."""
    now = timezone.now()
    if is_caller:
        Acknowledgement.objects.bulk_create([Acknowledgement(stop=stop, caller_id=caller.pk)], ignore_conflicts=True)
    rows = Acknowledgement.objects.filter(stop=stop, caller_id=caller.pk)
    news = bool(rows.filter(told_at=None).update(told_at=now))
    if acknowledged:
        news = bool(rows.filter(acknowledged_at=None).update(acknowledged_at=now)) or news
    if news:
        announce_many(_hints(stop))
    return news


def _announce(stop: Stop, news: str) -> None:
    organization = stop.organization_id
    told = [
        Hint("interventions.kill_switch", f"{news}:{stop.pk}", organization),
        Hint("interventions.counts", "", organization),
    ]
    announce_many([*_hints(stop), *told])


def _hints(stop: Stop) -> list[Hint]:
    return [
        Hint("interventions.stops", "", stop.organization_id),
        Hint("interventions.stops", str(stop.pk), stop.organization_id),
    ]
