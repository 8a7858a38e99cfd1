"""What becomes of a pilot's second factors. The factors themselves are allauth's; their lines are ours."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless, refuse_unless_fresh, refuse_unless_only_ours
from accounts.actions.sessions import tell_sessions_of
from accounts.models import Membership, Pilot
from audit.actions import record
from kit.errors import Refusal


@transaction.atomic
def note_factor_added(kind: str, name: str = "", *, actor: Membership) -> None:
    """A second factor was set up: an app, a passkey by its name, or recovery codes (also: made anew)."""
    record("factor.added", actor=actor, subject=actor.pilot, factor=kind, name=name)


@transaction.atomic
def note_factor_removed(kind: str, name: str = "", *, actor: Membership) -> None:
    """A second factor was taken away by its owner."""
    record("factor.removed", actor=actor, subject=actor.pilot, factor=kind, name=name)


def refuse_if_last_way_in(pilot: Any, way: Any) -> None:
    """Refuse to take away an account elsewhere or a passkey without which nobody gets in any more. It is locked: two
    ways may be taken away at once.
    """
    if not Pilot.objects.select_for_update().get(pk=pilot.pk).may_sign_in_without(way):
        raise Refusal(_("This is the last way in to your account. Connect another one first."))


@transaction.atomic
def reset_factors(pilot: Pilot, *, actor: Membership) -> None:
    """Take away every second factor of a pilot who has lost theirs: one who is a member here and nowhere else."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_only_ours(
        pilot, actor, _("This pilot belongs to more than this organization; only they can change their second factor.")
    )
    kinds = sorted(pilot.authenticator_set.values_list("type", flat=True))
    if kinds:
        pilot.authenticator_set.all().delete()
        record("factor.reset", actor=actor, subject=pilot, factor=kinds, pilot=pilot.username)
        tell_sessions_of(pilot)
