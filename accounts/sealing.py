"""What has to be read again and must not be read by whoever gets the database: encrypted at rest.

The keys come from SECRET_KEY and its fallbacks, so that a changed key goes on reading what an earlier one wrote.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was sealed by a key that is neither SECRET_KEY nor among its fallbacks, or was changed since."""


def seal(text: str) -> bytes:
    """`text`, encrypted by the key in use."""
    return _fernet().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """What was sealed, by the key in use or an earlier one. Raises Unreadable."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> MultiFernet:
    return _keys(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _keys(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    # HKDF: a key for this use alone, which says nothing about the one that signs sessions.
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"chameleon.sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(key)
