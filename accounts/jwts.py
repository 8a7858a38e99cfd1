"""Access tokens as they travel: JWTs of RFC 9068, signed with Ed25519 and nothing else.

Which key and which rows stand behind one is the business of the queries; nothing here reads the database.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

ALGORITHM = "EdDSA"  # pinned: what a header asks for is never believed
TYPE = "at+jwt"  # so that nothing else we may ever sign passes for an access token
CLAIMS = ["iss", "aud", "exp", "iat", "jti", "sub", "org", "fam"]
LEEWAY = timedelta(seconds=10)  # by how much the clocks of our machines may differ
LONGEST = 4096  # characters; ours have some 500


def issuer() -> str:
    return str(settings.BASE_URL)


def audience() -> str:
    return f"{settings.BASE_URL}/api"


def is_jwt(token: str) -> bool:
    """Whether it looks like one: an API key has no dots."""
    return token.count(".") == 2


def signed(claims: Mapping[str, Any], *, kid: str, private: Ed25519PrivateKey, now: datetime, until: datetime) -> str:
    """The claims, and who signed them for whom from when to when."""
    standard = {"iss": issuer(), "aud": audience(), "iat": now, "exp": until}
    return jwt.encode({**claims, **standard}, private, algorithm=ALGORITHM, headers={"kid": kid, "typ": TYPE})


def kid_of(token: str) -> str | None:
    """By which key it says it was signed. Proves nothing."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        return None
    return kid if isinstance(kid, str) else None


def checked(token: str, public: Ed25519PublicKey) -> dict[str, Any] | None:
    """The claims, when this key signed them, they are for us and their time has not run out."""
    try:
        found = jwt.decode_complete(
            token,
            public,
            algorithms=[ALGORITHM],
            issuer=issuer(),
            audience=audience(),
            leeway=LEEWAY,
            options={"require": CLAIMS, "strict_aud": True},
        )
    except jwt.InvalidTokenError:
        return None
    claims: dict[str, Any] = found["payload"]
    return claims if found["header"].get("typ") == TYPE else None


def as_jwk(kid: str, public: bytes) -> dict[str, str]:
    """A public key as RFC 8037 spells it."""
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": kid, "x": x}
