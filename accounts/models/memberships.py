"""A pilot in an organization: the actor of everything, and who stands in while they are away."""

from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat, JSONObject, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization, Platform
from accounts.models.pilots import Pilot
from accounts.proof import Proof
from accounts.roles import SCOPES, SYSTEM, fills, powers_of, title_of
from accounts.standing import Place, Reach, Standing
from kit.requests import Actor

IPNetwork = IPv4Network | IPv6Network


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> Self:
        if not actor.has_power("accounts.view_membership"):
            return self.none()
        return self.filter(organization_id=actor.organization_id)

    def acting(self) -> Self:
        """Those that may act now, with all that permission checks ask for in one query."""
        return (
            self.filter(Q(until=None) | Q(until__gt=timezone.now(), pilot__is_superuser=True))
            .filter(pilot__is_active=True, ended_at=None)
            .select_related("pilot__preferences", "organization", "role")
            .annotate(power_names=ArraySubquery(_powers_of("role")), places=ArraySubquery(_places(OuterRef("pk"))))
        )

    def of_roles(self, roles: Collection[Group]) -> Self:
        """Those who have one of them, everywhere or on some platform."""
        return self.filter(Q(role__in=roles) | Q(platform_roles__role__in=roles)).distinct()


def _powers_of(role: str) -> models.QuerySet[Permission, str]:
    named = Concat("content_type__app_label", Value("."), "codename")
    return Permission.objects.filter(group=OuterRef(role)).order_by().values_list(named, flat=True)


def _places(membership: Any) -> models.QuerySet["PlatformRole", Any]:
    """Where a member's role is another one: a line of JSON for each platform."""
    place = JSONObject(platform="platform_id", role="role__name", powers=ArraySubquery(_powers_of("role")))
    return PlatformRole.objects.filter(membership=membership).order_by().values_list(place, flat=True)


class Origin(models.TextChoices):
    """Who gave it, and so who may take it back without being asked."""

    HAND = "hand", _("a member")
    ARRIVAL = "arrival", _("the first sign-in")
    DIRECTORY = "directory", _("the directory")
    VISIT = "visit", _("a visit")


class Membership(models.Model):
    """The actor: one pilot, in one organization, in one role, or in another one on some of its platforms.

    `scopes` narrows it while it acts through an API key; None means a person's own session.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("pilot"))
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organization")
    )
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("role"))
    origin = models.CharField(_("let in by"), max_length=9, choices=Origin, default=Origin.HAND, db_default=Origin.HAND)
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    until = models.DateTimeField(
        _("visits until"),
        null=True,
        blank=True,
        help_text=_("a platform administrator who has entered for a while; empty for members"),
    )
    seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()
    scopes: tuple[str, ...] | None = None
    platform: Platform | None = None  # that of the key it came with
    # What else narrows it while it acts through a key or a token.
    gates: tuple[str, ...] | None = None  # the only gates it may submit to and see; None: every gate
    networks: tuple[IPNetwork, ...] = ()  # where it has to come from; none: from anywhere
    key_id: int | None = None
    family_id: UUID | None = None
    good_until: datetime | None = None  # when what it came with runs out by itself
    proof: Proof | None = None  # of the session it came with; a key and the clock act without one

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        permissions: ClassVar = [("manage_members", _("Can manage members"))]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "organization"], name="a_pilot_joins_an_organization_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.role_name}"

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        for known in ("standing", "power_names", "places"):
            self.__dict__.pop(known, None)
        super().refresh_from_db(*args, **kwargs)

    @property
    def name(self) -> str:
        return self.pilot.get_full_name()

    @property
    def role_name(self) -> str:
        return title_of(self.role.name)

    @cached_property
    def standing(self) -> Standing:
        """The role and its powers, here and there, narrowed by the scopes of the key in use."""
        if not self.pilot.is_active or self.ended_at is not None:
            return Standing(Place(self.role_name, frozenset()))
        standing = Standing.of(Place(self.role_name, self._powers()), self._places())
        if self.scopes is None:
            return standing
        return standing.narrowed(frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in self.scopes)))

    def _powers(self) -> frozenset[str]:
        known: list[str] | None = self.__dict__.get("power_names")  # read with it by `acting`
        return powers_of(self.role) if known is None else frozenset(known)

    def _places(self) -> list[tuple[int, Place]]:
        known: list[dict[str, Any]] | None = self.__dict__.get("places")
        if known is None:
            known = list(_places(self.pk)) if self.pk else []
        return [(one["platform"], Place(title_of(one["role"]), frozenset(one["powers"]))) for one in known]

    @property
    def powers(self) -> frozenset[str]:
        """All its powers, wherever they hold."""
        return self.standing.powers

    def has_power(self, power: str) -> bool:
        """Whether it has this power anywhere. Where, `reach` says; what a row is asked for, is asked there."""
        return power in self.powers

    def reach(self, *powers: str) -> Reach:
        """The platforms on which it has any of these powers."""
        return self.standing.reach(*powers)

    def role_at(self, platform_id: int | None) -> str:
        """The title of its role on that platform; None: where no platform says otherwise."""
        return self.standing.at(platform_id).role

    def has_rank_of(self, role: str, platform_id: int | None = None) -> bool:
        """Whether its role there stands at least as high as `role`."""
        return fills(self.role_at(platform_id), role)

    @property
    def is_visit(self) -> bool:
        """Whether a platform administrator is here for a while, instead of a member to stay."""
        return self.until is not None

    @property
    def is_system(self) -> bool:
        return self.role.name == SYSTEM

    def may_use_gate(self, gate: str) -> bool:
        """Whether the key or token in use is for this gate; one without a list is for all, "" stands for no gate."""
        return self.gates is None or gate in self.gates

    def may_come_from(self, address: str) -> bool:
        """Whether the key or token in use may be used there. What is no address comes from nowhere on a list."""
        if not self.networks:
            return True
        try:
            where = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        where = getattr(where, "ipv4_mapped", None) or where  # a dual-stack socket spells IPv4 as ::ffff:203.0.113.9
        return any(where in network for network in self.networks)

    @property
    def away(self) -> "Absence | None":
        """The absence that stands now. For many members, select `absence` with them."""
        absence: Absence | None = getattr(self, "absence", None)
        return absence if absence is not None and absence.is_current(timezone.now()) else None


class PlatformRole(models.Model):
    """On this platform a member has another role than everywhere else."""

    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="platform_roles", verbose_name=_("member")
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+", verbose_name=_("platform"))
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name=_("role"))
    origin = models.CharField(_("given by"), max_length=9, choices=Origin, default=Origin.HAND, db_default=Origin.HAND)

    class Meta:
        verbose_name = _("role on a platform")
        verbose_name_plural = _("roles on platforms")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "platform"], name="a_member_has_one_role_on_a_platform"),
        ]

    def __str__(self) -> str:
        return f"{self.membership.name} · {self.role_title} · {self.platform.name}"

    @property
    def role_title(self) -> str:
        return title_of(self.role.name)


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
