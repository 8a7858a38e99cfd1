"""What programs say to sign in, and what they are told."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.actions import Issued
from accounts.models import Membership
from accounts.roles import SCOPES

NO_FIELD = _("There is no such field.")


class Body(serializers.Serializer[Any]):
    """Takes only fields it knows; null is as good as left out."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name[:100]: NO_FIELD for name in unknown})
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)


class TokenIn(Body):
    username = serializers.CharField(
        max_length=200, required=False, help_text=_("With a password. Without both, the key or session that calls.")
    )
    password = serializers.CharField(max_length=1000, required=False, trim_whitespace=False, write_only=True)
    organization = serializers.CharField(
        max_length=60, required=False, help_text=_("Its short name, for who is a member of several.")
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[*SCOPES]),
        required=False,
        help_text=_("Without any: those of the key; by a password or session, all that the role allows but `admin`."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("username" in attrs) != ("password" in attrs):
            missing = "password" if "username" in attrs else "username"
            raise serializers.ValidationError({missing: _("User name and password go together.")})
        return attrs


class RefreshIn(Body):
    refresh_token = serializers.CharField(max_length=200, write_only=True)


class RevokeIn(Body):
    token = serializers.CharField(
        max_length=4096, write_only=True, help_text=_("A refresh token, or an access token: its whole family ends.")
    )


class TokensOut(serializers.Serializer[Any]):
    access_token = serializers.CharField(help_text=_("Send it as `Authorization: Bearer …`."))
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text=_("Seconds."))
    refresh_token = serializers.CharField(help_text=_("Good for one use; the answer to that use holds the next one."))
    refresh_expires_in = serializers.IntegerField(help_text=_("Seconds until somebody has to sign in again."))
    scope = serializers.CharField(help_text=_("With spaces in between."))


class PilotOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class OrganizationOut(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class MeOut(serializers.Serializer[Any]):
    pilot = PilotOut()
    organization = OrganizationOut()
    role = serializers.CharField()
    by = serializers.ChoiceField(choices=["key", "token", "session"], help_text=_("What was sent."))
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text=_("null: of no limit."))
    gates = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text=_("null: every gate."))
    platform = serializers.CharField(allow_null=True)
    powers = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


def as_tokens(issued: Issued) -> dict[str, Any]:
    """Both tokens in the words of OAuth 2.0 (RFC 6749, 5.1)."""
    now = timezone.now()
    return {
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": round((issued.until - now).total_seconds()),
        "refresh_token": issued.refresh,
        "refresh_expires_in": round((issued.family.expires_at - now).total_seconds()),
        "scope": " ".join(issued.family.scopes),
    }


def as_me(actor: Membership) -> dict[str, Any]:
    """Who calls, and what it may do with what it sent."""
    return {
        "pilot": {"id": actor.pilot.public_id, "name": actor.name, "kind": actor.pilot.kind},
        "organization": {"slug": actor.organization.slug, "name": actor.organization.name},
        "role": actor.role_name,
        "by": "token" if actor.family_id else "key" if actor.key_id else "session",
        "scopes": None if actor.scopes is None else [*actor.scopes],
        "gates": None if actor.gates is None else [*actor.gates],
        "platform": actor.platform.slug if actor.platform else None,
        "powers": sorted(actor.powers),
        "expires_at": actor.good_until,
    }
