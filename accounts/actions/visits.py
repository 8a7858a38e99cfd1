"""A platform administrator goes into an organization: said why, for a while, and in its own ledger."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.parting import part
from accounts.actions.powers import refuse_unless_platform_administrator
from accounts.models import Membership, Organization, Origin, Pilot
from accounts.queries import system_of
from accounts.roles import RANK
from audit.actions import record
from kit.canonical import check_json
from kit.errors import BadInput, NotThere, Refusal
from live.bus import announce

MOST_HOURS = 8
LONGEST_REASON = 500


@transaction.atomic
def enter(organization_id: int, *, pilot: Pilot, role: str, reason: str, hours: int = 1) -> Membership:
    """Let a platform administrator into an organization for a while, in one of the shipped roles.

    The visitor signs the ledger's line: nobody is a member of what they have yet to enter. Powers and sockets end by
    themselves when the time is over; entering again begins a new visit.
    """
    refuse_unless_platform_administrator(pilot)
    organization = Organization.objects.select_for_update().filter(pk=organization_id).first()
    if organization is None:
        raise NotThere(_("There is no such organization."))
    _check(role, reason, hours)
    known = Membership.objects.filter(pilot=pilot, organization=organization).first()
    if known is not None and known.ended_at is None and not known.is_visit:
        raise Refusal(_("You are a member of %(name)s already.") % {"name": organization.name})
    now = timezone.now()
    if known is not None and known.ended_at is None and known.until is not None and known.until <= now:
        _expire(known)
    until = now + timedelta(hours=hours)
    membership, _was_new = Membership.objects.update_or_create(
        pilot=pilot,
        organization=organization,
        defaults=(visit := {"role": Group.objects.get(name=role), "until": until, "ended_at": None}),
        create_defaults=visit | {"origin": Origin.VISIT},
    )
    record("visit.begun", actor=membership, subject=membership, role=role, reason=reason, until=until.isoformat())
    announce("accounts.membership", str(membership.pk), organization_id=organization.pk)
    return membership


@transaction.atomic
def end_visit(*, actor: Membership) -> None:
    """Leave now, before the time is over."""
    if not actor.is_visit:
        raise Refusal(_("You are a member here, not on a visit."))
    _close(actor, timezone.now())
    record("visit.ended", actor=actor, subject=actor)


@transaction.atomic
def expire_visits(now: datetime) -> int:
    """Write down which visits have run out, and free what the visitors held; how many. They had ended by themselves."""
    over = Membership.objects.filter(until__lte=now, ended_at=None)
    found = list(over.select_for_update(of=("self",), skip_locked=True).select_related("pilot", "role")[:100])
    for membership in found:
        _expire(membership)
    return len(found)


def _expire(membership: Membership) -> None:
    _close(membership, membership.until or timezone.now())
    until = membership.until.isoformat() if membership.until else None
    system = system_of(membership.organization_id)
    record("visit.expired", actor=system, subject=membership, member=membership.name, until=until)


def _close(membership: Membership, at: datetime) -> None:
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    part(membership)
    announce("accounts.membership", str(membership.pk), organization_id=membership.organization_id)


def _check(role: str, reason: str, hours: int) -> None:
    if role not in RANK:
        raise BadInput.field("role", _("choose one of %(roles)s") % {"roles": ", ".join(RANK)})
    if not reason.strip():
        raise BadInput.field("reason", _("say why: the organization reads it in its ledger"))
    if len(reason) > LONGEST_REASON:
        raise BadInput.field("reason", _("at most %(most)s characters") % {"most": LONGEST_REASON})
    check_json(reason, "reason")
    if not 1 <= hours <= MOST_HOURS:
        raise BadInput.field("hours", _("from 1 to %(most)s") % {"most": MOST_HOURS})
