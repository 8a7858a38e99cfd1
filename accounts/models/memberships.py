"""A pilot in an organization: the actor of everything, and who stands in while they are away."""

from datetime import datetime
from functools import cached_property
from typing import ClassVar, Self

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization, Platform
from accounts.models.pilots import Pilot
from accounts.roles import RANK, SCOPES, SYSTEM
from kit.requests import Actor


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> Self:
        if not actor.has_power("accounts.view_membership"):
            return self.none()
        return self.filter(organization_id=actor.organization_id)

    def acting(self) -> Self:
        """Those that may act now, with all that permission checks ask for in one query."""
        return (
            self.filter(pilot__is_active=True, ended_at=None)
            .select_related("pilot__preferences", "organization", "role")
            .prefetch_related(Prefetch("role__permissions", Permission.objects.select_related("content_type")))
        )


class Membership(models.Model):
    """The actor: one pilot, in one organization, in one role.

    `scopes` narrows it while it acts through an API key; None means a person's own session.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("pilot"))
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organization")
    )
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("role"))
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()
    scopes: tuple[str, ...] | None = None
    platform: Platform | None = None  # that of the key it came with

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        permissions: ClassVar = [("manage_members", _("Can manage members"))]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "organization"], name="a_pilot_joins_an_organization_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.role_name}"

    @property
    def name(self) -> str:
        return self.pilot.get_full_name()

    @property
    def role_name(self) -> str:
        return self.role.name

    @cached_property
    def powers(self) -> frozenset[str]:
        """The powers of the role, narrowed by the scopes of the key in use."""
        if not self.pilot.is_active or self.ended_at is not None:
            return frozenset()
        granted = frozenset(f"{power.content_type.app_label}.{power.codename}" for power in self.role.permissions.all())
        if self.scopes is None:
            return granted
        return granted & frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in self.scopes))

    def has_power(self, power: str) -> bool:
        return power in self.powers

    def has_rank_of(self, role: str) -> bool:
        """Whether this role stands at least as high as `role`; roles made by an admin only equal themselves."""
        if role in RANK and self.role_name in RANK:
            return RANK[self.role_name] >= RANK[role]
        return self.role_name == role

    @property
    def is_system(self) -> bool:
        return self.role_name == SYSTEM

    @property
    def away(self) -> "Absence | None":
        """The absence that stands now. For many members, select `absence` with them."""
        absence: Absence | None = getattr(self, "absence", None)
        return absence if absence is not None and absence.is_current(timezone.now()) else None


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def current(self, now: datetime) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=now))


class Absence(models.Model):
    """A member is out of office: who stands in, and until when."""

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, verbose_name=_("member"))
    delegate = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("stands in")
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    since = models.DateTimeField(_("since"), db_default=Now())

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(delegate=models.F("membership")), name="nobody_stands_in_for_oneself"),
        ]

    def __str__(self) -> str:
        return self.membership.name

    def is_current(self, now: datetime) -> bool:
        return self.until is None or self.until > now
