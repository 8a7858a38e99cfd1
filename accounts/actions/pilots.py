"""What is done to an account as a whole, by whoever runs the installation.

An account is one in all its organizations: a line goes into the ledger of each, signed by that one's system.
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.organizations import SYSTEM_PILOT
from accounts.actions.parting import part
from accounts.actions.powers import refuse_unless_platform_administrator
from accounts.actions.sessions import drop_sessions_of, tell_sessions_of
from accounts.models import Membership, Pilot
from accounts.queries import system_of
from audit.actions import record
from kit.canonical import check_json
from kit.errors import BadInput, Refusal
from live.bus import Hint, announce_many

LONGEST_REASON = 500
CONSOLE = "manage.py"  # who it was, where nobody has signed in


@transaction.atomic
def deactivate_pilot(pilot: Pilot, *, by: Pilot | None, reason: str) -> None:
    """Nobody signs in with it, and what is open in its name ends: sessions, sockets, keys. History stays.

    What it had in hand goes back to the others. `by` is a platform administrator, None whoever runs the machine.
    """
    _refuse_unless_may(pilot, by)
    if by is not None and by.pk == pilot.pk:
        raise Refusal(_("You cannot switch off your own account. Another platform administrator can."))
    check_reason(reason)
    if not pilot.is_active:
        raise Refusal(_("The account of %(name)s is switched off already.") % {"name": pilot.get_full_name()})
    pilot.is_active = False
    pilot.save(update_fields=["is_active"])
    mine = _memberships_of(pilot)
    for membership in mine:
        part(membership)
    _record("pilot.deactivated", pilot, mine, by, reason=reason)
    drop_sessions_of(pilot)
    announce_many(Hint("accounts.membership", str(one.pk), one.organization_id) for one in mine)


@transaction.atomic
def reactivate_pilot(pilot: Pilot, *, by: Pilot | None) -> None:
    """The account may sign in again, a member of what it was. Its keys and sessions stay ended."""
    _refuse_unless_may(pilot, by)
    if pilot.is_erased:
        raise Refusal(
            _("%(name)s does not come back: who is erased is a new account when they arrive again.")
            % {"name": pilot.get_full_name()}
        )
    if pilot.is_active:
        raise Refusal(_("The account of %(name)s is not switched off.") % {"name": pilot.get_full_name()})
    pilot.is_active = True
    pilot.save(update_fields=["is_active"])
    mine = _memberships_of(pilot)
    _record("pilot.reactivated", pilot, mine, by)
    announce_many(Hint("accounts.membership", str(one.pk), one.organization_id) for one in mine)


@transaction.atomic
def reset_password(pilot: Pilot, password: str, *, by: Pilot | None) -> None:
    """Give an account a new password, whatever it belongs to. All its sessions end."""
    _refuse_unless_may(pilot, by)
    pilot.set_password(password)
    pilot.save(update_fields=["password"])
    _record("pilot.password_set", pilot, _memberships_of(pilot), by)
    drop_sessions_of(pilot)
    tell_sessions_of(pilot)


def _refuse_unless_may(pilot: Pilot, by: Pilot | None) -> None:
    if by is not None:
        refuse_unless_platform_administrator(by)
    if pilot.username == SYSTEM_PILOT:
        raise Refusal(_("This account is Chameleon's own."))


def check_reason(reason: str) -> None:
    """The ledger of each organization keeps it."""
    if not reason.strip():
        raise BadInput.field("reason", _("say why: the ledger keeps it"))
    if len(reason) > LONGEST_REASON:
        raise BadInput.field("reason", _("at most %(most)s characters") % {"most": LONGEST_REASON})
    check_json(reason, "reason")


def _memberships_of(pilot: Pilot) -> list[Membership]:
    return list(pilot.memberships.filter(ended_at=None).select_related("pilot"))


def _record(verb: str, pilot: Pilot, mine: list[Membership], by: Pilot | None, **data: Any) -> None:
    who = who_did(by)
    for one in mine:
        record(verb, actor=system_of(one.organization_id), subject=pilot, pilot=pilot.username, by=who, **data)


def who_did(by: Pilot | None) -> str:
    """The name of a platform administrator, or of whoever runs the machine."""
    return by.get_full_name() if by else CONSOLE
