"""Powers come from the membership in use, never from the pilot alone."""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend


class MembershipBackend(BaseBackend):
    """Answers `user.has_perm` for the organization the request is in (Django admin asks it)."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        membership = getattr(user_obj, "membership", None)
        if membership is None:
            return False
        ours = getattr(obj, "organization_id", membership.organization_id) == membership.organization_id
        if hasattr(obj, "platform_id"):
            return ours and bool(membership.reach(perm).covers(obj.platform_id))
        return ours and bool(membership.has_power(perm))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        membership = getattr(user_obj, "membership", None)
        return membership is not None and any(power.startswith(f"{app_label}.") for power in membership.powers)


class ProviderBackend(ModelBackend):
    """The sessions of those who signed in through a provider. It takes no password, whatever else does."""

    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **_: Any) -> None:
        return None
