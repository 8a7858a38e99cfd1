"""How lately a person has shown that it is them: by signing in, or by password, code or passkey since.

A session carries it, the actor takes it along, and dangerous actions ask for it.
"""

import time
from collections.abc import MutableMapping
from typing import Any, NamedTuple

from django.conf import settings

from kit.errors import NotAllowed

PROOF = "proof"  # session key


class Proof(NamedTuple):
    """By what, and when, in seconds since the epoch."""

    method: str
    at: float

    def is_fresh(self, now: float | None = None) -> bool:
        age = (time.time() if now is None else now) - self.at
        return 0 <= age < settings.FRESH_SECONDS


NONE = Proof("", 0.0)  # of a session that does not say: never fresh


class StaleProof(NotAllowed):
    """It is theirs to do once they have shown again that it is them."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, type="urn:chameleon:problem:stale-proof", code="stale_proof")


class FactorMissing(NotAllowed):
    """Their role asks for a second factor, and they have set up none."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, type="urn:chameleon:problem:second-factor-missing", code="second_factor_missing")


def keep(session: MutableMapping[str, Any], method: str) -> Proof:
    """Somebody has just shown that it is them."""
    proof = Proof(method, time.time())
    session[PROOF] = list(proof)
    return proof


def proof_in(session: Any) -> Proof:
    """The latest of a session."""
    kept = session.get(PROOF)
    return Proof(*kept) if isinstance(kept, list) and len(kept) == 2 else NONE
