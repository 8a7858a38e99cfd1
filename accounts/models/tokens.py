"""What stands behind access tokens: the keys that sign them, and the families they are refreshed in."""

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.keys import ApiKey
from accounts.models.memberships import Membership
from accounts.roles import SCOPES
from kit.ids import uuid7


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def signing(self) -> Self:
        return self.filter(retired_at=None)

    def verifying(self, now: datetime) -> Self:
        """The one that signs, and those whose last token has not run out yet."""
        return self.filter(Q(retired_at=None) | Q(verifies_until__gt=now))


class SigningKey(models.Model):
    """An Ed25519 key of this installation. One signs; a retired one has lost its private half, and still verifies."""

    kid = models.CharField(_("key id"), max_length=32, unique=True)
    public = models.BinaryField(_("public key"))
    sealed = models.BinaryField(_("private key, sealed"), editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    verifies_until = models.DateTimeField(_("verifies until"), null=True, blank=True)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints: ClassVar = [
            models.UniqueConstraint(models.Value(1), condition=Q(retired_at=None), name="one_key_signs"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(sealed=b"", verifies_until__isnull=False),
                name="a_retired_key_signs_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class TokenFamilyQuerySet(models.QuerySet["TokenFamily"]):
    def alive(self, now: datetime) -> Self:
        return self.filter(ended_at=None, expires_at__gt=now)


class TokenFamily(models.Model):
    """One sign-in of a program or front end: all access and refresh tokens that come of it live and end together.

    `key` is the API key it was signed in with, whose limits and end are its own, too; else `password_mark` tells
    whether the pilot's password is still the one it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="token_families", verbose_name=_("member")
    )
    key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="families", verbose_name=_("API key")
    )
    scopes = ArrayField(models.CharField(max_length=20), verbose_name=_("scopes"))
    password_mark = models.CharField(max_length=128, blank=True, default="", editable=False)
    came_from = models.CharField(_("from where"), max_length=45, blank=True, default="")
    created_at = models.DateTimeField(_("signed in"), db_default=Now())
    refreshed_at = models.DateTimeField(_("last refreshed"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = TokenFamilyQuerySet.as_manager()

    class Meta:
        verbose_name = _("token family")
        verbose_name_plural = _("token families")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[*SCOPES], scopes__len__gt=0), name="a_token_has_known_scopes"
            ),
            models.CheckConstraint(
                condition=Q(key=None) ^ Q(password_mark=""), name="a_token_ends_with_its_key_or_password"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["membership"], name="families_in_use", condition=Q(ended_at=None)),
            models.Index(fields=["expires_at"], name="families_that_run_out"),
        ]

    def __str__(self) -> str:
        return f"{self.membership.name} · {self.created_at:%Y-%m-%d %H:%M}"


class RefreshToken(models.Model):
    """Good for one use. Used ones are kept as long as their family: only so is a second use told from a guess."""

    family = models.ForeignKey(
        TokenFamily, on_delete=models.CASCADE, related_name="refresh_tokens", verbose_name=_("token family")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    # What it was changed into. A used one without was in an answer that got lost: nobody may come with it.
    successor = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("changed into")
    )

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")

    def __str__(self) -> str:
        return f"{self.family_id} · {self.pk}"
