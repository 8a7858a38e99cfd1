"""A person's session as time passes, and codes as their app shows them."""

import time
from datetime import timedelta

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db.models import F
from django.test import Client

from accounts.proof import PROOF, Proof


def grow_stale(client: Client, seconds: float = 3600) -> None:
    """So long ago it was that this browser's person showed who they are."""
    session = client.session
    session[PROOF] = list(Proof("password", time.time() - seconds))
    session.save()


def pass_time(client: Client, *, idle: timedelta = timedelta(), age: timedelta = timedelta()) -> None:
    """As if this session had been signed in so much earlier, and used last so much earlier."""
    this = UserSession.objects.filter(session_key=client.session.session_key)
    this.update(last_seen_at=F("last_seen_at") - idle, created_at=F("created_at") - age)
    cache.clear()


def code_of(secret: str) -> str:
    """What the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
