"""A device that holds a passkey: what a browser and its authenticator do, in Python."""

import json
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import Pilot

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class Device:
    """One passkey, registered for `pilot` at `host`. `verifies`: it asks for a finger, face or PIN; `alone`: it
    signs in by itself.
    """

    def __init__(self, pilot: Pilot, host: str = "localhost", *, verifies: bool = True, alone: bool = False) -> None:
        self.host, self.verifies, self.alone = host, verifies, alone
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        Authenticator.objects.create(
            user=pilot, type="webauthn", data={"name": "Laptop", "credential": self._registration()}
        )

    def sign(self, options: dict[str, Any], **other: Any) -> dict[str, Any]:
        """What the browser sends; `other` is what a forger would put in place of something."""
        challenge = other.get("challenge", options["publicKey"]["challenge"])
        client = self._client("webauthn.get", challenge, other.get("origin", f"https://{self.host}"))
        data = bytes(AuthenticatorData.create(sha256(self.host.encode()), self._flags(), 1))
        signature = self.key.sign(data + sha256(client), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        return {"id": self.name, "rawId": self.name, "type": "public-key", "response": response}

    @property
    def name(self) -> str:
        return websafe_encode(self.id)

    def _flags(self) -> int:
        return PRESENT | (VERIFIED if self.verifies else 0)

    def _client(self, what: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": what, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _registration(self) -> dict[str, Any]:
        public = ES256.from_cryptography_key(self.key.public_key())
        held = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = AuthenticatorData.create(sha256(self.host.encode()), self._flags() | WITH_KEY, 0, held)
        client = self._client("webauthn.create", websafe_encode(b"x" * 32), f"https://{self.host}")
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
        }
        return {
            "id": self.name,
            "rawId": self.name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {"credProps": {"rk": self.alone}},
        }
