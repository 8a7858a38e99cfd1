"""How Django REST framework and the sockets learn who asks, by key, token or session."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, cast

from allauth.account.adapter import get_adapter
from channels.db import database_sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actions import note_key_used, note_refused_address
from accounts.models import Membership, Pilot, digest_of
from accounts.proof import FactorMissing
from accounts.queries import has_factor, lacks_factor, membership_of_bearer, membership_of_session, memberships_of
from kit.errors import NotAllowed, TooMany, Unauthenticated

BAD_KEY = "This key or token is not known, has expired or was revoked."
BEARER = "Bearer"
SLOWED_SECONDS = 60  # for how long allauth counts failures from one address
# RFC 6750, 3.1: for what was sent and is no good.
INVALID_TOKEN = 'Bearer error="invalid_token"'  # noqa: S105 -- of a header


def actor_of(request: Request) -> Membership:
    """Who calls an API view: what the authentication found."""
    return cast(Membership, request.auth)


def refuse_elsewhere(membership: Membership, address: str) -> None:
    """A key that is for some addresses is refused at any other, which is told in its organization's ledger."""
    if membership.may_come_from(address):
        return
    if membership.key_id is not None:
        note_refused_address(membership.key_id, address=address, actor=membership)
    raise NotAllowed(_("This key may not be used from %(address)s.") % {"address": address or _("this address")})


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key or access token>`. The actor is its membership, narrowed as it is."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        membership = _membership_behind(token.strip(), request.META.get("REMOTE_ADDR") or "")
        if membership is None:
            raise AuthenticationFailed(BAD_KEY)
        # The underlying request is what views and middleware read.
        request._request.membership = membership  # type: ignore[attr-defined]
        return membership.pilot, membership

    def authenticate_header(self, request: Request) -> str:
        return INVALID_TOKEN if "Authorization" in request.headers else BEARER


class MembershipSessionAuthentication(SessionAuthentication):
    """The browser's session, with CSRF; the actor was found by the middleware."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None or request._request.membership is None:
            return None
        if lacks_factor(request._request.membership):
            raise FactorMissing(_("Your role needs a second factor. Set one up in a browser first."))
        return found[0], request._request.membership

    def enforce_csrf(self, request: Request) -> None:
        """It looks for a token in the form, too, and would read the stream, of which views want every byte."""
        request._request.body  # noqa: B018 -- read, it is kept
        super().enforce_csrf(request)


def caller_signing_in(
    request: Request, username: str | None, password: str | None, organization: str | None
) -> Membership:
    """Who asks for tokens: whoever the password says, else the key or session that calls. Raises Unauthenticated."""
    if username is not None:
        return _member_by_password(_pilot_of(request, username, password or ""), organization)
    if request.auth is None:
        raise Unauthenticated(_("Send an API key as “Authorization: Bearer …”, or user name and password."))
    return _in(actor_of(request), organization)


def _member_by_password(pilot: Pilot | None, organization: str | None) -> Membership:
    """The member in that organization, else in the first one joined, where a password is enough to come in."""
    if pilot is None or not pilot.is_active:
        raise Unauthenticated(_("User name and password do not match."))
    if has_factor(pilot):
        raise NotAllowed(_("This account has a second factor: make an API key, or sign in in a browser."))
    found = [one for one in memberships_of(pilot) if organization in (None, one.organization.slug)]
    if not found and organization:
        raise NotAllowed(_("You are not a member of that organization."))
    if not found:
        raise NotAllowed(_("You do not belong to an organization yet. Ask an Admin of yours to let you in."))
    member = min(found, key=attrgetter("pk"))
    if lacks_factor(member):
        raise FactorMissing(_("Your role needs a second factor. Set one up in a browser first."))
    return member


def _in(actor: Membership, organization: str | None) -> Membership:
    if organization not in (None, actor.organization.slug):
        raise NotAllowed(_("This key or session belongs to another organization."))
    return actor


def _pilot_of(request: Request, username: str, password: str) -> Pilot | None:
    """Through the door of the pages, so that whoever guesses passwords has as many tries here and there together."""
    if not settings.PASSWORDS:
        raise NotAllowed(_("Nobody signs in with a password here."))
    try:
        found = get_adapter().authenticate(request._request, username=username, password=password)
    except ValidationError as slowed:
        raise TooMany(" ".join(slowed.messages), retry_after=SLOWED_SECONDS) from None
    return cast("Pilot | None", found)


async def membership_of_scope(scope: Mapping[str, Any]) -> Membership | None:
    """The actor of a WebSocket whose handshake carried a session, as the session is now: it is asked again."""
    return await database_sync_to_async(_membership_in)(scope.get("session"))


async def membership_of_token(token: str, scope: Mapping[str, Any]) -> Membership | None:
    """The actor of a Bearer key or token. Raises NotAllowed where it may not be used."""
    return await database_sync_to_async(_membership_behind)(token, (scope.get("client") or ("",))[0])


def _membership_behind(token: str, address: str) -> Membership | None:
    membership = membership_of_bearer(token)
    if membership is None:
        return None
    refuse_elsewhere(membership, address)
    if membership.family_id is None and cache.add(f"used:{membership.key_id}", 1, 60):
        note_key_used(digest_of(token))
    return membership


def _membership_in(session: Any) -> Membership | None:
    key = session.session_key if session is not None else None
    return membership_of_session(key) if key else None


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key, or an access token."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.MembershipSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
