"""The keys that sign access tokens: made on first use, rotated by whoever runs the installation."""

import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.powers import refuse_unless_system
from accounts.jwts import LEEWAY
from accounts.models import Membership, SigningKey
from accounts.sealing import Unreadable, seal, unseal
from audit.actions import record

ONE_AT_A_TIME = 7_405_926  # an advisory lock: two processes must not both find that there is no key yet


@transaction.atomic
def rotate_signing_key(*, actor: Membership) -> SigningKey:
    """Sign with a new key from now on. The old one verifies until the last token it signed has run out."""
    refuse_unless_system(actor)
    _hold_others_off()
    old = SigningKey.objects.signing().first()
    key = _replace(old)
    record("signing_key.rotated", actor=actor, subject=key, kid=key.kid, instead_of=old.kid if old else "")
    return key


@transaction.atomic
def key_to_sign_with() -> tuple[str, Ed25519PrivateKey]:
    """The id and the private half of the key that signs. Without one that can be opened, a new one is made."""
    found = _opened(SigningKey.objects.signing().first())
    if found is None:
        _hold_others_off()
        key = SigningKey.objects.signing().first()
        found = _opened(key) or _opened(_replace(key))
    assert found is not None  # noqa: S101 -- it was sealed a line ago, by this process
    return found


def _hold_others_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _opened(key: SigningKey | None) -> tuple[str, Ed25519PrivateKey] | None:
    """None also when the secret key was changed without a fallback: what was sealed under it is lost for good."""
    try:
        return (key.kid, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(unseal(key.sealed)))) if key else None
    except Unreadable:
        return None


def _replace(old: SigningKey | None) -> SigningKey:
    if old is not None:
        old.retired_at = timezone.now()
        old.verifies_until = old.retired_at + timedelta(seconds=settings.ACCESS_SECONDS) + LEEWAY
        old.sealed = b""  # nothing is signed with it any more, whoever gets hold of the database
        old.save(update_fields=["retired_at", "verifies_until", "sealed"])
    private = Ed25519PrivateKey.generate()
    return SigningKey.objects.create(
        kid=secrets.token_urlsafe(9),
        public=private.public_key().public_bytes_raw(),
        sealed=seal(private.private_bytes_raw().hex()),
    )
