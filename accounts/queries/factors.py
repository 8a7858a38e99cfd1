"""What else than a password a pilot shows that it is them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.exceptions import ValidationError

from accounts.models import Membership

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Factor(NamedTuple):
    """One that is set up."""

    pk: int
    type: str
    name: str
    since: datetime
    used_at: datetime | None
    left: int | None  # unused recovery codes
    may_go: bool = True  # False: without this passkey nobody would get in


def factors_of(pilot: Any) -> Sequence[Factor]:
    """What is set up: the app, passkeys by name, recovery codes."""
    found = Authenticator.objects.filter(user_id=pilot.pk).order_by("type", "pk")
    passkey = Authenticator.Type.WEBAUTHN
    return [
        _factor(one)._replace(may_go=one.type != passkey or pilot.may_sign_in_without(one))
        for one in sorted(found, key=lambda one: one.type == Authenticator.Type.RECOVERY_CODES)
    ]


def has_factor(pilot: Any) -> bool:
    """Whether a second factor is set up. Recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=pilot.pk, type__in=FACTORS).exists()


def lacks_factor(member: Membership) -> bool:
    """Whether the organization asks a role of this member, here or there, for a second factor, and there is none."""
    return not member.standing.roles.isdisjoint(member.organization.second_factor_roles) and not has_factor(
        member.pilot
    )


def _factor(one: Authenticator) -> Factor:
    name = one.data.get("name", "") if one.type == Authenticator.Type.WEBAUTHN else ""
    left = _codes_left(one) if one.type == Authenticator.Type.RECOVERY_CODES else None
    return Factor(one.pk, one.type, name, one.created_at, one.last_used_at, left)


def _codes_left(one: Authenticator) -> int:
    try:
        return len(RecoveryCodes(one).get_unused_codes())
    except ValidationError:  # sealed under a key that is gone: none of them opens anything
        return 0
