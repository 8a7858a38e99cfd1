"""How programs and front ends of one's own sign in: tokens, and who one is with them."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.authentication import actor_of, caller_signing_in
from accounts.jwts import as_jwk
from accounts.queries import holder_of_refresh_token, holder_of_token, public_keys
from accounts.serializers import MeOut, RefreshIn, RevokeIn, TokenIn, TokensOut, as_me, as_tokens
from kit.errors import Unauthenticated

GONE = gettext_lazy("This refresh token is not known, has run out, was used before or was revoked. Sign in again.")


@extend_schema(
    operation_id="issueToken",
    summary="Sign in for tokens",
    request=TokenIn,
    responses={200: OpenApiResponse(TokensOut, "An access token, and a refresh token for the next one.")},
)
@api_view(["POST"])
@permission_classes([AllowAny])
def token(request: Request) -> Response:
    """With an API key, with the browser's session, or with user name and password in the body.
    An account with a second factor cannot sign in here by its password."""
    body = _read(TokenIn, request)
    actor = caller_signing_in(request, body.get("username"), body.get("password"), body.get("organization"))
    return Response(as_tokens(actions.issue_tokens(actor=actor, scopes=body.get("scopes", ()))))


@extend_schema(
    operation_id="refreshToken", summary="Change a refresh token into new ones", request=RefreshIn, responses=TokensOut
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def refresh(request: Request) -> Response:
    """Each is good for one use. One that comes a second time ends all tokens of its sign-in: somebody else has it.
    Within ten seconds, while what the first use gave is unused, it counts as an answer that got lost."""
    text = _read(RefreshIn, request)["refresh_token"]
    holder = holder_of_refresh_token(text)
    issued = actions.refresh_tokens(text, actor=holder) if holder else None
    if issued is None:
        raise Unauthenticated(str(GONE))
    return Response(as_tokens(issued))


@extend_schema(
    operation_id="revokeToken",
    summary="Sign out: end a token with its whole family",
    request=RevokeIn,
    responses={204: OpenApiResponse(description="It is good no more. So is one that was not known.")},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def revoke(request: Request) -> Response:
    """To hold it is enough. Refused at the next call, sockets closed, within a second."""
    holder = holder_of_token(_read(RevokeIn, request)["token"])
    if holder is not None and holder.family_id is not None:
        actions.revoke_tokens(holder.family_id, actor=holder)
    return Response(status=204)


@extend_schema(operation_id="whoAmI", summary="Who calls, and what it may do", responses=MeOut)
@api_view(["GET"])
def me(request: Request) -> Response:
    return Response(as_me(actor_of(request)))


@require_safe
@login_not_required
@cache_control(public=True, max_age=300)
def jwks(request: HttpRequest) -> JsonResponse:
    """RFC 7517: what verifies our access tokens, for whoever is shown one."""
    keys = [as_jwk(kid, public) for kid, public in public_keys()]
    return JsonResponse({"keys": keys}, content_type="application/jwk-set+json")


def _read(shape: Any, request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    said: dict[str, Any] = body.validated_data
    return said
