"""Whom an organization's directory has told us of, and in which of its groups they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.directory import Facts, facts_of_scim
from accounts.models.organizations import Organization
from accounts.models.pilots import Pilot
from accounts.roles import PROVISION
from kit.ids import uuid7
from kit.requests import Actor


@dataclass(frozen=True)
class ToldUser:
    """What a directory says of one person. `addresses` are their e-mail addresses, the preferred one first."""

    user_name: str
    external_id: str = ""
    active: bool = True
    addresses: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToldGroup:
    """What a directory says of one group: its name, and the ids here of those who are in it."""

    name: str
    external_id: str = ""
    members: frozenset[UUID] = frozenset()


class OfADirectory(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        if not (actor.is_system or actor.has_power(PROVISION)):
            return self.none()
        return self.filter(organization_id=actor.organization_id)


class ProvisionedUserQuerySet(OfADirectory):
    def standing(self) -> Self:
        """Those that the directory has not removed."""
        return self.filter(removed_at=None)


class Told(models.Model):
    """A row that the directory keeps: by its own number, in versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(_("number there"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        abstract = True

    @property
    def version(self) -> str:
        """Another one after each change."""
        return f"{self.changed_at.timestamp():.6f}"


class ProvisionedUser(Told):
    """Somebody whom the directory lets in. `pilot` is who they have shown to be, at a sign-in; until then nobody."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="provisioned_users", verbose_name=_("organization")
    )
    pilot = models.ForeignKey(
        Pilot, on_delete=models.PROTECT, null=True, blank=True, related_name="provisioned", verbose_name=_("pilot")
    )
    user_name = models.CharField(_("user name there"), max_length=200)
    active = models.BooleanField(_("active"), default=True)
    addresses = ArrayField(
        models.CharField(max_length=254), verbose_name=_("e-mail addresses"), default=list, blank=True
    )
    details = models.JSONField(_("details"), default=dict, blank=True)
    removed_at = models.DateTimeField(
        _("removed"), null=True, blank=True, help_text=_("the directory has removed them; no rule lets them in again")
    )

    objects = ProvisionedUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("provisioned user")
        verbose_name_plural = _("provisioned users")
        permissions: ClassVar = [("provision_members", _("Can keep members and groups by SCIM"))]
        indexes: ClassVar = [
            GinIndex(fields=["addresses"], name="provisioned_by_address"),
            models.Index(fields=["external_id"], name="provisioned_by_number"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organization",
                Lower("user_name"),
                condition=Q(removed_at=None),
                name="a_provisioned_user_has_one_name",
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=Q(removed_at=None) & ~Q(external_id=""),
                name="a_provisioned_user_has_one_number",
            ),
            models.UniqueConstraint(
                fields=["organization", "pilot"], condition=Q(removed_at=None), name="a_pilot_is_provisioned_once"
            ),
        ]

    def __str__(self) -> str:
        return self.user_name

    @property
    def name(self) -> str:
        """As the directory calls them."""
        called = self.details.get("name") or {}
        parts = (called.get("givenName"), called.get("familyName"))
        return str(
            self.details.get("displayName")
            or called.get("formatted")
            or " ".join(str(part) for part in parts if part)
            or self.user_name
        )

    @property
    def told(self) -> ToldUser:
        return ToldUser(self.user_name, self.external_id, self.active, tuple(self.addresses), self.details)

    @property
    def facts(self) -> Facts:
        """For the rules that make roles of it."""
        groups = [one.name for one in self.groups.all()]
        return facts_of_scim(str(self.pk), self.addresses, groups, self.details)


class ProvisionedGroup(Told):
    """A group of the directory. Rules make roles of it."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="provisioned_groups", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=200)
    members = models.ManyToManyField(ProvisionedUser, related_name="groups", verbose_name=_("members"))

    objects = OfADirectory.as_manager()

    class Meta:
        verbose_name = _("provisioned group")
        verbose_name_plural = _("provisioned groups")
        constraints: ClassVar = [
            models.UniqueConstraint("organization", Lower("name"), name="a_provisioned_group_has_one_name"),
        ]

    def __str__(self) -> str:
        return self.name
