"""What a program signs in with."""

import hashlib
from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.memberships import Membership
from accounts.models.organizations import Platform
from accounts.roles import SCOPES
from kit.requests import Actor


def digest_of(key: str) -> str:
    """What is stored of a key. SHA-256 is enough: the secret is 256 random bits, not a password."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()  # a frame may hold half a character


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, actor: Actor) -> Self:
        if not actor.has_power("accounts.manage_keys"):
            return self.none()
        return self.filter(membership__organization_id=actor.organization_id)

    def usable(self, now: datetime) -> Self:
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=now),
            Q(membership__until=None) | Q(membership__until__gt=now),
            revoked_at=None,
            membership__ended_at=None,
            membership__pilot__is_active=True,
        )


class ApiKey(models.Model):
    """A program's key: shown once, stored as a digest, resolving to exactly one membership."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="keys", verbose_name=_("member"))
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="keys", verbose_name=_("platform"))
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20), verbose_name=_("scopes"))
    gates = ArrayField(
        models.SlugField(max_length=80),
        verbose_name=_("gates"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("short names; empty: every gate"),
    )
    networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("addresses"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("addresses and networks it may be used from, as 203.0.113.0/24; empty: everywhere"),
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("takes the place of"),
    )
    created_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("created"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    refused_at = models.DateTimeField(_("last refused for its address"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        permissions: ClassVar = [("manage_keys", _("Can manage API keys"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[*SCOPES], scopes__len__gt=0), name="a_key_has_known_scopes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_rotated(self) -> bool:
        """Whether another key has taken its place; wants `replaced_by` selected for many."""
        return getattr(self, "replaced_by", None) is not None

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
