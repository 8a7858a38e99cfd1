"""The roles that an organization makes for itself."""

from typing import ClassVar, Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from kit.requests import Actor


class RoleQuerySet(models.QuerySet["Role"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those who manage members give them, and so know them all."""
        if not (actor.is_system or actor.has_power("accounts.manage_members")):
            return self.none()
        return self.filter(organization_id=actor.organization_id)


class Role(models.Model):
    """What an organization calls a set of powers. Its group holds them, and is what members have.

    The title stays: gates ask for it, and the ledger tells of it.
    """

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="made", verbose_name=_("group"))
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="roles", verbose_name=_("organization")
    )
    title = models.CharField(_("title"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = RoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar = [
            models.UniqueConstraint("organization", Lower("title"), name="a_role_has_one_title_in_its_organization"),
        ]

    def __str__(self) -> str:
        return self.title
