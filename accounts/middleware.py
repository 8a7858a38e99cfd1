"""Every request knows its actor, `request.membership` or None, among its `memberships`, and the zone of its times."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts.actions import keep_session, note_member_seen, tell_sessions_of
from accounts.models import Membership
from accounts.proof import proof_in
from accounts.queries import ACTIVE_ORGANIZATION, lacks_factor, membership_among, memberships_of
from kit.requests import set_came_from


class MembershipMiddleware:
    """After authentication: the pilot's membership in the organization chosen in this session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        set_came_from(request.META.get("REMOTE_ADDR") or "")
        if request.user.is_authenticated and not _goes_on(request):
            tell_sessions_of(request.user)
            logout(request)
        mine = memberships_of(request.user)
        membership = membership_among(mine, request.session.get(ACTIVE_ORGANIZATION)) if mine else None
        request.memberships = mine  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.user.membership = membership  # type: ignore[union-attr]
        if membership is not None:
            membership.proof = proof_in(request.session)
            note_member_seen(membership)
        response = self.get_response(request)
        if membership is not None and not request.user.is_authenticated:
            # Signed out in this very request: the session is gone by now, and its sockets must follow.
            tell_sessions_of(membership.pilot)
        return response


BY_ITSELF = "By-Itself"  # the header of what a page asks for without a hand at it: a push, a poll, a sign of life


def _goes_on(request: HttpRequest) -> bool:
    """Whether the session still has time; what a page does by itself gives it no more."""
    key = request.session.session_key
    return key is not None and keep_session(key, in_use=BY_ITSELF not in request.headers)


# Where one gets to without the second factor one's role needs: to set it up, to be somewhere else, and out.
SET_UP = {"account_logout", "account_reauthenticate", "accounts:proof", "accounts:switch"}


class FactorMiddleware:
    """Whoever has yet to set up the second factor their role needs is led there, and gets to nothing else.

    API views are left to their authentication: a key is not asked, a session is refused there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        membership: Membership | None = request.membership  # type: ignore[attr-defined]
        name = request.resolver_match.view_name if request.resolver_match else ""
        is_free = name.startswith("mfa_") or name in SET_UP or not getattr(view, "login_required", True)
        if membership is None or is_free or hasattr(view, "cls") or not lacks_factor(membership):
            return None
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=403, headers={"HX-Redirect": reverse("mfa_index")})
        return redirect("mfa_index")


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
