"""Who stands behind what a program sends: an API key, an access token, a refresh token."""

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.crypto import constant_time_compare

from accounts.jwts import checked, is_jwt, kid_of
from accounts.models import ApiKey, Membership, Pilot, SigningKey, TokenFamily, digest_of


def membership_of_bearer(token: str) -> Membership | None:
    """Whom a key or an access token acts as, narrowed as it is; None when it is no good."""
    return membership_of_access_token(token) if is_jwt(token) else membership_of_key(token)


def membership_of_key(key: str) -> Membership | None:
    """The membership a key acts as, narrowed by its scopes, gates and networks; None when the key is no good."""
    usable = ApiKey.objects.usable(datetime.now(UTC)).select_related("platform")
    found = usable.filter(digest=digest_of(key)).first()
    membership = Membership.objects.acting().filter(pk=found.membership_id).first() if found else None
    return _narrowed(membership, found) if found and membership else None


def membership_of_access_token(token: str) -> Membership | None:
    """The membership an access token acts as. Its family is asked each time: what has ended there, has ended here."""
    claims = _claims_of(token)
    if claims is None:
        return None
    try:
        family_id = UUID(claims["fam"])
    except (ValueError, TypeError, AttributeError):  # signed by us and yet not ours: nobody
        return None
    family = TokenFamily.objects.alive(datetime.now(UTC)).select_related("key__platform").filter(pk=family_id).first()
    membership = _holder(family)
    if membership is None or claims["sub"] != membership.pilot.public_id:
        return None
    membership.good_until = datetime.fromtimestamp(claims["exp"], UTC)
    return membership


def holder_of_refresh_token(text: str) -> Membership | None:
    """Whose a refresh token is, used or not, as long as its family lives."""
    alive = TokenFamily.objects.alive(datetime.now(UTC)).select_related("key__platform")
    return _holder(alive.filter(refresh_tokens__digest=digest_of(text)).first())


def holder_of_token(text: str) -> Membership | None:
    """Whose a refresh or an access token is: to hold one of a family is enough to end it."""
    return membership_of_access_token(text) if is_jwt(text) else holder_of_refresh_token(text)


def public_keys() -> list[tuple[str, bytes]]:
    """What verifies access tokens now: the id and the public half of each key."""
    found = SigningKey.objects.verifying(datetime.now(UTC)).order_by("-pk")
    return [(key.kid, bytes(key.public)) for key in found]


def _claims_of(token: str) -> dict[str, Any] | None:
    kid = kid_of(token)
    key = SigningKey.objects.verifying(datetime.now(UTC)).filter(kid=kid).first() if kid and "\x00" not in kid else None
    return checked(token, Ed25519PublicKey.from_public_bytes(bytes(key.public))) if key else None


def _holder(family: TokenFamily | None) -> Membership | None:
    """Whom a family acts as now: as long as its key, or else the pilot's password, is what it was."""
    membership = Membership.objects.acting().filter(pk=family.membership_id).first() if family else None
    if family is None or membership is None:
        return None
    if family.key is not None:
        if not family.key.is_usable(datetime.now(UTC)):
            return None
        _narrowed(membership, family.key)
        membership.scopes = tuple(scope for scope in family.scopes if scope in family.key.scopes)
    else:
        if not _is_password_of(membership.pilot, family.password_mark):
            return None
        membership.scopes = tuple(family.scopes)
    membership.family_id, membership.good_until = family.pk, family.expires_at
    return membership


def _narrowed(membership: Membership, key: ApiKey) -> Membership:
    membership.scopes = tuple(key.scopes)
    membership.platform = key.platform
    membership.gates = tuple(key.gates) or None
    membership.networks = tuple(ip_network(one) for one in key.networks)
    membership.key_id, membership.good_until = key.pk, key.expires_at
    return membership


def _is_password_of(pilot: Pilot, mark: str) -> bool:
    """As Django tells whether a session began before the password was changed."""
    marks = [pilot.get_session_auth_hash(), *pilot.get_session_auth_fallback_hash()]
    return any(constant_time_compare(mark, one) for one in marks)
