"""What a passkey signs for one act, and whether it did. WebAuthn Level 3, section 7.2, by python-fido2."""

import json
from typing import Any

from allauth.mfa.webauthn.internal.auth import get_authenticator_by_credential_id, get_credentials
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import PublicKeyCredentialRpEntity, UserVerificationRequirement

from accounts.models import Pilot

VERIFIED = UserVerificationRequirement.REQUIRED  # a finger, a face or a PIN: not just whoever holds the device


class NotSigned(Exception):
    """Not with a passkey of this pilot's, not this challenge, not at this address, or nobody was verified."""


def has_passkey(pilot: Pilot) -> bool:
    return bool(get_credentials(pilot))


def options_for(pilot: Pilot, challenge: bytes, host: str) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, as JSON: to be signed by any passkey of the pilot's."""
    options, _state = _server(host).authenticate_begin(get_credentials(pilot), VERIFIED, challenge)
    return dict(options)


def challenge_in(assertion: Any) -> bytes:
    """What an assertion says that it signs; b"" when it is none. Nothing is verified by that."""
    try:
        said = json.loads(websafe_decode(assertion["response"]["clientDataJSON"]))
        return websafe_decode(said["challenge"])
    except (TypeError, KeyError, ValueError):
        return b""


def signed_by(pilot: Pilot, challenge: bytes, host: str, assertion: Any) -> str:
    """The id of the credential that signed it, base64url. Raises NotSigned."""
    state = {"challenge": websafe_encode(challenge), "user_verification": VERIFIED}
    try:
        found = _server(host).authenticate_complete(state, get_credentials(pilot), assertion)
    except (TypeError, KeyError, ValueError):
        raise NotSigned from None
    passkey = get_authenticator_by_credential_id(pilot, found.credential_id)
    if passkey is not None:
        passkey.record_usage()
    return websafe_encode(found.credential_id)


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name="Chameleon", id=host))
