"""Inviting somebody, and coming in by an invitation."""

import secrets
from datetime import timedelta

from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.powers import refuse_unless, refuse_unless_fresh, role_to_give
from accounts.actions.seating import seat
from accounts.models import Invitation, Membership, Origin, Pilot, digest_of
from accounts.queries import pilot_of_address
from accounts.roles import powers_of
from audit.actions import record
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from kit.rows import insert

DAYS, MOST_DAYS = 7, 30
# Neither an address nor another directory's id: nobody may be taken for somebody else by their user name.
PLAIN_NAME = RegexValidator(r"\A[\w.+-]+\Z", gettext_lazy("letters, digits and . _ + - only"))


@transaction.atomic
def invite(role: str, *, actor: Membership, email: str = "", days: int = DAYS) -> tuple[Invitation, str]:
    """A way in for one person, good once and for so many days; with `email`, only for an account of that address.

    The secret is returned once and never stored.
    """
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    group = role_to_give(role, actor)
    _check_days(days)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        organization_id=actor.organization_id,
        role=group,
        email=email.strip(),
        digest=digest_of(secret),
        invited_by=actor,
        expires_at=timezone.now() + timedelta(days=days),
    )
    insert(invitation, taken=_("Try again: this invitation was made just now."))
    record("member.invited", actor=actor, subject=invitation, role=role, email=invitation.email, days=days)
    return invitation, secret


@transaction.atomic
def renew_invitation(invitation_id: int, *, actor: Membership, days: int = DAYS) -> tuple[Invitation, str]:
    """The same invitation with a new secret and new time, by whoever renews it; the link from before is dead."""
    invitation = _pending(invitation_id, actor)
    refuse_unless_fresh(actor)
    role_to_give(invitation.role_title, actor)
    _check_days(days)
    secret = secrets.token_urlsafe(32)
    invitation.digest, invitation.invited_by = digest_of(secret), actor
    invitation.expires_at = timezone.now() + timedelta(days=days)
    invitation.save(update_fields=["digest", "invited_by", "expires_at"])
    record("invitation.renewed", actor=actor, subject=invitation, role=invitation.role_title, email=invitation.email)
    return invitation, secret


@transaction.atomic
def withdraw_invitation(invitation_id: int, *, actor: Membership) -> None:
    """Nobody comes in by it any more."""
    invitation = _pending(invitation_id, actor)
    invitation.withdrawn_at = Now()
    invitation.save(update_fields=["withdrawn_at"])
    record("invitation.withdrawn", actor=actor, subject=invitation, role=invitation.role_title, email=invitation.email)


@transaction.atomic
def join(digest: str, pilot: Pilot) -> Membership:
    """Accept an invitation with an account one has. The new member signs the ledger's line: nobody is one before."""
    invitation = _open(digest)
    if not invitation.is_for(pilot.email):
        raise Refusal(
            _("This invitation is for %(email)s. Sign in with the account of that address, or make one.")
            % {"email": invitation.email}
        )
    return _let_in(invitation, pilot)


@transaction.atomic
def join_anew(digest: str, *, username: str, name: str, password: str) -> Membership:
    """Accept an invitation with a new account. It gets the address of the invitation, never one that was typed."""
    invitation = _open(digest)
    if invitation.email and pilot_of_address(invitation.email) is not None:
        raise Refusal(_("There already is an account of %(email)s: sign in with it.") % {"email": invitation.email})
    if not PLAIN_NAME.regex.match(username):  # type: ignore[union-attr]
        raise BadInput.field("username", str(PLAIN_NAME.message))
    pilot = Pilot(username=username, name=name, email=invitation.email)
    pilot.public_id = f"local:{username}"
    pilot.set_password(password)
    if Pilot.objects.filter(username__iexact=username).exists():
        raise Refusal(_("There already is a pilot “%(name)s”.") % {"name": username})
    insert(pilot, taken=_("There already is a pilot “%(name)s”.") % {"name": username})
    return _let_in(invitation, pilot)


def _check_days(days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise BadInput.field("days", _("from 1 to %(most)s") % {"most": MOST_DAYS})


def _pending(invitation_id: int, actor: Membership) -> Invitation:
    refuse_unless(actor, "accounts.manage_members")
    ours = Invitation.objects.pending().filter(organization_id=actor.organization_id)
    found = ours.select_for_update(of=("self",)).select_related("role").filter(pk=invitation_id).first()
    if found is None:
        raise NotThere(_("There is no such invitation, or it was used or withdrawn."))
    return found


def _open(digest: str) -> Invitation:
    """The invitation, locked, if it lets somebody in now. Whoever sent it must still be one who may."""
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("organization", "role")
    found = locked.select_related("invited_by__pilot", "invited_by__role")
    invitation = found.filter(digest=digest).first()
    if invitation is None:
        raise NotThere(_("There is no such invitation. Perhaps a newer link was sent: it ends the one before."))
    if invitation.accepted_at is not None:
        raise Refusal(_("This invitation was used already. It is good once."))
    if invitation.withdrawn_at is not None:
        raise Refusal(_("This invitation was withdrawn."))
    if invitation.is_expired(timezone.now()):
        raise Refusal(_("This invitation has run out. Ask for a new one."))
    _refuse_unless_sender_may(invitation)
    return invitation


def _refuse_unless_sender_may(invitation: Invitation) -> None:
    """An Admin who was let go leaves no door open behind them. A visit that is over is no such case."""
    sender = invitation.invited_by
    gone = (sender.ended_at is not None and not sender.is_visit) or not sender.pilot.is_active
    if not gone and not sender.is_system:
        gone = not powers_of(sender.role) >= powers_of(invitation.role) | {"accounts.manage_members"}
    if gone:
        raise NotAllowed(_("Whoever sent this invitation may no longer invite. Ask an Admin for a new one."))


def _let_in(invitation: Invitation, pilot: Pilot) -> Membership:
    known = Membership.objects.filter(pilot=pilot, organization_id=invitation.organization_id).first()
    if known is not None and known.ended_at is None and not known.is_visit:
        raise Refusal(_("You are a member of %(name)s already.") % {"name": invitation.organization.name})
    membership = seat(pilot, invitation.role, Origin.HAND, invitation.organization_id)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), membership
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    sender, role = invitation.invited_by.name, invitation.role_title
    record("member.joined", actor=membership, subject=membership, invitation=invitation.pk, by=sender, role=role)
    return membership
