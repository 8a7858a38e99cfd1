"""What accounts does when the framework tells it something: a migration ran, a pilot changed a password."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.apps import AppConfig, apps
from django.http import HttpRequest

from accounts.actions import note_session_seen, tell_sessions_of
from accounts.models import Pilot
from accounts.roles import grant_shipped_powers


def keep_roles(app_config: AppConfig, **_: Any) -> None:
    """The shipped roles hold the powers that roles.py names."""
    # The signal comes once for each app that has models; permissions of all of them exist at the last.
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if app_config is last:
        grant_shipped_powers()


def note_session(request: HttpRequest, user: Pilot, **_: Any) -> None:
    """Which browser a session is in, for the page that lists them. However one signed in: the admin has a door, too."""
    if request.session.session_key:
        UserSession.objects.update_or_create(
            session_key=request.session.session_key,
            defaults={
                "user": user,
                "ip": request.META.get("REMOTE_ADDR") or "0.0.0.0",  # noqa: S104 -- a socket in a folder has none
                "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
            },
        )
        note_session_seen(user, request.session.session_key)


def end_other_sessions(user: Pilot, **_: Any) -> None:
    tell_sessions_of(user)
