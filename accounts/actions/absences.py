"""Who is away, and who stands in."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless, refuse_unless_member
from accounts.models import Absence, Membership, Organization
from accounts.queries import MOST_STAND_INS, end_of_chain, member_named
from accounts.signals import absence_changed
from audit.actions import record
from kit.errors import BadInput, Refusal

LONGEST_ABSENCE = timedelta(days=731)


@transaction.atomic
def set_absence(
    membership: Membership, *, actor: Membership, delegate: str = "", until: datetime | None = None
) -> Absence:
    """Out of office from now on, until then or until it is ended. Work goes to `delegate`, by public id, meanwhile.

    One sets it for oneself; those who manage members, for others.
    """
    _refuse_unless_own(membership, actor)
    Organization.objects.select_for_update().only("pk").get(pk=actor.organization_id)  # two may close a circle
    now = timezone.now()
    stand_in = member_named(delegate, actor) if delegate else None
    _check_absence(membership, stand_in, until, now)
    known = Absence.objects.current(now).filter(membership=membership).first()
    absence, _made = Absence.objects.update_or_create(
        membership=membership,
        defaults={"delegate": stand_in, "until": until, "since": known.since if known else now},
    )
    record(
        "absence.begun",
        actor=actor,
        subject=membership,
        member=membership.name,
        delegate=stand_in.name if stand_in else None,
        until=until.isoformat() if until else None,
    )
    absence_changed.send(Membership, membership=membership)
    return absence


@transaction.atomic
def end_absence(membership: Membership, *, actor: Membership) -> None:
    """Back again. Ending what has ended changes nothing."""
    _refuse_unless_own(membership, actor)
    ended, _rows = Absence.objects.current(timezone.now()).filter(membership=membership).delete()
    if ended:
        record("absence.ended", actor=actor, subject=membership, member=membership.name)
        absence_changed.send(Membership, membership=membership)


def _refuse_unless_own(membership: Membership, actor: Membership) -> None:
    refuse_unless_member(membership, actor)
    if membership.pk != actor.pk:
        refuse_unless(actor, "accounts.manage_members")


def _check_absence(membership: Membership, delegate: Membership | None, until: datetime | None, now: datetime) -> None:
    if until is not None and not now < until <= now + LONGEST_ABSENCE:
        raise BadInput.field("until", _("choose a moment from now on, within two years"))
    if delegate is None:
        return
    if delegate.pk == membership.pk:
        raise BadInput.field("delegate", _("nobody stands in for oneself"))
    others = Absence.objects.current(now).filter(membership__organization_id=membership.organization_id)
    chain = dict(others.exclude(delegate=None).values_list("membership", "delegate")) | {membership.pk: delegate.pk}
    if end_of_chain(membership.pk, chain) == membership.pk:
        raise Refusal(
            _("%(who)s is away as well, and what is theirs would come back to %(member)s. Choose somebody else.")
            % {"who": delegate.name, "member": membership.name}
        )
    if _length_of(chain, membership.pk) > MOST_STAND_INS:
        raise Refusal(_("Too many stand in for one another here. Choose somebody who is not away."))


def _length_of(chain: dict[int, int], at: int) -> int:
    """How many steps it is to the last who stands in."""
    steps = 0
    while at in chain and steps <= MOST_STAND_INS:
        at, steps = chain[at], steps + 1
    return steps
