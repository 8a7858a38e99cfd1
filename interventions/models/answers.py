"""Who holds a question, what was said to it, and the one answer."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from interventions.models.questions import Intervention
from interventions.models.words import FINAL, Act, Source, Verdict
from kit.requests import Actor


class Claim(models.Model):
    """A pilot is on it. The one-to-one is what keeps a second pilot off."""

    intervention = models.OneToOneField(Intervention, on_delete=models.PROTECT, verbose_name=_("question"))
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = pgettext_lazy("noun", "claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return f"{self.by.name}: {self.intervention.title}"


class SealedQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Where votes are sealed, those who have voted see the others', and once it is settled everybody does."""
        voted = Exists(Vote.objects.filter(intervention=OuterRef("intervention"), by=actor.pk))
        unsealed = Q(intervention__votes_sealed=False) | Q(intervention__status__in=FINAL)
        return self.filter(unsealed | Q(by=actor.pk) | voted, intervention__organization_id=actor.organization_id)


class Vote(models.Model):
    """One pilot's word on a question that needs several. Immutable, one each."""

    intervention = models.ForeignKey(
        Intervention, on_delete=models.PROTECT, related_name="votes", verbose_name=_("question")
    )
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    act = models.CharField(_("act"), max_length=10, choices=Act)
    # The role it was given in.
    seat = models.CharField(_("seat"), max_length=150, blank=True, default="", db_default="")
    reason = models.TextField(_("reason"), blank=True)
    passkey = models.TextField(_("passkey"), blank=True, default="", db_default="")  # the credential that signed it
    at = models.DateTimeField(_("at"), db_default=Now())

    objects = SealedQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intervention", "by"], name="a_pilot_votes_once"),
        ]

    def __str__(self) -> str:
        return f"{self.by.name} {self.act}"


class Hold(models.Model):
    """What a pilot pressed, held back for as long as it can be undone. The clock then carries it out."""

    intervention = models.OneToOneField(Intervention, on_delete=models.PROTECT, verbose_name=_("question"))
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    act = models.CharField(_("act"), max_length=10, choices=Act)
    reason = models.TextField(_("reason"), blank=True)
    answer = models.JSONField(null=True, blank=True)
    edited = models.JSONField(_("edited"), null=True, blank=True)
    passkey = models.TextField(_("passkey"), blank=True, default="", db_default="")  # the credential that signed it
    at = models.DateTimeField(_("at"), db_default=Now())
    until = models.DateTimeField(_("until"))

    objects = SealedQuerySet.as_manager()

    class Meta:
        verbose_name = _("held decision")
        verbose_name_plural = _("held decisions")
        indexes: ClassVar = [models.Index(fields=["until"], name="holds_that_end")]

    def __str__(self) -> str:
        return f"{self.by.name} {self.act}"


class Decision(models.Model):
    """The answer. The one-to-one is what makes it final; a trigger keeps it as it was written."""

    intervention = models.OneToOneField(Intervention, on_delete=models.PROTECT, verbose_name=_("question"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    source = models.CharField(_("settled by"), max_length=20, choices=Source)
    effect = models.CharField(_("effect on the unit"), max_length=14, blank=True)
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    role = models.CharField(_("role"), max_length=150)
    reason = models.TextField(_("reason"), blank=True)
    answer = models.JSONField(pgettext_lazy("noun", "answer"), null=True, blank=True)
    edited = models.JSONField(_("edited"), null=True, blank=True)
    content_hash = models.CharField(_("content hash"), max_length=64)
    passkey = models.TextField(_("passkey"), blank=True, default="", db_default="")  # the credential that signed it
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(verdict="waived") | ~Q(reason=""), name="a_waiver_needs_a_reason"),
            models.CheckConstraint(
                condition=Q(source="timeout_default") | ~Q(verdict="expired"), name="only_the_clock_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} ({self.source})"


class Challenge(models.Model):
    """What a pilot's passkey is to sign for one act on one question. Used once, within two minutes."""

    digest = models.CharField(_("challenge"), max_length=64, primary_key=True)
    intervention = models.ForeignKey(
        Intervention, on_delete=models.CASCADE, related_name="+", verbose_name=_("question")
    )
    by = models.ForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="+", verbose_name=_("by"))
    act = models.CharField(_("act"), max_length=10, choices=Act)
    content_hash = models.CharField(_("content hash"), max_length=64)
    nonce = models.CharField(max_length=32, editable=False)
    host = models.CharField(_("address"), max_length=253)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("passkey challenge")
        verbose_name_plural = _("passkey challenges")

    def __str__(self) -> str:
        return f"{self.by.name} {self.act}"
