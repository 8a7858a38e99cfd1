"""A way in for one person: a link that is good once, for a while, and for one role."""

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.memberships import Membership
from accounts.models.organizations import Organization
from accounts.roles import title_of
from kit.requests import Actor


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, actor: Actor) -> Self:
        if not actor.has_power("accounts.manage_members"):
            return self.none()
        return self.filter(organization_id=actor.organization_id)

    def pending(self) -> Self:
        """Neither used nor withdrawn; perhaps run out, then it can be renewed."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """An invitation into an organization. Its secret is in a link, shown once; what is stored is the digest."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("organization")
    )
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name=_("role"))
    email = models.EmailField(_("e-mail"), blank=True, default="")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("invited by"))
    created_at = models.DateTimeField(_("created"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    accepted_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None) | (~Q(accepted_at=None) & ~Q(accepted_by=None)),
                name="who_accepted_is_known",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="an_invitation_ends_one_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.pk} · {self.role_title}"

    @property
    def role_title(self) -> str:
        return title_of(self.role.name)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at <= now

    def is_for(self, email: str) -> bool:
        """Whether an account of this address may accept it."""
        return not self.email or self.email.casefold() == email.casefold()
