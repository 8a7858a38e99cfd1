"""The browsers a pilot is signed in with."""

from collections.abc import Sequence

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Pilot
from audit.actions import record
from live.bus import Hint, announce_many

SEEN_SECONDS = 60


@transaction.atomic
def end_sessions(session_keys: Sequence[str], *, actor: Membership) -> int:
    """Sign oneself out elsewhere: these sessions of the actor's own end, and what they have open with them.

    Returns how many ended. One that is somebody else's, or is gone already, ends nothing.
    """
    ended = Session.objects.filter(session_key__in=_sessions_of(actor.pilot_id, session_keys)).delete()[0]
    if ended:
        record("session.ended", actor=actor, subject=actor.pilot, sessions=ended)
        tell_sessions_of(actor.pilot)
    return ended


def tell_sessions_of(pilot: Pilot) -> None:
    """Whatever is open in this pilot's name is asked again who it is: a password ends the sessions before it."""
    announce_many(
        Hint("accounts.session", str(pk), organization_id)
        for pk, organization_id in pilot.memberships.values_list("pk", "organization_id")
    )


def note_session_seen(pilot: Pilot, session_key: str) -> None:
    """Keep when a session was last used, to the minute: no deed, so no ledger line."""
    if cache.add(f"seen:{session_key}", 1, SEEN_SECONDS):
        pilot.usersession_set.filter(session_key=session_key).update(last_seen_at=timezone.now())


def _sessions_of(pilot_id: int, session_keys: Sequence[str]) -> list[str]:
    """Whose a session is, it says itself."""
    found = Session.objects.filter(session_key__in=session_keys)
    return [one.session_key for one in found if one.get_decoded().get(SESSION_KEY) == str(pilot_id)]
