"""What accounts does when the framework tells it something: a migration ran, a pilot signed in, a factor changed."""

from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import AppConfig, apps
from django.http import HttpRequest
from django.utils import timezone

from accounts import proof
from accounts.actions import keep_session, note_factor_added, note_factor_removed, rotate_session, tell_sessions_of
from accounts.models import Membership, Pilot
from accounts.roles import grant_shipped_powers


def keep_roles(app_config: AppConfig, **_: Any) -> None:
    """The shipped roles hold the powers that roles.py names."""
    # The signal comes once for each app that has models; permissions of all of them exist at the last.
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if app_config is last:
        grant_shipped_powers()


def note_session(request: HttpRequest, user: Pilot, **_: Any) -> None:
    """Which browser a session is in, for the page that lists them, and that its person has just shown who they are."""
    records = get_authentication_records(request, user)
    proof.keep(request.session, _method_of(records[-1]) if records else "sign-in")
    if request.session.session_key:
        now = timezone.now()
        UserSession.objects.update_or_create(
            session_key=request.session.session_key,
            defaults={
                "user": user,
                "ip": request.META.get("REMOTE_ADDR") or "0.0.0.0",  # noqa: S104  # nosec B104 -- a socket in a folder has none
                "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
                "created_at": now,
                "last_seen_at": now,
            },
        )
        keep_session(request.session.session_key, in_use=True)


def keep_proof(request: HttpRequest, user: Pilot, method: str, **about: Any) -> None:
    """Shown again, within a session: it goes on under a new key."""
    if not about.get("reauthenticated"):
        return
    fresh = proof.keep(request.session, _method_of({"method": method, **about}))
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    if membership is not None:
        membership.proof = fresh
    was = request.session.session_key or ""
    request.session.cycle_key()
    rotate_session(user, was, request.session.session_key or "")


def _method_of(record: Mapping[str, Any]) -> str:
    """By what: "password", "totp", "webauthn", "recovery_codes"."""
    return str(record.get("type") or record["method"])


def note_factor_set_up(request: HttpRequest, authenticator: Authenticator, **_: Any) -> None:
    if request.membership is not None:  # type: ignore[attr-defined]
        note_factor_added(authenticator.type, _name_of(authenticator), actor=request.membership)  # type: ignore[attr-defined]


def note_factor_taken_away(request: HttpRequest, authenticator: Authenticator, **_: Any) -> None:
    if request.membership is not None:  # type: ignore[attr-defined]
        note_factor_removed(authenticator.type, _name_of(authenticator), actor=request.membership)  # type: ignore[attr-defined]


def _name_of(authenticator: Authenticator) -> str:
    return str(authenticator.data.get("name", ""))


def end_other_sessions(user: Pilot, **_: Any) -> None:
    tell_sessions_of(user)
