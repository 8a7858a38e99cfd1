"""What makes roles of what a directory says, and what it said last."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.directory import Rule
from accounts.models.organizations import Organization, Platform
from accounts.models.pilots import Pilot
from accounts.roles import title_of
from kit.requests import Actor

READ_AGAIN = timedelta(hours=1)  # for how long what a directory said is believed of somebody who is signed in


class Provider(models.TextChoices):
    ANY = "any", _("any provider")
    GITHUB = "github", _("GitHub")
    ENTRA = "entra", _("Microsoft Entra")
    GOOGLE = "google", _("Google")
    OIDC = "oidc", _("OpenID Connect")
    SCIM = "scim", _("SCIM")


class LooksAt(models.TextChoices):
    ORGANIZATION = "organization", _("GitHub organization")
    TEAM = "team", _("GitHub team")
    APP_ROLE = "app_role", _("Entra app role")
    GROUP = "group", _("group")
    DOMAIN = "domain", _("domain")
    CLAIM = "claim", _("any claim")
    SCOPE = "scope", _("OAuth scope")
    PERSON = "person", _("one person")


class DirectoryRuleQuerySet(models.QuerySet["DirectoryRule"]):
    def visible_to(self, actor: Actor) -> Self:
        if not (actor.is_system or actor.has_power("accounts.manage_members")):
            return self.none()
        return self.filter(organization_id=actor.organization_id)


class DirectoryRule(models.Model):
    """Whoever a directory says this of has that role. The first that fits decides, in the order of `position`."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="directory_rules", verbose_name=_("organization")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    provider = models.CharField(_("provider"), max_length=10, choices=Provider, default=Provider.ANY)
    looks_at = models.CharField(_("looks at"), max_length=12, choices=LooksAt)
    value = models.CharField(_("value"), max_length=300)
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name=_("role"))
    platform = models.ForeignKey(
        Platform, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("platform")
    )

    objects = DirectoryRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("directory rule")
        verbose_name_plural = _("directory rules")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "position"], name="directory_rules_stand_in_a_row"),
        ]

    def __str__(self) -> str:
        return str(self.as_rule)

    @property
    def as_rule(self) -> Rule:
        return Rule(
            self.position,
            self.provider,
            self.looks_at,
            self.value,
            title_of(self.role.name),
            self.platform.slug if self.platform else "",
        )


class DirectoryFactsQuerySet(models.QuerySet["DirectoryFacts"]):
    def to_read(self, now: datetime) -> Self:
        """Those to ask a provider for again: what it said last decides about a role, and was an hour ago.

        Only what was said last of a pilot, by whichever provider: by that their roles were given.
        """
        newer = DirectoryFacts.objects.filter(pilot=OuterRef("pilot"), at__gt=OuterRef("at"))
        return self.filter(Q(ask_at=None) | Q(ask_at__lte=now)).filter(~Exists(newer))


class DirectoryFacts(models.Model):
    """What a provider said of a pilot last: at a sign-in, or when it was asked since."""

    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="directory_facts", verbose_name=_("pilot"))
    provider = models.CharField(_("provider"), max_length=10, choices=Provider)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"), auto_now=True)
    ask_at = models.DateTimeField(_("asked again"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0, db_default=0)

    objects = DirectoryFactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("directory facts")
        verbose_name_plural = _("directory facts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "provider"], name="a_provider_says_one_thing_of_a_pilot"),
        ]

    def __str__(self) -> str:
        return f"{self.pilot} · {self.provider}"
