"""What providers let us do in the name of pilots: kept, renewed, given back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.actions.powers import refuse_unless_system
from accounts.actions.sessions import tell_sessions_of
from accounts.models import Grant, Identity, Membership, Pilot, ProviderToken
from accounts.providers import name_of
from accounts.sealing import Unreadable
from audit.actions import record

CAME_BY = "identity"  # session key: the way somebody signed in
LONGEST_RETRY = timedelta(hours=1)
MOST_TRIES_TO_REVOKE = 5


def keep_grant(identity: Identity, grant: Grant | None) -> None:
    """Hold what a provider gave just now; part of the action that lets somebody in."""
    if grant is None:
        return
    token = ProviderToken.objects.select_for_update().filter(identity=identity).first()
    if token is None:
        token = ProviderToken(identity=identity, version=0)
    token.version += 1  # whoever renews the one before finds that it is gone
    token.hold(_with_earlier_refresh(token, grant), timezone.now())
    token.save()


def note_renewed(token_id: int, version: int, grant: Grant) -> bool:
    """Hold the next token in place of that version; False when somebody has signed in meanwhile and brought another."""
    with transaction.atomic():
        token = _locked(token_id, version)
        if token is not None:
            keep_grant(token.identity, grant)
        return token is not None


def note_failed(token_id: int, version: int) -> int:
    """It went wrong this time: again after 1, 2, 4 … minutes, at last every hour. How often it has."""
    with transaction.atomic():
        token = _locked(token_id, version)
        if token is None:
            return 0
        token.failures = min(token.failures + 1, 100)
        token.retry_at = timezone.now() + min(timedelta(minutes=2 ** min(token.failures - 1, 6)), LONGEST_RETRY)
        token.save(update_fields=["failures", "retry_at"])
        return token.failures


@transaction.atomic
def refuse_renewal(token_id: int, version: int, *, actor: Membership) -> None:
    """The provider renews it no more: the sessions that came by it end, and their pages ask to sign in again in place.

    `actor` is the system of an organization of theirs. One that was replaced meanwhile ends nothing.
    """
    refuse_unless_system(actor)
    token = _locked(token_id, version)
    if token is None:
        return
    identity = token.identity
    token.delete()
    Session.objects.filter(session_key__in=_sessions_by(identity)).delete()
    told = {"pilot": identity.pilot.public_id, "provider": name_of(identity.provider)}
    record("grant.refused", actor=actor, subject=identity.pilot, **told)
    tell_sessions_of(identity.pilot)


@transaction.atomic
def drop_token(token_id: int, version: int, *, actor: Membership, confirmed: bool) -> None:
    """Forget a token that was given back, `confirmed` if the provider said so. Dropping it again changes nothing."""
    refuse_unless_system(actor)
    token = _locked(token_id, version)
    if token is None:
        return
    pilot, provider = token.identity.pilot, token.identity.provider
    token.delete()
    told = {"pilot": pilot.public_id, "provider": name_of(provider), "confirmed": confirmed}
    record("grant.revoked", actor=actor, subject=pilot, **told)


def _locked(token_id: int, version: int) -> ProviderToken | None:
    ours = ProviderToken.objects.select_for_update(of=("self",)).select_related("identity__pilot")
    return ours.filter(pk=token_id, version=version).first()


def _with_earlier_refresh(token: ProviderToken, grant: Grant) -> Grant:
    """Some give a refresh token the first time only, or go on with the one they gave."""
    if grant.refresh or not token.sealed:
        return grant
    try:
        return Grant(grant.access, token.grant().refresh, grant.expires_at)
    except Unreadable:
        return grant


def _sessions_by(identity: Identity) -> Sequence[str]:
    """Which way a session came by, it says itself."""
    keys = _known_sessions(identity.pilot)
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return [one.session_key for one in live if one.get_decoded().get(CAME_BY) == identity.pk]


def _known_sessions(pilot: Pilot) -> Any:
    return pilot.usersession_set.values_list("session_key", flat=True)


def is_spent(failures: int) -> bool:
    """Whether giving a token back was tried often enough."""
    return failures >= MOST_TRIES_TO_REVOKE
