"""Every request knows its actor, `request.membership` or None, among its `memberships`, and the zone of its times."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.actions import note_session_seen
from accounts.models import Membership
from accounts.queries import ACTIVE_ORGANIZATION, membership_among, memberships_of
from kit.requests import set_came_from
from live.bus import announce


class MembershipMiddleware:
    """After authentication: the pilot's membership in the organization chosen in this session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        set_came_from(request.META.get("REMOTE_ADDR") or "")
        mine = memberships_of(request.user)
        membership = membership_among(mine, request.session.get(ACTIVE_ORGANIZATION)) if mine else None
        request.memberships = mine  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.user.membership = membership  # type: ignore[union-attr]
        if membership is not None and request.session.session_key:
            note_session_seen(membership.pilot, request.session.session_key)
        response = self.get_response(request)
        if membership is not None and not request.user.is_authenticated:
            # Signed out in this very request: the session is gone by now, and its sockets must follow.
            announce("accounts.session", str(membership.pk), organization_id=membership.organization_id)
        return response


ZONE = "zone"  # the cookie in which a browser says its own
_ZONES = frozenset(available_timezones())


class LanguageMiddleware:
    """The language a pilot has chosen goes before that of the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership: Membership | None = request.membership  # type: ignore[attr-defined]
        language = membership.pilot.preferred.language if membership else ""
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


class ZoneMiddleware:
    """Days begin, and hours are told, in the pilot's zone, else the browser's: the page and its scripts must agree."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership: Membership | None = request.membership  # type: ignore[attr-defined]
        chosen = membership.pilot.preferred.time_zone if membership else ""
        zone = chosen or request.COOKIES.get(ZONE, "")
        if zone not in _ZONES:
            return self.get_response(request)
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)
