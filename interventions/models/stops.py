"""The kill switch: what is stopped, by whom and why, and which callers have acknowledged it."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from accounts.roles import IN_WORDS
from kit.ids import uuid7
from kit.requests import Actor


class Scope(models.TextChoices):
    ORGANIZATION = "organization", _("the whole organization")
    PLATFORM = "platform", _("one platform")
    GATE = "gate", _("one gate")
    WORKFLOW = "workflow", _("one workflow")


PULL, MOVE = "interventions.pull_kill_switch", "interventions.decide_intervention"
UNITS = {Scope.PLATFORM: "platform__slug", Scope.GATE: "gate", Scope.WORKFLOW: "workflow"}


def units_in(scope: str, target: str) -> Q:
    return Q() if scope == Scope.ORGANIZATION else Q(**{UNITS[Scope(scope)]: target})


def questions_in(scope: str, target: str) -> Q:
    if scope == Scope.ORGANIZATION:
        return Q()
    about = Q(**{f"unit__{UNITS[Scope(scope)]}": target})
    return about | Q(gate__slug=target) if scope == Scope.GATE else about


def may_be_stopped_by(actor: Actor, scope: str, target: str, power: str = PULL) -> bool:
    """Whether `actor` has the power in all of the scope: on a platform there, else on every platform."""
    reach = actor.reach(power)
    if reach.is_whole or scope != Scope.PLATFORM:
        return bool(reach.is_whole)
    of_that_name = Platform.objects.filter(organization_id=actor.organization_id, slug=target)
    return bool(reach.covers(of_that_name.values_list("pk", flat=True).first()))


def in_words(scope: str, target: str) -> str:
    words = {
        Scope.ORGANIZATION: gettext("the whole organization"),
        Scope.PLATFORM: gettext("the platform %(name)s"),
        Scope.GATE: gettext("the gate %(name)s"),
        Scope.WORKFLOW: gettext("the workflow %(name)s"),
    }
    return words[Scope(scope)] % {"name": target}


class StopQuerySet(models.QuerySet["Stop"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of the organization's, but those of platforms on which the actor may do nothing at all."""
        here = self.filter(organization_id=actor.organization_id)
        if actor.is_system or actor.reach(*IN_WORDS).is_whole:
            return here
        seen = Platform.objects.visible_to(actor).values("slug")
        return here.exclude(~Q(target__in=seen), scope=Scope.PLATFORM)

    def on(self) -> Self:
        return self.filter(rearmed_at=None)

    def moved_since(self, since: datetime) -> Self:
        """Pulled or lifted since then."""
        return self.filter(Q(at__gte=since) | Q(rearmed_at__gte=since))

    def over_question(self) -> Self:
        """For `Exists` in a query of questions: the stops that cover the row."""
        ref = models.OuterRef
        covering = (
            Q(scope=Scope.ORGANIZATION)
            | Q(scope=Scope.GATE, target=ref("gate__slug"))
            | Q(scope=Scope.GATE, target=ref("unit__gate"))
            | Q(scope=Scope.PLATFORM, target=ref("unit__platform__slug"))
            | Q(scope=Scope.WORKFLOW, target=ref("unit__workflow"))
        )
        return self.on().filter(covering, organization=ref("organization"))


class Stop(models.Model):
    """One press of the kill switch. On until it is re-armed; what stands in its scope does not proceed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    scope = models.CharField(_("scope"), max_length=12, choices=Scope)
    target = models.CharField(_("what"), max_length=200, blank=True, default="")
    reason = models.TextField(_("reason"))
    settles = models.BooleanField(
        _("open questions are cancelled"), default=False, help_text=_("otherwise they are held until re-armed")
    )
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), db_default=Now())
    rearm_asked_by = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("re-arming asked for by"),
    )
    rearm_asked_at = models.DateTimeField(_("re-arming asked for"), null=True, blank=True)
    rearmed_by = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("re-armed by"),
    )
    rearmed_at = models.DateTimeField(_("re-armed"), null=True, blank=True)
    rearm_reason = models.TextField(_("reason to re-arm"), blank=True, default="")

    objects = StopQuerySet.as_manager()

    class Meta:
        verbose_name = _("kill switch")
        verbose_name_plural = _("kill switches")
        permissions: ClassVar = [("pull_kill_switch", _("Can pull and re-arm the kill switch"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "scope", "target"],
                condition=Q(rearmed_at=None),
                name="a_scope_is_stopped_once",
            ),
            models.CheckConstraint(
                condition=Q(scope="organization", target="") | (~Q(scope="organization") & ~Q(target="")),
                name="a_stop_says_of_what",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_stop_has_a_reason"),
            models.CheckConstraint(
                condition=Q(rearmed_at=None, rearmed_by=None) | (~Q(rearmed_at=None) & ~Q(rearmed_by=None)),
                name="who_rearmed_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_on(self) -> bool:
        return self.rearmed_at is None

    @property
    def stage(self) -> str:
        """on, asked (somebody wants it re-armed, and another Admin has to confirm) or off."""
        if not self.is_on:
            return "off"
        return "asked" if self.rearm_asked_at else "on"

    @property
    def what(self) -> str:
        """What is stopped, as it stands within a sentence."""
        return in_words(self.scope, self.target)

    @property
    def units(self) -> Q:
        """The units it covers."""
        return units_in(self.scope, self.target)

    @property
    def questions(self) -> Q:
        """The questions it covers: those about its units, and those its gate asked."""
        return questions_in(self.scope, self.target)

    def covers(self, *, gates: Collection[str], platform: str, workflow: str) -> bool:
        places = {Scope.GATE: gates, Scope.PLATFORM: (platform,), Scope.WORKFLOW: (workflow,)}
        return self.scope == Scope.ORGANIZATION or self.target in places[Scope(self.scope)]


class Acknowledgement(models.Model):
    """One caller that a stop concerns: when it was told, and when it said so."""

    stop = models.ForeignKey(
        Stop, on_delete=models.PROTECT, related_name="acknowledgements", verbose_name=_("kill switch")
    )
    caller = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("caller")
    )
    units = models.PositiveIntegerField(_("units stopped"), default=0)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)

    class Meta:
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stop", "caller"], name="a_caller_acknowledges_once"),
        ]

    def __str__(self) -> str:
        return f"{self.caller.name}: {self.stop}"
