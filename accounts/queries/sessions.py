"""The browsers a pilot is signed in with."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

# In this order: each later one names the earlier ones as well.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"))


class SignedIn(NamedTuple):
    """One browser in which a pilot is signed in."""

    pk: int
    browser: str
    system: str
    address: str
    since: datetime
    seen_at: datetime
    is_this: bool


def sessions_of(pilot: Any, this: str | None) -> list[SignedIn]:
    """Where the pilot is signed in: this browser first, then the last used."""
    known = UserSession.objects.filter(user_id=pilot.pk).order_by("-last_seen_at")[:100]
    there = set(
        Session.objects.filter(
            session_key__in=[one.session_key for one in known], expire_date__gt=datetime.now(UTC)
        ).values_list("session_key", flat=True)
    )
    found = [_signed_in(one, this) for one in known if one.session_key in there]
    return sorted(found, key=lambda one: not one.is_this)


def other_sessions_of(pilot: Any, this: str | None, pk: int | None) -> list[str]:
    """The keys of the pilot's sessions but this one; with `pk`, of that one alone."""
    others = UserSession.objects.filter(user_id=pilot.pk).exclude(session_key=this or "")
    return list((others.filter(pk=pk) if pk else others).values_list("session_key", flat=True))


def _signed_in(one: UserSession, this: str | None) -> SignedIn:
    def named(table: tuple[tuple[str, str], ...]) -> str:
        return next((name for mark, name in table if mark in one.user_agent), "")

    return SignedIn(
        pk=one.pk,
        browser=named(BROWSERS),
        system=named(SYSTEMS) or ("Linux" if "Linux" in one.user_agent else ""),
        address=str(one.ip),
        since=one.created_at,
        seen_at=one.last_seen_at,
        is_this=one.session_key == this,
    )


def open_sessions(now: datetime) -> QuerySet[UserSession]:
    """Those that are neither too long unused nor too old."""
    return UserSession.objects.exclude(_out_of_time(now))


def timed_out_sessions(now: datetime) -> QuerySet[UserSession]:
    return UserSession.objects.filter(_out_of_time(now))


def _out_of_time(now: datetime) -> Q:
    idle, lifetime = (timedelta(seconds=each) for each in (settings.SESSION_IDLE, settings.SESSION_LIFETIME))
    return Q(last_seen_at__lte=now - idle) | Q(created_at__lte=now - lifetime)
