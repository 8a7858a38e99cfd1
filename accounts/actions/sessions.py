"""The browsers a pilot is signed in with."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Pilot
from accounts.queries.sessions import open_sessions, timed_out_sessions
from audit.actions import record
from live.bus import Hint, announce_many

SEEN_SECONDS = 60
BATCH = 500


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


def drop_sessions_of(pilot: Pilot) -> None:
    """All of them, wherever they are open: somebody is no longer let in."""
    keys = list(pilot.usersession_set.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()


def tell_sessions_of(pilot: Pilot) -> None:
    """Whatever is open in this pilot's name is asked again who it is: a password ends the sessions before it."""
    announce_many(
        Hint("accounts.session", str(pk), organization_id)
        for pk, organization_id in pilot.memberships.values_list("pk", "organization_id")
    )


def keep_session(session_key: str, *, in_use: bool) -> bool:
    """Whether a session may go on: neither too long unused nor too old. Looked up once a minute at most.

    `in_use`: its person has done something, which keeps it open. What a page asks for by itself does not.
    """
    known = f"session:{session_key}:{in_use}"
    if not cache.add(known, 1, SEEN_SECONDS):
        return True
    now = timezone.now()
    this = open_sessions(now).filter(session_key=session_key)
    goes_on = bool(this.update(last_seen_at=now)) if in_use else this.exists()
    if not goes_on:
        cache.delete(known)
    return goes_on


def rotate_session(pilot: Pilot, was: str, session_key: str) -> None:
    """The same session goes on under another key: whoever has copied the old one has nothing."""
    pilot.usersession_set.filter(session_key=was).update(session_key=session_key)


@transaction.atomic
def end_timed_out(now: datetime) -> int:
    """End the sessions that nobody has used for too long, and those that are too old. Returns how many."""
    ended = list(timed_out_sessions(now).select_related("user")[:BATCH])
    Session.objects.filter(session_key__in=[one.session_key for one in ended]).delete()
    for one in ended:
        one.delete()
    for pilot in {one.user for one in ended}:
        tell_sessions_of(pilot)
    return len(ended)


def note_member_seen(membership: Membership) -> None:
    """Keep when a member was last here, in this organization, to the minute: no deed, so no ledger line."""
    if cache.add(f"here:{membership.pk}", 1, SEEN_SECONDS):
        Membership.objects.filter(pk=membership.pk).update(seen_at=timezone.now())


def _sessions_of(pilot_id: int, session_keys: Sequence[str]) -> list[str]:
    """Whose a session is, it says itself."""
    found = Session.objects.filter(session_key__in=session_keys)
    return [one.session_key for one in found if one.get_decoded().get(SESSION_KEY) == str(pilot_id)]
