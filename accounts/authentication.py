"""How Django REST framework and the sockets learn who asks: a Bearer key, or the browser's session."""

from collections.abc import Mapping
from typing import Any, cast

from channels.db import database_sync_to_async
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actions import note_session_seen
from accounts.models import Membership
from accounts.queries import membership_of_key, membership_of_session

BAD_KEY = "This key is not known, has expired or was revoked."


def actor_of(request: Request) -> Membership:
    """Who calls an API view: what the authentication found."""
    return cast(Membership, request.auth)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key>`. The actor is the key's membership, narrowed by its scopes."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        membership = membership_of_key(key.strip())
        if membership is None:
            raise AuthenticationFailed(BAD_KEY)
        # The underlying request is what views and middleware read.
        request._request.membership = membership  # type: ignore[attr-defined]
        return membership.pilot, membership

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MembershipSessionAuthentication(SessionAuthentication):
    """The browser's session, with CSRF; the actor was found by the middleware."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None or request._request.membership is None:
            return None
        return found[0], request._request.membership


async def membership_of_scope(scope: Mapping[str, Any]) -> Membership | None:
    """The actor of a WebSocket whose handshake carried a session, as the session is now: it is asked again."""
    return await database_sync_to_async(_membership_in)(scope.get("session"))


async def membership_of_token(token: str, scope: Mapping[str, Any]) -> Membership | None:
    """The actor of a Bearer token."""
    return await database_sync_to_async(membership_of_key)(token)


def _membership_in(session: Any) -> Membership | None:
    key = session.session_key if session is not None else None
    membership = membership_of_session(key) if key else None
    if membership is not None:
        note_session_seen(membership.pilot, key)
    return membership


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.MembershipSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
