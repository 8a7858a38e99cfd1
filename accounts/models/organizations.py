"""Organizations and the outside systems that submit work to them."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from kit.requests import Actor

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
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name

    @property
    def is_demo(self) -> bool:
        """Whether all in it is invented: `bin/up --demo` fills it, and every page says so."""
        return self.slug == DEMO


class PlatformQuerySet(models.QuerySet["Platform"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(organization_id=actor.organization_id)


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
