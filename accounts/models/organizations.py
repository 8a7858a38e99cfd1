"""Organizations and the outside systems that submit work to them."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import IN_WORDS
from kit.requests import Actor

SHORTEST, LONGEST = 30, 36_500  # days that records are kept, where they are not kept for ever
DEMO = "demo-data"  # the organization that `bin/up --demo` makes and fills


class Organization(models.Model):
    """A tenant. Every row but a pilot belongs to one."""

    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    rearm_by_two = models.BooleanField(
        _("two Admins re-arm the kill switch"),
        default=False,
        db_default=False,
        help_text=_("one asks for it, another one confirms"),
    )
    second_factor_roles = ArrayField(
        models.CharField(max_length=150),
        verbose_name=_("roles that need a second factor"),
        default=list,
        db_default=[],
        blank=True,
    )
    keep_settled_days = models.PositiveIntegerField(
        _("content of settled work is kept for (days)"), null=True, blank=True, help_text=_("empty: for ever")
    )
    keep_ledger_days = models.PositiveIntegerField(
        _("the ledger is kept for (days)"), null=True, blank=True, help_text=_("empty: for ever")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(keep_settled_days=None) | Q(keep_settled_days__range=(SHORTEST, LONGEST)),
                name="content_is_kept_for_a_month",
            ),
            # Without a limit for content the comparison is null, and a check that is null holds: hence the first half.
            models.CheckConstraint(
                condition=Q(keep_ledger_days=None)
                | Q(
                    keep_settled_days__isnull=False,
                    keep_ledger_days__gte=F("keep_settled_days"),
                    keep_ledger_days__lte=LONGEST,
                ),
                name="the_ledger_outlives_what_it_tells_of",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_demo(self) -> bool:
        """Whether all in it is invented: `bin/up --demo` fills it, and every page says so."""
        return self.slug == DEMO


class PlatformQuerySet(models.QuerySet["Platform"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those on which the actor may do anything at all."""
        here = self.filter(organization_id=actor.organization_id)
        return here if actor.is_system else here.filter(actor.reach(*IN_WORDS).rows("pk"))


class Platform(models.Model):
    """A registered outside system that submits work: an engine, an agent runtime, a CI."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="platforms", verbose_name=_("organization")
    )
    slug = models.SlugField(_("short name"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    health_url = models.URLField(_("health URL"), blank=True)
    capabilities = models.JSONField(_("capabilities"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PlatformQuerySet.as_manager()

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "slug"], name="a_platform_has_one_name_in_its_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.name
