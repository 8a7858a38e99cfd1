"""Giving a question to somebody. Like a claim, it tells the others; it keeps nobody from deciding."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import member_named, stand_in_for
from accounts.roles import is_role
from audit.actions import record
from interventions.actions.holding import check_words, lock, refuse_unless_open, refuse_unless_operator, save
from interventions.models import Claim, Intervention
from kit.errors import BadInput, NotAllowed, Refusal
from live.bus import Hint, announce, announce_many

MOST_SHOWN = 200  # past that a page is as well served when it is opened anew


@transaction.atomic
def assign(intervention_id: UUID, *, actor: Membership, to: str = "", role: str = "", note: str = "") -> Intervention:
    """Give a question to a member (`to`, a public id) or to a role; with neither, to nobody.

    Whoever is away is stood in for: it goes to the delegate. Assigning what is so already changes nothing.
    """
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention)
    refuse_unless_operator(intervention, actor)
    check_words(note, "note")
    if to and role:
        raise BadInput.field("to", _("to a member or to a role, not to both"))
    _refuse_unless_fit(role, intervention)
    wanted = member_named(to, actor) if to else None
    taker = _taker_for(wanted, intervention) if wanted else None
    if (intervention.assigned_to_id, intervention.assigned_role) == (taker and taker.pk, role):
        return intervention
    intervention.assigned_to = taker
    intervention.assigned_role = role
    save(intervention, "assigned_to", "assigned_role")
    if taker is None and not role:
        record("intervention.unassigned", actor=actor, subject=intervention, **_said(note))
        return intervention
    given = _given(wanted, taker) if wanted and taker else {"role": role}
    record("intervention.assigned", actor=actor, subject=intervention, **given, **_said(note))
    if taker is not None:
        tell(taker.pk, actor)
    return intervention


@transaction.atomic
def hand_over(intervention_id: UUID, *, actor: Membership, to: str, note: str = "") -> Intervention:
    """A claimed question goes to another member in one step: by its holder, or by those who may waive."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention)
    refuse_unless_operator(intervention, actor)
    check_words(note, "note")
    held = Claim.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if held is None:
        raise Refusal(_("Nobody has claimed this."))
    if held.by_id != actor.pk and not intervention.allows("interventions.waive_intervention", actor):
        raise NotAllowed(_("%(who)s has claimed this; only they or an Admin may hand it over.") % {"who": held.by.name})
    if not to:
        raise BadInput.field("to", _("say to whom"))
    wanted = member_named(to, actor)
    taker = _taker_for(wanted, intervention)
    if taker.pk == held.by_id:
        raise Refusal(_("%(who)s has claimed this already.") % {"who": taker.name})
    was = held.by.name
    held.by, held.at = taker, timezone.now()
    held.save(update_fields=["by", "at"])
    save(intervention)
    record(
        "intervention.handed_over", actor=actor, subject=intervention, was=was, **_given(wanted, taker), **_said(note)
    )
    tell(taker.pk, actor)
    return intervention


def tell(member_id: int, actor: Membership) -> None:
    """A word to the pages a member has open: something here concerns them. Not about what they did themselves."""
    if member_id != actor.pk:
        announce("interventions.told", str(member_id), organization_id=actor.organization_id)


def show_what_is_given(member_id: int) -> None:
    """Show anew the open questions that are assigned to a member, who has gone away or is back."""
    given = Intervention.objects.open().filter(assigned_to=member_id).only("organization")
    announce_many(Hint("interventions.queue", str(one.pk), one.organization_id) for one in given[:MOST_SHOWN])


def _taker_for(wanted: Membership, intervention: Intervention) -> Membership:
    """Who gets what is given to `wanted`: they, or who stands in for them; somebody who may decide it."""
    taker = stand_in_for(wanted)
    if intervention.may_be_decided_by(taker) and not intervention.is_own_request_of(taker):
        return taker
    if taker.pk != wanted.pk:
        raise Refusal(
            _("%(who)s is away, and %(delegate)s, who stands in, may not decide this.")
            % {"who": wanted.name, "delegate": taker.name}
        )
    raise Refusal(_("%(who)s may not decide this; choose somebody who may.") % {"who": taker.name})


def _refuse_unless_fit(role: str, intervention: Intervention) -> None:
    if not role:
        return
    if not is_role(role, intervention.organization_id):
        raise BadInput.field("role", _("there is no such role"))
    if not intervention.is_for_role(role):
        raise Refusal(_("The role %(role)s may not decide this.") % {"role": role})


def _given(wanted: Membership, taker: Membership) -> dict[str, str]:
    """To whom, for the ledger; and instead of whom, when that one is away."""
    instead = {"instead_of": wanted.name} if wanted.pk != taker.pk else {}
    return {"to": taker.name, "to_id": taker.pilot.public_id} | instead


def _said(note: str) -> dict[str, str]:
    return {"note": note} if note else {}
